"""Images of instances: a snapshot of every volume, pending first, names that are unique, and their end.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify-source-ami-used-to-create-new-ami.html
"""

import re
from collections.abc import Iterator
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.utils import format_timestamp, random_ami_id

from . import clock, lag, settings
from .corrections import Base, correct
from .ec2_describe import KINDS, backend
from .ec2_snapshot import delete, take, users
from .ec2_tags import asked
from .errors import AwsError
from .identify import Call

NAME = re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}")


class OwnImage(Ami):
    """An image of the account, with its own block devices, in a state that takes time."""

    def __init__(self, home: Any, mappings: list[dict[str, Any]], **known: Any):
        super().__init__(
            home,
            random_ami_id(),
            state="pending",
            root_device_type="ebs",
            hypervisor="xen",
            creation_date=clock.utcnow(),
            **known,
        )
        # moto makes one of its own.
        home.snapshots.pop(self.ebs_snapshot.id)
        self.mappings = mappings
        self.image_location = f"{self.owner_id}/{self.name}"
        self.state_reason: dict[str, str] | None = None
        self.source_image_id: str | None = None
        self.source_image_region: str | None = None
        # A copy, which counts for the quota while it is pending.
        self.copied = False
        home.amis[self.id] = self

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        """As they were when the image was made."""
        return self.mappings

    def comes_from(self, image_id: str, region: str) -> None:
        """Names the image that this one was made of."""
        self.source_image_id, self.source_image_region = image_id, region

    def finish(self, failure: str | None = None) -> None:
        """Available, or failed for a reason."""
        if self.state == "pending":
            self.state = "failed" if failure else "available"
            self.state_reason = {"Code": "Client.InternalError", "Message": failure} if failure else None


@correct("ec2", "CreateImage")
def create_image(call: Call, base: Base) -> Any:
    """Of a running or stopped instance, with a snapshot of each volume that is not left out."""
    home, params = backend(call), call.params
    tags = asked(call, "image", "snapshot")
    instance = home.get_instance(params["InstanceId"])
    if instance.state not in ("running", "stopped"):
        message = f"The instance '{instance.id}' is not in the 'running' or 'stopped' state"
        raise AwsError("IncorrectInstanceState", message)
    check_name(params["Name"])
    _check_unused(home, params["Name"])
    changes = {m["DeviceName"]: m for m in params.get("BlockDeviceMappings") or [] if "DeviceName" in m}
    image = OwnImage(
        home,
        [],
        instance=instance,
        name=params["Name"],
        description=params.get("Description") or "",
        root_device_name=instance.root_device_name,
    )
    image.comes_from(instance.image_id, call.region)
    snapshots = []
    for device, attached in instance.get_block_device_mapping:
        change = changes.get(device, {})
        if "NoDevice" in change:
            continue
        volume = home.volumes[attached.volume_id]
        made = take(home, volume, f"Created by CreateImage({instance.id}) for {image.id}", "image")
        snapshots.append(made.id)
        ends = change.get("Ebs", {}).get("DeleteOnTermination", attached.delete_on_termination)
        known = {"VolumeType": volume.volume_type, "Iops": volume.iops, "DeleteOnTermination": ends}
        image.mappings.append({"DeviceName": device, "Ebs": mapping(made) | known})
    label(call, image, snapshots, tags)
    clock.after(settings.delay("image"), image.finish)
    return {"ImageId": image.id}


def mapping(snapshot: Any) -> dict[str, Any]:
    """What an image says of a block device that comes of the snapshot."""
    known = {"SnapshotId": snapshot.id, "VolumeSize": snapshot.volume_size}
    return known | {"Encrypted": snapshot.encrypted}


def label(call: Call, image: OwnImage, snapshots: list[str], tags: dict[str, dict[str, str]]) -> None:
    """Tags the image and its snapshots, and hides them while a lag lasts."""
    home = backend(call)
    home.create_tags([image.id], tags["image"])
    home.create_tags(snapshots, tags["snapshot"])
    lag.note(call, image.id, *snapshots)


