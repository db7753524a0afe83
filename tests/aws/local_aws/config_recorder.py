"""AWS Config's recorder: one of a Region, what it records and how, whether it does.

https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigurationRecorder.html
https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorders.html
https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorderStatus.html
https://docs.aws.amazon.com/config/latest/APIReference/API_PutDeliveryChannel.html
"""

import secrets
from typing import Any

from moto.config import models
from moto.config.models import ConfigRecorder, config_backends

from . import clock, s3, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call

models.utcnow = clock.utcnow


def backend(call: Call) -> Any:
    """moto's Config of the caller's account and region."""
    return config_backends[call.account][call.region]


def _extra(recorder: ConfigRecorder) -> dict[str, Any]:
    # What moto does not keep, beside what it does.
    return vars(recorder.status).setdefault("_local_aws", {})


@correct("config", "PutConfigurationRecorder")
def put_recorder(call: Call, base: Base) -> Any:
    """Named `default` unless the call says otherwise; recording continuously likewise."""
    wanted, home = call.params["ConfigurationRecorder"], backend(call)
    name = wanted.get("name") or "default"
    if not wanted.get("roleARN"):
        raise AwsError("InvalidRoleException", "You have provided a null or empty role ARN.")
    home.put_configuration_recorder({**wanted, "name": name})
    extra = _extra(home.recorders[name])
    where = f"arn:aws:config:{call.region}:{call.account}:configuration-recorder/{name}"
    extra.setdefault("arn", f"{where}/{secrets.token_urlsafe(12)[:16].lower()}")
    mode = wanted.get("recordingMode") or {"recordingFrequency": "CONTINUOUS"}
    extra |= {"recordingMode": mode, "recordingScope": "PAID"}
    return {}


@correct("config", "DescribeConfigurationRecorders")
def describe_recorders(call: Call, base: Base) -> Any:
    """All, or those of the names or the ARN."""
    found = [{**r.to_dict(), **_extra(r)} for r in _named(call)]
    return {"ConfigurationRecorders": found}


@correct("config", "DescribeConfigurationRecorderStatus")
def describe_status(call: Call, base: Base) -> Any:
    """Whether each records, and since when."""
    found = [{**r.status.to_dict(), "arn": _extra(r)["arn"]} for r in _named(call)]
    return {"ConfigurationRecordersStatus": found}


def _named(call: Call) -> list[ConfigRecorder]:
    names, arn = call.params.get("ConfigurationRecorderNames") or [], call.params.get("Arn")
    known = backend(call).recorders
    for name in names:
        if name not in known:
            message = f"Cannot find configuration recorder with the specified name '{name}'."
            raise AwsError("NoSuchConfigurationRecorderException", message)
    found = [r for name, r in known.items() if not names or name in names]
    if arn:
        found = [r for r in found if _extra(r)["arn"] == arn]
        if not found:
            message = f"Cannot find configuration recorder with the specified ARN '{arn}'."
            raise AwsError("NoSuchConfigurationRecorderException", message)
    return found


@correct("config", "StartConfigurationRecorder")
def start(call: Call, base: Base) -> Any:
    """Pending at first, as nothing has been delivered yet."""
    answered = base()
    if answered[0] < 400:
        status = backend(call).recorders[call.params["ConfigurationRecorderName"]].status
        clock.after(settings.delay("configRecorder"), lambda: _delivered(status))
    return answered


def _delivered(status: Any) -> None:
    if status.recording and status.last_status == "PENDING":
        status.last_status = "SUCCESS"
        status.last_status_change_time = models.datetime2int(clock.utcnow())


@correct("config", "PutDeliveryChannel")
def put_channel(call: Call, base: Base) -> Any:
    """To a bucket that exists; named `default` unless the call says otherwise."""
    wanted = call.params["DeliveryChannel"]
    bucket = wanted.get("s3BucketName")
    if bucket and s3.find(bucket) is None:
        raise AwsError("NoSuchBucketException", f"Cannot find the S3 bucket '{bucket}'.")
    backend(call).put_delivery_channel({**wanted, "name": wanted.get("name") or "default"})
    return {}
