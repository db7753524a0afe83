"""RDS: snapshots of instances and of clusters, and copies of them into another region."""

import pytest
from conftest import HUB, OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused
from rds_calls import (
    BAD_VALUE,
    COPYING,
    NO_KEY,
    TAGS,
    Clusters,
    Instances,
    arn,
    copy,
    encrypted,
    one,
    take,
    two_keys,
)

LATER = {"dbSnapshot": 3600}
FULL = "SnapshotQuotaExceeded"


@pytest.fixture
def rds(aws: LocalAws):
    return aws.client("rds", TENANT)


@pytest.fixture
def osaka(aws: LocalAws):
    return aws.client("rds", TENANT, OSAKA)


@pytest.fixture
def keys(aws: LocalAws):
    return two_keys(aws)


@pytest.fixture(params=[Instances, Clusters])
def kind(request):
    return request.param


@pytest.fixture
def here(kind, rds, keys):
    """The calls in Tokyo, where an encrypted database is."""
    kind.make(rds, KmsKeyId=keys[0], Tags=TAGS)
    return kind(rds)


@pytest.fixture
def there(kind, osaka):
    return kind(osaka)


def test_a_snapshot_is_created_first(aws: LocalAws, here, keys):
    aws.settings(delay=LATER)
    made = take(here, "S1", Tags=[{"Key": "run", "Value": "1"}])
    assert (made["Status"], made["PercentProgress"], made["SnapshotType"]) == ("creating", 0, "manual")
    assert (made[f"{here.name}Identifier"], made[f"{here.name}Arn"]) == ("s1", arn(here))
    assert ("SnapshotCreateTime" in made) == (here.name == "DBClusterSnapshot")
    assert made["TagList"] == [{"Key": "run", "Value": "1"}]
    refused(here.bad, copy, calls=here, source="s1")
    refused(here.bad, here.delete, **{f"{here.name}Identifier": "s1"})
    aws.settings(now=1800)
    assert one(here, "s1")["PercentProgress"] in (49, 50)
    aws.settings(now=3601)
    for name in ("s1", "S1", arn(here)):
        found = one(here, name)
        assert (found["Status"], found["PercentProgress"]) == ("available", 100)
        assert (encrypted(found), found[here.source]) == ((True, keys[0]), "town")
    took = found["SnapshotCreateTime"]
    refused(here.exists, take, calls=here, name="S1")
    refused(here.no_source, take, calls=here, name="s2", source="none")
    for bad in ("1s", "s-", "s--1", "rds:s", ""):
        refused(BAD_VALUE, take, calls=here, name=bad)
    assert here.delete(**{f"{here.name}Identifier": "s1"})[here.name]["Status"] == "deleted"
    refused(here.unknown, one, calls=here, name="s1")
    refused(here.unknown, here.delete, **{f"{here.name}Identifier": "s1"})
    aws.settings(delay={"dbSnapshot": 0}, now=90_000)
    take(here, "later")
    assert (one(here, "later")["SnapshotCreateTime"] - took).total_seconds() > 80_000


def test_snapshots_are_found_by_source_type_and_filters_in_pages(aws: LocalAws, here):
    here.make(here.rds, "other")
    for number in range(21):
        take(here, f"s{number}")
    take(here, "of-other", "other")
    result, wanted = f"{here.name}s", {"SnapshotType": "manual", here.source: "town"}
    first = here.describe(**wanted, MaxRecords=20)
    rest = here.describe(**wanted, MaxRecords=20, Marker=first["Marker"])
    assert (len(first[result]), len(rest[result]), "Marker" in rest) == (20, 1, False)
    refused(BAD_VALUE, here.describe, MaxRecords=101)
    assert len(here.describe(SnapshotType="manual")[result]) == 22
    automated = here.describe(SnapshotType="automated")[result]
    assert {s[here.source] for s in automated} == {"town", "other"}
    assert len(here.describe()[result]) == 24
    refused(here.bad, here.delete, **{f"{here.name}Identifier": automated[0][f"{here.name}Identifier"]})
    by = [{"Name": f"{here.source[:2].lower()}-{here.source[2:-10].lower()}-id", "Values": ["other"]}]
    found = here.describe(Filters=[*by, {"Name": "snapshot-type", "Values": ["manual"]}])[result]
    assert [s[f"{here.name}Identifier"] for s in found] == ["of-other"]
    refused(BAD_VALUE, here.describe, Filters=[{"Name": "tag:x", "Values": ["1"]}])
    assert here.describe(**{here.source: "none"})[result] == []
    refused(here.unknown, one, calls=here, name=arn(here, "s1", OSAKA))
    aws.settings(lag=10)
    take(here, "new")
    assert one(here, "new")
    assert "new" not in [s[f"{here.name}Identifier"] for s in here.describe()[result]]


