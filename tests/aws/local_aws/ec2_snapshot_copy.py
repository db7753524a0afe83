"""Copies of snapshots: from a region of the account into the call's, encrypted, failing later if they must.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
"""

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.ec2.models import ec2_backends

from . import clock, settings
from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_ebs import AWS_KEY, key_arn
from .ec2_snapshot import OwnSnapshot, check_completed, find
from .errors import AwsError
from .identify import Call

# AWS's; it says no more than this of what is wrong with a key.
BAD_KEY = "Given key ID is not accessible"
# Copies have this volume, which is none.
NO_VOLUME = "vol-ffffffff"


@correct("ec2", "CopySnapshot")
def copy_snapshot(call: Call, base: Base) -> Any:
    """Pending first; a bad key, a bad URL and an error that a test wants show only when the copy is over."""
    home, params = backend(call), call.params
    source = find(source_home(call), params["SourceSnapshotId"])
    check_completed(source)
    encrypted = check_encryption(call, source.encrypted)
    limit = settings.get("quota")["snapshotCopies"]
    if sum(getattr(s, "copied", False) and s.status == "pending" for s in home.snapshots.values()) >= limit:
        message = f"Too many snapshot copies in progress. The limit is {limit} for this destination region."
        raise AwsError("ResourceLimitExceeded", message)
    failure = wanted_error(call, source.id) or _url_error(call)
    made, due = start(call, source, params.get("Description") or "", encrypted, "snapshotCopy")
    made.copied = True
    clock.after(made.seconds, lambda: made.finish(failure or due()))
    return {"SnapshotId": made.id}


def start(
    call: Call, source: Any, description: str, encrypted: bool, delay: str
) -> tuple[OwnSnapshot, Callable[[], str | None]]:
    """A pending copy, and what says, when its time is over, why it fails."""
    key = _key(call) if encrypted else None
    volume = SimpleNamespace(id=NO_VOLUME, size=source.volume_size)
    made = OwnSnapshot(backend(call), volume, description, _shown(call, key), settings.delay(delay))
    made.transfer_type = "standard"

    def failure() -> str | None:
        if source.id not in source.ec2_backend.snapshots:
            return f"The source snapshot {source.id} is gone"
        there = replace(call, region=source.ec2_backend.region_name)
        used = [(call, key)] if key else []
        used += [(there, source.kms_key_id)] if source.kms_key_id else []
        return None if all(_usable(place, name) for place, name in used) else BAD_KEY

    return made, failure


def source_home(call: Call) -> Any:
    """moto's EC2 of the account in the region that the call copies from."""
    region = call.params["SourceRegion"]
    if region not in ec2_backends[call.account]:
        raise AwsError("InvalidParameterValue", f"The region '{region}' is invalid")
    return ec2_backends[call.account][region]


def check_encryption(call: Call, encrypted: bool) -> bool:
    """Whether the copy is encrypted: as its source at least. A key needs Encrypted."""
    params = call.params
    if params.get("KmsKeyId") and not params.get("Encrypted"):
        message = "The parameter KmsKeyId requires the parameter Encrypted to be set."
        raise AwsError("InvalidParameterDependency", message)
    return bool(encrypted or params.get("Encrypted") or backend(call).get_ebs_encryption_by_default())


def wanted_error(call: Call, source: str) -> str | None:
    """The message of the first rule in `copyErrors` for this copy; it counts."""
    for rule in settings.get("copyErrors"):
        same = rule.get("account", call.account) == call.account
        same = same and rule.get("region", call.region) == call.region
        if same and fnmatchcase(source, rule.get("source", "*")) and rule.get("times", 1) > 0:
            if "times" in rule:
                rule["times"] -= 1
            return rule.get("message", "A fault that the test asked for")
    return None


def _url_error(call: Call) -> str | None:
    if not call.params.get("PresignedUrl"):
        return None
    given = {k: v[-1] for k, v in parse_qs(urlsplit(call.params["PresignedUrl"]).query).items()}
    wanted = {n: call.params[n] for n in ("SourceRegion", "SourceSnapshotId")}
    wanted |= {"Action": "CopySnapshot", "DestinationRegion": call.region}
    return None if wanted.items() <= given.items() else "The presigned URL is not valid for this copy"


def _key(call: Call) -> str:
    return call.params.get("KmsKeyId") or backend(call).default_kms_key_id or AWS_KEY


def _usable(call: Call, key: str) -> str | None:
    # EBS makes a grant on the key, which a foreign key's policy must allow.
    try:
        return key_arn(replace(call, operation="CreateGrant"), key)
    except AwsError:
        return None


def _shown(call: Call, key: str | None) -> str | None:
    """The key's ARN; of a key that cannot be used, what it would be."""
    if key is None or key.startswith("arn:"):
        return key and (_usable(call, key) or key)
    kind = "" if key.startswith("alias/") else "key/"
    return _usable(call, key) or f"arn:aws:kms:{call.region}:{call.account}:{kind}{key}"
