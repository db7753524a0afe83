"""Instances: volumes of their image and of the request, encrypted as they must be, tags and lag.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html
https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
"""

import copy
from typing import Any

from moto.ec2.models import instances

from . import clock, lag
from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_ebs import encrypt_by_default
from .ec2_image import OwnImage, check_available, find
from .ec2_tags import asked
from .ec2_token import once
from .errors import AwsError
from .identify import Call

instances.utcnow = clock.utcnow


@correct("ec2", "RunInstances")
def run_instances(call: Call, base: Base) -> Any:
    """Of an image that is available; what the request says of a device goes before what the image says."""
    return once(call, "Instances", lambda: _run(call, base))


def _run(call: Call, base: Base) -> Any:
    home, params = backend(call), call.params
    tags = asked(call, "instance", "volume", "network-interface", "spot-instances-request")
    template = params.get("LaunchTemplate")
    data = home._get_template_from_args(template).data if template else {}
    if not (params.get("ImageId") or data.get("ImageId")):
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    image = find(home, params.get("ImageId") or data["ImageId"])
    check_available(image)
    given = params.get("BlockDeviceMappings") or data.get("BlockDeviceMappings") or []
    params["BlockDeviceMappings"] = _devices(image, given)
    for device in params["BlockDeviceMappings"]:
        volume = device.get("Ebs", {})
        source = home.snapshots.get(volume.get("SnapshotId") or "")
        if source is not None and source.encrypted:
            volume["Encrypted"] = True
            volume.setdefault("KmsKeyId", source.kms_key_id)
        encrypt_by_default(call, volume)
    result = base()
    for instance in result.instances:
        home.create_tags([nic.id for nic in instance.nics.values()], tags["network-interface"])
        lag.note(call, instance.id, *(m.volume_id for _, m in instance.get_block_device_mapping))
    return result


def _devices(image: Any, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    devices = {m["DeviceName"]: copy.deepcopy(m) for m in image.block_device_mappings}
    if not isinstance(image, OwnImage):
        # moto's public images would leave their root volume behind.
        devices[image.root_device_name]["Ebs"]["DeleteOnTermination"] = True
    for change in given:
        name = change["DeviceName"]
        if "NoDevice" in change:
            devices.pop(name, None)
        elif "Ebs" in change and name in devices:
            devices[name]["Ebs"] |= change["Ebs"]
        else:
            devices[name] = copy.deepcopy(change)
    return list(devices.values())


@correct("ec2", "DescribeInstances")
def describe_instances(call: Call, base: Base) -> Any:
    """By id, or in lists that miss new ones while the lag lasts."""
    result = base()
    if call.params.get("InstanceIds"):
        return result
    shown = []
    for reservation in result["Reservations"]:
        part = copy.copy(reservation)
        part.instances = [i for i in reservation.instances if lag.visible(i.id)]
        shown += [part] if part.instances else []
    return {**result, "Reservations": shown}
