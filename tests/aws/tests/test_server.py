"""The server, the log of calls, faults, lag, clock."""

import os
import signal
import subprocess
import sys
import urllib.error

import pytest
from botocore.exceptions import ClientError
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused, start


def test_ends_with_its_standard_input():
    process, endpoint = start("--token-latency", "0.1")
    assert endpoint.startswith("http://127.0.0.1:")
    process.stdin.close()
    assert process.wait(5) == 0


def test_ends_on_sigterm():
    process, _ = start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def test_counts_and_logs_calls_by_account_region_and_outcome(aws: LocalAws):
    aws.side("POST", "calls/reset")
    aws.client("ec2", TENANT, OSAKA).create_vpc(CidrBlock="10.0.0.0/16")
    aws.client("ec2").describe_vpcs()
    refused("NotFoundException", aws.client("kms").describe_key, KeyId="alias/none")
    counts = {
        (c["account"], c["region"], c["operation"], c["kind"], c["outcome"]): c["count"]
        for c in aws.side("GET", "calls")
    }
    assert counts == {
        (TENANT, OSAKA, "CreateVpc", "write", "ok"): 1,
        (HUB, TOKYO, "DescribeVpcs", "read", "ok"): 1,
        (HUB, TOKYO, "DescribeKey", "read", "NotFoundException"): 1,
    }
    log = aws.side("GET", "calls?log=1")
    assert [e["sequence"] for e in log] == [1, 2, 3]
    assert log[0]["parameters"] == {"CidrBlock": "10.0.0.0/16"}
    assert "parameters" not in log[1]
    assert [e["operation"] for e in aws.side("GET", "calls?log=1&since=1&kind=read")] == [
        "DescribeVpcs",
        "DescribeKey",
    ]


def test_throttles_skipping_first_and_a_number_of_times(aws: LocalAws, ec2):
    aws.fault(service="ec2", operation="Describe*", after=1, times=2, action="throttle")
    ec2.describe_vpcs()
    refused("RequestLimitExceeded", ec2.describe_vpcs)
    refused("RequestLimitExceeded", ec2.describe_subnets)
    ec2.describe_vpcs()
    aws.side("DELETE", "faults")
    assert aws.side("GET", "faults") == []


def test_denies_and_says_when_a_service_control_policy_does(aws: LocalAws, ec2, kms):
    aws.fault(service="ec2", operation="CreateVpc", action="scp-deny")
    aws.fault(service="kms", operation="*", region=TOKYO, account=HUB, kind="write", action="deny")
    error = refused("UnauthorizedOperation", ec2.create_vpc, CidrBlock="10.0.0.0/16")
    assert "explicit deny in a service control policy" in str(error)
    refused("AccessDeniedException", kms.create_key)
    kms.list_keys()
    aws.client("kms", region=OSAKA).create_key()


def test_error_before_has_no_effect_and_error_after_has(aws: LocalAws, kms):
    aws.fault(service="kms", operation="CreateKey", times=1, action="error-before")
    refused("KMSInternalException", kms.create_key)
    assert kms.list_keys()["Keys"] == []
    aws.fault(service="kms", operation="CreateKey", times=1, action="error-after")
    refused("KMSInternalException", kms.create_key)
    assert len(kms.list_keys()["Keys"]) == 1


def test_kills_a_process_right_after_the_kth_write(aws: LocalAws, kms):
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    aws.fault(kind="write", after=1, times=1, action="kill", pid=victim.pid)
    kms.create_key()
    assert victim.poll() is None
    kms.create_key()
    assert victim.wait(5) == -signal.SIGKILL
    assert os.WIFSIGNALED(signal.SIGKILL)


def test_refuses_unknown_rules_settings_and_routes(aws: LocalAws):
    for method, path, body in (
        ("POST", "faults", [{"action": "explode"}]),
        ("POST", "settings", {"lagg": 1}),
        ("GET", "nothing", None),
    ):
        with pytest.raises(urllib.error.HTTPError):
            aws.side(method, path, body)


