"""Calls of roles' sessions outside of S3, decided by the roles' own policies."""

import json

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused


@pytest.fixture
def session(aws: LocalAws):
    """A client by a role with one statement for each, in a Region."""

    def client(service, *statements, region=TOKYO):
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
        arn = aws.role(TENANT, f"role-{service}-{region}", policies={"own": policy})
        aws.settings(authorize=True)
        token = aws.client("sts", HUB).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return aws.client(service, TENANT, region, token)

    return client


def test_what_is_not_allowed_is_refused(session):
    here = {"StringEquals": {"aws:RequestedRegion": [TOKYO]}}
    ec2 = session("ec2", {"Action": ["ec2:CreateVpc"], "Resource": "*", "Condition": here})
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    refused("UnauthorizedOperation", ec2.describe_vpcs)
    osaka = session("ec2", {"Action": ["ec2:CreateVpc"], "Resource": "*", "Condition": here}, region=OSAKA)
    refused("UnauthorizedOperation", osaka.create_vpc, CidrBlock="10.0.0.0/16")


def test_tags_at_a_creation_are_an_action_of_their_own(session):
    ec2 = session("ec2", {"Action": ["ec2:CreateVpc"], "Resource": "*"})
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    refused("AccessDenied", ec2.create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=tags)


def test_roles_are_meant_by_their_path_and_what_is_deleted_by_its_tags(aws: LocalAws, session):
    iam = session("iam", {"Action": ["iam:CreateRole"], "Resource": "arn:aws:iam::*:role/ours/*"})
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": TENANT}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = {"RoleName": "mine", "AssumeRolePolicyDocument": trust}
    iam.create_role(**role, Path="/ours/")
    refused("AccessDenied", iam.create_role, **role | {"RoleName": "other"}, Path="/theirs/")
    owner = aws.client("ec2", TENANT)
    volume = owner.create_volume(AvailabilityZone=f"{TOKYO}a", Size=1)["VolumeId"]
    tagged = {"StringEquals": {"aws:ResourceTag/owner": "us"}}
    ec2 = session("ec2", {"Action": ["ec2:DeleteVolume"], "Resource": "*", "Condition": tagged})
    refused("UnauthorizedOperation", ec2.delete_volume, VolumeId=volume)
    owner.create_tags(Resources=[volume], Tags=[{"Key": "owner", "Value": "us"}])
    ec2.delete_volume(VolumeId=volume)


def test_what_was_needed_is_remembered(aws: LocalAws, session):
    kms = session("kms", {"Action": ["kms:ListKeys"], "Resource": "*"})
    kms.list_keys()
    refused("AccessDeniedException", kms.list_aliases)
    assert aws.side("GET", "actions")[f"role-kms-{TOKYO}"] == ["kms:ListAliases", "kms:ListKeys"]
