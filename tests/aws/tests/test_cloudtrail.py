"""What CloudTrail records of calls, as it comes in events."""

import json
import re
from datetime import UTC, datetime

import pytest
from conftest import HUB, TENANT, TOKYO, LocalAws, refused, soon, tagged
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


@pytest.fixture
def recorded(events):
    """What a call is recorded as: the details of its events, by name."""
    events.start(**{"global": True})

    def run(call, **parameters):
        events.take()
        answer = call(**parameters)
        (event,) = events.take()
        return answer, event["detail"]

    return run


def test_an_event_has_everything(aws: LocalAws, events, theirs):
    role = aws.role(TENANT, "jichitai-operator", path="/ours/")
    asked = {"RoleArn": role, "RoleSessionName": "jichitai-bench"}
    token = aws.client("sts", HUB).assume_role(**asked)["Credentials"]
    events.start()
    made = aws.client("kms", TENANT, TOKYO, token).create_key(Description="ours")["KeyMetadata"]
    (event,) = events.take()
    detail, identity = event["detail"], event["detail"]["userIdentity"]
    assert {k: v for k, v in event.items() if k not in ("id", "time", "detail")} == {
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.kms",
        "account": TENANT,
        "region": TOKYO,
        "resources": [],
    }
    assert event["time"] == detail["eventTime"]
    at = datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    for one in (event["id"], detail["eventID"], detail["requestID"]):
        assert UUID.fullmatch(one)
    assert identity["principalId"].startswith("AROA")
    assert identity["principalId"].endswith(":jichitai-bench")
    role_id = identity["principalId"].partition(":")[0]
    session = identity["sessionContext"]
    assert identity == {
        "type": "AssumedRole",
        "principalId": f"{role_id}:jichitai-bench",
        "arn": f"arn:aws:sts::{TENANT}:assumed-role/jichitai-operator/jichitai-bench",
        "accountId": TENANT,
        "accessKeyId": token["AccessKeyId"],
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": role,
                "accountId": TENANT,
                "userName": "jichitai-operator",
            },
            "attributes": {**session["attributes"], "mfaAuthenticated": "false"},
        },
    }
    assert detail["userAgent"].startswith("Boto3/")
    elements = detail["responseElements"]["keyMetadata"]
    assert (elements["keyId"], elements["arn"], elements["aWSAccountId"]) == (
        made["KeyId"],
        made["Arn"],
        TENANT,
    )
    assert re.fullmatch(r"[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M", elements["creationDate"])
    key = {"accountId": TENANT, "type": "AWS::KMS::Key", "ARN": made["Arn"]}
    wanted = {
        "eventVersion": "1.11",
        "eventSource": "kms.amazonaws.com",
        "eventName": "CreateKey",
        "awsRegion": TOKYO,
        "sourceIPAddress": "127.0.0.1",
        "requestParameters": {"description": "ours"},
        "readOnly": False,
        "resources": [key],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": TENANT,
        "eventCategory": "Management",
    }
    assert {name: detail[name] for name in wanted} == wanted
    assert set(detail) - set(wanted) == {
        "userIdentity",
        "eventTime",
        "userAgent",
        "responseElements",
        "requestID",
        "eventID",
        "tlsDetails",
    }


def test_a_root_is_one(recorded, theirs):
    _, detail = recorded(theirs("kms").create_key)
    assert detail["userIdentity"] == {
        "type": "Root",
        "principalId": TENANT,
        "arn": f"arn:aws:iam::{TENANT}:root",
        "accountId": TENANT,
        "accessKeyId": TENANT,
    }


def test_nobody_is_recorded_whose_token_is_no_good(aws: LocalAws, events):
    role = aws.role(TENANT, "operator")
    token = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    events.start(accounts=[TENANT, HUB])
    stranger = {**token, "AccessKeyId": "ASIAXXXXXXXXXXXXXXXX"}
    refused("UnrecognizedClientException", aws.client("kms", token=stranger).create_key)
    aws.settings(now=3700)
    refused("ExpiredTokenException", aws.client("kms", token=token).create_key)
    assert events.take() == []


