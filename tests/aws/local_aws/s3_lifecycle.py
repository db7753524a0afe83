"""S3: lifecycle rules and replication, whole and checked.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

import base64
import os
import re
from typing import Any

from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .s3 import bucket_of, find, invalid, malformed_xml, settings_of

ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)
ROLE = re.compile(r"arn:aws:iam::\d{12}:role/.+")
BUCKET = re.compile(r"arn:aws:s3:::([a-z0-9.-]{3,63})")


@correct("s3", "GetBucketLifecycleConfiguration")
def get_lifecycle(call: Call, base: Base) -> Any:
    """The rules as they were put."""
    found = settings_of(bucket_of(call)).get("Lifecycle")
    if found is None:
        message = "The lifecycle configuration does not exist"
        raise AwsError("NoSuchLifecycleConfiguration", message, 404)
    return found


@correct("s3", "PutBucketLifecycleConfiguration")
def put_lifecycle(call: Call, base: Base) -> Any:
    """Replaces all rules; each does something, after at least a day."""
    wanted = call.params.get("LifecycleConfiguration") or {}
    rules = wanted.get("Rules") or []
    if not 1 <= len(rules) <= 1000:
        raise malformed_xml()
    for rule in rules:
        rule.setdefault("ID", _new_id())
        _check_lifecycle_rule(rule)
    if len({r["ID"] for r in rules}) != len(rules):
        raise AwsError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    size = call.params.get("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")
    found = {"Rules": rules, "TransitionDefaultMinimumObjectSize": size}
    settings_of(bucket_of(call))["Lifecycle"] = found
    return {"TransitionDefaultMinimumObjectSize": size}


def _check_lifecycle_rule(rule: dict[str, Any]) -> None:
    if len(rule["ID"]) > 255:
        raise AwsError("InvalidArgument", "ID length should not exceed allowed limit of 255")
    if not any(rule.get(action) for action in ACTIONS):
        raise invalid("At least one action needs to be specified in a rule")
    if ("Filter" in rule) == ("Prefix" in rule) or len(rule.get("Filter") or {}) > 1:
        raise malformed_xml()
    expiration = rule.get("Expiration")
    if expiration is not None and len(expiration) != 1:
        raise malformed_xml()
    if expiration and expiration.get("ExpiredObjectDeleteMarker") is not None and _by_tag(rule):
        raise invalid("ExpiredObjectDeleteMarker cannot be specified with tags.")
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None and _by_tag(rule):
        raise invalid("AbortIncompleteMultipartUpload cannot be specified with tags.")
    later = rule.get("NoncurrentVersionExpiration")
    if later is not None and "NoncurrentDays" not in later:
        raise malformed_xml()
    days = [
        (expiration or {}).get("Days"),
        (abort or {}).get("DaysAfterInitiation"),
        (later or {}).get("NoncurrentDays"),
    ]
    if any(d is not None and d <= 0 for d in days):
        raise AwsError("InvalidArgument", "'Days' for Expiration action must be a positive integer")
    newer = (later or {}).get("NewerNoncurrentVersions")
    if newer is not None and not 1 <= newer <= 100:
        raise AwsError("InvalidArgument", "'NewerNoncurrentVersions' must be an integer between 1 and 100")


def _by_tag(rule: dict[str, Any]) -> bool:
    chosen = rule.get("Filter") or {}
    return "Tag" in chosen or bool((chosen.get("And") or {}).get("Tags"))


def _new_id() -> str:
    return base64.b32encode(os.urandom(30)).decode().lower()


@correct("s3", "DeleteBucketLifecycle")
def delete_lifecycle(call: Call, base: Base) -> Any:
    """Objects stay for ever."""
    settings_of(bucket_of(call)).pop("Lifecycle", None)
    return 204, {}, b""


@correct("s3", "GetBucketReplication")
def get_replication(call: Call, base: Base) -> Any:
    """Role and rules as they were put."""
    found = settings_of(bucket_of(call)).get("Replication")
    if found is None:
        message = "The replication configuration was not found"
        raise AwsError("ReplicationConfigurationNotFoundError", message, 404)
    return {"ReplicationConfiguration": found}


@correct("s3", "PutBucketReplication")
def put_replication(call: Call, base: Base) -> Any:
    """Both buckets keep versions; what is encrypted with KMS keys needs a key to arrive under."""
    bucket, wanted = bucket_of(call), call.params["ReplicationConfiguration"]
    if not ROLE.fullmatch(wanted["Role"]):
        raise AwsError("InvalidArgument", "Invalid Amazon Resource Name (ARN) for the replication role")
    if bucket.versioning_status != "Enabled":
        message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        raise invalid(message)
    if not 1 <= len(wanted["Rules"]) <= 1000:
        raise malformed_xml()
    for rule in wanted["Rules"]:
        rule.setdefault("ID", _new_id())
        _check_replication_rule(rule)
    for name in ("ID", "Priority"):
        values = [r[name] for r in wanted["Rules"] if name in r]
        if len(values) != len(set(values)):
            raise invalid(f"Found duplicate {name} in the replication configuration")
    settings_of(bucket)["Replication"] = wanted
    return {}


def _check_replication_rule(rule: dict[str, Any]) -> None:
    place = rule["Destination"]
    name = BUCKET.fullmatch(place["Bucket"])
    if not name:
        raise AwsError("InvalidArgument", "Invalid bucket ARN.")
    target = find(name.group(1))
    if target is None:
        raise invalid("Destination bucket must exist.")
    if target.versioning_status != "Enabled":
        raise invalid("Destination bucket must have versioning enabled.")
    if "Filter" in rule:
        if "Priority" not in rule:
            message = "Priority must be specified for this version of Cross Region Replication"
            raise invalid(f"{message} configuration")
        if "DeleteMarkerReplication" not in rule:
            message = "DeleteMarkerReplication must be specified for this version of Cross Region Replication"
            raise invalid(f"{message} configuration")
        if "Prefix" in rule or len(rule["Filter"]) > 1:
            raise malformed_xml()
    chosen = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects")
    if chosen and chosen["Status"] == "Enabled" and not place.get("EncryptionConfiguration"):
        raise invalid("EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present")
    if place.get("EncryptionConfiguration") and not chosen:
        message = "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present."
        raise invalid(message)
    if place.get("ReplicationTime") and not place.get("Metrics"):
        raise invalid("Metrics must be specified if ReplicationTime is present")


@correct("s3", "DeleteBucketReplication")
def delete_replication(call: Call, base: Base) -> Any:
    """Copies that exist stay."""
    settings_of(bucket_of(call)).pop("Replication", None)
    return 204, {}, b""
