"""EFS file systems: keys, states, lists in pages of a hundred.

https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
https://docs.aws.amazon.com/efs/latest/ug/API_DescribeFileSystems.html
https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html
"""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from moto.efs import models
from moto.efs.models import FileSystem, efs_backends
from moto.kms.models import kms_backends

from . import clock, lag, settings
from .corrections import Base, correct
from .dispatch import Answer
from .errors import AwsError
from .identify import Call
from .kms_key import find
from .paging import page

# EFS signs with this name.
SERVICE = "elasticfilesystem"
AWS_KEY = "alias/aws/elasticfilesystem"
PAGE = 100

models.time = SimpleNamespace(time=clock.now)


def backend(call: Call) -> Any:
    """moto's EFS of the caller's account and region."""
    return efs_backends[call.account][call.region]


def bad(message: str) -> AwsError:
    """The refusal of a request."""
    return AwsError("BadRequest", message)


def _written(status: int, result: dict[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(result).encode()


@correct(SERVICE, "CreateFileSystem")
def create(call: Call, base: Base) -> Answer:
    """Creating first; encrypted under a key that works, by default the AWS managed one."""
    params, key = call.params, None
    if params.get("Encrypted"):
        key = _key(call, params.get("KmsKeyId") or AWS_KEY)
    answered = base()
    if answered[0] >= 400:
        return answered
    made = backend(call).file_systems_by_id[json.loads(answered[2])["FileSystemId"]]
    made.kms_key_id, made.life_cycle_state = key, "creating"
    lag.note(call, made.file_system_arn)
    clock.after(settings.delay("fileSystem"), lambda: setattr(made, "life_cycle_state", "available"))
    return _written(201, described(made))


def _key(call: Call, wanted: str) -> str:
    if wanted == AWS_KEY:
        home = kms_backends[call.account][call.region]
        return home.keys[home.get_key_id_from_alias(AWS_KEY)].arn
    try:
        key = find(replace(call, operation="CreateGrant"), wanted)
    except AwsError as error:
        raise bad(error.message) from None
    if key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise bad(f"The key {key.arn} is not enabled, or not symmetric")
    return key.arn


@correct(SERVICE, "DescribeFileSystems")
def describe(call: Call, base: Base) -> Answer:
    """All of the account in pages, or the one of an id or of a creation token."""
    params, known = call.params, backend(call).file_systems_by_id
    wanted, token = params.get("FileSystemId"), params.get("CreationToken")
    if wanted and token:
        raise bad("Request cannot contain both a file system ID and a creation token.")
    if wanted and wanted.rsplit("/", 1)[-1] not in known:
        raise AwsError("FileSystemNotFound", f"File system '{wanted}' does not exist.", 404)
    found = [known[wanted.rsplit("/", 1)[-1]]] if wanted else list(known.values())
    if token:
        found = [f for f in found if f.creation_token == token]
    if not wanted and not token:
        found = [f for f in found if lag.visible(f.file_system_arn)]
    if not str(params.get("MaxItems", PAGE)).isdecimal() or int(params.get("MaxItems", PAGE)) < 1:
        raise bad("MaxItems must be a number from 1 on")
    params["MaxItems"] = min(PAGE, int(params.get("MaxItems", PAGE)))
    shown, marker = page(call, found, PAGE, "MaxItems", "Marker", "BadRequest")
    marks = {"Marker": params.get("Marker"), "NextMarker": marker}
    found = [described(f) for f in shown]
    return _written(200, {"FileSystems": found, **{k: v for k, v in marks.items() if v is not None}})


def described(file_system: FileSystem) -> dict[str, Any]:
    """What it has: a name only if a tag says one."""
    return {k: v for k, v in file_system.info_json().items() if v is not None and (k, v) != ("Name", "")}
