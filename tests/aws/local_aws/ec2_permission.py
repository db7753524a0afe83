"""Who else may use a snapshot or an image: accounts, or everybody; nobody what is encrypted for one account.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html
"""

from typing import Any

from moto.kms.models import kms_backends

from . import ec2_image, ec2_snapshot
from .corrections import Base, correct
from .ec2_describe import KINDS, backend
from .ec2_ebs import AWS_KEY
from .errors import AwsError
from .identify import Call

Permissions = list[dict[str, str]]


def _asked(call: Call, member: str, groups: str) -> tuple[Permissions, Permissions]:
    """What the call adds and what it takes away, in either of the two forms that EC2 knows."""
    params, whole = call.params, call.params.get(member) or {}
    asked = {"add": list(whole.get("Add") or []), "remove": list(whole.get("Remove") or [])}
    listed = [{"Group": g} for g in params.get(groups) or []]
    listed += [{"UserId": u} for u in params.get("UserIds") or []]
    if listed:
        asked[params.get("OperationType") or "add"] += listed
    for one in asked["add"] + asked["remove"]:
        if one.get("Group", "all") != "all":
            message = f'Invalid attribute item value "{one["Group"]}" for userGroup item type.'
            raise AwsError("InvalidAMIAttributeItemValue", message)
    return asked["add"], asked["remove"]


def _has_aws_key(call: Call, snapshot: Any) -> bool:
    default = kms_backends[call.account][call.region].get_key_id_from_alias(AWS_KEY)
    return not snapshot.kms_key_id or snapshot.kms_key_id.rpartition("/")[2] == default


@correct("ec2", "ModifySnapshotAttribute")
def modify_snapshot(call: Call, base: Base) -> Any:
    """An encrypted snapshot is never everybody's, and under the AWS managed key nobody else's."""
    add, remove = _asked(call, "CreateVolumePermission", "GroupNames")
    snapshot = ec2_snapshot.find(backend(call), call.params["SnapshotId"])
    if snapshot.encrypted and {"Group": "all"} in add:
        raise AwsError("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly")
    if snapshot.encrypted and add and _has_aws_key(call, snapshot):
        raise AwsError("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")
    groups, users = snapshot.create_volume_permission_groups, snapshot.create_volume_permission_userids
    for kept, name in ((groups, "Group"), (users, "UserId")):
        kept.update(p[name] for p in add if name in p)
        kept.difference_update(p[name] for p in remove if name in p)
    return {}


@correct("ec2", "ResetSnapshotAttribute")
def reset_snapshot(call: Call, base: Base) -> Any:
    """Nobody else's any more."""
    snapshot = ec2_snapshot.find(backend(call), call.params["SnapshotId"])
    snapshot.create_volume_permission_groups.clear()
    snapshot.create_volume_permission_userids.clear()
    return {}


@correct("ec2", "DescribeSnapshotAttribute")
def describe_snapshot_attribute(call: Call, base: Base) -> Any:
    """Of a snapshot that is there."""
    ec2_snapshot.find(backend(call), call.params["SnapshotId"])
    return base()


@correct("ec2", "ModifyImageAttribute")
def modify_image(call: Call, base: Base) -> Any:
    """As its snapshots allow it."""
    home, image = backend(call), ec2_image.find(backend(call), call.params["ImageId"])
    add, _ = _asked(call, "LaunchPermission", "UserGroups")
    if image.owner_id != call.account:
        raise AwsError("AuthFailure", f"Not authorized for image:{image.id}")
    names = [m.get("Ebs", {}).get("SnapshotId") for m in image.block_device_mappings]
    encrypted = [s for s in map(home.snapshots.get, names) if s is not None and s.encrypted]
    if add and any(_has_aws_key(call, s) for s in encrypted):
        message = "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot."
        raise AwsError("InvalidParameter", message)
    if encrypted and {"Group": "all"} in add:
        message = "Images with encrypted snapshots can't be shared publicly. Specify another image."
        raise AwsError("InvalidParameter", message)
    return base()


def _restorable(call: Call, snapshot: Any) -> bool:
    """Whether one of those whom the call names may make a volume of the snapshot."""
    wanted = call.params.get("RestorableByUserIds")
    if not wanted:
        return True
    users = {call.account if w == "self" else w for w in wanted} - {"all"}
    public = "all" in snapshot.create_volume_permission_groups
    mine = users & ({snapshot.owner_id} | set(snapshot.create_volume_permission_userids))
    return bool(mine) or ("all" in wanted and public)


KINDS["DescribeSnapshots"].shown = _restorable
