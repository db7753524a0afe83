"""RDS: databases, what is restored from their snapshots, tags."""

import pytest
from conftest import OSAKA, TENANT, TOKYO, LocalAws, refused
from rds_calls import BAD_VALUE, COPYING, NO_KEY, TAGS, Clusters, Instances, arn, copy, one, take, two_keys


@pytest.fixture
def rds(aws: LocalAws):
    return aws.client("rds", TENANT)


@pytest.fixture
def osaka(aws: LocalAws):
    return aws.client("rds", TENANT, OSAKA)


@pytest.fixture
def keys(aws: LocalAws):
    return two_keys(aws)


def test_databases_take_their_time(aws: LocalAws, rds, keys):
    aws.settings(delay={"dbInstance": 60})
    made = Instances.make(rds, "Town", KmsKeyId=keys[0].split("/")[1], Tags=TAGS)
    assert (made["DBInstanceStatus"], made["KmsKeyId"], made["TagList"]) == ("creating", keys[0], TAGS)
    assert "Endpoint" not in made and "InstanceCreateTime" not in made
    cluster = Clusters.make(rds, "cluster", Tags=TAGS)
    assert (cluster["Status"], cluster["TagList"]) == ("creating", TAGS)
    for calls, source in ((Instances(rds), "town"), (Clusters(rds), "cluster")):
        named = {f"{calls.name}Identifier": "early", calls.source: source}
        refused(calls.bad_source, calls.create, **named)
    aws.settings(now=61)
    (town,) = rds.describe_db_instances(DBInstanceIdentifier=made["DBInstanceArn"])["DBInstances"]
    assert (town["DBInstanceStatus"], town["Endpoint"]["Port"]) == ("available", 5432)
    assert (town["DBInstanceIdentifier"], town["AllocatedStorage"]) == ("town", 20)
    (found,) = rds.describe_db_clusters(DBClusterIdentifier=cluster["DBClusterArn"])["DBClusters"]
    assert found["Status"] == "available"
    late = Instances.make(rds, "late")
    aws.settings(now=200)
    (late,) = rds.describe_db_instances(DBInstanceIdentifier="late")["DBInstances"]
    assert 50 < (late["InstanceCreateTime"] - town["InstanceCreateTime"]).total_seconds() < 70
    assert late["DbiResourceId"] != town["DbiResourceId"]
    default = aws.client("kms", TENANT).describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"]
    assert (late["KmsKeyId"], found["KmsKeyId"]) == (default, default)


def test_databases_that_aws_refuses(rds, keys, aws: LocalAws):
    refused(NO_KEY, Instances.make, rds=rds, KmsKeyId=keys[1])
    refused(BAD_VALUE, Instances.make, rds=rds, Tags=[{"Key": "aws:x", "Value": "1"}])
    refused("DBSubnetGroupNotFoundFault", Instances.make, rds=rds, DBSubnetGroupName="none")
    refused(BAD_VALUE, Clusters.make, rds=rds, VpcSecurityGroupIds=["sg-00000000000000000"])
    assert rds.describe_db_instances()["DBInstances"] == []
    Clusters.make(rds)
    refused("DBClusterAlreadyExistsFault", Clusters.make, rds=rds)
    refused("DBClusterNotFoundFault", Instances.make, rds=rds, DBClusterIdentifier="none")
    refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="none")
    refused("DBClusterNotFoundFault", rds.describe_db_clusters, DBClusterIdentifier="none")
    rds.delete_db_cluster(DBClusterIdentifier="town", SkipFinalSnapshot=True)
    assert Clusters(rds).describe()["DBClusterSnapshots"] == []
    plain = Clusters.make(rds, StorageEncrypted=False)
    assert (plain["StorageEncrypted"], "KmsKeyId" in plain) == (False, False)


