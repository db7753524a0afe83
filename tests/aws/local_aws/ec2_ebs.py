"""EBS: encryption by default per account and region, and the key that volumes and snapshots carry.

https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyEbsDefaultKmsKeyId.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsDefaultKmsKeyId.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
"""

from typing import Any

from moto.ec2.models import elastic_block_store
from moto.ec2.models.elastic_block_store import Volume
from moto.kms.models import kms_backends

from . import clock, settings
from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_token import once
from .errors import AwsError
from .identify import Call
from .kms_key import find

AWS_KEY = "alias/aws/ebs"


def key_arn(call: Call, wanted: str) -> str:
    """The ARN of a key that EBS can use: enabled, symmetric, of the call's region."""
    if wanted == AWS_KEY or wanted.endswith(f":{AWS_KEY}"):
        home = kms_backends[call.account][call.region]
        return home.keys[home.get_key_id_from_alias(AWS_KEY)].arn
    try:
        key = find(call, wanted)
    except AwsError as error:
        raise AwsError(
            "InvalidKmsKey.NotFound", f"The specified KMS key does not exist: {error.message}"
        ) from None
    if key.key_state != "Enabled":
        raise AwsError("InvalidKmsKey.InvalidState", f"The key {key.arn} is in the state {key.key_state}")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise AwsError("InvalidKmsKey.Unsupported", "Amazon EBS does not support asymmetric KMS keys")
    return key.arn


@correct("ec2", "ModifyEbsDefaultKmsKeyId")
def modify_default_key(call: Call, base: Base) -> Any:
    """The key must be usable in this region."""
    backend(call).default_kms_key_id = key_arn(call, call.params["KmsKeyId"])
    return {"KmsKeyId": backend(call).default_kms_key_id}


@correct("ec2", "GetEbsDefaultKmsKeyId")
def get_default_key(call: Call, base: Base) -> Any:
    """`alias/aws/ebs` until one is set."""
    return {"KmsKeyId": backend(call).default_kms_key_id or AWS_KEY}


@correct("ec2", "ResetEbsDefaultKmsKeyId")
def reset_default_key(call: Call, base: Base) -> Any:
    """Back to the AWS managed key."""
    backend(call).default_kms_key_id = ""
    return {"KmsKeyId": AWS_KEY}


def encrypt_by_default(call: Call, params: dict[str, Any]) -> None:
    """Adds what the account's defaults say to a creation's parameters."""
    home = backend(call)
    if home.get_ebs_encryption_by_default() and not params.get("Encrypted"):
        params["Encrypted"] = True
    if params.get("Encrypted"):
        params["KmsKeyId"] = key_arn(call, params.get("KmsKeyId") or home.default_kms_key_id or AWS_KEY)


@correct("ec2", "CreateVolume")
def create_volume(call: Call, base: Base) -> Any:
    """Creating first. A volume of an encrypted snapshot is encrypted; a bad key shows when it is created."""
    return once(call, "Volume", lambda: _create_volume(call, base))


def _create_volume(call: Call, base: Base) -> Any:
    home, params = backend(call), call.params
    if params.get("SnapshotId"):
        source = home.get_snapshot(params["SnapshotId"])
        if source.status != "completed":
            raise AwsError("IncorrectState", f"Snapshot is in invalid state - {source.status}")
        if params.get("Size") and params["Size"] < source.volume_size:
            message = f"The size {params['Size']} is smaller than the snapshot's {source.volume_size}"
            raise AwsError("InvalidParameterValue", message)
        if source.encrypted:
            params["Encrypted"] = True
            params.setdefault("KmsKeyId", source.kms_key_id)
    try:
        encrypt_by_default(call, params)
        last = None
    except AwsError:
        last = "error"
    volume = base()
    volume.changing = "creating"
    clock.after(settings.delay("volume"), lambda: setattr(volume, "changing", last))
    return volume


@correct("ec2", "AttachVolume")
def attach_volume(call: Call, base: Base) -> Any:
    """Only a volume that is available."""
    volume = backend(call).get_volume(call.params["VolumeId"])
    if volume.status == "in-use":
        raise AwsError("VolumeInUse", f"{volume.id} is already attached to an instance")
    if volume.status != "available":
        raise AwsError("IncorrectState", f"The volume '{volume.id}' is not 'available'")
    return base()


def _status(self: Volume) -> str:
    return getattr(self, "changing", None) or ("in-use" if self.attachment else "available")


Volume.status = property(_status)
elastic_block_store.utcnow = clock.utcnow
