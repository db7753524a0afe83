"""Snapshots of DB instances and of DB clusters: creating first, described in pages, deleted, quota.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
"""

from collections.abc import Callable, Iterable
from typing import Any

from moto.rds.exceptions import RDSClientError
from moto.rds.models import rds_backends

from . import clock, lag, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .rds_instance import is_member
from .rds_resource import backend, checked_tags, combination, invalid, missing, paged
from .rds_snapshot_kind import CLUSTER, INSTANCE, Kind, Progress, described, kind_of, snapshots

READY = ("available", "storage-optimization")


def check_target(call: Call, kind: Kind, member: str) -> str:
    """The identifier of a snapshot to be: well formed, new, within the quota of manual ones."""
    name, mine = call.params[member], snapshots(call, kind)
    try:
        backend(call).validate_db_snapshot_identifier(name, parameter_name=member)
    except RDSClientError as error:
        raise invalid(str(error.message)) from None
    if len(name) > kind.length:
        raise invalid(f"The parameter {member} must have at most {kind.length} characters")
    if name in mine:
        message = f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        raise AwsError(kind.exists, message)
    limit = settings.get("quota")["dbSnapshots"]
    if sum(s.snapshot_type == "manual" for s in mine.values()) >= limit:
        raise AwsError("SnapshotQuotaExceeded", f"Cannot create more than {limit} manual snapshots")
    return name.lower()


def begin(call: Call, kind: Kind, snapshot: Any, status: str, progress: Progress) -> None:
    """Keeps a snapshot that is not available yet."""
    snapshot.status, snapshot.progress = status, progress
    snapshots(call, kind)[snapshot.resource_id] = snapshot
    lag.note(call, snapshot.arn)


def finish(kind: Kind, snapshot: Any, failed: bool = False) -> None:
    """Available, or failed; the time of an instance's snapshot is when it was complete."""
    snapshot.status = "failed" if failed else "available"
    if kind is INSTANCE:
        snapshot.created = clock.utcnow()
        if snapshot.progress.origin is None:
            snapshot.original_snapshot_create_time = snapshot.created


@correct("rds", "CreateDBSnapshot", "CreateDBClusterSnapshot")
def create_snapshot(call: Call, base: Base) -> Any:
    """Of a source that is available. Its tags are the call's, or the source's if that copies them."""
    kind, home = kind_of(call), backend(call)
    name = check_target(call, kind, kind.id)
    wanted = call.params[kind.source_id]
    source = getattr(home, kind.sources).get(wanted)
    if source is None:
        raise missing(kind.source, wanted)
    if kind is INSTANCE and is_member(source):
        message = "a snapshot cannot be created directly. Please use the CreateDBClusterSnapshot API instead."
        raise invalid(f"The specified instance is a member of a cluster and {message}")
    if source.status not in READY:
        noun = "instance" if kind is INSTANCE else "cluster"
        message = f"the database {noun} {wanted} is not currently in the available state."
        raise AwsError(kind.bad_source, f"Cannot create a snapshot because {message}")
    tags = checked_tags(call.params.get("Tags")) or None
    made = kind.model(home, source, name, "manual", tags)
    progress = Progress(clock.now(), settings.delay("dbSnapshot"))
    begin(call, kind, made, "creating", progress)
    clock.after(progress.seconds, lambda: finish(kind, made))
    return {kind.name: described(kind, made)}


@correct("rds", "DescribeDBSnapshots", "DescribeDBClusterSnapshots")
def describe_snapshots(call: Call, base: Base) -> Any:
    """In pages; of one name or ARN, of a source, of a type, by filters."""
    kind, params = kind_of(call), call.params
    wanted, source = params.get(kind.id), params.get(kind.source_id)
    if wanted and source and kind is CLUSTER:
        raise combination(f"{kind.id} and {kind.source_id} can't be used together")
    tests: list[tuple[Iterable[str], Callable[[Any], list[str]]]] = []
    if wanted:
        tests.append(([wanted], lambda s: [s.resource_id, s.arn]))
    if source:
        tests.append(([source], kind.filters[kind.by_source]))
    if resource := params.get(kind.resource_id):
        tests.append(([resource], kind.by_resource))
    for wish in params.get("Filters") or []:
        if wish["Name"] not in kind.filters:
            raise invalid(f"Unrecognized filter name: {wish['Name']}")
        tests.append((wish["Values"], kind.filters[wish["Name"]]))
    found = [s for s in _in_reach(call, kind) if all(_has(of(s), values) for values, of in tests)]
    if wanted and not found and not source:
        raise missing(kind.arn, wanted)
    shown, marker = paged(call, [s for s in found if wanted or lag.visible(s.arn)])
    return {f"{kind.name}s": [described(kind, s) for s in shown], "Marker": marker}


def _has(values: Iterable[str], wanted: Iterable[str]) -> bool:
    return bool({v.lower() for v in values} & {w.lower() for w in wanted})


def _in_reach(call: Call, kind: Kind) -> list[Any]:
    """The snapshots of the type that the call asks for: the account's own, shared ones, public ones."""
    params, wanted = call.params, call.params.get("SnapshotType")
    mine = list(snapshots(call, kind).values())
    if wanted not in ("shared", "public"):
        mine = [s for s in mine if wanted in (None, s.snapshot_type)]
        if wanted is not None:
            return mine
    shared = wanted == "shared" or (params.get("IncludeShared") and wanted is None)
    public = wanted == "public" or (params.get("IncludePublic") and wanted is None)
    for account, regions in rds_backends.items():
        if account != call.account:
            for snapshot in getattr(regions[call.region], kind.where).values():
                with_whom = snapshot.attributes["restore"]
                if (shared and call.account in with_whom) or (public and "all" in with_whom):
                    mine.append(snapshot)
    return [s for s in mine if wanted is None or s.account_id != call.account]


@correct("rds", "DeleteDBSnapshot", "DeleteDBClusterSnapshot")
def delete_snapshot(call: Call, base: Base) -> Any:
    """A manual one that is available or failed; of a copy that is under way it is the end."""
    kind, name = kind_of(call), call.params[kind_of(call).id]
    snapshot = snapshots(call, kind).get(name)
    if snapshot is None:
        raise missing(kind.arn, name)
    if snapshot.snapshot_type != "manual":
        raise AwsError(kind.bad_state, "Only manual snapshots may be deleted.")
    if snapshot.status not in ("available", "failed") and snapshot.progress.origin is None:
        message = "Cannot delete the snapshot because it is not currently in the available or failed state."
        raise AwsError(kind.bad_state, message)
    del snapshots(call, kind)[name]
    return {kind.name: {**described(kind, snapshot), "Status": "deleted"}}
