"""EFS: file systems with keys and tags, their states, lists in pages."""

import pytest
from conftest import OSAKA, OTHER, TENANT, LocalAws, refused

TAGS = [{"Key": "tenant", "Value": "sakura"}]


@pytest.fixture
def efs(aws: LocalAws):
    return aws.client("efs", TENANT)


@pytest.fixture
def key(aws: LocalAws) -> str:
    return aws.client("kms", TENANT).create_key()["KeyMetadata"]["Arn"]


def one(efs, **wanted):
    (found,) = efs.describe_file_systems(**wanted)["FileSystems"]
    return found


def test_a_file_system_has_its_key_tags_and_time(aws: LocalAws, efs, key):
    aws.settings(delay={"fileSystem": 60}, now=86_400)
    made = efs.create_file_system(CreationToken="a", Encrypted=True, KmsKeyId=key.split("/")[1], Tags=TAGS)
    assert (made["LifeCycleState"], made["KmsKeyId"], made["Tags"]) == ("creating", key, TAGS)
    aws.settings(now=86_461)
    for wanted in ({"FileSystemId": made["FileSystemId"]}, {"CreationToken": "a"}, {}):
        found = one(efs, **wanted)
        assert (found["Encrypted"], found["KmsKeyId"], found["Tags"]) == (True, key, TAGS)
        assert found["LifeCycleState"] == "available"
        assert found["CreationTime"] == made["CreationTime"]
        assert "Name" not in found
    efs.tag_resource(ResourceId=made["FileSystemId"], Tags=[{"Key": "Name", "Value": "files"}])
    assert one(efs)["Name"] == "files"
    assert len(efs.list_tags_for_resource(ResourceId=made["FileSystemId"])["Tags"]) == 2
    aws.settings(now=0)
    plain = efs.create_file_system(CreationToken="b")
    assert (plain["Encrypted"], "KmsKeyId" in plain) == (False, False)
    assert 86_000 < (made["CreationTime"] - plain["CreationTime"]).total_seconds() < 87_000
    default = efs.create_file_system(CreationToken="c", Encrypted=True)["KmsKeyId"]
    kms = aws.client("kms", TENANT)
    assert default == kms.describe_key(KeyId="alias/aws/elasticfilesystem")["KeyMetadata"]["Arn"]


def test_file_systems_are_listed_in_pages(aws: LocalAws, efs):
    made = [efs.create_file_system(CreationToken=str(n))["FileSystemId"] for n in range(101)]
    first = efs.describe_file_systems()
    rest = efs.describe_file_systems(Marker=first["NextMarker"])
    assert (len(first["FileSystems"]), rest["Marker"]) == (100, first["NextMarker"])
    assert "NextMarker" not in rest
    assert [f["FileSystemId"] for f in first["FileSystems"] + rest["FileSystems"]] == made
    pages = efs.get_paginator("describe_file_systems").paginate(PaginationConfig={"PageSize": 40})
    assert [len(p["FileSystems"]) for p in pages] == [40, 40, 21]
    for other in (aws.client("efs", OTHER), aws.client("efs", TENANT, OSAKA)):
        assert other.describe_file_systems()["FileSystems"] == []
    aws.settings(lag=10)
    new = efs.create_file_system(CreationToken="new")["FileSystemId"]
    listed = [f["FileSystemId"] for p in pages for f in p["FileSystems"]]
    assert (new in listed, one(efs, FileSystemId=new)["FileSystemId"]) == (False, new)


def test_what_aws_refuses(aws: LocalAws, efs, key):
    efs.create_file_system(CreationToken="a")
    refused("FileSystemAlreadyExists", efs.create_file_system, CreationToken="a")
    refused("FileSystemNotFound", efs.describe_file_systems, FileSystemId="fs-00000000")
    for bad in (
        {"FileSystemId": "fs-00000000", "CreationToken": "a"},
        {"MaxItems": 0},
        {"Marker": "none"},
    ):
        refused("BadRequest", efs.describe_file_systems, **bad)
    refused("BadRequest", efs.create_file_system, CreationToken="b", Encrypted=True, KmsKeyId="none")
    refused("BadRequest", efs.create_file_system, CreationToken="b", KmsKeyId=key)
    aws.client("kms", TENANT).disable_key(KeyId=key)
    refused("BadRequest", efs.create_file_system, CreationToken="b", Encrypted=True, KmsKeyId=key)
    assert len(efs.describe_file_systems()["FileSystems"]) == 1


def test_calls_are_counted_by_operation(aws: LocalAws, efs):
    efs.create_file_system(CreationToken="a")
    efs.describe_file_systems()
    counts = aws.side("GET", "calls")
    found = {(c["service"], c["operation"], c["kind"]) for c in counts}
    assert found == {
        ("elasticfilesystem", "CreateFileSystem", "write"),
        ("elasticfilesystem", "DescribeFileSystems", "read"),
    }
    aws.fault(service="elasticfilesystem", action="deny", times=1)
    error = refused("AccessDenied", efs.describe_file_systems)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