def check_name(name: str) -> None:
    """Refuses a name that no image may have."""
    if not NAME.fullmatch(name):
        message = "AMI names have 3 to 128 characters: letters, digits and ()[] ./-'@_"
        raise AwsError("InvalidAMIName.Malformed", message)


def _check_unused(home: Any, name: str) -> None:
    for image in home.amis.values():
        if isinstance(image, OwnImage) and image.name == name:
            message = f"AMI name {name} is already in use by AMI {image.id}"
            raise AwsError("InvalidAMIName.Duplicate", message)


def find(home: Any, image_id: str) -> Any:
    """The image, or the refusal of one that is unknown or deregistered."""
    if image_id in home.deleted_amis:
        message = f"The image ID '{image_id}' is no longer available"
        raise AwsError("InvalidAMIID.Unavailable", message)
    if image_id not in home.amis:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    return home.amis[image_id]


def check_available(image: Any) -> None:
    """Refuses an image that cannot be used yet, or never will be."""
    if image.state != "available":
        message = f"The AMI ID '{image.id}' is currently {image.state} and may not be used for this operation"
        raise AwsError("InvalidAMIID.Unavailable", message)


@correct("ec2", "DeregisterImage")
def deregister_image(call: Call, base: Base) -> Any:
    """Its snapshots stay, unless the call asks for their deletion and no other image has them."""
    home, image = backend(call), find(backend(call), call.params["ImageId"])
    if image.owner_id != call.account:
        raise AwsError("AuthFailure", f"Not authorized for image:{image.id}")
    base()
    home.tags.pop(image.id, None)
    results = []
    for device in image.block_device_mappings if call.params.get("DeleteAssociatedSnapshots") else []:
        snapshot = device["Ebs"]["SnapshotId"]
        if snapshot in home.snapshots and not users(home, snapshot):
            delete(home, snapshot)
            results.append({"SnapshotId": snapshot, "ReturnCode": "success"})
        else:
            results.append({"SnapshotId": snapshot, "ReturnCode": "skipped"})
    return {"Return": True, "DeleteSnapshotResults": results}


@correct("ec2", "DescribeImages")
def describe_images(call: Call, base: Base) -> Any:
    """A deregistered image that an instance still names is absent; any other is unknown."""
    home, ids = backend(call), call.params.get("ImageIds") or []
    named = {i.image_id for i in home.all_instances() if i.state != "terminated"}
    left = [i for i in ids if i not in home.deleted_amis or i not in named]
    if ids and not left:
        return {"Images": []}
    if ids:
        call.params["ImageIds"] = left
    return base()


def _ebs(image: Any, name: str) -> Iterator[str]:
    for device in image.block_device_mappings:
        value = device.get("Ebs", {}).get(name)
        if value is not None:
            yield str(value).lower() if isinstance(value, bool) else str(value)


KINDS["DescribeImages"].values |= {
    "name": lambda i: [i.name or ""],
    "description": lambda i: [i.description or ""],
    "state": lambda i: [i.state],
    "creation-date": lambda i: [format_timestamp(i.creation_date)],
    "root-device-type": lambda i: [i.root_device_type],
    "source-image-id": lambda i: filter(None, [getattr(i, "source_image_id", None)]),
    "source-image-region": lambda i: filter(None, [getattr(i, "source_image_region", None)]),
    "block-device-mapping.device-name": lambda i: [d["DeviceName"] for d in i.block_device_mappings],
    "block-device-mapping.snapshot-id": lambda i: _ebs(i, "SnapshotId"),
    "block-device-mapping.volume-size": lambda i: _ebs(i, "VolumeSize"),
    "block-device-mapping.volume-type": lambda i: _ebs(i, "VolumeType"),
    "block-device-mapping.encrypted": lambda i: _ebs(i, "Encrypted"),
    "block-device-mapping.delete-on-termination": lambda i: _ebs(i, "DeleteOnTermination"),
}