def test_a_copy_in_another_region_has_a_key_of_that_region(aws: LocalAws, here, there, keys):
    source = take(here, Tags=TAGS)
    aws.settings(delay=COPYING, now=60)
    made = copy(there, arn(here), KmsKeyId=keys[1].split("/")[1], SourceRegion=TOKYO)
    assert (made["Status"], made["PercentProgress"]) == (here.copying, 0)
    assert (made[f"{here.name}Arn"], made["SnapshotType"]) == (arn(here, "c1", OSAKA), "manual")
    assert (encrypted(made), made["TagList"]) == ((True, keys[1]), [])
    aws.settings(now=61 + 1800)
    assert one(there, "c1")["PercentProgress"] == 50
    aws.settings(now=61 + 3600)
    found = one(there, "c1")
    assert (found["Status"], found["PercentProgress"]) == ("available", 100)
    assert encrypted(found) == (True, keys[1])
    assert found["AllocatedStorage"] == source["AllocatedStorage"]
    origin = "SourceDBSnapshotIdentifier" if here.name == "DBSnapshot" else "SourceDBClusterSnapshotArn"
    assert found[origin] == arn(here)
    before = one(here, "s1")
    if here.name == "DBSnapshot":
        assert found["SourceRegion"] == TOKYO
        assert (found["SnapshotCreateTime"] - before["SnapshotCreateTime"]).total_seconds() > 3600
        assert found["OriginalSnapshotCreateTime"] == before["OriginalSnapshotCreateTime"]
    else:
        assert found["SnapshotCreateTime"] == before["SnapshotCreateTime"]
    aws.settings(delay={"dbSnapshotCopy": 0})
    again = copy(there, "c1", "c2")
    assert encrypted(again) == (True, keys[1])
    assert ("SourceDBSnapshotIdentifier" in again, "SourceRegion" in again) == (False, False)


def test_a_copy_that_aws_refuses(aws: LocalAws, here, there, keys):
    take(here)
    named = {"calls": there, "source": arn(here)}
    refused(BAD_VALUE, copy, **named)
    refused(here.unknown, copy, calls=there, source="s1", KmsKeyId=keys[1])
    refused(here.unknown, copy, calls=there, source=arn(here, "none"), KmsKeyId=keys[1])
    refused(here.unknown, copy, calls=there, source=arn(here, account=OTHER), KmsKeyId=keys[1])
    refused(BAD_VALUE, copy, calls=there, source=arn(here).replace("snapshot", "db"), KmsKeyId=keys[1])
    for key in (keys[0], "alias/none", "00000000-0000-0000-0000-000000000000"):
        refused(NO_KEY, copy, **named, KmsKeyId=key)
    refused(BAD_VALUE, copy, **named, KmsKeyId=keys[1], name="c--1")
    refused(BAD_VALUE, copy, **named, KmsKeyId=keys[1], Tags=[{"Key": "aws:x", "Value": "1"}])
    for region, key in zip((TOKYO, OSAKA), keys, strict=True):
        kms = aws.client("kms", TENANT, region)
        kms.disable_key(KeyId=key)
        refused(NO_KEY, copy, **named, KmsKeyId=keys[1])
        kms.enable_key(KeyId=key)
    copy(**named, KmsKeyId=keys[1])
    refused(here.exists, copy, **named, KmsKeyId=keys[1])
    assert len(there.describe()[f"{there.name}s"]) == 1


def test_a_copy_of_what_is_not_encrypted(kind, rds, osaka, keys):
    kind.make(rds, StorageEncrypted=False)
    here, there = kind(rds), kind(osaka)
    assert encrypted(take(here)) == (False, None)
    assert encrypted(copy(there, arn(here))) == (False, None)
    if kind is Clusters:
        named = {"calls": there, "source": arn(here), "name": "c2", "KmsKeyId": keys[1]}
        refused("InvalidParameterCombination", copy, **named)
    else:
        assert encrypted(copy(there, arn(here), "c2", KmsKeyId=keys[1])) == (True, keys[1])


