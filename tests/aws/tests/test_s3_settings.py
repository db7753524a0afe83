"""S3 settings: what comes back, and what is refused."""

import urllib.error
import urllib.request

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused

PLACE = {"LocationConstraint": TOKYO}
BUCKET = "linked-files"
ON = {"Status": "Enabled"}


@pytest.fixture
def s3(aws: LocalAws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=PLACE)
    return s3


def versioned(s3, bucket=BUCKET):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=ON)


def test_public_access_block(s3):
    some = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=some)
    found = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert found == {**some, "IgnorePublicAcls": False, "RestrictPublicBuckets": False}
    s3.delete_public_access_block(Bucket=BUCKET)
    refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=BUCKET)


def test_versioning_is_named_as_aws_names_it(s3):
    bodies = []
    s3.meta.events.register(
        "before-parse.s3.GetBucketVersioning", lambda response_dict, **_: bodies.append(response_dict["body"])
    )
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
    versioned(s3)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(b"<VersioningConfiguration " in body for body in bodies) and len(bodies) == 2


def encryption(**default):
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    return {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def found_encryption(s3):
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    return rule


def test_default_encryption_checks_the_keys_form_only(s3, kms):
    blocked = {"EncryptionType": ["SSE-C"]}
    assert found_encryption(s3)["BlockedEncryptionTypes"] == blocked
    key = kms.create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(**encryption(**default))
    assert found_encryption(s3) == {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": blocked,
    }
    nobodys = key[:-4] + "0000"
    s3.put_bucket_encryption(**encryption(SSEAlgorithm="aws:kms", KMSMasterKeyID=nobodys))
    elsewhere = key.replace(TOKYO, OSAKA)
    for bad in (elsewhere, "no key"):
        wanted = encryption(SSEAlgorithm="aws:kms", KMSMasterKeyID=bad)
        refused("KMS.NotFoundException", s3.put_bucket_encryption, **wanted)
    wanted = encryption(SSEAlgorithm="AES256", KMSMasterKeyID=key)
    refused("InvalidArgument", s3.put_bucket_encryption, **wanted)
    refused("MalformedXML", s3.put_bucket_encryption, **encryption(SSEAlgorithm="des"))
    s3.delete_bucket_encryption(Bucket=BUCKET)
    assert found_encryption(s3)["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_a_locked_bucket_keeps_its_versions(s3):
    lock = {"ObjectLockEnabled": "Enabled"}
    wanted = {"Bucket": BUCKET, "ObjectLockConfiguration": lock}
    refused("ObjectLockConfigurationNotFoundError", s3.get_object_lock_configuration, Bucket=BUCKET)
    refused("InvalidBucketState", s3.put_object_lock_configuration, **wanted)
    versioned(s3)
    s3.put_object_lock_configuration(**wanted)
    assert s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"] == lock
    lock["Rule"] = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    s3.put_object_lock_configuration(**wanted)
    assert s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"] == lock
    suspended = {"Status": "Suspended"}
    refused("InvalidBucketState", s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration=suspended)
    lock["Rule"]["DefaultRetention"]["Years"] = 1
    refused("MalformedXML", s3.put_object_lock_configuration, **wanted)
    lock["Rule"] = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 0}}
    refused("InvalidArgument", s3.put_object_lock_configuration, **wanted)


RULE = {
    "ID": "all",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"ExpiredObjectDeleteMarker": True},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


def put_rules(s3, *rules):
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": list(rules)})


def test_lifecycle_rules_come_back_whole(s3):
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)
    sizes = {"Prefix": "logs/", "ObjectSizeGreaterThan": 10}
    second = {"ID": "2", "Status": "Disabled", "Filter": {"And": sizes}, "Expiration": {"Days": 1}}
    put_rules(s3, RULE, second)
    assert s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"] == [RULE, second]
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("InvalidArgument", {**RULE, "NoncurrentVersionExpiration": {"NoncurrentDays": 0}}),
        ("InvalidArgument", {**RULE, "Expiration": {"Days": 0}}),
        ("InvalidArgument", {**RULE, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}}),
        ("InvalidRequest", {"ID": "none", "Status": "Enabled", "Filter": {"Prefix": ""}}),
        ("InvalidRequest", {**RULE, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}),
        ("MalformedXML", {**RULE, "Status": "On"}),
        ("MalformedXML", {**RULE, "Prefix": "both"}),
        ("MalformedXML", {**RULE, "Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}),
    ],
)
def test_lifecycle_rules_that_are_refused(s3, code, rule):
    refused(code, lambda: put_rules(s3, rule))
    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)