def test_a_clusters_instances_are_its_members(rds, keys):
    made = Clusters.make(rds, KmsKeyId=keys[0])
    aurora = {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r8g.large"}
    for name in ("writer", "reader"):
        rds.create_db_instance(DBInstanceIdentifier=name, DBClusterIdentifier="town", **aurora)
    (cluster,) = rds.describe_db_clusters()["DBClusters"]
    members = {m["DBInstanceIdentifier"]: m["IsClusterWriter"] for m in cluster["DBClusterMembers"]}
    assert members == {"writer": True, "reader": False}
    assert cluster["DbClusterResourceId"] == made["DbClusterResourceId"]
    for wanted in ("town", made["DBClusterArn"]):
        filters = [{"Name": "db-cluster-id", "Values": [wanted]}]
        found = rds.describe_db_instances(Filters=filters)["DBInstances"]
        assert {(i["DBClusterIdentifier"], i["KmsKeyId"]) for i in found} == {("town", keys[0])}
        assert len(found) == 2
    named = {"DBSnapshotIdentifier": "s1", "DBInstanceIdentifier": "writer"}
    refused(BAD_VALUE, rds.create_db_snapshot, **named)
    assert rds.describe_db_snapshots()["DBSnapshots"] == []


def test_databases_are_listed_in_pages(rds, osaka):
    for number in range(21):
        Instances.make(rds, f"town-{number}")
        Clusters.make(rds, f"city-{number}")
    for describe, result in (
        (rds.describe_db_instances, "DBInstances"),
        (rds.describe_db_clusters, "DBClusters"),
    ):
        first = describe(MaxRecords=20)
        rest = describe(MaxRecords=20, Marker=first["Marker"])
        assert (len(first[result]), len(rest[result]), "Marker" in rest) == (20, 1, False)
        refused(BAD_VALUE, describe, MaxRecords=19)
        refused(BAD_VALUE, describe, Marker="none")
    assert osaka.describe_db_instances()["DBInstances"] == []


def network(aws: LocalAws, region):
    """A subnet group's VPC and a security group in it."""
    ec2 = aws.client("ec2", TENANT, region)
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for number, zone in enumerate("ac"):
        place = {"CidrBlock": f"10.30.{number}.0/24", "AvailabilityZone": region + zone}
        subnets.append(ec2.create_subnet(VpcId=vpc, **place)["Subnet"]["SubnetId"])
    named = {"DBSubnetGroupName": "towns", "DBSubnetGroupDescription": "towns"}
    aws.client("rds", TENANT, region).create_db_subnet_group(**named, SubnetIds=subnets)
    return vpc, ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]


def test_an_instance_is_restored_in_another_region(aws: LocalAws, rds, osaka, keys):
    network(aws, TOKYO)
    vpc, group = network(aws, OSAKA)
    Instances.make(rds, KmsKeyId=keys[0], DBSubnetGroupName="towns", Tags=TAGS, MultiAZ=True)
    here, there = Instances(rds), Instances(osaka)
    assert take(here)["VpcId"] != vpc
    aws.settings(delay={**COPYING, "dbInstance": 60})
    copy(there, arn(here), KmsKeyId=keys[1])
    named = {"DBInstanceIdentifier": "restored", "DBSnapshotIdentifier": "c1"}
    refused(here.bad, osaka.restore_db_instance_from_db_snapshot, **named)
    aws.settings(now=3601)
    refused(here.unknown, osaka.restore_db_instance_from_db_snapshot, **named | {"DBSnapshotIdentifier": "x"})
    where = {"DBSubnetGroupName": "towns", "VpcSecurityGroupIds": [group]}
    run = [{"Key": "run", "Value": "1"}]
    made = osaka.restore_db_instance_from_db_snapshot(**named, **where, Tags=run)["DBInstance"]
    assert (made["DBInstanceStatus"], made["TagList"], made["MultiAZ"]) == ("creating", run, False)
    assert (made["StorageEncrypted"], made["KmsKeyId"]) == (True, keys[1])
    assert [g["VpcSecurityGroupId"] for g in made["VpcSecurityGroups"]] == [group]
    assert (made["DBSubnetGroup"]["VpcId"], made["AvailabilityZone"][:-1]) == (vpc, OSAKA)
    refused("DBInstanceAlreadyExists", osaka.restore_db_instance_from_db_snapshot, **named)
    aws.settings(now=3700)
    (found,) = osaka.describe_db_instances()["DBInstances"]
    assert (found["DBInstanceStatus"], found["AllocatedStorage"]) == ("available", 20)
    other = {"DBInstanceIdentifier": "other", "DBSnapshotIdentifier": arn(here, "c1", OSAKA)}
    made = osaka.restore_db_instance_from_db_snapshot(**other)["DBInstance"]
    assert (made["TagList"], made["DBSubnetGroup"]["DBSubnetGroupName"]) == (TAGS, "default")
    aws.client("kms", TENANT, OSAKA).disable_key(KeyId=keys[1])
    third = other | {"DBInstanceIdentifier": "third"}
    refused(NO_KEY, osaka.restore_db_instance_from_db_snapshot, **third)


