"""Who else may restore a manual snapshot of RDS: accounts, or everybody what is not encrypted.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshotAttributes.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBClusterSnapshotAttribute.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
"""

from typing import Any

from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .rds_resource import DEFAULT_KEY, invalid, missing, shown_key
from .rds_snapshot_kind import Kind, kind_of, snapshots


@correct("rds", "DescribeDBSnapshotAttributes", "DescribeDBClusterSnapshotAttributes")
def describe(call: Call, base: Base) -> Any:
    """Of a snapshot that is there, by name or ARN."""
    kind = kind_of(call)
    return _attributes(kind, _find(call, kind))


@correct("rds", "ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute")
def modify(call: Call, base: Base) -> Any:
    """An encrypted snapshot is never everybody's, and under the AWS managed key nobody else's."""
    kind, params = kind_of(call), call.params
    snapshot, add = _find(call, kind), list(params.get("ValuesToAdd") or [])
    if snapshot.snapshot_type != "manual":
        raise invalid(f"The parameter {kind.id} is not a valid identifier.")
    if snapshot.status != "available":
        raise AwsError(kind.bad_state, f"The snapshot {snapshot.resource_id} is not available.")
    encrypted = _encrypted(snapshot)
    if encrypted and "all" in add:
        raise invalid("Encrypted snapshots cannot be shared publicly.")
    if encrypted and add and _key(snapshot) == shown_key(snapshot.backend, None):
        raise AwsError(kind.bad_state, "Snapshots encrypted with the default KMS key cannot be shared.")
    snapshot.modify_attribute(params["AttributeName"], add, list(params.get("ValuesToRemove") or []))
    return _attributes(kind, snapshot)


def _encrypted(snapshot: Any) -> bool:
    return bool(getattr(snapshot, "encrypted", False) or getattr(snapshot, "storage_encrypted", False))


def _key(snapshot: Any) -> str:
    return shown_key(snapshot.backend, getattr(snapshot, "kms_key_id", None) or DEFAULT_KEY)


def _find(call: Call, kind: Kind) -> Any:
    wanted, known = call.params[kind.id], snapshots(call, kind)
    found = known.get(wanted) or next((s for s in known.values() if s.arn == wanted), None)
    if found is None:
        raise missing(kind.arn, wanted)
    return found


def _attributes(kind: Kind, snapshot: Any) -> dict[str, Any]:
    found = [{"AttributeName": n, "AttributeValues": list(v)} for n, v in snapshot.attributes.items()]
    return {
        f"{kind.name}AttributesResult": {
            kind.id: snapshot.resource_id,
            f"{kind.name}Attributes": found,
        }
    }
