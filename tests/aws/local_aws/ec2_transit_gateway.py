"""Transit gateways and their VPC attachments, over accounts.

The gateway belongs to the network's operator; the setting `sharedTransitGateways` stands for the share.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachment.html
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-transit-gateways.html#tgw-sharing
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.transit_gateway_attachments import TransitGatewayAttachment, TransitGatewayVpcAttachment

from . import clock, settings
from .corrections import Base, correct
from .dispatch import plain
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call


def find_gateway(call: Call, wanted: str) -> Any:
    """The gateway, if the caller owns it or it is shared with the caller; None else."""
    own = backend(call).transit_gateways.get(wanted)
    if own is not None:
        return own
    for share in settings.get("sharedTransitGateways"):
        if share["id"] == wanted and call.account in share["accounts"]:
            return _of_owner(share, call.region)
    return None


def _of_owner(share: dict[str, Any], region: str) -> Any:
    home = ec2_backends[share["owner"]][region]
    gateway = home.transit_gateways.get(share["id"])
    if gateway is None:
        # A test may share a gateway that it never made: it is made here, under the id that the test gave.
        automatic = "enable" if share.get("autoAccept") else "disable"
        gateway = home.create_transit_gateway("shared", {"AutoAcceptSharedAttachments": automatic})
        del home.transit_gateways[gateway.id]
        gateway.id = share["id"]
        home.transit_gateways[gateway.id] = gateway
    return gateway


@contextmanager
def borrowed(home: Any, gateway: Any) -> Iterator[None]:
    """Lets moto find another account's gateway for one call."""
    foreign = gateway.id not in home.transit_gateways
    home.transit_gateways[gateway.id] = gateway
    try:
        yield
    finally:
        if foreign:
            del home.transit_gateways[gateway.id]


@correct("ec2", "DescribeTransitGateways")
def describe_transit_gateways(call: Call, base: Base) -> Any:
    """Shared ones are seen too."""
    home = backend(call)
    shared = [s["id"] for s in settings.get("sharedTransitGateways") if call.account in s["accounts"]]
    foreign = [g for g in (find_gateway(call, s) for s in shared) if g and g.id not in home.transit_gateways]
    home.transit_gateways.update({g.id: g for g in foreign})
    try:
        return base()
    finally:
        for gateway in foreign:
            del home.transit_gateways[gateway.id]


@correct("ec2", "CreateTransitGateway")
def create_transit_gateway(call: Call, base: Base) -> Any:
    """Pending first."""
    result = base()
    _settle(result["TransitGateway"], "pending", "available", "transitGateway")
    return result


@correct("ec2", "DeleteTransitGateway")
def delete_transit_gateway(call: Call, base: Base) -> Any:
    """Refused while attachments live."""
    wanted = call.params["TransitGatewayId"]
    home = backend(call)
    if wanted not in home.transit_gateways:
        raise AwsError(
            "InvalidTransitGatewayID.NotFound", f"The transitGateway ID '{wanted}' does not exist."
        )
    attachments = home.transit_gateway_attachments.values()
    if any(a.transit_gateway_id == wanted and a.state != "deleted" for a in attachments):
        raise AwsError("IncorrectState", f"{wanted} has non-deleted VPC Attachments.")
    return base()


def _settle(item: Any, first: str, last: str, name: str) -> None:
    item.state = first

    def change() -> None:
        if item.state == first:
            item.state = last

    clock.after(settings.delay(name), change)


def check_subnets(call: Call, vpc_id: str, ids: list[str]) -> None:
    """Subnets must exist, be of the VPC, and lie in different zones."""
    found = [backend(call).get_subnet(i) for i in ids]
    for subnet in found:
        if subnet.vpc_id != vpc_id:
            raise AwsError(
                "InvalidSubnetID.NotFound", f"The subnet ID '{subnet.id}' does not exist in {vpc_id}"
            )
    zones = [s.availability_zone for s in found]
    if len(zones) != len(set(zones)):
        message = "Duplicate Subnets for same AZ"
        raise AwsError("DuplicateSubnetsInSameZone", message)


