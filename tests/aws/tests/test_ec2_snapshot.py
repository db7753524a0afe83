"""Snapshots and their copies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, by_tag, filtered, refused, tagged

ZONE = f"{TOKYO}a"
UNKNOWN = "snap-00000000000000000"


@pytest.fixture
def volume(ec2) -> str:
    return ec2.create_volume(AvailabilityZone=ZONE, Size=3)["VolumeId"]


@pytest.fixture
def snapshot(ec2, volume) -> str:
    return ec2.create_snapshot(VolumeId=volume)["SnapshotId"]


@pytest.fixture
def key(aws: LocalAws) -> str:
    """One of Osaka."""
    return aws.client("kms", region=OSAKA).create_key()["KeyMetadata"]["Arn"]


def copy(client, source: str, **more: Any) -> str:
    return client.copy_snapshot(SourceRegion=TOKYO, SourceSnapshotId=source, **more)["SnapshotId"]


def described(client, snapshot: str) -> dict[str, Any]:
    return client.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]


def encrypted(ec2, **more: Any) -> str:
    """A snapshot of an encrypted volume."""
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, **more)["VolumeId"]
    return ec2.create_snapshot(VolumeId=volume)["SnapshotId"]


def test_a_snapshot_is_pending_first(aws: LocalAws, ec2, volume):
    ec2.describe_volumes()
    aws.settings(delay={"snapshot": 100}, now=86_400)
    tags = tagged("snapshot", run="7")
    made = ec2.create_snapshot(VolumeId=volume, Description="nightly", TagSpecifications=tags)
    assert (made["State"], made["Progress"], made["Encrypted"]) == ("pending", "0%", False)
    assert made["StartTime"] - datetime.now(UTC) > timedelta(hours=23)
    assert made["Tags"] == [{"Key": "run", "Value": "7"}]
    aws.settings(now=86_450)
    half = described(ec2, made["SnapshotId"])
    assert half["State"] == "pending" and half["Progress"] in ("49%", "50%")
    completed = [filtered("status", "completed")]
    assert ec2.describe_snapshots(OwnerIds=["self"], Filters=completed)["Snapshots"] == []
    aws.settings(now=86_501)
    done = described(ec2, made["SnapshotId"])
    assert (done["State"], done["Progress"], done["VolumeSize"]) == ("completed", "100%", 3)
    assert (done["VolumeId"], done["OwnerId"], done["Description"]) == (volume, HUB, "nightly")
    assert "StateMessage" not in done and "KmsKeyId" not in done
    ec2.modify_volume(VolumeId=volume, Size=5)
    ec2.delete_volume(VolumeId=volume)
    assert described(ec2, made["SnapshotId"])["VolumeSize"] == 3


def test_lists_are_the_accounts_own_in_pages_and_lag(aws: LocalAws, ec2, volume):
    made = [
        ec2.create_snapshot(VolumeId=volume, TagSpecifications=tagged("snapshot", n=str(n), all="yes"))[
            "SnapshotId"
        ]
        for n in range(7)
    ]
    first = ec2.describe_snapshots(OwnerIds=["self"], MaxResults=5)
    second = ec2.describe_snapshots(OwnerIds=["self"], MaxResults=5, NextToken=first["NextToken"])
    assert [s["SnapshotId"] for s in first["Snapshots"] + second["Snapshots"]] == made
    assert "NextToken" not in second
    for filters in (by_tag(n="3"), [filtered("snapshot-id", made[3])], [*by_tag(all="y*"), *by_tag(n="3")]):
        found = ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]
        assert [s["SnapshotId"] for s in found] == [made[3]]
    of_volume = [filtered("volume-id", volume), filtered("status", "pending", "completed")]
    assert len(ec2.describe_snapshots(OwnerIds=[HUB], Filters=of_volume)["Snapshots"]) == 7
    for other in (aws.client("ec2", TENANT), aws.client("ec2", region=OSAKA)):
        assert other.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    refused("InvalidSnapshot.NotFound", ec2.describe_snapshots, SnapshotIds=[UNKNOWN])
    aws.settings(lag=60)
    late = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 7
    aws.settings(now=61)
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"][-1]["SnapshotId"] == late


def test_snapshots_of_all_volumes_of_an_instance(aws: LocalAws, ec2, instance):
    aws.settings(delay={"snapshot": 10})
    wanted = {"InstanceId": instance["InstanceId"]}
    tags = tagged("snapshot", run="8")
    made = ec2.create_snapshots(
        InstanceSpecification=wanted,
        Description="d",
        TagSpecifications=tags,
        CopyTagsFromSource="volume",
    )["Snapshots"]
    volumes = {m["DeviceName"]: m["Ebs"]["VolumeId"] for m in instance["BlockDeviceMappings"]}
    assert sorted(s["VolumeId"] for s in made) == sorted(volumes.values())
    assert sorted(s["VolumeSize"] for s in made) == [15, 20, 30]
    assert {s["State"] for s in made} == {"pending"} and len({s["StartTime"] for s in made}) == 1
    for snapshot in made:
        assert {t["Key"]: t["Value"] for t in snapshot["Tags"]} == {"run": "8", "backup": "daily"}
    ids = [s["SnapshotId"] for s in made]
    assert [s["SnapshotId"] for s in ec2.describe_snapshots(Filters=by_tag(run="8"))["Snapshots"]] == ids

    def sizes(**more: Any) -> list[int]:
        some = ec2.create_snapshots(InstanceSpecification=wanted | more)["Snapshots"]
        return sorted(s["VolumeSize"] for s in some)

    assert sizes(ExcludeBootVolume=True) == [20, 30]
    assert sizes(ExcludeDataVolumeIds=[volumes["/dev/sdf"]]) == [15, 30]
    root = volumes[instance["RootDeviceName"]]
    bad = wanted | {"ExcludeDataVolumeIds": [root]}
    refused("InvalidParameterValue", ec2.create_snapshots, InstanceSpecification=bad)
    unknown = {"InstanceId": "i-00000000000000000"}
    refused("InvalidInstanceID.NotFound", ec2.create_snapshots, InstanceSpecification=unknown)


def test_snapshots_need_a_volume_and_room(aws: LocalAws, ec2, volume):
    refused("InvalidVolume.NotFound", ec2.create_snapshot, VolumeId="vol-00000000000000000")
    aws.settings(delay={"snapshot": 10}, quota={"pendingSnapshots": 6})
    for _ in range(5):
        ec2.create_snapshot(VolumeId=volume)
    refused("ConcurrentSnapshotLimitExceeded", ec2.create_snapshot, VolumeId=volume)
    other = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    ec2.create_snapshot(VolumeId=other)
    refused("PendingSnapshotLimitExceeded", ec2.create_snapshot, VolumeId=other)
    aws.settings(now=11)
    ec2.create_snapshot(VolumeId=other)
    aws.settings(delay={"volume": 10})
    creating = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    refused("IncorrectState", ec2.create_snapshot, VolumeId=creating)


def test_deletion(ec2, osaka, snapshot):
    copied = copy(osaka, snapshot)
    assert described(osaka, copied)["State"] == "completed"
    ec2.delete_snapshot(SnapshotId=snapshot)
    refused("InvalidSnapshot.NotFound", ec2.delete_snapshot, SnapshotId=snapshot)
    refused("InvalidSnapshot.NotFound", ec2.describe_snapshots, SnapshotIds=[snapshot])
    assert described(osaka, copied)["State"] == "completed"


def test_a_copy_is_pending_first_and_keeps_no_volume(aws: LocalAws, ec2, osaka, snapshot):
    aws.settings(delay={"snapshotCopy": 10})
    tags = tagged("snapshot", from_=snapshot)
    made = osaka.copy_snapshot(
        SourceRegion=TOKYO, SourceSnapshotId=snapshot, Description="copy", TagSpecifications=tags
    )
    assert made["Tags"] == [{"Key": "from_", "Value": snapshot}]
    copied = described(osaka, made["SnapshotId"])
    assert (copied["State"], copied["VolumeId"]) == ("pending", "vol-ffffffff")
    assert (copied["VolumeSize"], copied["Description"], copied["Tags"]) == (3, "copy", made["Tags"])
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"][0]["SnapshotId"] == snapshot
    aws.settings(now=11)
    copied = described(osaka, made["SnapshotId"])
    assert (copied["State"], copied["Progress"], copied["Encrypted"]) == ("completed", "100%", False)
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
    assert ec2.copy_snapshot(SourceRegion=TOKYO, SourceSnapshotId=snapshot)["SnapshotId"] != snapshot


def test_a_copys_source_must_be_completed_and_there(aws: LocalAws, ec2, osaka, volume):
    wanted = {"SourceRegion": TOKYO, "SourceSnapshotId": UNKNOWN}
    refused("InvalidSnapshot.NotFound", osaka.copy_snapshot, **wanted)
    aws.settings(delay={"snapshot": 10, "snapshotCopy": 10})
    wanted["SourceSnapshotId"] = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    refused("IncorrectState", osaka.copy_snapshot, **wanted)
    refused("InvalidSnapshot.NotFound", osaka.copy_snapshot, **(wanted | {"SourceRegion": OSAKA}))
    tenant = aws.client("ec2", TENANT, OSAKA)
    refused("InvalidSnapshot.NotFound", tenant.copy_snapshot, **wanted)
    aws.settings(now=11)
    made = osaka.copy_snapshot(**wanted)["SnapshotId"]
    ec2.delete_snapshot(SnapshotId=wanted["SourceSnapshotId"])
    aws.settings(now=22)
    assert described(osaka, made)["State"] == "error"


def test_copies_are_encrypted_under_the_key(aws: LocalAws, ec2, osaka, snapshot, key):
    made = described(osaka, copy(osaka, snapshot, Encrypted=True, KmsKeyId=key))
    assert (made["State"], made["Encrypted"], made["KmsKeyId"]) == ("completed", True, key)
    kms = aws.client("kms", region=OSAKA)
    kms.create_alias(AliasName="alias/backup", TargetKeyId=key)
    for name in (key.rsplit("/", 1)[1], "alias/backup"):
        assert described(osaka, copy(osaka, snapshot, Encrypted=True, KmsKeyId=name))["KmsKeyId"] == key
    wanted = {"SourceRegion": TOKYO, "SourceSnapshotId": snapshot, "KmsKeyId": key}
    refused("InvalidParameterDependency", osaka.copy_snapshot, **wanted)
    default = described(osaka, copy(osaka, snapshot, Encrypted=True))
    assert default["State"] == "completed" and f":{OSAKA}:{HUB}:key/" in default["KmsKeyId"] != key
    osaka.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert described(osaka, copy(osaka, snapshot, Encrypted=True))["KmsKeyId"] == key
    assert described(osaka, copy(osaka, snapshot))["Encrypted"] is False
    osaka.enable_ebs_encryption_by_default()
    assert described(osaka, copy(osaka, snapshot))["KmsKeyId"] == key


def test_a_copy_of_an_encrypted_snapshot_stays_encrypted(aws: LocalAws, ec2, osaka, kms, key):
    own = kms.create_key()["KeyMetadata"]["Arn"]
    source = encrypted(ec2, KmsKeyId=own)
    assert described(ec2, source)["KmsKeyId"] == own
    for more in ({}, {"Encrypted": False}):
        made = described(osaka, copy(osaka, source, **more))
        assert made["Encrypted"] and made["State"] == "completed" and made["KmsKeyId"] != own
    kms.disable_key(KeyId=own)
    assert described(osaka, copy(osaka, source, Encrypted=True, KmsKeyId=key))["State"] == "error"


@pytest.mark.parametrize("what", ["unknown", "foreign region", "disabled", "deleted"])
def test_a_bad_key_makes_the_copy_fail_later(aws: LocalAws, osaka, kms, snapshot, key, what):
    keys = aws.client("kms", region=OSAKA)
    if what == "unknown":
        key = "alias/none"
    elif what == "foreign region":
        key = kms.create_key()["KeyMetadata"]["Arn"]
    elif what == "disabled":
        keys.disable_key(KeyId=key)
    else:
        keys.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    aws.settings(delay={"snapshotCopy": 10})
    made = copy(osaka, snapshot, Encrypted=True, KmsKeyId=key)
    pending = described(osaka, made)
    assert (pending["State"], pending["Encrypted"]) == ("pending", True)
    aws.settings(now=11)
    failed = described(osaka, made)
    assert (failed["State"], failed["StateMessage"]) == ("error", "Given key ID is not accessible")
    bad = {"AvailabilityZone": f"{OSAKA}a", "SnapshotId": made}
    refused("IncorrectState", osaka.create_volume, **bad)
    osaka.delete_snapshot(SnapshotId=made)


def test_copies_have_a_quota_per_destination(aws: LocalAws, ec2, osaka, snapshot):
    aws.settings(delay={"snapshotCopy": 10}, quota={"snapshotCopies": 2})
    for _ in range(2):
        copy(osaka, snapshot)
    wanted = {"SourceRegion": TOKYO, "SourceSnapshotId": snapshot}
    refused("ResourceLimitExceeded", osaka.copy_snapshot, **wanted)
    copy(ec2, snapshot)
    aws.settings(now=11)
    copy(osaka, snapshot)


def test_copies_fail_on_demand(aws: LocalAws, ec2, osaka, snapshot, volume):
    other = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    rule = {"account": HUB, "region": OSAKA, "source": f"{snapshot[:12]}*", "times": 1, "message": "broken"}
    aws.settings(copyErrors=[{"account": TENANT}, rule])
    states = [described(osaka, copy(osaka, s)) for s in (other, snapshot, snapshot)]
    assert [s["State"] for s in states] == ["completed", "error", "completed"]
    assert states[1]["StateMessage"] == "broken"
    assert described(ec2, copy(ec2, snapshot))["State"] == "completed"
    assert aws.side("GET", "settings")["copyErrors"][1]["times"] == 0


def test_a_presigned_url_must_be_the_copys(aws: LocalAws, ec2, osaka, snapshot):
    wanted = {"SourceRegion": TOKYO, "SourceSnapshotId": snapshot}
    good = ec2.generate_presigned_url("copy_snapshot", wanted | {"DestinationRegion": OSAKA})
    for url, state in ((good, "completed"), (good.replace(OSAKA, "us-east-1"), "error")):
        made = osaka.copy_snapshot(**wanted, PresignedUrl=url)["SnapshotId"]
        assert described(osaka, made)["State"] == state


def test_a_volume_comes_back_from_a_copy(aws: LocalAws, ec2, osaka, snapshot, kms, key):
    there = copy(osaka, snapshot, Encrypted=True, KmsKeyId=key)
    described(osaka, there)
    back = ec2.copy_snapshot(SourceRegion=OSAKA, SourceSnapshotId=there)["SnapshotId"]
    described(ec2, back)
    own = kms.create_key()["KeyMetadata"]["Arn"]
    aws.settings(delay={"volume": 10})
    wanted = {"AvailabilityZone": ZONE, "SnapshotId": back}
    made = ec2.create_volume(**wanted, KmsKeyId=own, TagSpecifications=tagged("volume", restored="yes"))
    bad = ec2.create_volume(**wanted, KmsKeyId=key)["VolumeId"]
    assert (made["State"], made["Encrypted"], made["KmsKeyId"]) == ("creating", True, own)
    assert (made["Size"], made["SnapshotId"]) == (3, back)

    def state(volume: str) -> str:
        return ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"]

    assert state(made["VolumeId"]) == "creating"
    aws.settings(now=11)
    assert (state(made["VolumeId"]), state(bad)) == ("available", "error")
    refused("InvalidParameterValue", ec2.create_volume, **wanted, Size=2)
    refused("InvalidSnapshot.NotFound", ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=UNKNOWN)