def log_to(target):
    status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "a/"}}
    return {"Bucket": BUCKET, "BucketLoggingStatus": status}


def test_logs_go_to_a_bucket_of_the_account_and_region(aws: LocalAws, s3):
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)
    bad = "InvalidTargetBucketForLogging"
    refused(bad, s3.put_bucket_logging, **log_to("nobodys-bucket"))
    aws.client("s3", TENANT).create_bucket(Bucket="foreign-logs", CreateBucketConfiguration=PLACE)
    refused(bad, s3.put_bucket_logging, **log_to("foreign-logs"))
    osaka = {"LocationConstraint": OSAKA}
    aws.client("s3", region=OSAKA).create_bucket(Bucket="osaka-logs", CreateBucketConfiguration=osaka)
    refused("CrossLocationLoggingProhibited", s3.put_bucket_logging, **log_to("osaka-logs"))
    s3.create_bucket(Bucket="own-logs", CreateBucketConfiguration=PLACE)
    wanted = log_to("own-logs")
    wanted["BucketLoggingStatus"]["LoggingEnabled"]["TargetObjectKeyFormat"] = {
        "PartitionedPrefix": {"PartitionDateSource": "EventTime"}
    }
    s3.put_bucket_logging(**wanted)
    found = s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert found == wanted["BucketLoggingStatus"]["LoggingEnabled"]
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)


def replication(**changes):
    rule = {
        "ID": "to-osaka",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Bucket": "arn:aws:s3:::replica",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": f"arn:aws:kms:{OSAKA}:123456789012:key/1"},
            "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
            "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
        },
    }
    whole = {k: v for k, v in (rule | changes).items() if v is not None}
    return {"Role": "arn:aws:iam::123456789012:role/jichitai/replication", "Rules": [whole]}


def test_replication_needs_versions_on_both_sides(aws: LocalAws, s3):
    refused("ReplicationConfigurationNotFoundError", s3.get_bucket_replication, Bucket=BUCKET)
    wanted = {"Bucket": BUCKET, "ReplicationConfiguration": replication()}
    refused("InvalidRequest", s3.put_bucket_replication, **wanted)
    versioned(s3)
    refused("InvalidRequest", s3.put_bucket_replication, **wanted)
    osaka = aws.client("s3", region=OSAKA)
    osaka.create_bucket(Bucket="replica", CreateBucketConfiguration={"LocationConstraint": OSAKA})
    refused("InvalidRequest", s3.put_bucket_replication, **wanted)
    versioned(osaka, "replica")
    s3.put_bucket_replication(**wanted)
    assert s3.get_bucket_replication(Bucket=BUCKET)["ReplicationConfiguration"] == replication()
    suspended = {"Status": "Suspended"}
    refused("InvalidBucketState", s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration=suspended)
    bare = {"Bucket": "arn:aws:s3:::replica"}
    for changes in (
        {"Destination": bare},
        {"SourceSelectionCriteria": None},
        {"Priority": None},
        {"DeleteMarkerReplication": None},
    ):
        wanted = {"Bucket": BUCKET, "ReplicationConfiguration": replication(**changes)}
        refused("InvalidRequest", s3.put_bucket_replication, **wanted)
    odd = {**replication(), "Role": "replication"}
    refused("InvalidArgument", s3.put_bucket_replication, Bucket=BUCKET, ReplicationConfiguration=odd)
    s3.delete_bucket_replication(Bucket=BUCKET)
    refused("ReplicationConfigurationNotFoundError", s3.get_bucket_replication, Bucket=BUCKET)


def test_the_accounts_public_access_block_is_s3_controls(aws: LocalAws, s3):
    path = "/v20180820/configuration/publicAccessBlock"
    scope = f"AWS4-HMAC-SHA256 Credential={HUB}/20250101/{TOKYO}/s3/aws4_request, Signature=x"
    headers = {"Authorization": scope, "x-amz-account-id": HUB}
    request = urllib.request.Request(aws.endpoint + path, headers=headers)
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    assert b"NoSuchPublicAccessBlockConfiguration" in raised.value.read()
