"""Copies of images: into the call's region, with copies of their snapshots, failing later if they must.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html
"""

from typing import Any

from . import clock, settings
from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_image import OwnImage, check_available, check_name, find, label, mapping
from .ec2_snapshot_copy import check_encryption, source_home, start, wanted_error
from .ec2_tags import asked
from .ec2_token import once
from .errors import AwsError
from .identify import Call


@correct("ec2", "CopyImage")
def copy_image(call: Call, base: Base) -> Any:
    """One image per token; its source's own tags come along only if the call says so."""
    return once(call, "Image", lambda: _copy(call))


def _copy(call: Call) -> Any:
    home, params = backend(call), call.params
    tags = asked(call, "image", "snapshot")
    there = source_home(call)
    source = find(there, params["SourceImageId"])
    check_available(source)
    check_name(params["Name"])
    check_encryption(call, False)
    limit = settings.get("quota")["imageCopies"]
    if sum(getattr(i, "copied", False) and i.state == "pending" for i in home.amis.values()) >= limit:
        message = f"Too many AMI copies in progress. The limit is {limit} for this destination region."
        raise AwsError("ResourceLimitExceeded", message)
    wanted = wanted_error(call, source.id)
    image = OwnImage(
        home,
        [],
        source_ami=source,
        name=params["Name"],
        description=params.get("Description"),
        root_device_name=source.root_device_name,
    )
    image.copied = True
    image.comes_from(source.id, params["SourceRegion"])
    copies = []
    for device in source.block_device_mappings:
        if "SnapshotId" not in device.get("Ebs", {}):
            image.mappings.append(device)
            continue
        old = there.snapshots[device["Ebs"]["SnapshotId"]]
        names = f"DestinationAmi {image.id} from SourceAmi {source.id} for SourceSnapshot {old.id}"
        encrypted = check_encryption(call, old.encrypted)
        made, due = start(call, old, f"Copied for {names}", encrypted, "imageCopy")
        copies.append((made, due))
        image.mappings.append({**device, "Ebs": device["Ebs"] | mapping(made)})

    def finish() -> None:
        failures = {made.id: wanted or due() for made, due in copies}
        for made, _ in copies:
            made.finish(failures[made.id])
        first = next(filter(None, failures.values()), None)
        image.finish(wanted or (f"AMI snapshot copy failed with error: {first}" if first else None))

    clock.after(settings.delay("imageCopy"), finish)
    if params.get("CopyImageTags"):
        own = {k: v for k, v in there.tags.get(source.id, {}).items() if not k.startswith("aws:")}
        tags["image"] = own | tags["image"]
    label(call, image, [made.id for made, _ in copies], tags)
    return {"ImageId": image.id}