def test_kms_says_key_ids_as_they_were_given(recorded, theirs):
    kms = theirs("kms")
    key = kms.create_key()["KeyMetadata"]
    alias = {"AliasName": "alias/a", "TargetKeyId": key["Arn"]}
    _, detail = recorded(kms.create_alias, **alias)
    assert detail["requestParameters"] == {"aliasName": "alias/a", "targetKeyId": key["Arn"]}
    assert detail["responseElements"] is None
    assert [r["ARN"] for r in detail["resources"]] == [key["Arn"]]
    _, detail = recorded(kms.disable_key, KeyId=key["KeyId"])
    assert detail["requestParameters"] == {"keyId": key["KeyId"]}
    assert [r["ARN"] for r in detail["resources"]] == [key["Arn"]]
    _, detail = recorded(kms.tag_resource, KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "1"}])
    assert detail["requestParameters"]["tags"] == [{"tagKey": "a", "tagValue": "1"}]
    _, detail = recorded(kms.schedule_key_deletion, KeyId=key["Arn"], PendingWindowInDays=7)
    assert detail["requestParameters"] == {"keyId": key["Arn"], "pendingWindowInDays": 7}
    assert detail["responseElements"]["keyId"] == key["Arn"]


def test_s3_has_names_of_its_own_and_the_body(recorded, theirs):
    s3, mine = theirs("s3"), {"Bucket": "files-of-theirs"}
    place = {"LocationConstraint": TOKYO}
    _, detail = recorded(s3.create_bucket, **mine, CreateBucketConfiguration=place)
    asked = detail["requestParameters"]
    assert asked["CreateBucketConfiguration"] == {"xmlns": XMLNS, **place}
    assert (asked["bucketName"], "Host" in asked) == ("files-of-theirs", True)
    assert (detail["responseElements"], detail["eventName"]) == (None, "CreateBucket")
    bucket = {"accountId": TENANT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::files-of-theirs"}
    assert detail["resources"] == [bucket]
    assert re.fullmatch(r"\[Boto3/.*\]", detail["userAgent"])
    blocks = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True}
    blocks["RestrictPublicBuckets"] = False
    _, detail = recorded(s3.put_public_access_block, **mine, PublicAccessBlockConfiguration=blocks)
    asked = detail["requestParameters"]
    assert detail["eventName"] == "PutBucketPublicAccessBlock"
    assert asked["PublicAccessBlockConfiguration"] == {"xmlns": XMLNS, **blocks}
    assert asked["publicAccessBlock"] == ""
    _, detail = recorded(s3.delete_public_access_block, **mine)
    assert detail["eventName"] == "DeleteBucketPublicAccessBlock"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::files-of-theirs"}
    policy = {"Version": "2012-10-17", "Statement": [deny]}
    _, detail = recorded(s3.put_bucket_policy, **mine, Policy=json.dumps(policy))
    asked = detail["requestParameters"]
    assert (asked["bucketPolicy"], asked["policy"]) == (policy, "")
    # One is a value, more are a list.
    for tags, told in (
        ([{"Key": "a", "Value": "1"}], {"Key": "a", "Value": 1}),
        (
            [{"Key": "a", "Value": "x"}, {"Key": "b", "Value": "true"}],
            [{"Key": "a", "Value": "x"}, {"Key": "b", "Value": True}],
        ),
    ):
        _, detail = recorded(s3.put_bucket_tagging, **mine, Tagging={"TagSet": tags})
        assert detail["requestParameters"]["Tagging"] == {"xmlns": XMLNS, "TagSet": {"Tag": told}}
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    rules = {"LifecycleConfiguration": {"Rules": [rule]}}
    _, detail = recorded(s3.put_bucket_lifecycle_configuration, **mine, **rules)
    assert detail["eventName"] == "PutBucketLifecycle"
    assert detail["requestParameters"]["LifecycleConfiguration"]["Rule"]["Expiration"] == {"Days": 30}
    _, detail = recorded(s3.delete_bucket, **mine)
    assert detail["requestParameters"]["bucketName"] == "files-of-theirs"


