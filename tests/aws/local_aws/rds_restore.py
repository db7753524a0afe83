"""New databases of snapshots: creating first, where the call says, under the snapshot's key.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html
"""

from typing import Any

from moto.rds.models import DBClusterSnapshot

from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .rds_instance import describe_cluster, describe_instance, network, start_cluster, start_instance
from .rds_resource import backend, checked_tags, invalid, key_arn, missing, shown_key
from .rds_snapshot_kind import CLUSTER, INSTANCE, Kind, snapshots

ZONES = "abc"
# moto finds a cluster's snapshot by its name only.
DBClusterSnapshot.SUPPORTED_FILTERS["db-cluster-snapshot-id"].attrs_to_check.append("db_cluster_snapshot_arn")


def _found(call: Call, kind: Kind, wanted: str) -> Any:
    """A snapshot of the account in the call's region, by name or ARN, that is available and readable."""
    prefix = f"arn:aws:rds:{call.region}:{call.account}:{kind.arn}:"
    snapshot = snapshots(call, kind).get(wanted.removeprefix(prefix))
    if snapshot is None:
        raise missing(kind.arn, wanted)
    if snapshot.status != "available":
        message = f"Cannot restore from the snapshot because it is in the {snapshot.status} state."
        raise AwsError(kind.bad_state, message)
    if snapshot.encrypted:
        key_arn(call, shown_key(snapshot.backend, snapshot.kms_key_id))
    return snapshot


@correct("rds", "RestoreDBInstanceFromDBSnapshot")
def restore_instance(call: Call, base: Base) -> Any:
    """In one zone unless the call says more; with the tags that the source had unless the call has some."""
    params, home = call.params, backend(call)
    if not params.get("DBSnapshotIdentifier"):
        raise AwsError("NotInLocalAws", "Instances are restored from snapshots of instances only")
    snapshot = _found(call, INSTANCE, params["DBSnapshotIdentifier"])
    if params["DBInstanceIdentifier"] in home.databases:
        raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
    checked_tags(params.get("Tags"))
    groups = network(call)
    # moto takes from here what the call does not say.
    kept = snapshot.database
    kept._db_subnet_group_name, kept.multi_az = None, False
    kept.availability_zone = f"{call.region}{ZONES[0]}"
    instance = base()["DBInstance"]
    instance.kms_key_id = snapshot.kms_key_id if snapshot.encrypted else None
    if groups:
        instance.vpc_security_group_ids = groups
    start_instance(call, instance)
    return {"DBInstance": describe_instance(instance)}


@correct("rds", "RestoreDBClusterFromSnapshot")
def restore_cluster(call: Call, base: Base) -> Any:
    """Without instances; with the call's tags only; under the call's key, or the snapshot's."""
    params, home = call.params, backend(call)
    snapshot = _found(call, CLUSTER, params["SnapshotIdentifier"])
    if params["DBClusterIdentifier"] in home.clusters:
        raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    if params["Engine"] != snapshot.engine:
        raise invalid(f"The engine {params['Engine']} is not compatible with the snapshot's")
    checked_tags(params.get("Tags"))
    groups = network(call)
    key = key_arn(call, params["KmsKeyId"]) if params.get("KmsKeyId") else None
    kept = snapshot.cluster
    kept.db_subnet_group_name = None
    kept.availability_zones = [f"{call.region}{zone}" for zone in ZONES]
    # A password that Secrets Manager has is none that moto could copy.
    vars(kept).setdefault("_master_user_password", "managed-password")
    cluster = base()["DBCluster"]
    if key or snapshot.encrypted:
        cluster.kms_key_id, cluster.storage_encrypted = key or snapshot.kms_key_id, True
    start_cluster(call, cluster, groups)
    return {"DBCluster": describe_cluster(cluster)}