def test_lag_hides_new_resources_from_lists_but_not_by_id(aws: LocalAws, ec2, kms):
    aws.settings(lag=30)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    key = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/x", TargetKeyId=key)
    mine = [{"Name": "vpc-id", "Values": [vpc]}]

    def seen() -> tuple[int, ...]:
        aliases = [a for a in kms.list_aliases()["Aliases"] if a["AliasName"] == "alias/x"]
        lists = (ec2.describe_vpcs(Filters=mine)["Vpcs"], kms.list_keys()["Keys"], aliases)
        return tuple(len(x) for x in (*lists, kms.list_resource_tags(KeyId=key)["Tags"]))

    assert seen() == (0, 0, 0, 0)
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert kms.describe_key(KeyId="alias/x")
    aws.settings(now=31)
    assert seen() == (1, 1, 1, 1)


def test_lag_of_one_creation_by_rule(aws: LocalAws, kms):
    aws.fault(service="kms", operation="CreateKey", times=1, action="lag", seconds=30)
    kms.create_key()
    shown = kms.create_key()["KeyMetadata"]["KeyId"]
    assert [k["KeyId"] for k in kms.list_keys()["Keys"]] == [shown]


def test_token_buckets(aws: LocalAws, kms):
    aws.settings(buckets={"kms:CreateKey": [2, 5]}, unthrottled=[TENANT])
    kms.create_key()
    kms.create_key()
    refused("ThrottlingException", kms.create_key)
    for _ in range(3):
        aws.client("kms", TENANT).create_key()
    aws.settings(now=1)
    kms.create_key()


def test_a_token_bucket_of_a_whole_service(aws: LocalAws, kms):
    aws.settings(buckets={"kms:*": [3, 0.5], "kms:CreateKey": [1, 0.5]}, unthrottled=[])
    kms.create_key()
    # What is refused for its own sake takes nothing from the others.
    for _ in range(3):
        refused("ThrottlingException", kms.create_key)
    kms.list_keys()
    kms.list_aliases()
    refused("ThrottlingException", kms.list_keys)
    aws.client("kms", region=OSAKA).list_keys()
    aws.settings(now=3)
    kms.list_keys()


def test_resolver_answers_five_requests_a_second_per_account_and_region(aws: LocalAws):
    aws.settings(unthrottled=[])
    resolver = aws.client("route53resolver")
    lists = (resolver.list_resolver_rules, resolver.list_resolver_endpoints)
    outcomes = []
    for number in range(12):
        try:
            outcomes.append(lists[number % 2]()["ResponseMetadata"]["HTTPStatusCode"])
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes[:5] == [200] * 5
    assert "ThrottlingException" in outcomes
    for client in (
        aws.client("route53resolver", TENANT),
        aws.client("route53resolver", region=OSAKA),
    ):
        client.list_resolver_rules()
    aws.settings(now=5)
    resolver.list_resolver_rules()


def test_refuses_malformed_requests(ec2, kms):
    refused("MissingParameter", ec2.delete_vpc)
    refused("ValidationException", kms.create_key, KeyUsage="NOTHING")
    refused("ValidationException", kms.create_key, Description="x" * 8193)
    refused("ValidationException", kms.create_key, Tags=[{"TagKey": "", "TagValue": "x"}])
    refused("InvalidParameterValue", ec2.describe_vpcs, MaxResults=4)
    refused("DryRunOperation", ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    refused("InvalidParameterValue", ec2.describe_vpcs, Filters=[{"Name": "no-such", "Values": ["x"]}])


def test_refuses_a_parameter_that_ec2_does_not_know(aws: LocalAws):
    client = aws.client("ec2", user_agent_extra="unknown")
    client.meta.events.register("before-call.ec2", lambda params, **_: params["body"].update({"Wrong": "1"}))
    refused("UnknownParameter", client.describe_vpcs)


def test_services_without_corrections_answer_too(aws: LocalAws):
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    aws.fault(service="*", action="throttle", times=2)
    refused("Throttling", aws.client("logs").describe_log_groups)
    refused("SlowDown", aws.client("s3").list_buckets)
    refused("NotInLocalAws", aws.client("ec2").describe_vpc_endpoint_connections)
    refused("NotInLocalAws", aws.client("service-quotas").list_services)
    refused("InvalidNextToken", aws.client("ec2").describe_subnets, NextToken="x")
