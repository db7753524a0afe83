"""What the tests of RDS share: the same calls for snapshots of instances and of clusters."""

from conftest import OSAKA, TENANT, TOKYO, LocalAws

TAGS = [{"Key": "tenant", "Value": "sakura"}]
COPYING = {"dbSnapshotCopy": 3600}
BAD_VALUE, NO_KEY = "InvalidParameterValue", "KMSKeyNotAccessibleFault"


class Instances:
    """The calls for snapshots of instances."""

    name, source = "DBSnapshot", "DBInstanceIdentifier"
    unknown, exists, bad = "DBSnapshotNotFound", "DBSnapshotAlreadyExists", "InvalidDBSnapshotState"
    no_source, bad_source, copying = "DBInstanceNotFound", "InvalidDBInstanceState", "creating"
    arn = "snapshot"

    @staticmethod
    def make(rds, name="town", **more):
        whole = {"DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "AllocatedStorage": 20}
        whole |= {"MasterUsername": "master", "MasterUserPassword": "password1", "StorageEncrypted": True}
        return rds.create_db_instance(DBInstanceIdentifier=name, **whole | more)["DBInstance"]

    def __init__(self, rds):
        self.rds = rds
        self.create, self.describe = rds.create_db_snapshot, rds.describe_db_snapshots
        self.copy_of, self.delete = rds.copy_db_snapshot, rds.delete_db_snapshot


class Clusters(Instances):
    """The calls for snapshots of clusters."""

    name, source = "DBClusterSnapshot", "DBClusterIdentifier"
    unknown, exists = "DBClusterSnapshotNotFoundFault", "DBClusterSnapshotAlreadyExistsFault"
    bad, no_source = "InvalidDBClusterSnapshotStateFault", "DBClusterNotFoundFault"
    bad_source, copying, arn = "InvalidDBClusterStateFault", "copying", "cluster-snapshot"

    @staticmethod
    def make(rds, name="town", **more):
        whole = {"Engine": "aurora-postgresql", "MasterUsername": "master"}
        whole |= {"MasterUserPassword": "password1", "StorageEncrypted": True}
        return rds.create_db_cluster(DBClusterIdentifier=name, **whole | more)["DBCluster"]

    def __init__(self, rds):
        self.rds = rds
        self.create, self.describe = rds.create_db_cluster_snapshot, rds.describe_db_cluster_snapshots
        self.copy_of, self.delete = rds.copy_db_cluster_snapshot, rds.delete_db_cluster_snapshot


def two_keys(aws: LocalAws):
    """A key in Tokyo and one in Osaka."""
    return tuple(
        aws.client("kms", TENANT, region).create_key()["KeyMetadata"]["Arn"] for region in (TOKYO, OSAKA)
    )


def take(calls, name="s1", source="town", **more):
    named = {f"{calls.name}Identifier": name, calls.source: source}
    return calls.create(**named, **more)[calls.name]


def copy(calls, source, name="c1", **more):
    named = {f"Source{calls.name}Identifier": source, f"Target{calls.name}Identifier": name}
    return calls.copy_of(**named, **more)[calls.name]


def one(calls, name, **more):
    (found,) = calls.describe(**{f"{calls.name}Identifier": name}, **more)[f"{calls.name}s"]
    return found


def arn(calls, name="s1", region=TOKYO, account=TENANT):
    return f"arn:aws:rds:{region}:{account}:{calls.arn}:{name}"


def encrypted(snapshot):
    return snapshot.get("Encrypted", snapshot.get("StorageEncrypted")), snapshot.get("KmsKeyId")
