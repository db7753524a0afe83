"""VPCs and subnets: address ranges, quota, states, and what must be gone before a deletion.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
"""

import ipaddress
from functools import partial
from typing import Any

from . import clock, settings
from .corrections import Base, correct
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call


def network(text: str, code: str = "InvalidParameterValue") -> ipaddress.IPv4Network:
    """The IPv4 block of a text, host bits cleared as AWS does."""
    try:
        return ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        message = f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        raise AwsError(code, message) from None


@correct("ec2", "CreateVpc")
def create_vpc(call: Call, base: Base) -> Any:
    """/16 to /28; the quota; pending first."""
    block = network(call.params["CidrBlock"]) if call.params.get("CidrBlock") else None
    if block is None:
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    if not 16 <= block.prefixlen <= 28:
        raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")
    if len(backend(call).vpcs) >= settings.get("quota")["vpcs"]:
        raise AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    call.params["CidrBlock"] = str(block)
    result = base()
    _pending(result["Vpc"], "vpc")
    return result


def _pending(item: Any, name: str) -> None:
    item.state = "pending"
    clock.after(settings.delay(name), lambda: setattr(item, "state", "available"))


@correct("ec2", "AssociateVpcCidrBlock")
def associate_vpc_cidr_block(call: Call, base: Base) -> Any:
    """No overlap, no other private range than the first block's, /16 to /28; associating first."""
    vpc = backend(call).get_vpc(call.params["VpcId"])
    if call.params.get("CidrBlock"):
        block = network(call.params["CidrBlock"])
        have = [network(a["cidr_block"]) for a in _live(vpc)]
        if not 16 <= block.prefixlen <= 28:
            raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")
        if any(block.overlaps(h) for h in have):
            raise AwsError("CidrConflict", f"The CIDR '{block}' conflicts with another of the VPC")
        if _private(block) and _private(have[0]) and _private(block) != _private(have[0]):
            raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' is restricted.")
        call.params["CidrBlock"] = str(block)
    result = base()
    association = result.get("CidrBlockAssociation")
    if association:
        state = vpc._cidr_block_association_set[association["AssociationId"]]["cidr_block_state"]
        state["state"] = "associating"
        clock.after(settings.delay("cidr"), lambda: state.update(state="associated"))
    return result


def _live(vpc: Any) -> list[dict[str, Any]]:
    blocks = vpc.get_cidr_block_association_set(ipv6=False)
    return [b for b in blocks if b["cidr_block_state"]["state"] not in ("disassociating", "disassociated")]


def _private(block: ipaddress.IPv4Network) -> str | None:
    for private in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"):
        if block.subnet_of(ipaddress.IPv4Network(private)):
            return private
    return None


@correct("ec2", "DisassociateVpcCidrBlock")
def disassociate_vpc_cidr_block(call: Call, base: Base) -> Any:
    """Refused while a subnet lies in the block; the first block stays."""
    wanted = call.params["AssociationId"]
    for vpc in backend(call).vpcs.values():
        block = vpc._cidr_block_association_set.get(wanted)
        if block is None:
            continue
        inside = [s for s in subnets(call, vpc.id) if s.cidr.subnet_of(network(block["cidr_block"]))]
        if inside:
            raise AwsError("DependencyViolation", f"The CIDR block has subnets: {inside[0].id}")
        if block["cidr_block"] == vpc.cidr_block:
            raise AwsError(
                "OperationNotPermitted", f"The primary CIDR block {wanted} cannot be disassociated"
            )
        tables = [t for t in backend(call).route_tables.values() if t.vpc_id == vpc.id]
        for table in tables:
            for key in [
                k for k, r in table._routes.items() if r.destination_cidr_block == block["cidr_block"]
            ]:
                table._routes.pop(key)
        block["cidr_block_state"]["state"] = "disassociating"
        forget = partial(vpc._cidr_block_association_set.pop, wanted, None)
        clock.after(settings.delay("cidr"), forget)
        association = {"AssociationId": wanted, "CidrBlock": block["cidr_block"]}
        return {
            "VpcId": vpc.id,
            "CidrBlockAssociation": {**association, "CidrBlockState": {"State": "disassociating"}},
        }
    raise AwsError(
        "InvalidVpcCidrBlockAssociationID.NotFound", f"The association ID '{wanted}' does not exist"
    )


