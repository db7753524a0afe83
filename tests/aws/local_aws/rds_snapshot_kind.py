"""Snapshots of DB instances and of DB clusters: what differs between them, and what their answers have.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBClusterSnapshot.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.rds.models import DBClusterSnapshot, DBSnapshot

from . import clock
from .identify import Call
from .rds_resource import backend, plain


@dataclass(frozen=True)
class Kind:
    """What differs between snapshots of instances and of clusters."""

    name: str
    arn: str
    model: Any
    # Where moto keeps the snapshots, and what they are taken from.
    where: str
    sources: str
    # What they are taken from: its kind in ARNs, the member that names it, and the snapshot's copy of it.
    source: str
    source_id: str
    kept: str
    # How long an identifier may be.
    length: int
    exists: str
    bad_state: str
    bad_source: str
    # The state of a copy that is under way, and the member that has the ARN that it is made from.
    copying: str
    origin: str
    # The filter that the member for the source is, and the one that the member for its resource id is.
    by_source: str
    resource_id: str
    by_resource: Callable[[Any], list[str]]
    # Filter → the values that a snapshot has; what is not here is refused.
    filters: dict[str, Callable[[Any], list[str]]]

    @property
    def id(self) -> str:
        """The member that has the snapshot's identifier."""
        return f"{self.name}Identifier"


INSTANCE = Kind(
    name="DBSnapshot",
    arn="snapshot",
    model=DBSnapshot,
    where="database_snapshots",
    sources="databases",
    source="db",
    source_id="DBInstanceIdentifier",
    kept="database",
    length=255,
    exists="DBSnapshotAlreadyExists",
    bad_state="InvalidDBSnapshotState",
    bad_source="InvalidDBInstanceState",
    copying="creating",
    origin="SourceDBSnapshotIdentifier",
    by_source="db-instance-id",
    resource_id="DbiResourceId",
    by_resource=lambda s: [s.dbi_resource_id],
    filters={
        "db-instance-id": lambda s: [s.db_instance_identifier, s.database.arn],
        "db-snapshot-id": lambda s: [s.resource_id],
        "dbi-resource-id": lambda s: [s.dbi_resource_id],
        "snapshot-type": lambda s: [s.snapshot_type],
        "engine": lambda s: [s.engine],
    },
)
CLUSTER = Kind(
    name="DBClusterSnapshot",
    arn="cluster-snapshot",
    model=DBClusterSnapshot,
    where="cluster_snapshots",
    sources="clusters",
    source="cluster",
    source_id="DBClusterIdentifier",
    kept="cluster",
    length=63,
    exists="DBClusterSnapshotAlreadyExistsFault",
    bad_state="InvalidDBClusterSnapshotStateFault",
    bad_source="InvalidDBClusterStateFault",
    copying="copying",
    origin="SourceDBClusterSnapshotArn",
    by_source="db-cluster-id",
    resource_id="DbClusterResourceId",
    by_resource=lambda s: [s.cluster.db_cluster_resource_id],
    filters={
        "db-cluster-id": lambda s: [s.db_cluster_identifier, s.cluster.arn],
        "db-cluster-snapshot-id": lambda s: [s.resource_id],
        "snapshot-type": lambda s: [s.snapshot_type],
        "engine": lambda s: [s.engine],
    },
)


@dataclass
class Progress:
    """How far a snapshot is; moto's automated ones have none, and are available."""

    started: float
    seconds: float
    # The ARN that it is copied from, and whether that is in another region or account.
    origin: str | None = None
    abroad: bool = False


def kind_of(call: Call) -> Kind:
    """Which kind of snapshot the operation is about."""
    return CLUSTER if "Cluster" in call.operation else INSTANCE


def snapshots(call: Call, kind: Kind) -> Any:
    """The account's snapshots in the call's region, by identifiers in any case."""
    return getattr(backend(call), kind.where)


def described(kind: Kind, snapshot: Any) -> dict[str, Any]:
    """As answers have it: an instance's has no times before it is available."""
    found = plain(snapshot, kind.name)
    progress = getattr(snapshot, "progress", None)
    kept = getattr(snapshot, kind.kept)
    encrypted = found.get("KmsKeyId") is not None
    found["StorageEncryptionType"] = "sse-kms" if encrypted else "none"
    found["PercentProgress"] = _percent(snapshot, progress)
    found["LicenseModel"] = kept.license_model
    found["StorageType"] = kept.storage_type
    if kind is INSTANCE:
        found |= {"SnapshotTarget": "region", "OptionGroupName": kept.option_group_name}
        found["AvailabilityZone"] = kept.availability_zone
        found["VpcId"] = getattr(getattr(kept, "db_subnet_group", None), "vpc_id", None)
        if snapshot.status != "available":
            found = {k: v for k, v in found.items() if not k.endswith("SnapshotCreateTime")}
        if progress and progress.abroad:
            found |= {kind.origin: progress.origin, "SourceRegion": progress.origin.split(":")[3]}
    else:
        found |= {"DbClusterResourceId": kept.db_cluster_resource_id, "EngineMode": kept.engine_mode}
        found["AvailabilityZones"] = kept.availability_zones
        if progress and progress.origin:
            found[kind.origin] = progress.origin
    return found


def _percent(snapshot: Any, progress: Progress | None) -> int:
    if snapshot.status == "available":
        return 100
    if progress is None or snapshot.status == "failed" or progress.seconds <= 0:
        return 0
    return min(99, int(100 * (clock.now() - progress.started) / progress.seconds))
