"""KMS keys: creation with its policy and tags, key states, rotation, deletion, lists in pages.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
"""

import json
from typing import Any

from moto.kms import models as kms_models
from moto.kms.models import kms_backends

from . import clock, kms_policy, lag, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page

CRYPTO = (
    "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant",
    "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "Sign", "Verify", "GenerateMac",
    "VerifyMac",
)  # fmt: skip
# Refused while a deletion is pending; of these, a disabled key refuses the cryptographic ones and rotation.
# PutKeyPolicy, GetKeyPolicy, DeleteAlias and the grants' ends are allowed in every state.
NOT_WHILE_PENDING = (
    *CRYPTO, "CreateAlias", "DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation",
    "TagResource",
    "RotateKeyOnDemand", "ScheduleKeyDeletion", "UntagResource", "UpdateKeyDescription", "ReplicateKey",
)  # fmt: skip
NOT_WHILE_DISABLED = (*CRYPTO, "EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand")
DAY = 86_400


def backend(call: Call) -> Any:
    """moto's KMS of the caller's account and region."""
    return kms_backends[call.account][call.region]


def find(call: Call, key_id: str) -> Any:
    """The key of an id, ARN, alias or alias ARN; a foreign ARN is denied, a foreign region's is unknown.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
    """
    account, region, name = call.account, call.region, key_id
    if key_id.startswith("arn:"):
        parts = key_id.split(":", 5)
        if len(parts) != 6 or parts[2] != "kms":
            raise AwsError("NotFoundException", f"Invalid keyId {key_id}")
        region, account, name = parts[3], parts[4], parts[5].removeprefix("key/")
    if region != call.region:
        raise AwsError("NotFoundException", f"Invalid arn {region}")
    home = kms_backends[account][region]
    if name.startswith("alias/"):
        target = home.get_key_id_from_alias(name)
        if target is None:
            arn = f"arn:aws:kms:{region}:{account}:{name}"
            raise AwsError("NotFoundException", f"Alias {arn} is not found.")
        name = target
    key = home.keys.get(name)
    if account != call.account and (key is None or not _admits(key, call)):
        resource = f"arn:aws:kms:{region}:{account}:key/{name}"
        message = f"User: {call.principal} is not authorized to perform: kms:{call.operation} on: {resource}"
        raise AwsError("AccessDeniedException", f"{message} because no resource-based policy allows it")
    if key is None:
        raise AwsError("NotFoundException", f"Key 'arn:aws:kms:{region}:{account}:key/{name}' does not exist")
    return key


def _admits(key: Any, call: Call) -> bool:
    statements = kms_policy.as_list(json.loads(key.policy)["Statement"])
    hits = [
        s["Effect"]
        for s in statements
        if kms_policy.names_caller(s, call) and kms_policy.allows(s, f"kms:{call.operation}")
    ]
    return "Allow" in hits and "Deny" not in hits


@correct("kms", *NOT_WHILE_PENDING, gate=True)
def check_state(call: Call, base: Base) -> Any:
    """Refuses what the key's state does not allow."""
    key_id = call.params.get("KeyId") or call.params.get("TargetKeyId")
    if key_id and not (call.operation == "CreateAlias" and "alias/" in key_id):
        key = find(call, key_id)
        refuse_by_state(key, call.operation)
        if call.operation not in ("CreateAlias", "UpdateAlias", *CRYPTO) or call.operation == "CreateGrant":
            call.params["KeyId"] = key.id
    return base()


def refuse_by_state(key: Any, operation: str) -> None:
    """The refusal of the key's state, if the table on AWS's page has one for the operation."""
    if key.key_state == "PendingDeletion" and operation in NOT_WHILE_PENDING:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state == "Disabled" and operation in NOT_WHILE_DISABLED:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")


@correct("kms", "Decrypt")
def decrypt(call: Call, base: Base) -> Any:
    """A key that the ciphertext names is checked as one that the caller names."""
    blob = call.params["CiphertextBlob"]
    key = backend(call).keys.get(blob[:36].decode("ascii", "replace")) if len(blob) > 36 else None
    if key is not None:
        refuse_by_state(key, "Decrypt")
    return base()


@correct("kms", "CreateKey")
def create_key(call: Call, base: Base) -> Any:
    """Checks policy and tags before the key exists; https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html"""
    check_tags(call.params.get("Tags") or [], {})
    policy = call.params.get("Policy")
    checked = None
    if policy is not None:
        checked = kms_policy.check(policy, call, call.params.get("BypassPolicyLockoutSafetyCheck", False))
    if sum(k.key_manager == "CUSTOMER" for k in backend(call).keys.values()) >= settings.get("quota")["keys"]:
        raise AwsError("LimitExceededException", "The request was rejected because a quota was exceeded.")
    result = base()
    key = backend(call).keys[result["KeyMetadata"]["KeyId"]]
    key.role_ids = kms_policy.role_ids(checked) if checked else {}
    lag.note(call, key.id)
    return result


@correct("kms", "DescribeKey")
def describe_key(call: Call, base: Base) -> Any:
    """By id, ARN, alias or alias ARN; another account's key only where its policy allows."""
    key = find(call, call.params["KeyId"])
    return key.to_dict()


