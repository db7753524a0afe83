"""Bucket policies: refusals, public ones, the compact form."""

import json

import pytest
from conftest import HUB, TOKYO, LocalAws, refused

BUCKET = "linked-files"
ARN = f"arn:aws:s3:::{BUCKET}"
ROOT = f"arn:aws:iam::{HUB}:root"


@pytest.fixture
def s3(aws: LocalAws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": TOKYO})
    return s3


def statement(**changes):
    whole = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
    return {k: v for k, v in (whole | changes).items() if v is not None}


def policy(*statements, **changes):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | changes)


@pytest.mark.parametrize(
    "text",
    [
        "{not json",
        json.dumps({"Statement": [statement()]}),
        policy(),
        policy(statement(Effect=None)),
        policy(statement(Effect="Maybe")),
        policy(statement(Principal=None)),
        policy(statement(Resource=None)),
        policy(statement(Action=None)),
        policy(statement(Resource="arn:aws:s3:::other/*")),
        policy(statement(Resource="*")),
        policy(statement(Resource=f"{ARN}-more/*")),
        policy(statement(Principal={"AWS": f"arn:aws:iam::{HUB}:role/nobody"})),
        policy(statement(Principal={"AWS": "AROAEXAMPLEEXAMPLE12"})),
        policy(statement(Principal={"Service": "logging"})),
        policy(statement(Action="s3:GetObjct")),
        policy(statement(Action="kms:Decrypt")),
        policy(statement(Action="s3:ListBucket")),
        policy(statement(Resource=ARN)),
        policy(statement(Condition={"StringIs": {"aws:PrincipalArn": "x"}})),
        policy(statement(Condition={"StringEquals": {"kms:ViaService": "x"}})),
        policy(statement(Sid="a"), statement(Sid="a")),
        policy(statement(Extra=1)),
    ],
)
def test_malformed_policies_are_refused(s3, text):
    refused("MalformedPolicy", s3.put_bucket_policy, Bucket=BUCKET, Policy=text)
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=BUCKET)


def test_a_policy_has_a_size_limit(s3):
    text = policy(*(statement(Sid=f"{n}" + "x" * 100) for n in range(120)))
    refused("PolicyTooLarge", s3.put_bucket_policy, Bucket=BUCKET, Policy=text)


PUBLIC = statement(Principal="*")
NARROW = statement(Principal="*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})


@pytest.mark.parametrize(
    "open_to_all",
    [
        PUBLIC,
        statement(Principal={"AWS": "*"}),
        statement(Principal="*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        statement(Principal="*", Condition={"StringLike": {"aws:SourceVpce": "vpce-*"}}),
        statement(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ],
)
def test_a_public_policy_needs_the_block_off(s3, open_to_all):
    refused("AccessDenied", s3.put_bucket_policy, Bucket=BUCKET, Policy=policy(open_to_all))
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(open_to_all))
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"] == {"IsPublic": True}


def test_denials_and_narrowed_statements_are_not_public(s3):
    refused("NoSuchBucketPolicy", s3.get_bucket_policy_status, Bucket=BUCKET)
    deny = statement(Effect="Deny", Principal="*", Action="s3:*", Resource=[ARN, f"{ARN}/*"])
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(NARROW, deny))
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"] == {"IsPublic": False}
    s3.delete_bucket_policy(Bucket=BUCKET)
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=BUCKET)


def test_get_answers_the_compact_form(aws: LocalAws, s3):
    role = aws.role(HUB, "partner")
    sent = policy(
        statement(Principal={"AWS": [HUB]}, Action=["s3:GetObject"], Resource=[f"{ARN}/*"]),
        statement(Principal={"AWS": [role]}, Condition={"ArnEquals": {"aws:PrincipalArn": [role]}}),
    )
    s3.put_bucket_policy(Bucket=BUCKET, Policy=sent)
    text = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert " " not in text
    first, second = json.loads(text)["Statement"]
    assert first == statement()
    assert second["Principal"] == {"AWS": role}
    assert second["Condition"] == {"ArnEquals": {"aws:PrincipalArn": role}}
    aws.client("iam").delete_role(RoleName="partner")
    second = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"][1]
    assert second["Principal"]["AWS"].startswith("AROA")
