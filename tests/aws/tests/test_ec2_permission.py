"""Snapshots and images that everybody may use: how they become so, and how their owner finds them."""

from typing import Any

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

PUBLIC = {"CreateVolumePermission": {"Add": [{"Group": "all"}]}}


@pytest.fixture
def theirs(aws: LocalAws) -> Any:
    """EC2's client of the tenant."""
    return aws.client("ec2", TENANT)


def snapshot(client: Any, zone: str = f"{TOKYO}a", **volume: Any) -> str:
    made = client.create_volume(AvailabilityZone=zone, Size=1, **volume)["VolumeId"]
    return client.create_snapshot(VolumeId=made)["SnapshotId"]


def public(client: Any, **more: Any) -> list[str]:
    pages = client.get_paginator("describe_snapshots").paginate(
        OwnerIds=["self"], RestorableByUserIds=["all"], **more
    )
    return [s["SnapshotId"] for page in pages for s in page["Snapshots"]]


def test_the_owner_finds_what_is_public(aws: LocalAws, theirs, session):
    ours = [snapshot(theirs) for _ in range(8)]
    reader = session("ec2", "ec2:DescribeSnapshots")
    assert public(reader) == []
    for one in ours[:3]:
        theirs.modify_snapshot_attribute(SnapshotId=one, **PUBLIC)
    theirs.modify_snapshot_attribute(
        SnapshotId=ours[3], OperationType="add", GroupNames=["all"], Attribute="createVolumePermission"
    )
    theirs.modify_snapshot_attribute(SnapshotId=ours[4], OperationType="add", UserIds=[OTHER])
    assert public(reader) == ours[:4]
    assert len(reader.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 8
    by_other = reader.describe_snapshots(OwnerIds=["self"], RestorableByUserIds=[OTHER])["Snapshots"]
    assert [s["SnapshotId"] for s in by_other] == [ours[4]]
    pages = reader.get_paginator("describe_snapshots").paginate(
        OwnerIds=["self"], RestorableByUserIds=["all", OTHER], PaginationConfig={"PageSize": 5}
    )
    assert [len(page["Snapshots"]) for page in pages] == [5]
    nobody = {"CreateVolumePermission": {"Remove": [{"Group": "all"}]}}
    theirs.modify_snapshot_attribute(SnapshotId=ours[0], **nobody)
    theirs.reset_snapshot_attribute(SnapshotId=ours[1], Attribute="createVolumePermission")
    assert public(reader) == ours[2:4]
    found = theirs.describe_snapshot_attribute(SnapshotId=ours[2], Attribute="createVolumePermission")
    assert found["CreateVolumePermissions"] == [{"Group": "all"}]
    for other in ({"region": OSAKA}, {"account": OTHER}):
        assert public(session("ec2", "ec2:DescribeSnapshots", **other)) == []
    refused("UnauthorizedOperation", reader.modify_snapshot_attribute, SnapshotId=ours[2], **PUBLIC)
    refused("UnauthorizedOperation", public, client=session("ec2", "ec2:DescribeImages"))


def test_an_encrypted_snapshot_cannot_be_public(aws: LocalAws, theirs):
    key = aws.client("kms", TENANT).create_key()["KeyMetadata"]["Arn"]
    default = snapshot(theirs, Encrypted=True)
    own = snapshot(theirs, Encrypted=True, KmsKeyId=key)
    for one in (default, own):
        refused("OperationNotPermitted", theirs.modify_snapshot_attribute, SnapshotId=one, **PUBLIC)
    to = {"OperationType": "add", "UserIds": [OTHER]}
    refused("OperationNotPermitted", theirs.modify_snapshot_attribute, SnapshotId=default, **to)
    theirs.modify_snapshot_attribute(SnapshotId=own, **to)
    unknown = {"SnapshotId": "snap-00000000000000000", **PUBLIC}
    refused("InvalidSnapshot.NotFound", theirs.modify_snapshot_attribute, **unknown)
    group = {"OperationType": "add", "GroupNames": ["some"]}
    refused("InvalidAMIAttributeItemValue", theirs.modify_snapshot_attribute, SnapshotId=own, **group)


def image(client: Any, name: str, **volume: Any) -> str:
    base = client.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    devices = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, **volume}}]
    made = client.run_instances(ImageId=base, MinCount=1, MaxCount=1, BlockDeviceMappings=devices)
    instance = made["Instances"][0]["InstanceId"]
    return client.create_image(InstanceId=instance, Name=name)["ImageId"]


def test_an_image_says_whether_it_is_public(theirs, session):
    ours, encrypted = image(theirs, "plain"), image(theirs, "encrypted", Encrypted=True)
    reader = session("ec2", "ec2:DescribeImages")

    def own() -> dict[str, bool]:
        pages = reader.get_paginator("describe_images").paginate(Owners=["self"])
        return {i["ImageId"]: i["Public"] for page in pages for i in page["Images"]}

    assert own() == {ours: False, encrypted: False}
    everybody = {"LaunchPermission": {"Add": [{"Group": "all"}]}}
    theirs.modify_image_attribute(ImageId=ours, **everybody)
    refused("InvalidParameter", theirs.modify_image_attribute, ImageId=encrypted, **everybody)
    assert own() == {ours: True, encrypted: False}
    theirs.modify_image_attribute(ImageId=ours, OperationType="remove", UserGroups=["all"])
    assert own() == {ours: False, encrypted: False}
    theirs.modify_image_attribute(ImageId=ours, OperationType="add", UserGroups=["all"])
    assert own()[ours]
    refused("UnauthorizedOperation", reader.modify_image_attribute, ImageId=ours, **everybody)
    for other in ({"region": OSAKA}, {"account": OTHER}):
        assert session("ec2", "ec2:DescribeImages", **other).describe_images(Owners=["self"])["Images"] == []