def test_a_cluster_is_restored_in_another_region(aws: LocalAws, rds, osaka, keys):
    vpc, group = network(aws, OSAKA)
    Clusters.make(rds, KmsKeyId=keys[0], Tags=TAGS)
    here, there = Clusters(rds), Clusters(osaka)
    take(here)
    copy(there, arn(here), KmsKeyId=keys[1])
    aws.settings(delay={"dbInstance": 60})
    named = {"DBClusterIdentifier": "restored", "SnapshotIdentifier": arn(here, "c1", OSAKA)}
    named |= {"Engine": "aurora-postgresql"}
    restore = osaka.restore_db_cluster_from_snapshot
    refused("DBSubnetGroupNotFoundFault", restore, **named, DBSubnetGroupName="none")
    where = {"DBSubnetGroupName": "towns", "VpcSecurityGroupIds": [group]}
    made = restore(**named, **where)["DBCluster"]
    assert (made["Status"], made["TagList"], made["DBClusterMembers"]) == ("creating", [], [])
    assert (made["StorageEncrypted"], made["KmsKeyId"]) == (True, keys[1])
    assert [g["VpcSecurityGroupId"] for g in made["VpcSecurityGroups"]] == [group]
    assert (made["DBSubnetGroup"], made["AvailabilityZones"][0][:-1]) == ("towns", OSAKA)
    refused("DBClusterAlreadyExistsFault", restore, **named)
    refused(here.unknown, restore, **named | {"DBClusterIdentifier": "two", "SnapshotIdentifier": "none"})
    aws.settings(now=61)
    (found,) = osaka.describe_db_clusters()["DBClusters"]
    assert found["Status"] == "available"


@pytest.mark.parametrize("kind", [Instances, Clusters])
def test_tags_are_added_listed_and_removed(rds, kind):
    database = kind.make(rds)
    here = kind(rds)
    snapshot = take(here)
    for resource in (snapshot[f"{kind.name}Arn"], database.get("DBInstanceArn") or database["DBClusterArn"]):
        named, tag = {"ResourceName": resource}, {"Key": "a", "Value": "1"}
        rds.add_tags_to_resource(**named, Tags=[tag])
        assert rds.list_tags_for_resource(**named)["TagList"] == [tag]
        for bad in ([{"Key": "aws:x", "Value": "1"}], [{"Key": f"k{n}", "Value": ""} for n in range(51)]):
            refused(BAD_VALUE, rds.add_tags_to_resource, **named, Tags=bad)
        rds.remove_tags_from_resource(**named, TagKeys=["a"])
        assert rds.list_tags_for_resource(**named)["TagList"] == []
    refused(here.unknown, rds.list_tags_for_resource, ResourceName=arn(here, "none"))
    refused(BAD_VALUE, rds.list_tags_for_resource, ResourceName=arn(here, "s1", OSAKA))
    assert one(here, "s1")["TagList"] == []
