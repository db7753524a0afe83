"""Images, their copies, and who uses them: instances and launch templates."""

from typing import Any

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, by_tag, filtered, refused, tagged

UNKNOWN = "ami-00000000000000000"


@pytest.fixture
def image(ec2, instance) -> str:
    return ec2.create_image(InstanceId=instance["InstanceId"], Name="nightly")["ImageId"]


def copy(client, source: str, **more: Any) -> str:
    return client.copy_image(SourceRegion=TOKYO, SourceImageId=source, Name="copied", **more)["ImageId"]


def described(client, image: str) -> dict[str, Any]:
    return client.describe_images(ImageIds=[image])["Images"][0]


def snapshots(client, image: str) -> list[dict[str, Any]]:
    ids = [m["Ebs"]["SnapshotId"] for m in described(client, image)["BlockDeviceMappings"]]
    return client.describe_snapshots(SnapshotIds=ids)["Snapshots"]


def tags_of(item: dict[str, Any]) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in item.get("Tags", [])}


def test_an_instances_volumes_are_listed_with_their_attachments(ec2, instance):
    assert tags_of(instance) == {"Name": "web"}
    attached = [filtered("attachment.instance-id", instance["InstanceId"])]
    volumes = ec2.describe_volumes(Filters=attached)["Volumes"]
    assert {v["Attachments"][0]["Device"]: v["Size"] for v in volumes} == {
        instance["RootDeviceName"]: 15,
        "/dev/sdf": 20,
        "/dev/sdg": 30,
    }
    assert all(tags_of(v) == {"backup": "daily"} and v["State"] == "in-use" for v in volumes)
    assert {v["VolumeId"] for v in ec2.describe_volumes(Filters=by_tag(backup="daily"))["Volumes"]} == {
        m["Ebs"]["VolumeId"] for m in instance["BlockDeviceMappings"]
    }
    refused("VolumeInUse", ec2.delete_volume, VolumeId=volumes[0]["VolumeId"])


def test_instances_need_an_image_and_lag(aws: LocalAws, ec2, instance):
    run = {"MinCount": 1, "MaxCount": 1}
    refused("InvalidAMIID.NotFound", ec2.run_instances, ImageId=UNKNOWN, **run)
    refused("MissingParameter", ec2.run_instances, **run)
    aws.settings(lag=60, now=3600)
    made = ec2.run_instances(ImageId=instance["ImageId"], **run)["Instances"][0]
    assert (made["LaunchTime"] - instance["LaunchTime"]).total_seconds() >= 3600
    (root,) = made["BlockDeviceMappings"]
    assert root["DeviceName"] == made["RootDeviceName"]

    def ids() -> list[str]:
        return [r["Instances"][0]["InstanceId"] for r in ec2.describe_instances()["Reservations"]]

    assert ids() == [instance["InstanceId"]]
    assert ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"]
    assert len(ec2.describe_volumes()["Volumes"]) == 3
    aws.settings(now=3661)
    assert ids() == [instance["InstanceId"], made["InstanceId"]]
    assert len(ec2.describe_volumes()["Volumes"]) == 4


def test_an_image_has_a_snapshot_of_every_volume(aws: LocalAws, ec2, instance):
    aws.settings(delay={"image": 10})
    tags = tagged("image", run="7") + tagged("snapshot", of="image")
    wanted = {"InstanceId": instance["InstanceId"], "Name": "nightly", "Description": "d", "NoReboot": True}
    made = ec2.create_image(**wanted, TagSpecifications=tags)["ImageId"]
    pending = described(ec2, made)
    assert (pending["State"], pending["Name"], pending["Description"]) == ("pending", "nightly", "d")
    assert (pending["SourceInstanceId"], tags_of(pending)) == (instance["InstanceId"], {"run": "7"})
    assert (pending["SourceImageId"], pending["SourceImageRegion"]) == (instance["ImageId"], TOKYO)
    devices = {m["DeviceName"]: m["Ebs"] for m in pending["BlockDeviceMappings"]}
    sizes = {instance["RootDeviceName"]: 15, "/dev/sdf": 20, "/dev/sdg": 30}
    assert {name: e["VolumeSize"] for name, e in devices.items()} == sizes
    assert {e["Encrypted"] for e in devices.values()} == {False}
    for snapshot in snapshots(ec2, made):
        assert (snapshot["State"], tags_of(snapshot)) == ("pending", {"of": "image"})
        assert snapshot["Description"] == f"Created by CreateImage({instance['InstanceId']}) for {made}"
    refused("InvalidAMIID.Unavailable", ec2.run_instances, ImageId=made, MinCount=1, MaxCount=1)
    aws.settings(now=11)
    assert described(ec2, made)["State"] == "available"
    assert {s["State"] for s in snapshots(ec2, made)} == {"completed"}
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 3
    new = ec2.run_instances(ImageId=made, MinCount=1, MaxCount=1)["Instances"][0]
    assert {m["DeviceName"] for m in new["BlockDeviceMappings"]} == set(sizes)


