"""Snapshots of EBS volumes: pending first, one or all of an instance, used by images, quotas.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
"""

from types import SimpleNamespace
from typing import Any

from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.utils import format_timestamp, random_snapshot_id

from . import clock, settings
from .corrections import Base, correct
from .ec2_describe import KINDS, backend
from .errors import AwsError
from .identify import Call

# Volume types of which fewer snapshots may be pending at once.
ONE_AT_A_TIME = ("st1", "sc1")

KINDS["DescribeSnapshots"].values |= {
    "description": lambda s: [s.description or ""],
    "start-time": lambda s: [format_timestamp(s.start_time)],
    "progress": lambda s: [s.progress],
}


class OwnSnapshot(Snapshot):
    """A snapshot of the account, with the size that its volume had, in a state that takes time."""

    def __init__(self, home: Any, source: Any, description: str, key: str | None, seconds: float):
        # The volume may grow or go: the snapshot keeps what it was taken from.
        kept = SimpleNamespace(id=source.id, size=source.size, kms_key_id=key)
        super().__init__(home, random_snapshot_id(), kept, description, kms_key_id=key)
        self.status, self.state_message, self.completion_time = "pending", None, None
        self.seconds, self.started = seconds, clock.now()
        # Copies have a type; `copied` is one that somebody asked for, which is none of an image's.
        self.transfer_type: str | None = None
        self.copied = False
        home.snapshots[self.id] = self

    @property
    def state(self) -> str:
        """The name that CreateSnapshots has for the status."""
        return self.status

    @property
    def progress(self) -> str:
        """As a percentage."""
        if self.status == "completed":
            return "100%"
        if self.status == "error" or self.seconds <= 0:
            return "0%"
        return f"{min(99, int(100 * (clock.now() - self.started) / self.seconds))}%"

    def finish(self, failure: str | None = None) -> None:
        """Completed, or an error that says why."""
        if self.status == "pending":
            self.status, self.state_message = ("error", failure) if failure else ("completed", None)
            self.completion_time = None if failure else clock.utcnow()


def take(home: Any, volume: Any, description: str, delay: str) -> OwnSnapshot:
    """A new snapshot of a volume, encrypted under its key."""
    made = OwnSnapshot(home, volume, description, volume.kms_key_id, settings.delay(delay))
    made.encrypted = volume.encrypted
    clock.after(made.seconds, made.finish)
    return made


@correct("ec2", "CreateSnapshot")
def create_snapshot(call: Call, base: Base) -> Any:
    """Of a volume that is there."""
    home = backend(call)
    volume = home.get_volume(call.params["VolumeId"])
    check_volumes(home, [volume])
    return take(home, volume, call.params.get("Description") or "", "snapshot")


@correct("ec2", "CreateSnapshots")
def create_snapshots(call: Call, base: Base) -> Any:
    """Of every volume of the instance that is not excluded; with the volumes' tags if they are wanted."""
    home, wanted = backend(call), call.params["InstanceSpecification"]
    if not wanted.get("InstanceId"):
        raise AwsError("MissingParameter", "The request must contain the parameter InstanceId")
    instance = home.get_instance(wanted["InstanceId"])
    attached = {m.volume_id: device for device, m in instance.get_block_device_mapping}
    excluded = set(wanted.get("ExcludeDataVolumeIds") or [])
    for volume in excluded:
        if attached.get(volume) in (None, instance.root_device_name):
            message = f"The volume '{volume}' is no data volume that is attached to {instance.id}"
            raise AwsError("InvalidParameterValue", message)
    if wanted.get("ExcludeBootVolume"):
        excluded |= {v for v, device in attached.items() if device == instance.root_device_name}
    volumes = [home.volumes[v] for v in attached if v not in excluded]
    if not volumes:
        raise AwsError("InvalidParameterValue", f"No volume of {instance.id} is left to make a snapshot of")
    check_volumes(home, volumes)
    made = [take(home, v, call.params.get("Description") or "", "snapshot") for v in volumes]
    for snapshot, volume in zip(made, volumes, strict=True):
        snapshot.start_time = made[0].start_time
        if call.params.get("CopyTagsFromSource") == "volume":
            own = {k: v for k, v in home.tags.get(volume.id, {}).items() if not k.startswith("aws:")}
            home.create_tags([snapshot.id], own)
    return {"Snapshots": made}


def check_volumes(home: Any, volumes: list[Volume]) -> None:
    """Refuses volumes that are not ready, and what is beyond the quotas."""
    quota = settings.get("quota")
    mine = [s for s in home.snapshots.values() if isinstance(s, OwnSnapshot)]
    for volume in volumes:
        if volume.status in ("creating", "error"):
            raise AwsError("IncorrectState", f"The volume '{volume.id}' is in the state '{volume.status}'")
        limit = 1 if volume.volume_type in ONE_AT_A_TIME else quota["volumeSnapshots"]
        if sum(s.volume_id == volume.id and s.status != "completed" for s in mine) >= limit:
            message = f"Maximum allowed in-progress snapshots for the volume {volume.id} exceeded."
            raise AwsError("ConcurrentSnapshotLimitExceeded", message)
    pending = sum(s.status == "pending" and not s.transfer_type for s in mine)
    if pending + len(volumes) > quota["pendingSnapshots"]:
        raise AwsError("PendingSnapshotLimitExceeded", "Maximum allowed pending snapshots exceeded.")


def find(home: Any, snapshot_id: str) -> Any:
    """The snapshot, or the refusal of an unknown id."""
    if snapshot_id not in home.snapshots:
        message = f"The snapshot '{snapshot_id}' does not exist."
        raise AwsError("InvalidSnapshot.NotFound", message)
    return home.snapshots[snapshot_id]


def check_completed(snapshot: Any) -> None:
    """Refuses what is not completed yet, or never will be."""
    if snapshot.status != "completed":
        raise AwsError("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")


def users(home: Any, snapshot_id: str) -> list[str]:
    """The registered images that the snapshot belongs to."""
    return [
        image.id
        for image in home.amis.values()
        if any(m.get("Ebs", {}).get("SnapshotId") == snapshot_id for m in image.block_device_mappings)
    ]


@correct("ec2", "DeleteSnapshot")
def delete_snapshot(call: Call, base: Base) -> Any:
    """Unless an image uses it. What was copied from it stays."""
    home, wanted = backend(call), call.params["SnapshotId"]
    find(home, wanted)
    if images := users(home, wanted):
        message = f"The snapshot {wanted} is currently in use by {images[0]}"
        raise AwsError("InvalidSnapshot.InUse", message)
    delete(home, wanted)
    return {}


def delete(home: Any, snapshot_id: str) -> None:
    """Takes the snapshot away with its tags."""
    home.snapshots.pop(snapshot_id)
    home.tags.pop(snapshot_id, None)
