"""Copies of databases' snapshots: into the call's region, under a key of it, failing later if they must.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-copy-snapshot.html
"""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from moto.rds.models import rds_backends

from . import clock, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .rds_resource import backend, checked_tags, combination, invalid, key_arn, missing, no_key, shown_key
from .rds_snapshot import begin, check_target, finish
from .rds_snapshot_kind import CLUSTER, INSTANCE, Kind, Progress, described, kind_of, snapshots

# What a snapshot keeps of its source, whatever became of the database that both are of.
KEPT = (
    "allocated_storage", "engine", "engine_version", "master_username", "port", "dbi_resource_id",
    "instance_create_time", "cluster_create_time", "original_snapshot_create_time",
)  # fmt: skip


@correct("rds", "CopyDBSnapshot", "CopyDBClusterSnapshot")
def copy_snapshot(call: Call, base: Base) -> Any:
    """Of a snapshot that is available. A presigned URL is for GovCloud, and is not looked at elsewhere."""
    kind = kind_of(call)
    name = check_target(call, kind, f"Target{kind.id}")
    source = find_source(call, kind)
    if source.status != "available":
        message = f"Cannot copy the snapshot because it is in the {source.status} state."
        raise AwsError(kind.bad_state, message)
    abroad = (source.account_id, source.region) != (call.account, call.region)
    if source.region != call.region:
        _check_quota(call)
    key = _key(call, kind, source)
    made = kind.model(backend(call), getattr(source, kind.kept), name, "manual", [])
    made.tags = _tags(call, source)
    for attribute in KEPT:
        if hasattr(source, attribute):
            setattr(made, attribute, getattr(source, attribute))
    _encrypt(kind, made, key)
    if kind is CLUSTER:
        # As AWS's example has it; an instance's snapshot has the time of the copy.
        made.created = source.created
    failed = _is_to_fail(call, source)
    progress = Progress(clock.now(), settings.delay("dbSnapshotCopy"), source.arn, abroad)
    begin(call, kind, made, kind.copying, progress)
    home = getattr(source.backend, kind.where)
    clock.after(
        progress.seconds, lambda: finish(kind, made, failed or home.get(source.resource_id) is not source)
    )
    return {kind.name: described(kind, made)}


def find_source(call: Call, kind: Kind) -> Any:
    """The snapshot of a name, or of an ARN in another region, or in another account that shares it."""
    member = f"Source{kind.id}"
    wanted = call.params[member]
    account, region, name = call.account, call.region, wanted
    if wanted.startswith("arn:"):
        parts = wanted.split(":", 6)
        if len(parts) != 7 or parts[2] != "rds" or parts[5] != kind.arn:
            raise invalid(f"The parameter {member} is not a valid identifier.")
        region, account, name = parts[3], parts[4], parts[6]
    known = account in rds_backends and region in rds_backends[account]
    found = getattr(rds_backends[account][region], kind.where).get(name) if known else None
    shared = account == call.account or (
        found is not None and {call.account, "all"} & set(found.attributes["restore"])
    )
    if found is None or not shared:
        raise missing(kind.arn, wanted)
    return found


def _check_quota(call: Call) -> None:
    limit = settings.get("quota")["dbSnapshotCopies"]
    mine = [s for kind in (INSTANCE, CLUSTER) for s in snapshots(call, kind).values()]
    under_way = [s for s in mine if s.status in ("creating", "copying") and getattr(s, "progress", None)]
    origins = [s.progress.origin for s in under_way if s.progress.origin]
    if sum(origin.split(":")[3] != call.region for origin in origins) >= limit:
        raise AwsError("SnapshotQuotaExceeded", f"Cannot copy more than {limit} snapshots across regions")


def _key(call: Call, kind: Kind, source: Any) -> str | None:
    """The ARN of the key of the copy: of a source that is encrypted elsewhere it must be named."""
    wanted = call.params.get("KmsKeyId")
    if not source.encrypted:
        if wanted and kind is CLUSTER:
            raise combination("KmsKeyId can't be specified for a DB cluster snapshot that is not encrypted")
        return key_arn(call, wanted) if wanted else None
    used = shown_key(source.backend, source.kms_key_id)
    if not wanted:
        if source.account_id != call.account:
            raise no_key(None)
        if source.region != call.region:
            raise invalid("Must specify new KMS key for cross region encrypted snapshot copy.")
    # The source's key is used in its region, by the account that copies.
    key_arn(replace(call, region=source.region), used)
    return key_arn(call, wanted or used)


def _tags(call: Call, source: Any) -> list[dict[str, str]]:
    """The call's; the source's only if there are none and the call wants them."""
    given = checked_tags(call.params.get("Tags"))
    return given if given or not call.params.get("CopyTags") else checked_tags(source.tags)


def _encrypt(kind: Kind, made: Any, key: str | None) -> None:
    kept = getattr(made, kind.kept)
    made.kms_key_id, made.encrypted, made.storage_encrypted = key, key is not None, key is not None
    if kind is CLUSTER:
        kept.kms_key_id, kept.storage_encrypted = key, key is not None


def _is_to_fail(call: Call, source: Any) -> bool:
    """Whether a rule of `dbCopyErrors` is for this copy; the first one counts it."""
    for rule in settings.get("dbCopyErrors"):
        same = rule.get("account", call.account) == call.account
        same = same and rule.get("region", call.region) == call.region
        names = (source.resource_id, source.arn)
        if same and any(fnmatchcase(n, rule.get("source", "*")) for n in names) and rule.get("times", 1) > 0:
            if "times" in rule:
                rule["times"] -= 1
            return True
    return False