def test_an_image_needs_an_instance_and_a_name_of_its_own(ec2, instance, image):
    create, wanted = ec2.create_image, {"InstanceId": instance["InstanceId"], "Name": "nightly"}
    refused("InvalidAMIName.Duplicate", create, **wanted)
    refused("InvalidAMIName.Malformed", create, **(wanted | {"Name": "what?"}))
    unknown = {"InstanceId": "i-00000000000000000", "Name": "other"}
    refused("InvalidInstanceID.NotFound", create, **unknown)
    refused("InvalidParameterValue", create, **wanted, TagSpecifications=tagged("volume", a="b"))
    ec2.deregister_image(ImageId=image)
    without = [{"DeviceName": "/dev/sdf", "NoDevice": ""}]
    again = create(**wanted, BlockDeviceMappings=without)["ImageId"]
    assert len(described(ec2, again)["BlockDeviceMappings"]) == 2
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    refused("IncorrectInstanceState", create, **(wanted | {"Name": "late"}))


def test_images_are_listed_by_filters_in_pages_and_lag(aws: LocalAws, ec2, instance):
    made = []
    for n in range(7):
        tags = tagged("image", n=str(n), all="yes")
        wanted = {"InstanceId": instance["InstanceId"], "Name": f"image-{n}"}
        made.append(ec2.create_image(**wanted, TagSpecifications=tags)["ImageId"])
        ec2.describe_images(ImageIds=made[-1:])
    first = ec2.describe_images(Owners=["self"], MaxResults=5)
    second = ec2.describe_images(Owners=["self"], MaxResults=5, NextToken=first["NextToken"])
    assert [i["ImageId"] for i in first["Images"] + second["Images"]] == made
    snapshot = described(ec2, made[3])["BlockDeviceMappings"][1]["Ebs"]["SnapshotId"]
    for filters in (
        by_tag(n="3", all="y*"),
        [filtered("name", "image-3", "no-image")],
        [filtered("name", "*-3"), filtered("state", "available", "pending")],
        [filtered("block-device-mapping.snapshot-id", snapshot, "snap-0")],
    ):
        assert [i["ImageId"] for i in ec2.describe_images(Filters=filters)["Images"]] == [made[3]], filters
    assert ec2.describe_images(Owners=["self"], Filters=[filtered("state", "failed")])["Images"] == []
    refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=[UNKNOWN])
    for other in (aws.client("ec2", TENANT), aws.client("ec2", region=OSAKA)):
        assert other.describe_images(Owners=["self"])["Images"] == []
        assert other.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    aws.settings(lag=60)
    late = ec2.create_image(InstanceId=instance["InstanceId"], Name="late")["ImageId"]
    assert len(ec2.describe_images(Owners=["self"])["Images"]) == 7
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 21
    aws.settings(now=61)
    assert ec2.describe_images(Owners=["self"])["Images"][-1]["ImageId"] == late


def test_snapshots_of_an_image_stay_while_it_is_registered(ec2, instance, image):
    first, second, third = (s["SnapshotId"] for s in snapshots(ec2, image))
    refused("InvalidSnapshot.InUse", ec2.delete_snapshot, SnapshotId=first)
    ec2.deregister_image(ImageId=image)
    assert len(ec2.describe_snapshots(SnapshotIds=[first, second, third])["Snapshots"]) == 3
    ec2.delete_snapshot(SnapshotId=first)
    refused("InvalidAMIID.Unavailable", ec2.deregister_image, ImageId=image)
    refused("InvalidAMIID.NotFound", ec2.deregister_image, ImageId=UNKNOWN)
    refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=[image])
    public = ec2.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    refused("AuthFailure", ec2.deregister_image, ImageId=public)
    other = ec2.create_image(InstanceId=instance["InstanceId"], Name="other")["ImageId"]
    gone = ec2.deregister_image(ImageId=other, DeleteAssociatedSnapshots=True)
    assert {r["ReturnCode"] for r in gone["DeleteSnapshotResults"]} == {"success"}
    left = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert {s["SnapshotId"] for s in left} == {second, third}


