"""Config's recorder, GuardDuty's detector, Security Hub: on or off, by account and Region."""

from typing import Any

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

CONFIG = ("config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus")
DETECTOR = ("guardduty:ListDetectors", "guardduty:GetDetector")
ROLE = f"arn:aws:iam::{TENANT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


@pytest.fixture
def config(aws: LocalAws) -> Any:
    """Config's client of the tenant, with a bucket to deliver to."""
    place = {"LocationConstraint": TOKYO}
    aws.client("s3", TENANT).create_bucket(Bucket="history", CreateBucketConfiguration=place)
    return aws.client("config", TENANT)


def test_a_recorder_is_described_with_what_it_records(config, session):
    reader = session("config", *CONFIG)
    assert reader.describe_configuration_recorders()["ConfigurationRecorders"] == []
    assert reader.describe_configuration_recorder_status()["ConfigurationRecordersStatus"] == []
    group = {"allSupported": True, "includeGlobalResourceTypes": True}
    config.put_configuration_recorder(ConfigurationRecorder={"roleARN": ROLE, "recordingGroup": group})
    (found,) = reader.describe_configuration_recorders()["ConfigurationRecorders"]
    arn = found.pop("arn")
    assert arn.startswith(f"arn:aws:config:{TOKYO}:{TENANT}:configuration-recorder/default/")
    assert found == {
        "name": "default",
        "roleARN": ROLE,
        "recordingGroup": {
            "allSupported": True,
            "includeGlobalResourceTypes": True,
            "resourceTypes": [],
            "exclusionByResourceTypes": {"resourceTypes": []},
            "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
        },
        "recordingMode": {"recordingFrequency": "CONTINUOUS"},
        "recordingScope": "PAID",
    }
    strategy = {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}
    some = {"resourceTypes": ["AWS::EC2::VPC"], "recordingStrategy": strategy}
    changed = {"name": "default", "roleARN": ROLE, "recordingGroup": some}
    config.put_configuration_recorder(ConfigurationRecorder=changed)
    (found,) = reader.describe_configuration_recorders(Arn=arn)["ConfigurationRecorders"]
    assert found["recordingGroup"]["resourceTypes"] == ["AWS::EC2::VPC"]
    assert not found["recordingGroup"]["allSupported"]
    unknown = {"ConfigurationRecorderNames": ["none"]}
    for call in (reader.describe_configuration_recorders, reader.describe_configuration_recorder_status):
        refused("NoSuchConfigurationRecorderException", call, **unknown)


def test_it_records_once_it_is_started_and_can_deliver(aws: LocalAws, config, session):
    aws.settings(delay={"configRecorder": 60})
    reader = session("config", *CONFIG)
    channel = {"s3BucketName": "history"}
    refused("NoAvailableConfigurationRecorderException", config.put_delivery_channel, DeliveryChannel=channel)
    config.put_configuration_recorder(ConfigurationRecorder={"roleARN": ROLE})
    start = {"ConfigurationRecorderName": "default"}
    refused("NoAvailableDeliveryChannelException", config.start_configuration_recorder, **start)
    refused("NoSuchBucketException", config.put_delivery_channel, DeliveryChannel={"s3BucketName": "none"})
    config.put_delivery_channel(DeliveryChannel=channel)

    def status() -> dict[str, Any]:
        (found,) = reader.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
        return found

    assert not status()["recording"]
    config.start_configuration_recorder(**start)
    assert (status()["recording"], status()["lastStatus"]) == (True, "PENDING")
    aws.settings(now=61)
    assert (status()["recording"], status()["lastStatus"]) == (True, "SUCCESS")
    config.stop_configuration_recorder(**start)
    assert (status()["recording"], "lastStopTime" in status()) == (False, True)
    refused("AccessDeniedException", reader.stop_configuration_recorder, **start)
    for other in (session("config", *CONFIG, account=OTHER), session("config", *CONFIG, region=OSAKA)):
        assert other.describe_configuration_recorders()["ConfigurationRecorders"] == []
    other = {"name": "other", "roleARN": ROLE}
    limit = "MaxNumberOfConfigurationRecordersExceededException"
    refused(limit, config.put_configuration_recorder, ConfigurationRecorder=other)


def test_a_detector_is_on_or_suspended(aws: LocalAws, session):
    reader, guardduty = session("guardduty", *DETECTOR), aws.client("guardduty", TENANT)
    assert reader.list_detectors()["DetectorIds"] == []
    made = guardduty.create_detector(Enable=True)["DetectorId"]
    assert reader.list_detectors()["DetectorIds"] == [made]
    found = reader.get_detector(DetectorId=made)
    features = {f["Name"]: f["Status"] for f in found["Features"]}
    assert (found["Status"], found["FindingPublishingFrequency"]) == ("ENABLED", "SIX_HOURS")
    assert (features["CLOUD_TRAIL"], features["S3_DATA_EVENTS"]) == ("ENABLED", "ENABLED")
    assert features["RUNTIME_MONITORING"] == "DISABLED"
    guardduty.update_detector(
        DetectorId=made, Enable=False, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]
    )
    found = reader.get_detector(DetectorId=made)
    features = {f["Name"]: f["Status"] for f in found["Features"]}
    assert (found["Status"], features["CLOUD_TRAIL"]) == ("DISABLED", "DISABLED")
    assert (features["S3_DATA_EVENTS"], features["RDS_LOGIN_EVENTS"]) == ("DISABLED", "ENABLED")
    refused("BadRequestException", guardduty.create_detector, Enable=True)
    refused("AccessDeniedException", reader.delete_detector, DetectorId=made)
    for where in ({"account": OTHER}, {"region": OSAKA}):
        other = session("guardduty", *DETECTOR, **where)
        assert other.list_detectors()["DetectorIds"] == []
        refused("BadRequestException", other.get_detector, DetectorId=made)
    guardduty.delete_detector(DetectorId=made)
    assert reader.list_detectors()["DetectorIds"] == []


def test_security_hub_says_when_it_is_off(aws: LocalAws, session):
    reader, hub = session("securityhub", "securityhub:DescribeHub"), aws.client("securityhub", TENANT)
    for call in (reader.describe_hub, hub.disable_security_hub):
        error = refused("InvalidAccessException", call)
        assert error.response["Error"]["Message"] == f"Account {TENANT} is not subscribed to AWS Security Hub"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 401
    hub.enable_security_hub(EnableDefaultStandards=False)
    found = reader.describe_hub()
    assert found["HubArn"] == f"arn:aws:securityhub:{TOKYO}:{TENANT}:hub/default"
    assert (found["AutoEnableControls"], found["ControlFindingGenerator"]) == (True, "SECURITY_CONTROL")
    refused("ResourceConflictException", hub.enable_security_hub)
    refused("AccessDeniedException", reader.disable_security_hub)
    for other in (aws.client("securityhub", OTHER), aws.client("securityhub", TENANT, OSAKA)):
        refused("InvalidAccessException", other.describe_hub)
    hub.disable_security_hub()
    refused("InvalidAccessException", reader.describe_hub)
