"""S3: which buckets an account has, and whether any is open, read by a role that may do no more."""

import json
from typing import Any

import pytest
from conftest import HUB, OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

# Operation → the action that it needs.
SETTINGS = {
    "get_bucket_policy_status": "s3:GetBucketPolicyStatus",
    "get_public_access_block": "s3:GetBucketPublicAccessBlock",
    "get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "get_bucket_policy": "s3:GetBucketPolicy",
    "get_bucket_tagging": "s3:GetBucketTagging",
}
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tokyo/*"}
OFF = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
)


@pytest.fixture
def buckets(aws: LocalAws) -> Any:
    """S3's client of the tenant, with a bucket in each Region; the one in Tokyo may be open."""
    for region, name in ((TOKYO, "tokyo"), (OSAKA, "osaka")):
        place = {"LocationConstraint": region}
        aws.client("s3", TENANT, region).create_bucket(Bucket=name, CreateBucketConfiguration=place)
    aws.client("s3", TENANT, "us-east-1").create_bucket(Bucket="virginia")
    s3 = aws.client("s3", TENANT)
    s3.put_public_access_block(Bucket="tokyo", PublicAccessBlockConfiguration=OFF)
    return s3


def put(s3: Any, **changes: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": [OPEN | changes]}
    s3.put_bucket_policy(Bucket="tokyo", Policy=json.dumps(document))


def test_buckets_of_every_region_are_listed_with_it(buckets, session):
    reader = session("s3", "s3:ListAllMyBuckets")
    pages = reader.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2})
    found = [b for page in pages for b in page["Buckets"]]
    places = {b["Name"]: b["BucketRegion"] for b in found}
    assert places == {"tokyo": TOKYO, "osaka": OSAKA, "virginia": "us-east-1"}
    # S3 says where they are only to who asks by anything.
    assert all("BucketRegion" not in b for b in reader.list_buckets()["Buckets"])
    whole = reader.list_buckets(MaxBuckets=1000)
    assert (len(whole["Buckets"]), "Prefix" in whole) == (3, False)
    assert session("s3", "s3:ListAllMyBuckets", account=OTHER).list_buckets()["Buckets"] == []
    error = refused("AccessDenied", session("s3", "s3:GetBucketPolicy").list_buckets)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "because no identity-based policy allows the s3:ListAllMyBuckets action" in str(error)


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}, False),
        ({"Condition": {"StringLike": {"aws:SourceVpce": "vpce-*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, False),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
    ],
)
def test_a_policy_is_public_unless_a_fixed_value_narrows_it(buckets, session, changes, public):
    put(buckets, **changes)
    reader = session("s3", "s3:GetBucketPolicyStatus")
    assert reader.get_bucket_policy_status(Bucket="tokyo")["PolicyStatus"]["IsPublic"] is public


def test_a_public_policy_is_public_also_where_it_is_restricted(buckets, session):
    put(buckets)
    closed = OFF | {"RestrictPublicBuckets": True}
    buckets.put_public_access_block(Bucket="tokyo", PublicAccessBlockConfiguration=closed)
    reader = session("s3", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock")
    assert reader.get_bucket_policy_status(Bucket="tokyo")["PolicyStatus"]["IsPublic"]
    found = reader.get_public_access_block(Bucket="tokyo")["PublicAccessBlockConfiguration"]
    assert found == closed


def test_a_buckets_settings_are_read_one_by_one(buckets, session):
    reader = session("s3", *SETTINGS.values())
    blocked = reader.get_public_access_block(Bucket="tokyo")["PublicAccessBlockConfiguration"]
    rules = reader.get_bucket_encryption(Bucket="tokyo")["ServerSideEncryptionConfiguration"]["Rules"]
    assert (blocked, rules[0]["ApplyServerSideEncryptionByDefault"]) == (OFF, {"SSEAlgorithm": "AES256"})
    buckets.delete_public_access_block(Bucket="tokyo")
    for operation, code in (
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_policy_status", "NoSuchBucketPolicy"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_public_access_block", "NoSuchPublicAccessBlockConfiguration"),
    ):
        error = refused(code, getattr(reader, operation), Bucket="tokyo")
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    put(buckets)
    buckets.put_bucket_tagging(Bucket="tokyo", Tagging={"TagSet": [{"Key": "tenant", "Value": "sakura"}]})
    assert json.loads(reader.get_bucket_policy(Bucket="tokyo")["Policy"])["Statement"] == [OPEN]
    assert reader.get_bucket_tagging(Bucket="tokyo")["TagSet"] == [{"Key": "tenant", "Value": "sakura"}]
    for operation, action in SETTINGS.items():
        others = [a for a in SETTINGS.values() if a != action]
        refused("AccessDenied", getattr(session("s3", *others), operation), Bucket="tokyo")
    refused("AccessDenied", reader.delete_bucket_policy, Bucket="tokyo")
