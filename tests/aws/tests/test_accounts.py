"""Accounts and sessions."""

import json

from conftest import HUB, TENANT, LocalAws, refused


def assume(aws: LocalAws, arn: str, **more):
    return aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="operator", **more)["Credentials"]


def test_resources_land_in_the_assumed_account(aws: LocalAws):
    arn = aws.role(TENANT, "operator", externalId="secret", trusts=HUB)
    token = assume(aws, arn, ExternalId="secret")
    identity = aws.client("sts", token=token).get_caller_identity()
    assert identity["Account"] == TENANT
    assert identity["Arn"] == f"arn:aws:sts::{TENANT}:assumed-role/operator/operator"
    key = aws.client("kms", token=token).create_key()["KeyMetadata"]
    assert key["AWSAccountId"] == TENANT
    vpc = aws.client("ec2", token=token).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert aws.client("kms").list_keys()["Keys"] == []
    refused("InvalidVpcID.NotFound", aws.client("ec2").describe_vpcs, VpcIds=[vpc])


def test_assume_role_needs_the_role_its_trust_and_the_external_id(aws: LocalAws):
    refused("AccessDenied", assume, aws=aws, arn=f"arn:aws:iam::{TENANT}:role/none")
    arn = aws.role(TENANT, "operator", externalId="secret")
    refused("AccessDenied", assume, aws=aws, arn=arn)
    refused("AccessDenied", assume, aws=aws, arn=arn, ExternalId="wrong")
    foreign = aws.role(TENANT, "foreign", trusts="999988887777")
    refused("AccessDenied", assume, aws=aws, arn=foreign)


def test_a_session_expires(aws: LocalAws):
    arn = aws.role(TENANT, "operator")
    token = assume(aws, arn, DurationSeconds=900)
    aws.client("kms", token=token).list_keys()
    aws.settings(now=901)
    refused("ExpiredTokenException", aws.client("kms", token=token).list_keys)


def test_a_chained_session_lasts_one_hour_at_most(aws: LocalAws):
    first = assume(aws, aws.role(TENANT, "first"))
    second = aws.role(TENANT, "second")
    chained = aws.client("sts", token=first).assume_role
    refused("ValidationError", chained, RoleArn=second, RoleSessionName="x", DurationSeconds=7200)
    chained(RoleArn=second, RoleSessionName="operator")


def test_iam_roles_by_api(aws: LocalAws):
    iam = aws.client("iam", TENANT)
    trust = {"Effect": "Allow", "Principal": {"AWS": TENANT}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam.create_role(RoleName="made", AssumeRolePolicyDocument=policy)
    assert iam.get_role(RoleName="made")["Role"]["Arn"] == f"arn:aws:iam::{TENANT}:role/made"


def test_a_session_that_nobody_gave_out_is_refused(aws: LocalAws):
    token = {"AccessKeyId": "ASIAUNKNOWNUNKNOWN00", "SecretAccessKey": "x", "SessionToken": "x"}
    refused("AuthFailure", aws.client("ec2", token=token).describe_vpcs)
    refused("UnrecognizedClientException", aws.client("kms", token=token).list_keys)
    refused("UnrecognizedClientException", aws.client("transfer", token=token).list_servers)
    refused("InvalidAccessKeyId", aws.client("s3", token=token).list_buckets)
