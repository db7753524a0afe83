"""RDS: who may restore a snapshot, and what a database says of its encryption and network."""

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused
from rds_calls import BAD_VALUE, Clusters, Instances

READS = {
    "DBSnapshot": ("rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes"),
    "DBClusterSnapshot": (
        "rds:DescribeDBClusters",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBClusterSnapshotAttributes",
    ),
}


@pytest.fixture(params=[Instances, Clusters], ids=lambda kind: kind.name)
def calls(request, aws: LocalAws):
    made = request.param(aws.client("rds", TENANT))
    made.make(made.rds, StorageEncrypted=False)
    made.create(**{f"{made.name}Identifier": "plain", made.source: "town"})
    return made


def attributes(calls, client, name):
    method = "describe_db_snapshot_attributes"
    if calls is not None and calls.name == "DBClusterSnapshot":
        method = "describe_db_cluster_snapshot_attributes"
    found = getattr(client, method)(**{f"{calls.name}Identifier": name})[f"{calls.name}AttributesResult"]
    assert found[f"{calls.name}Identifier"] == name
    return {a["AttributeName"]: a["AttributeValues"] for a in found[f"{calls.name}Attributes"]}


def modify(calls, name, client=None, **values):
    cluster = "cluster_" if calls.name == "DBClusterSnapshot" else ""
    method = getattr(client or calls.rds, f"modify_db_{cluster}snapshot_attribute")
    return method(AttributeName="restore", **{f"{calls.name}Identifier": name}, **values)


def test_everybody_may_restore_what_is_public(aws: LocalAws, calls, session):
    reader = session("rds", *READS[calls.name])
    assert attributes(calls, reader, "plain") == {"restore": []}
    modify(calls, "plain", ValuesToAdd=["all"])
    assert attributes(calls, reader, "plain") == {"restore": ["all"]}
    modify(calls, "plain", ValuesToAdd=[OTHER], ValuesToRemove=["all"])
    assert attributes(calls, reader, "plain") == {"restore": [OTHER]}
    described = getattr(reader, calls.describe.__name__)
    (found,) = described(SnapshotType="manual")[f"{calls.name}s"]
    assert not found.get("Encrypted", found.get("StorageEncrypted"))
    refused("AccessDenied", modify, calls=calls, name="plain", client=reader, ValuesToAdd=["all"])
    for other in ({"region": OSAKA}, {"account": OTHER}):
        refused(calls.unknown, attributes, calls=calls, client=session("rds", "rds:*", **other), name="plain")


def test_an_encrypted_snapshot_cannot_be_public(aws: LocalAws, calls):
    key = aws.client("kms", TENANT).create_key()["KeyMetadata"]["Arn"]
    calls.make(calls.rds, "default")
    calls.make(calls.rds, "own", KmsKeyId=key)
    for name in ("default", "own"):
        calls.create(**{f"{calls.name}Identifier": f"of-{name}", calls.source: name})
        refused(BAD_VALUE, modify, calls=calls, name=f"of-{name}", ValuesToAdd=["all"])
    refused(calls.bad, modify, calls=calls, name="of-default", ValuesToAdd=[OTHER])
    modify(calls, "of-own", ValuesToAdd=[OTHER])
    refused(calls.unknown, modify, calls=calls, name="none", ValuesToAdd=["all"])


def test_a_database_says_where_it_is_and_under_which_key(aws: LocalAws, session):
    ec2, rds = aws.client("ec2", TENANT), aws.client("rds", TENANT)
    key = aws.client("kms", TENANT).create_key()["KeyMetadata"]["Arn"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{TOKYO}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ac")
    ]
    group = {"DBSubnetGroupName": "town", "DBSubnetGroupDescription": "town", "SubnetIds": subnets}
    rds.create_db_subnet_group(**group)
    Instances.make(rds, "closed", KmsKeyId=key, DBSubnetGroupName="town", PubliclyAccessible=False)
    Instances.make(rds, "open", StorageEncrypted=False, PubliclyAccessible=True)
    Clusters.make(rds, "cluster", KmsKeyId=key, DBSubnetGroupName="town")
    reader = session("rds", "rds:DescribeDBInstances", "rds:DescribeDBClusters")
    found = {i["DBInstanceIdentifier"]: i for i in reader.describe_db_instances()["DBInstances"]}
    closed, opened = found["closed"], found["open"]
    assert (closed["StorageEncrypted"], closed["KmsKeyId"]) == (True, key)
    assert (closed["PubliclyAccessible"], closed["DBSubnetGroup"]["VpcId"]) == (False, vpc)
    assert (opened["StorageEncrypted"], opened["PubliclyAccessible"]) == (False, True)
    assert "KmsKeyId" not in opened
    (cluster,) = reader.describe_db_clusters()["DBClusters"]
    assert (cluster["StorageEncrypted"], cluster["KmsKeyId"]) == (True, key)
    assert cluster["DBSubnetGroup"] == "town"
    default = next(v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if v["IsDefault"])
    assert opened["DBSubnetGroup"]["VpcId"] == default
    refused("AccessDenied", reader.describe_db_snapshots)
    for other in ({"region": OSAKA}, {"account": OTHER}):
        empty = session("rds", "rds:DescribeDBInstances", "rds:DescribeDBClusters", **other)
        assert empty.describe_db_instances()["DBInstances"] == []
        assert empty.describe_db_clusters()["DBClusters"] == []