@correct("ec2", "CreateTransitGatewayVpcAttachment")
def create_attachment(call: Call, base: Base) -> Any:
    """Pending, or waiting for the owner's acceptance when the gateway is another account's."""
    home, params = backend(call), call.params
    gateway = find_gateway(call, params["TransitGatewayId"])
    if gateway is None or gateway.state != "available":
        code = "InvalidTransitGatewayID.NotFound" if gateway is None else "IncorrectState"
        raise AwsError(code, f"Transit Gateway {params['TransitGatewayId']} was deleted or does not exist.")
    home.get_vpc(params["VpcId"])
    check_subnets(call, params["VpcId"], params["SubnetIds"])
    for other in home.transit_gateway_attachments.values():
        same = other.transit_gateway_id == gateway.id and other.resource_id == params["VpcId"]
        if same and other.state not in ("deleting", "deleted", "rejected", "failed"):
            message = f"{gateway.id} has non-deleted Transit Gateway Attachments with same VPC ID."
            raise AwsError("DuplicateTransitGatewayAttachment", message)
    attachment = TransitGatewayVpcAttachment(
        home, gateway, params["VpcId"], list(params["SubnetIds"]), {}, params.get("Options")
    )
    attachment.gateway_owner = gateway.ec2_backend.account_id
    home.transit_gateway_attachments[attachment.id] = attachment
    gateway.ec2_backend.transit_gateway_attachments[attachment.id] = attachment
    foreign = gateway.ec2_backend is not home
    if foreign and gateway.options.get("AutoAcceptSharedAttachments") != "enable":
        _settle(attachment, "initiating", "pendingAcceptance", "attachment")
        attachment.state = "pendingAcceptance"
    else:
        _settle(attachment, "pending", "available", "attachment")
    return {"TransitGatewayVpcAttachment": attachment}


TransitGatewayAttachment.transit_gateway_owner_id = property(
    lambda a: getattr(a, "gateway_owner", a.owner_id)
)


def find(call: Call, *states: str) -> Any:
    """The attachment that the call names, in one of the states."""
    wanted = call.params["TransitGatewayAttachmentId"]
    attachment = backend(call).transit_gateway_attachments.get(wanted)
    if attachment is None or attachment.state == "deleted":
        message = f"Transit Gateway Attachment {wanted} was deleted or does not exist."
        raise AwsError("InvalidTransitGatewayAttachmentID.NotFound", message)
    if states and attachment.state not in states:
        raise AwsError("IncorrectState", f"{wanted} is in invalid state: {attachment.state}")
    return attachment


@correct("ec2", "AcceptTransitGatewayVpcAttachment", "RejectTransitGatewayVpcAttachment")
def accept_or_reject(call: Call, base: Base) -> Any:
    """Only the gateway's owner may, and only while the attachment waits."""
    attachment = find(call, "pendingAcceptance")
    if attachment.gateway_owner != call.account:
        raise AwsError("UnauthorizedOperation", "Only the owner of the transit gateway can do this.", 403)
    if call.operation.startswith("Accept"):
        _settle(attachment, "pending", "available", "attachment")
    else:
        _settle(attachment, "rejecting", "rejected", "attachment")
    return {"TransitGatewayVpcAttachment": _seen_by(call, attachment)}


@correct("ec2", "ModifyTransitGatewayVpcAttachment")
def modify_attachment(call: Call, base: Base) -> Any:
    """One subnet per zone, at least one; only in the state available."""
    attachment = find(call, "available")
    removed, added = call.params.get("RemoveSubnetIds") or [], call.params.get("AddSubnetIds") or []
    left = [s for s in attachment.subnet_ids if s not in removed] + [s for s in added if s not in removed]
    unknown = [s for s in removed if s not in attachment.subnet_ids]
    if unknown:
        raise AwsError("InvalidParameterValue", f"{unknown[0]} is not attached")
    if not left:
        raise AwsError("InvalidParameterValue", "At least one subnet must remain")
    check_subnets(call, attachment.vpc_id, left)
    result = base()
    _settle(attachment, "modifying", "available", "attachment")
    return result


@correct("ec2", "DeleteTransitGatewayVpcAttachment")
def delete_attachment(call: Call, base: Base) -> Any:
    """Deleting, then deleted, and after a while no more to be seen."""
    attachment = find(call, "available", "pendingAcceptance", "rejected", "failed")
    _settle(attachment, "deleting", "deleted", "attachment")
    homes = [h for account in ec2_backends.values() for h in account.values()]
    keep = [h for h in homes if attachment.id in h.transit_gateway_attachments]

    def forget() -> None:
        for home in keep:
            home.transit_gateway_attachments.pop(attachment.id, None)

    clock.after(settings.delay("attachment") + 60, forget)
    return {"TransitGatewayVpcAttachment": attachment}


@correct("ec2", "DescribeTransitGatewayVpcAttachments", gate=True)
def describe_attachments(call: Call, base: Base) -> Any:
    """The owner of the gateway sees foreign attachments without their tags."""
    result = base()
    listed = result["TransitGatewayVpcAttachments"]
    result["TransitGatewayVpcAttachments"] = [_seen_by(call, a) for a in listed]
    return result


def _seen_by(call: Call, attachment: Any) -> Any:
    if attachment.ec2_backend.account_id == call.account:
        return attachment
    path = ("TransitGatewayVpcAttachment",)
    if call.operation.startswith("Describe"):
        path = ("TransitGatewayVpcAttachments", "item")
    seen = plain(attachment, call, *path)
    seen.pop("Tags", None)
    return seen