def test_a_deregistered_image_that_an_instance_names_is_absent(ec2, instance, image):
    described(ec2, image)
    run = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    ec2.deregister_image(ImageId=image)
    assert ec2.describe_images(ImageIds=[image])["Images"] == []
    ec2.terminate_instances(InstanceIds=[run["InstanceId"]])
    refused("InvalidAMIID.NotFound", ec2.describe_images, ImageIds=[image])


@pytest.fixture
def key(aws: LocalAws) -> str:
    """One of Osaka."""
    return aws.client("kms", region=OSAKA).create_key()["KeyMetadata"]["Arn"]


def test_a_copy_has_copies_of_the_snapshots(aws: LocalAws, ec2, osaka, image, key):
    described(ec2, image)
    ec2.create_tags(Resources=[image], Tags=[{"Key": "own", "Value": "1"}])
    aws.settings(delay={"imageCopy": 10})
    tags = tagged("image", run="7") + tagged("snapshot", of="copy")
    made = copy(osaka, image, Encrypted=True, KmsKeyId=key, ClientToken="t", TagSpecifications=tags)
    again = copy(osaka, image, Encrypted=True, KmsKeyId=key, ClientToken="t", TagSpecifications=tags)
    assert again == made and len(osaka.describe_images(Owners=["self"])["Images"]) == 1
    wanted = {"SourceRegion": TOKYO, "SourceImageId": image, "Name": "other", "ClientToken": "t"}
    refused("IdempotentParameterMismatch", osaka.copy_image, **wanted)
    pending = described(osaka, made)
    assert (pending["State"], pending["Name"], tags_of(pending)) == ("pending", "copied", {"run": "7"})
    assert (pending["SourceImageId"], pending["SourceImageRegion"]) == (image, TOKYO)
    assert (pending["OwnerId"], pending["RootDeviceType"]) == (HUB, "ebs")
    assert all(m["Ebs"]["Encrypted"] for m in pending["BlockDeviceMappings"])
    copies = snapshots(osaka, made)
    assert {(s["State"], s["VolumeId"], s["KmsKeyId"]) for s in copies} == {("pending", "vol-ffffffff", key)}
    assert [s["VolumeSize"] for s in copies] == [s["VolumeSize"] for s in snapshots(ec2, image)]
    assert all(tags_of(s) == {"of": "copy"} for s in copies)
    aws.settings(now=11)
    assert described(osaka, made)["State"] == "available"
    assert {s["State"] for s in snapshots(osaka, made)} == {"completed"}
    refused("InvalidSnapshot.InUse", osaka.delete_snapshot, SnapshotId=copies[0]["SnapshotId"])
    run = osaka.run_instances(ImageId=made, MinCount=1, MaxCount=1)["Instances"][0]
    ids = [m["Ebs"]["VolumeId"] for m in run["BlockDeviceMappings"]]
    assert {v["KmsKeyId"] for v in osaka.describe_volumes(VolumeIds=ids)["Volumes"]} == {key}


def test_tags_of_the_source_come_along_only_on_demand(ec2, osaka, image):
    described(ec2, image)
    ec2.create_tags(Resources=[image], Tags=[{"Key": "own", "Value": "1"}, {"Key": "run", "Value": "old"}])
    tags = tagged("image", run="new")
    made = copy(osaka, image, CopyImageTags=True, TagSpecifications=tags)
    assert tags_of(described(osaka, made)) == {"own": "1", "run": "new"}
    assert tags_of(described(osaka, copy(osaka, image))) == {}
    assert tags_of(described(osaka, copy(osaka, image, Encrypted=True))) == {}


def test_a_copys_source_must_be_available_and_there(aws: LocalAws, ec2, osaka, instance):
    wanted = {"SourceRegion": TOKYO, "SourceImageId": UNKNOWN, "Name": "copied"}
    refused("InvalidAMIID.NotFound", osaka.copy_image, **wanted)
    aws.settings(delay={"image": 10})
    wanted["SourceImageId"] = ec2.create_image(InstanceId=instance["InstanceId"], Name="a b")["ImageId"]
    refused("InvalidAMIID.Unavailable", osaka.copy_image, **wanted)
    refused("InvalidAMIID.NotFound", osaka.copy_image, **(wanted | {"SourceRegion": OSAKA}))
    aws.settings(now=11)
    refused("InvalidParameterDependency", osaka.copy_image, **wanted, KmsKeyId="alias/x")
    osaka.copy_image(**wanted)