@correct("ec2", "DeleteVpc")
def delete_vpc(call: Call, base: Base) -> Any:
    """Only what AWS makes by itself goes with the VPC; anything else is a dependency."""
    home, vpc = backend(call), backend(call).get_vpc(call.params["VpcId"])
    dependencies = (
        subnets(call, vpc.id),
        [g for g in home.internet_gateways.values() if g.vpc and g.vpc.id == vpc.id],
        [e for e in home.vpc_end_points.values() if e.vpc_id == vpc.id and e.state != "deleted"],
        [g for g in home.groups[vpc.id].values() if g.name != "default"],
        [a for a in home.network_acls.values() if a.vpc_id == vpc.id and not a.default],
        [t for t in home.route_tables.values() if t.vpc_id == vpc.id and not t.main_association_id],
        [
            a
            for a in home.transit_gateway_attachments.values()
            if a.resource_id == vpc.id and a.state != "deleted"
        ],
        [n for n in home.nat_gateways.values() if n.vpc_id == vpc.id and n.state != "deleted"],
    )
    if any(dependencies):
        raise AwsError("DependencyViolation", f"The vpc '{vpc.id}' has dependencies and cannot be deleted.")
    result = base()
    for acl in [a.id for a in home.network_acls.values() if a.vpc_id == vpc.id]:
        del home.network_acls[acl]
    home.tags.pop(vpc.id, None)
    return result


def subnets(call: Call, vpc_id: str) -> list[Any]:
    """The VPC's subnets."""
    return [s for zone in backend(call).subnets.values() for s in zone.values() if s.vpc_id == vpc_id]


@correct("ec2", "CreateSubnet")
def create_subnet(call: Call, base: Base) -> Any:
    """/16 to /28 inside the VPC, apart from its other subnets, in a zone of the region; pending first."""
    home, params = backend(call), call.params
    home.get_vpc(params["VpcId"])
    if not params.get("CidrBlock"):
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    block = network(params["CidrBlock"])
    if not 16 <= block.prefixlen <= 28:
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    zones = home.describe_availability_zones()
    zone, zone_id = params.get("AvailabilityZone"), params.get("AvailabilityZoneId")
    if zone_id and zone_id not in [z.zone_id for z in zones]:
        raise AwsError(
            "InvalidParameterValue", f"Value ({zone_id}) for parameter availabilityZoneId is invalid."
        )
    if zone and zone not in [z.name for z in zones]:
        names = ", ".join(z.name for z in zones)
        message = f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be"
        raise AwsError(
            "InvalidParameterValue", f"{message} created in the following availability zones: {names}."
        )
    if not zone and not zone_id:
        params["AvailabilityZone"] = zones[0].name
    params["CidrBlock"] = str(block)
    result = base()
    # Only default subnets give public addresses (API_CreateDefaultSubnet); moto takes the first for one.
    result["Subnet"].default_for_az = False
    result["Subnet"].map_public_ip_on_launch = False
    _pending(result["Subnet"], "subnet")
    return result


@correct("ec2", "DeleteSubnet")
def delete_subnet(call: Call, base: Base) -> Any:
    """Refused while interfaces, instances or attachments are in it; its associations go with it."""
    home, wanted = backend(call), call.params["SubnetId"]
    home.get_subnet(wanted)
    attachments = home.transit_gateway_attachments.values()
    used = (
        any(eni.subnet and eni.subnet.id == wanted for eni in home.enis.values())
        or any(i.subnet_id == wanted and i._state.name != "terminated" for i in home.all_instances())
        or any(wanted in getattr(a, "subnet_ids", []) and a.state != "deleted" for a in attachments)
        or any(n.subnet_id == wanted and n.state != "deleted" for n in home.nat_gateways.values())
    )
    if used:
        raise AwsError(
            "DependencyViolation", f"The subnet '{wanted}' has dependencies and cannot be deleted."
        )
    result = base()
    for table in home.route_tables.values():
        for key in [k for k, subnet in table._associations.items() if subnet == wanted]:
            del table._associations[key]
    for acl in home.network_acls.values():
        for key in [k for k, a in acl._associations.items() if a.subnet_id == wanted]:
            del acl._associations[key]
    home.tags.pop(wanted, None)
    return result
