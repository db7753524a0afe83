"""CloudTrail's trails: where they are seen, changed and record."""

from typing import Any

import pytest
from conftest import HUB, OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

READS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus")


@pytest.fixture
def trail(aws: LocalAws) -> Any:
    """CloudTrail's client of the tenant, with a bucket of another account's to write into."""
    aws.client("s3", HUB).create_bucket(
        Bucket="audit", CreateBucketConfiguration={"LocationConstraint": TOKYO}
    )
    return aws.client("cloudtrail", TENANT)


def names(client: Any, **wanted: Any) -> list[str]:
    return [t["Name"] for t in client.describe_trails(**wanted)["trailList"]]


def test_a_trail_is_described_with_what_it_does(aws: LocalAws, trail, session):
    key = aws.client("kms", TENANT).create_key()["KeyMetadata"]
    made = trail.create_trail(
        Name="management",
        S3BucketName="audit",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=key["KeyId"],
    )
    assert made["KmsKeyId"] == key["Arn"]
    reader = session("cloudtrail", *READS)
    (found,) = reader.describe_trails()["trailList"]
    assert found == {
        "Name": "management",
        "S3BucketName": "audit",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": TOKYO,
        "TrailARN": f"arn:aws:cloudtrail:{TOKYO}:{TENANT}:trail/management",
        "LogFileValidationEnabled": True,
        "KmsKeyId": key["Arn"],
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }
    refused("AccessDeniedException", reader.stop_logging, Name="management")
    trail.put_event_selectors(
        TrailName="management",
        EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}],
    )
    assert reader.describe_trails()["trailList"][0]["HasCustomEventSelectors"]
    plain = aws.client("cloudtrail", OTHER).create_trail(Name="other", S3BucketName="audit")
    assert "KmsKeyId" not in plain
    assert names(reader) == ["management"]


def test_it_records_from_its_start_to_its_stop(aws: LocalAws, trail, session):
    trail.create_trail(Name="management", S3BucketName="audit")
    reader = session("cloudtrail", *READS)
    before = reader.get_trail_status(Name="management")
    assert not before["IsLogging"]
    assert "StartLoggingTime" not in before
    trail.start_logging(Name="management")
    during = reader.get_trail_status(Name="management")
    assert during["IsLogging"]
    assert during["LatestDeliveryTime"] >= during["StartLoggingTime"]
    aws.client("s3", HUB).delete_bucket(Bucket="audit")
    assert reader.get_trail_status(Name="management")["LatestDeliveryError"] == "NoSuchBucket"
    trail.stop_logging(Name="management")
    after = reader.get_trail_status(Name="management")
    assert not after["IsLogging"]
    assert after["StopLoggingTime"] >= after["StartLoggingTime"]


def test_trails_of_every_region_are_seen_in_every_region(aws: LocalAws, trail, session):
    osaka = aws.client("cloudtrail", TENANT, OSAKA)
    arn = trail.create_trail(Name="everywhere", S3BucketName="audit", IsMultiRegionTrail=True)["TrailARN"]
    trail.create_trail(Name="tokyo", S3BucketName="audit")
    osaka.create_trail(Name="osaka", S3BucketName="audit")
    reader = session("cloudtrail", *READS, region=OSAKA)
    assert names(reader) == ["osaka", "everywhere"]
    assert names(reader, includeShadowTrails=False) == ["osaka"]
    assert names(reader, trailNameList=["everywhere", "osaka", "none"]) == ["osaka"]
    assert names(reader, trailNameList=[arn]) == ["everywhere"]
    assert not reader.get_trail_status(Name=arn)["IsLogging"]
    refused("TrailNotFoundException", reader.get_trail_status, Name="everywhere")
    refused("InvalidHomeRegionException", osaka.start_logging, Name=arn)
    refused("TrailNotFoundException", osaka.start_logging, Name="tokyo")
    trail.start_logging(Name=arn)
    assert reader.get_trail_status(Name=arn)["IsLogging"]
    trail.delete_trail(Name=arn)
    assert names(reader) == ["osaka"]


def test_an_organizations_trail_is_its_members_too(aws: LocalAws, trail, session):
    wanted = {
        "Name": "organization",
        "S3BucketName": "audit",
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
    }
    hub = aws.client("cloudtrail", HUB)
    refused("OrganizationsNotInUseException", hub.create_trail, **wanted)
    aws.settings(organization=[HUB, TENANT])
    refused("NotOrganizationMasterAccountException", trail.create_trail, **wanted)
    arn = hub.create_trail(**wanted)["TrailARN"]
    hub.create_trail(Name="hub", S3BucketName="audit")
    hub.start_logging(Name="organization")
    reader = session("cloudtrail", *READS, region=OSAKA)
    (found,) = reader.describe_trails()["trailList"]
    assert (found["TrailARN"], found["IsOrganizationTrail"]) == (arn, True)
    assert reader.get_trail_status(Name=arn)["IsLogging"]
    refused("NotOrganizationMasterAccountException", trail.stop_logging, Name=arn)
    assert names(session("cloudtrail", *READS, account=OTHER)) == []


def test_what_aws_refuses(aws: LocalAws, trail):
    trail.create_trail(Name="t-1", S3BucketName="audit")
    refused("TrailAlreadyExistsException", trail.create_trail, Name="t-1", S3BucketName="audit")
    refused("S3BucketDoesNotExistException", trail.create_trail, Name="t-2", S3BucketName="none")
    foreign = aws.client("kms", TENANT, OSAKA).create_key()["KeyMetadata"]["Arn"]
    keyed = {"Name": "t-2", "S3BucketName": "audit", "KmsKeyId": foreign}
    refused("KmsKeyNotFoundException", trail.create_trail, **keyed)
    for number in range(2, 6):
        trail.create_trail(Name=f"t-{number}", S3BucketName="audit")
    refused("MaximumNumberOfTrailsExceededException", trail.create_trail, Name="t-6", S3BucketName="audit")