@pytest.mark.parametrize("what", ["unknown", "foreign region", "disabled", "deleted"])
def test_a_bad_key_makes_the_copy_fail_later(aws: LocalAws, ec2, osaka, kms, image, key, what):
    described(ec2, image)
    keys = aws.client("kms", region=OSAKA)
    if what == "unknown":
        key = key[:-4] + "0000"
    elif what == "foreign region":
        key = kms.create_key()["KeyMetadata"]["Arn"]
    elif what == "disabled":
        keys.disable_key(KeyId=key)
    else:
        keys.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    made = copy(osaka, image, Encrypted=True, KmsKeyId=key)
    failed = described(osaka, made)
    assert failed["State"] == "failed"
    assert "Given key ID is not accessible" in failed["StateReason"]["Message"]
    assert {s["State"] for s in snapshots(osaka, made)} == {"error"}
    refused("InvalidAMIID.Unavailable", osaka.run_instances, ImageId=made, MinCount=1, MaxCount=1)
    osaka.deregister_image(ImageId=made)
    for snapshot in osaka.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        osaka.delete_snapshot(SnapshotId=snapshot["SnapshotId"])


def test_copies_fail_on_demand_and_have_a_quota(aws: LocalAws, ec2, osaka, image):
    described(ec2, image)
    rule = {"region": OSAKA, "source": "ami-*", "times": 1, "message": "broken"}
    aws.settings(copyErrors=[rule])
    failed = described(osaka, copy(osaka, image))
    assert (failed["State"], failed["StateReason"]["Message"]) == ("failed", "broken")
    assert described(osaka, copy(osaka, image))["State"] == "available"
    aws.settings(delay={"imageCopy": 10}, quota={"imageCopies": 1})
    copy(osaka, image)
    wanted = {"SourceRegion": TOKYO, "SourceImageId": image, "Name": "more"}
    refused("ResourceLimitExceeded", osaka.copy_image, **wanted)
    aws.settings(now=11)
    osaka.copy_image(**wanted)


def test_launch_templates_say_which_images_they_use(ec2, image):
    first = ec2.create_launch_template(
        LaunchTemplateName="t-0",
        LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"},
        TagSpecifications=tagged("launch-template", a="b"),
    )["LaunchTemplate"]["LaunchTemplateId"]
    newer = {"LaunchTemplateId": first, "SourceVersion": "1"}
    version = ec2.create_launch_template_version(**newer, LaunchTemplateData={"ImageId": UNKNOWN})
    assert version["LaunchTemplateVersion"]["LaunchTemplateData"]["InstanceType"] == "t3.micro"
    for n in range(1, 20):
        data = {"ImageId": UNKNOWN}
        ec2.create_launch_template(LaunchTemplateName=f"t-{n}", LaunchTemplateData=data)
    assert len(ec2.describe_launch_templates()["LaunchTemplates"]) == 20
    pages = ec2.get_paginator("describe_launch_templates").paginate(MaxResults=8)
    assert [len(p["LaunchTemplates"]) for p in pages] == [8, 8, 4]
    ec2.create_tags(Resources=[first], Tags=[{"Key": "c", "Value": "d"}])
    (found,) = ec2.describe_launch_templates(Filters=by_tag(c="d"))["LaunchTemplates"]
    assert (found["LaunchTemplateId"], tags_of(found)) == (first, {"a": "b", "c": "d"})
    assert (found["DefaultVersionNumber"], found["LatestVersionNumber"]) == (1, 2)
    both = {"Versions": ["$Latest", "$Default"]}
    pages = ec2.get_paginator("describe_launch_template_versions").paginate(**both, MaxResults=15)
    versions = [v for p in pages for v in p["LaunchTemplateVersions"]]
    assert len(versions) == 21
    users = [v for v in versions if v["LaunchTemplateData"]["ImageId"] == image]
    assert [(v["LaunchTemplateId"], v["VersionNumber"]) for v in users] == [(first, 1)]
    filters = [filtered("image-id", image)]
    assert ec2.describe_launch_template_versions(**both, Filters=filters)["LaunchTemplateVersions"] == users
    unknown = "lt-00000000000000000"
    code = "InvalidLaunchTemplateId.NotFound"
    refused(code, ec2.describe_launch_templates, LaunchTemplateIds=[unknown])
