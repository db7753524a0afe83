"""S3 calls of roles' sessions, decided by the policies of bucket, role and key."""

import json

import pytest
from conftest import HUB, TENANT, TOKYO, LocalAws, refused

BUCKET = "linked-files"
ARN = f"arn:aws:s3:::{BUCKET}"
SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
VPCE = "vpce-0123456789abcdef0"
PARTNER, STRANGER = (f"arn:aws:iam::{TENANT}:role/{n}" for n in ("partner", "stranger"))


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def everybody(account):
    return {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}}


@pytest.fixture
def key(aws: LocalAws, kms) -> str:
    """Everything for the account; for the partner only by S3 and for this bucket."""
    use = {
        "ArnEquals": {"aws:PrincipalArn": PARTNER},
        "StringEquals": {
            "kms:ViaService": f"s3.{TOKYO}.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": ARN,
        },
    }
    policy = document(
        allow("kms:*", "*", **everybody(HUB)),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], "*", Condition=use, **everybody(TENANT)),
    )
    return kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]


@pytest.fixture
def bucket(aws: LocalAws, key):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": TOKYO})
    encrypt(s3, key)
    place = {
        "ArnEquals": {"aws:PrincipalArn": [PARTNER]},
        "StringEquals": {"aws:SourceVpce": VPCE},
    }
    policy(
        s3,
        allow(["s3:GetObject", "s3:PutObject"], f"{ARN}/*", Condition=place, **everybody(TENANT)),
        allow("s3:ListBucket", ARN, Condition=place, **everybody(TENANT)),
        deny("Bool", "aws:SecureTransport", "false"),
        deny("NumericLessThan", "s3:TlsVersion", "1.2"),
        deny("StringNotEquals", SSE_KEY, key, Null={SSE_KEY: "false"}),
    )
    aws.role(TENANT, "partner", policies={"use": document(allow(["s3:*", "kms:*"], "*"))})
    aws.role(TENANT, "stranger", policies={"use": document(allow(["s3:*", "kms:*"], "*"))})
    aws.settings(authorize=True)
    return s3


def encrypt(s3, key, bucket_key=True):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})


def deny(operator, name, value, **more):
    whole = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, f"{ARN}/*"]}
    return {**whole, "Condition": {operator: {name: value}, **more}}


def policy(s3, *statements):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(*statements)))


def session(aws: LocalAws, role, headers=None, account=TENANT):
    token = aws.client("sts", account).assume_role(RoleArn=role, RoleSessionName="linking")["Credentials"]
    s3 = aws.client("s3", token=token)
    sent = {"x-local-aws-source-vpce": VPCE} if headers is None else headers
    s3.meta.events.register("before-sign.s3", lambda request, **_: add(request, sent))
    return s3


def add(request, headers):
    for name, value in headers.items():
        request.headers[name] = value


def put(s3, **more):
    return s3.put_object(Bucket=BUCKET, Key="a", Body=b"hello", **more)


def get(s3):
    return s3.get_object(Bucket=BUCKET, Key="a")["Body"].read()


def test_the_partner_writes_and_reads(aws: LocalAws, bucket, key):
    partner = session(aws, PARTNER)
    assert put(partner)["SSEKMSKeyId"] == key
    assert get(partner) == b"hello"
    assert partner.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
    refused("AccessDenied", partner.delete_object, Bucket=BUCKET, Key="a")
    refused("AccessDenied", partner.put_bucket_policy, Bucket=BUCKET, Policy="{}")


@pytest.mark.parametrize(
    ("role", "headers"),
    [
        (STRANGER, None),
        (PARTNER, {}),
        (PARTNER, {"x-local-aws-source-vpce": "vpce-00000000000000000"}),
        (PARTNER, {"x-local-aws-source-vpce": VPCE, "x-local-aws-tls-version": "1.1"}),
    ],
)
def test_nobody_else_and_from_nowhere_else(aws: LocalAws, bucket, role, headers):
    put(session(aws, PARTNER))
    other = session(aws, role, headers)
    for call in (put, get):
        refused("AccessDenied", call, s3=other)
    refused("AccessDenied", other.list_objects_v2, Bucket=BUCKET)


def test_the_key_decides_too(aws: LocalAws, bucket, key, kms):
    partner = session(aws, PARTNER)
    put(partner)
    encrypt(bucket, key, bucket_key=False)
    refused("AccessDenied", put, s3=partner)
    assert get(partner) == b"hello"
    encrypt(bucket, key)
    closed = document(allow("kms:*", "*", **everybody(HUB)))
    kms.put_key_policy(KeyId=key, Policy=json.dumps(closed))
    refused("AccessDenied", put, s3=partner)
    refused("AccessDenied", get, s3=partner)


def test_another_key_is_denied(aws: LocalAws, bucket, key, kms):
    partner = session(aws, PARTNER)
    other = kms.create_key()["KeyMetadata"]["Arn"]
    refused("AccessDenied", put, s3=partner, ServerSideEncryption="aws:kms", SSEKMSKeyId=other)
    put(partner, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def test_the_roles_own_policy_is_needed(aws: LocalAws, bucket):
    iam = aws.client("iam", TENANT)
    only_s3 = json.dumps(document(allow("s3:*", "*")))
    iam.put_role_policy(RoleName="partner", PolicyName="use", PolicyDocument=only_s3)
    refused("AccessDenied", put, s3=session(aws, PARTNER))
    iam.delete_role_policy(RoleName="partner", PolicyName="use")
    refused("AccessDenied", session(aws, PARTNER).list_objects_v2, Bucket=BUCKET)


def test_the_own_accounts_role_needs_one_of_both(aws: LocalAws, bucket):
    role = aws.role(HUB, "operator", policies={"s3": document(allow("s3:Get*", "*"))})
    operator = session(aws, role, {}, HUB)
    operator.get_bucket_policy(Bucket=BUCKET)
    refused("AccessDenied", operator.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={})
    names = {"Principal": {"AWS": role}}
    policy(bucket, allow("s3:PutBucketVersioning", ARN, **names))
    operator.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    whole = {"Effect": "Deny", "Action": "s3:PutBucketVersioning", "Resource": ARN, **names}
    policy(bucket, allow("s3:PutBucketVersioning", ARN, **names), whole)
    wanted = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}}
    refused("AccessDenied", operator.put_bucket_versioning, **wanted)
    policy(bucket, allow("s3:PutBucketVersioning", ARN, **everybody(HUB)))
    refused("AccessDenied", operator.put_bucket_versioning, **wanted)


def test_a_bucket_with_tags_needs_more_than_its_creation(aws: LocalAws, bucket):
    created = {"create": document(allow("s3:CreateBucket", "*"))}
    role = aws.role(HUB, "operator", policies=created)
    operator = session(aws, role, {}, HUB)
    place = {"LocationConstraint": TOKYO}
    operator.create_bucket(Bucket="plain-bucket", CreateBucketConfiguration=place)
    tagged = {**place, "Tags": [{"Key": "a", "Value": "b"}]}
    refused("AccessDenied", operator.create_bucket, Bucket="tagged", CreateBucketConfiguration=tagged)


def test_without_the_setting_nothing_is_decided(aws: LocalAws, bucket):
    aws.settings(authorize=False)
    put(session(aws, PARTNER, {}))
    assert get(session(aws, PARTNER, {})) == b"hello"