@correct("kms", "PutKeyPolicy")
def put_key_policy(call: Call, base: Base) -> Any:
    """Refuses malformed policies, unknown principals and a lockout."""
    key = find(call, call.params["KeyId"])
    policy = kms_policy.check(
        call.params["Policy"], call, call.params.get("BypassPolicyLockoutSafetyCheck", False)
    )
    _default_name(call)
    key.policy = call.params["Policy"]
    key.role_ids = kms_policy.role_ids(policy)
    return {}


@correct("kms", "GetKeyPolicy")
def get_key_policy(call: Call, base: Base) -> Any:
    """The policy in AWS's compact form."""
    key = find(call, call.params["KeyId"])
    _default_name(call)
    text = kms_policy.compact(json.loads(key.policy), getattr(key, "role_ids", {}))
    return {"Policy": text, "PolicyName": "default"}


def _default_name(call: Call) -> None:
    if call.params.get("PolicyName", "default") != "default":
        raise AwsError("NotFoundException", "No such policy exists")


@correct("kms", "EnableKeyRotation")
def enable_key_rotation(call: Call, base: Base) -> Any:
    """Keeps the period, 365 days where none is given."""
    key = find(call, call.params["KeyId"])
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        raise AwsError("UnsupportedOperationException", f"{key.arn} cannot be rotated.")
    old = getattr(key, "rotation_period", 365) if key.key_rotation_status else 365
    key.rotation_period = call.params.get("RotationPeriodInDays", old)
    key.rotation_since = clock.now()
    key.key_rotation_status = True
    return {}


@correct("kms", "GetKeyRotationStatus")
def get_key_rotation_status(call: Call, base: Base) -> Any:
    """Period and next date while rotation is on; never on while a deletion is pending."""
    key = find(call, call.params["KeyId"])
    on = key.key_rotation_status and key.key_state != "PendingDeletion"
    status = {"KeyId": key.arn, "KeyRotationEnabled": on}
    if on:
        period = getattr(key, "rotation_period", 365)
        next_date = getattr(key, "rotation_since", key.creation_date) + period * DAY
        status |= {"RotationPeriodInDays": period, "NextRotationDate": next_date}
    return status


@correct("kms", "ScheduleKeyDeletion", gate=True)
def check_window(call: Call, base: Base) -> Any:
    """The waiting period is checked before the key's state."""
    if not 7 <= call.params.get("PendingWindowInDays", 30) <= 30:
        raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30")
    return base()


@correct("kms", "ScheduleKeyDeletion")
def schedule_key_deletion(call: Call, base: Base) -> Any:
    """7 to 30 days; the key is unusable at once, and gone when the time is over."""
    key = find(call, call.params["KeyId"])
    days, home = call.params.get("PendingWindowInDays", 30), backend(call)
    home.schedule_key_deletion(key.id, days)
    key.deletion_window = days
    due = key.deletion_date

    def delete() -> None:
        if key.deletion_date == due and key.key_state == "PendingDeletion":
            home.keys.pop(key.id, None)

    clock.after(days * DAY, delete)
    date = key.to_dict()["KeyMetadata"]["DeletionDate"]
    state = {"KeyState": "PendingDeletion", "PendingWindowInDays": days}
    return {"KeyId": key.arn, "DeletionDate": date, **state}


@correct("kms", "CancelKeyDeletion")
def cancel_key_deletion(call: Call, base: Base) -> Any:
    """The key comes back disabled; without a pending deletion there is nothing to cancel."""
    key = find(call, call.params["KeyId"])
    if key.key_state != "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    backend(call).cancel_key_deletion(key.id)
    return {"KeyId": key.arn}


@correct("kms", "ListKeys")
def list_keys(call: Call, base: Base) -> Any:
    """In pages; a new key may be missing while the lag lasts."""
    keys = [k for k in backend(call).keys.values() if lag.visible(k.id)]
    part, rest = page(call, keys, 100, "Limit", "Marker", "InvalidMarkerException")
    listed = [{"KeyId": k.id, "KeyArn": k.arn} for k in part]
    return {"Keys": listed, "Truncated": rest is not None, **({"NextMarker": rest} if rest else {})}


def check_tags(new: list[dict[str, str]], old: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html"""
    if any(t["TagKey"].lower().startswith("aws:") for t in new):
        raise AwsError("TagException", "Tag keys cannot start with aws:, which is reserved.")
    keys = [t["TagKey"] for t in new]
    if len(keys) != len(set(keys)):
        raise AwsError("TagException", "Duplicate tag keys")
    if len(set(old) | set(keys)) > 50:
        raise AwsError("LimitExceededException", "A key can have up to 50 tags")


_generate_private_key = kms_models.generate_private_key


def _private_key(key_spec: str) -> Any:
    # moto makes an RSA key for symmetric keys too, which never use it and wait 50 ms for it.
    return None if key_spec == "SYMMETRIC_DEFAULT" else _generate_private_key(key_spec)


kms_models.generate_private_key = _private_key