def test_a_foreign_bucket_is_refused_and_recorded_of_the_caller(aws: LocalAws, recorded, theirs):
    place = {"LocationConstraint": TOKYO}
    aws.client("s3").create_bucket(Bucket="files-of-ours", CreateBucketConfiguration=place)

    def call():
        refused("AccessDenied", theirs("s3").delete_bucket, Bucket="files-of-ours")

    _, detail = recorded(call)
    assert (detail["errorCode"], detail["recipientAccountId"]) == ("AccessDenied", TENANT)
    assert detail["requestParameters"]["bucketName"] == "files-of-ours"


def test_ec2_has_sets_of_items(recorded, theirs):
    ec2 = theirs("ec2")
    made, detail = recorded(
        ec2.create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", Name="ours")
    )
    vpc = made["Vpc"]["VpcId"]
    specification = {"resourceType": "vpc", "tags": [{"key": "Name", "value": "ours"}]}
    assert detail["requestParameters"] == {
        "cidrBlock": "10.0.0.0/16",
        "tagSpecificationSet": {"items": [specification]},
    }
    elements = detail["responseElements"]["vpc"]
    assert (elements["vpcId"], elements["ownerId"], elements["isDefault"]) == (vpc, TENANT, False)
    assert elements["tagSet"] == {"items": [{"key": "Name", "value": "ours"}]}
    (part,) = elements["cidrBlockAssociationSet"]["items"]
    assert (part["cidrBlock"], part["cidrBlockState"]) == ("10.0.0.0/16", {"state": "associated"})
    tags = [{"Key": "a", "Value": "b"}]
    _, detail = recorded(ec2.create_tags, Resources=[vpc], Tags=tags)
    assert detail["requestParameters"] == {
        "resourcesSet": {"items": [{"resourceId": vpc}]},
        "tagSet": {"items": [{"key": "a", "value": "b"}]},
    }
    assert detail["responseElements"] == {"requestId": detail["requestID"], "_return": True}
    _, detail = recorded(ec2.modify_vpc_attribute, VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert detail["requestParameters"] == {"vpcId": vpc, "enableDnsHostnames": {"value": True}}
    group = {"GroupName": "web", "Description": "web", "VpcId": vpc}
    made, detail = recorded(ec2.create_security_group, **group)
    assert detail["requestParameters"] == {"groupName": "web", "groupDescription": "web", "vpcId": vpc}
    assert detail["responseElements"]["groupId"] == made["GroupId"]
    port = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    _, detail = recorded(ec2.authorize_security_group_ingress, GroupId=made["GroupId"], IpPermissions=[port])
    ranges = {"ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}
    assert detail["requestParameters"] == {
        "groupId": made["GroupId"],
        "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, **ranges}]},
    }
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 9, "RuleAction": "allow", "Egress": False}
    _, detail = recorded(
        ec2.create_network_acl_entry,
        **entry,
        Protocol="6",
        CidrBlock="10.0.0.0/8",
        PortRange={"From": 1, "To": 2},
    )
    asked = detail["requestParameters"]
    assert (asked["aclProtocol"], asked["portRange"], asked["networkAclId"]) == (
        "6",
        {"from": 1, "to": 2},
        acl,
    )


def test_newer_operations_of_ec2_are_xml(recorded, theirs):
    ec2 = theirs("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [f"{TOKYO}{zone}" for zone in "ac"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(zones)
    ]
    made, detail = recorded(
        ec2.create_vpc_endpoint,
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{TOKYO}.kms",
        SubnetIds=subnets,
        PrivateDnsEnabled=False,
        TagSpecifications=tagged("vpc-endpoint", Name="kms"),
    )
    asked = detail["requestParameters"]["CreateVpcEndpointRequest"]
    assert (asked["VpcId"], asked["PrivateDnsEnabled"]) == (vpc, False)
    assert asked["SubnetId"] == [{"tag": n, "content": s} for n, s in enumerate(subnets, 1)]
    tag = {"tag": 1, "Key": "Name", "Value": "kms"}
    assert asked["TagSpecification"] == {"tag": 1, "ResourceType": "vpc-endpoint", "Tag": tag}
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    told = detail["responseElements"]["CreateVpcEndpointResponse"]
    assert told["vpcEndpoint"]["vpcEndpointId"] == endpoint
    assert told["xmlns"] == "http://ec2.amazonaws.com/doc/2016-11-15/"
    _, detail = recorded(ec2.delete_vpc_endpoints, VpcEndpointIds=[endpoint])
    asked = detail["requestParameters"]["DeleteVpcEndpointsRequest"]
    assert asked == {"VpcEndpointId": {"tag": 1, "content": endpoint}}
    _, detail = recorded(ec2.enable_ebs_encryption_by_default)
    assert detail["requestParameters"] == {"EnableEbsEncryptionByDefaultRequest": {}}
    told = detail["responseElements"]["EnableEbsEncryptionByDefaultResponse"]
    assert told["ebsEncryptionByDefault"] is True


def test_secrets_are_hidden(aws: LocalAws, recorded, theirs):
    secrets = theirs("secretsmanager")
    _, detail = recorded(secrets.create_secret, Name="sftp/key", SecretString="topsecret")
    assert detail["requestParameters"]["name"] == "sftp/key"
    assert "topsecret" not in json.dumps(detail)
    made, detail = recorded(secrets.put_secret_value, SecretId="sftp/key", SecretString="topsecret")
    assert detail["requestParameters"]["secretString"] == HIDDEN
    assert detail["requestParameters"]["secretId"] == "sftp/key"
    assert detail["responseElements"]["versionId"] == made["VersionId"]
    assert detail["responseElements"]["arn"] == made["ARN"]
    transfer = theirs("transfer")
    made, detail = recorded(transfer.create_server, Protocols=["SFTP"])
    assert detail["requestParameters"]["protocols"] == ["SFTP"]
    assert detail["responseElements"] == {"serverId": made["ServerId"]}
    key = ed25519.Ed25519PrivateKey.generate()
    body = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    _, detail = recorded(transfer.import_host_key, ServerId=made["ServerId"], HostKeyBody=body)
    assert detail["requestParameters"] == {"serverId": made["ServerId"], "hostKeyBody": HIDDEN}


def test_other_services_say_names_that_begin_small(aws: LocalAws, recorded, theirs):
    resolver, ec2 = theirs("route53resolver"), theirs("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    bucket = {"Bucket": "logs-of-theirs", "CreateBucketConfiguration": {"LocationConstraint": TOKYO}}
    theirs("s3").create_bucket(**bucket)
    config = {"Name": "queries", "DestinationArn": "arn:aws:s3:::logs-of-theirs", "CreatorRequestId": "one"}
    made, detail = recorded(resolver.create_resolver_query_log_config, **config)
    made = made["ResolverQueryLogConfig"]["Id"]
    assert detail["requestParameters"] == {
        "name": "queries",
        "destinationArn": "arn:aws:s3:::logs-of-theirs",
        "creatorRequestId": "one",
    }
    assert detail["responseElements"]["resolverQueryLogConfig"]["id"] == made
    associate = {"ResolverQueryLogConfigId": made, "ResourceId": vpc}
    _, detail = recorded(resolver.associate_resolver_query_log_config, **associate)
    assert detail["requestParameters"] == {"resolverQueryLogConfigId": made, "resourceId": vpc}
    share, detail = recorded(theirs("ram").create_resource_share, name="rules")
    arn = share["resourceShare"]["resourceShareArn"]
    assert detail["responseElements"]["resourceShare"]["resourceShareArn"] == arn
    _, detail = recorded(theirs("ram").delete_resource_share, resourceShareArn=arn)
    assert (detail["requestParameters"], detail["eventSource"]) == (
        {"resourceShareArn": arn},
        "ram.amazonaws.com",
    )
    iam = theirs("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    _, detail = recorded(iam.create_role, RoleName="theirs", AssumeRolePolicyDocument=trust)
    assert detail["requestParameters"] == {"roleName": "theirs", "assumeRolePolicyDocument": trust}
    assert detail["responseElements"]["role"]["roleName"] == "theirs"

    def call():
        refused("NoSuchEntity", iam.delete_role, RoleName="none")

    assert recorded(call)[1]["errorCode"] == "NoSuchEntityException"
    database = {"DBInstanceIdentifier": "db", "Engine": "postgres", "DBInstanceClass": "db.t3.micro"}
    login = {"MasterUsername": "root1", "MasterUserPassword": "topsecret", "AllocatedStorage": 20}
    _, detail = recorded(theirs("rds").create_db_instance, **database, **login)
    assert detail["requestParameters"]["dBInstanceIdentifier"] == "db"
    assert "topsecret" not in json.dumps(detail)


def test_services_that_sign_with_another_name(recorded, theirs):
    efs = theirs("efs")
    made, detail = recorded(efs.create_file_system, CreationToken="one")
    assert (detail["eventSource"], detail["eventName"]) == (
        "elasticfilesystem.amazonaws.com",
        "CreateFileSystem",
    )
    assert detail["requestParameters"]["creationToken"] == "one"
    assert detail["responseElements"]["fileSystemId"] == made["FileSystemId"]
    soon(lambda: efs.describe_file_systems()["FileSystems"][0]["LifeCycleState"] == "available")
    _, detail = recorded(efs.delete_file_system, FileSystemId=made["FileSystemId"])
    assert detail["requestParameters"] == {"fileSystemId": made["FileSystemId"]}
    arn = theirs("kms").create_key()["KeyMetadata"]["Arn"]
    tagging = theirs("resourcegroupstaggingapi")
    _, detail = recorded(tagging.tag_resources, ResourceARNList=[arn], Tags={"a": "b"})
    assert (detail["eventSource"], detail["eventName"]) == ("tagging.amazonaws.com", "TagResources")
    assert detail["requestParameters"] == {"resourceARNList": [arn], "tags": {"a": "b"}}


def test_what_is_too_large_is_left_out(recorded, theirs):
    queue = theirs("sqs").create_queue(QueueName="theirs")["QueueUrl"]
    tags = {f"key-{n}": "x" * 200 for n in range(600)}
    asked = {"QueueUrl": queue, "Tags": tags}

    def call():
        refused("InvalidParameterValue", theirs("sqs").tag_queue, **asked)

    _, detail = recorded(call)
    size = detail["requestParameters"]["originalSize"]
    assert size > 102_400
    assert detail["requestParameters"] == {
        "reason": "requestParameters too large",
        "omitted": True,
        "originalSize": size,
    }


def test_a_request_that_nobody_can_read_has_no_parameters(aws: LocalAws, recorded, theirs):
    kms = aws.client("kms", TENANT, user_agent_extra="unreadable")
    kms.meta.events.register("before-call.kms", lambda params, **_: params.update(body=b"{"))

    def call():
        refused("SerializationException", kms.create_key)

    _, detail = recorded(call)
    assert (detail["errorCode"], detail["requestParameters"]) == ("SerializationException", None)


def test_what_is_malformed_is_recorded_without_its_body(recorded, theirs):
    s3, mine = theirs("s3"), {"Bucket": "files-of-theirs"}
    s3.create_bucket(**mine, CreateBucketConfiguration={"LocationConstraint": TOKYO})

    def call():
        refused("MalformedPolicy", s3.put_bucket_policy, **mine, Policy="{")

    _, detail = recorded(call)
    assert detail["errorCode"] == "MalformedPolicy"
    asked = detail["requestParameters"]
    assert (asked["bucketName"], asked["policy"], "bucketPolicy" in asked) == ("files-of-theirs", "", False)
