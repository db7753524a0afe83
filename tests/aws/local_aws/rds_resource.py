"""What everything of RDS shares: keys, tags, pages, identifiers, and refusals of what is not there.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddTagsToResource.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ListTagsForResource.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from moto.kms.models import kms_backends
from moto.rds import models
from moto.rds.models import rds_backends

from . import clock
from .corrections import Base, correct
from .dispatch import to_plain
from .errors import AwsError
from .identify import Call, service_model
from .kms_key import find as find_key
from .paging import page

AWS_KEY = "alias/aws/rds"
# moto's name of that key.
DEFAULT_KEY = "default_kms_key_id"
TAGS = 50
# What an ARN has between account and name → whose absence is refused with which code.
NOT_FOUND = {
    "db": ("DBInstance", "DBInstanceNotFound"),
    "cluster": ("DBCluster", "DBClusterNotFoundFault"),
    "snapshot": ("DBSnapshot", "DBSnapshotNotFound"),
    "cluster-snapshot": ("DBClusterSnapshot", "DBClusterSnapshotNotFoundFault"),
    "subgrp": ("DBSubnetGroup", "DBSubnetGroupNotFoundFault"),
}

models.utcnow = clock.utcnow


def backend(call: Call) -> Any:
    """moto's RDS of the caller's account and region."""
    return rds_backends[call.account][call.region]


def invalid(message: str) -> AwsError:
    """The refusal of a value."""
    return AwsError("InvalidParameterValue", message)


def combination(message: str) -> AwsError:
    """The refusal of values that do not go together."""
    return AwsError("InvalidParameterCombination", message)


def missing(kind: str, name: str) -> AwsError:
    """The refusal of a name that nothing has."""
    noun, code = NOT_FOUND[kind]
    return AwsError(code, f"{noun} {name} not found.", 404)


def plain(obj: Any, shape: str) -> dict[str, Any]:
    """moto's object with AWS's names; keys by their ARNs."""
    found = to_plain(obj, service_model("rds").shape_for(shape))
    encrypted = found.get("StorageEncrypted") or found.get("Encrypted")
    key = found.pop("KmsKeyId", None)
    return {**found, "KmsKeyId": shown_key(obj.backend, key)} if encrypted else found


def shown_key(home: Any, key: str | None) -> str:
    """The ARN of a key that moto knows; of none, the AWS managed key's."""
    if key and key != DEFAULT_KEY:
        return key
    keys = kms_backends[home.account_id][home.region_name]
    return keys.keys[keys.get_key_id_from_alias(AWS_KEY)].arn


def key_arn(call: Call, wanted: str) -> str:
    """The ARN of a key that RDS can use: enabled, symmetric, of the call's region."""
    if wanted in (AWS_KEY, DEFAULT_KEY) or wanted.endswith(f":{call.region}:{call.account}:{AWS_KEY}"):
        return shown_key(backend(call), None)
    try:
        # RDS makes a grant on the key, which a foreign key's policy must allow.
        key = find_key(replace(call, operation="CreateGrant"), wanted)
    except AwsError:
        key = None
    if key is None or key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise no_key(wanted)
    return key.arn


def no_key(wanted: str | None) -> AwsError:
    """The refusal of a key; it says no more than this of what is wrong."""
    message = f"Specified KMS key [{wanted}] does not exist, is not enabled or you do not have permissions"
    return AwsError("KMSKeyNotAccessibleFault", f"{message} to access it.")


def paged(call: Call, items: Sequence[Any]) -> tuple[Sequence[Any], str | None]:
    """The page that the call asks for, of 20 to 100, and the marker of the next one."""
    size = call.params.get("MaxRecords")
    if size is not None and not 20 <= size <= 100:
        raise invalid(f"Invalid value {size} for MaxRecords. Must be between 20 and 100")
    return page(call, items, 100, "MaxRecords", "Marker", "InvalidParameterValue")


def checked_tags(tags: list[dict[str, str]] | None, before: Sequence[dict[str, str]] = ()) -> list[Any]:
    """Tags that a resource may carry beside those that it has."""
    given = [{"Key": t.get("Key") or "", "Value": t.get("Value") or ""} for t in tags or []]
    keys = [t["Key"] for t in given]
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("Tag keys cannot start with the reserved prefix 'aws:'")
        if not 1 <= len(tag["Key"]) <= 128 or len(tag["Value"]) > 256:
            raise invalid(f"The tag '{tag['Key']}' is too long, or has no key")
    if len(keys) != len(set(keys)):
        raise invalid("Duplicate tag keys")
    if len(set(keys) | {t["Key"] for t in before}) > TAGS:
        raise invalid(f"A resource can have at most {TAGS} tags")
    return given


def new_id(prefix: str) -> str:
    """An identifier that nobody chooses and nothing else has."""
    return prefix + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(26))


@correct("rds", "AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")
def tag(call: Call, base: Base) -> Any:
    """Of a resource that is there, in the call's account and region."""
    parts = call.params["ResourceName"].split(":", 6)
    if len(parts) != 7 or parts[2:5] != ["rds", call.region, call.account]:
        raise invalid("The specified resource name does not match an RDS resource in this region.")
    resource = backend(call)._find_resource(*parts[5:])
    if resource is None and parts[5] in NOT_FOUND:
        raise missing(*parts[5:])
    if call.operation == "AddTagsToResource" and resource is not None:
        resource.add_tags(checked_tags(call.params["Tags"], resource.tags))
        return {}
    return base()