def test_a_copy_has_the_tags_of_its_call_or_of_its_source(kind, rds, osaka, keys):
    kind.make(rds, Tags=TAGS, CopyTagsToSnapshot=True)
    here, there = kind(rds), kind(osaka)
    assert take(here)["TagList"] == TAGS
    run = [{"Key": "run", "Value": "1"}]
    for name, wanted, tags in (
        ("c1", {}, []),
        ("c2", {"CopyTags": True}, TAGS),
        ("c3", {"Tags": run}, run),
        ("c4", {"Tags": run, "CopyTags": True}, run),
    ):
        assert copy(there, arn(here), name, KmsKeyId=keys[1], **wanted)["TagList"] == tags
        assert osaka.list_tags_for_resource(ResourceName=arn(here, name, OSAKA))["TagList"] == tags


def test_a_copy_fails_later_where_a_test_wants_it_or_its_source_goes(aws: LocalAws, here, there, keys):
    take(here)
    take(here, "s2")
    aws.settings(delay=COPYING)
    aws.settings(dbCopyErrors=[{"account": TENANT, "region": OSAKA, "source": "s[13]", "times": 1}])
    sources = {"a": "s1", "b": "s1", "c": "s2"}
    made = {n: copy(there, arn(here, s), n, KmsKeyId=keys[1]) for n, s in sources.items()}
    assert {m["Status"] for m in made.values()} == {here.copying}
    here.delete(**{f"{here.name}Identifier": "s2"})
    aws.settings(now=3601)
    assert {n: one(there, n)["Status"] for n in made} == {"a": "failed", "b": "available", "c": "failed"}
    assert one(there, "a")["PercentProgress"] == 0
    refused(here.bad, copy, calls=there, source="a", name="d", KmsKeyId=keys[1])
    there.delete(**{f"{here.name}Identifier": "a"})


def test_a_copy_under_way_ends_when_it_is_deleted(aws: LocalAws, here, there, keys):
    take(here)
    aws.settings(delay=COPYING)
    copy(there, arn(here), KmsKeyId=keys[1])
    there.delete(**{f"{here.name}Identifier": "c1"})
    aws.settings(now=3601)
    assert there.describe()[f"{here.name}s"] == []


def test_quotas(aws: LocalAws, here, there, keys):
    take(here)
    aws.settings(delay=COPYING, quota={"dbSnapshotCopies": 2, "dbSnapshots": 4})
    for name in ("c1", "c2"):
        copy(there, arn(here), name, KmsKeyId=keys[1])
    refused(FULL, copy, calls=there, source=arn(here), name="c3", KmsKeyId=keys[1])
    # Copies within a region are none of them.
    copy(here, "s1", "same")
    aws.settings(now=3601)
    for name in ("c3", "c4"):
        copy(there, arn(here), name, KmsKeyId=keys[1])
    aws.settings(now=7300)
    refused(FULL, copy, calls=there, source=arn(here), name="c5", KmsKeyId=keys[1])
    take(here, "s3")
    take(here, "s4")
    refused(FULL, take, calls=here, name="s5")


def test_unknown_members_of_copy_errors_are_refused(aws: LocalAws):
    with pytest.raises(Exception, match="400"):
        aws.settings(dbCopyErrors=[{"snapshot": "s1"}])


def test_a_shared_snapshot_is_copied_by_another_account(aws: LocalAws, keys, rds):
    Instances.make(rds, KmsKeyId=keys[0])
    here, hub = Instances(rds), Instances(aws.client("rds", HUB, OSAKA))
    take(here)
    mine = aws.client("kms", HUB, OSAKA).create_key()["KeyMetadata"]["Arn"]
    refused(here.unknown, copy, calls=hub, source=arn(here), KmsKeyId=mine)
    share = {"DBSnapshotIdentifier": "s1", "AttributeName": "restore", "ValuesToAdd": [HUB]}
    rds.modify_db_snapshot_attribute(**share)
    # Without the right to use the key the snapshot is of no use.
    refused(NO_KEY, copy, calls=hub, source=arn(here), KmsKeyId=mine)
    tokyo = Instances(aws.client("rds", HUB))
    assert [s["DBSnapshotArn"] for s in tokyo.describe(IncludeShared=True)["DBSnapshots"]] == [arn(here)]
    assert tokyo.describe()["DBSnapshots"] == []
