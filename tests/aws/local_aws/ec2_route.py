"""Route tables: conflicts of associations, routes to transit gateways, what may be deleted.

https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html
"""

from typing import Any

from moto.ec2.models.route_tables import Route

from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_token import once
from .ec2_transit_gateway import borrowed, find_gateway
from .ec2_vpc import network
from .errors import AwsError
from .identify import Call


@correct("ec2", "CreateRouteTable")
def create_route_table(call: Call, base: Base) -> Any:
    """One table per token."""
    return once(call, "RouteTable", base)


@correct("ec2", "CreateRoute", "ReplaceRoute")
def set_route(call: Call, base: Base) -> Any:
    """One target; a transit gateway only where the VPC is attached to it; never the VPC's own block."""
    home, params = backend(call), call.params
    table = home.get_route_table(params["RouteTableId"])
    if params.get("DestinationCidrBlock"):
        params["DestinationCidrBlock"] = str(network(params["DestinationCidrBlock"]))
        locals_ = [r.destination_cidr_block for r in table._routes.values() if r.local]
        if params["DestinationCidrBlock"] in locals_ and call.operation == "CreateRoute":
            message = f"The route identified by {params['DestinationCidrBlock']} already exists."
            raise AwsError("RouteAlreadyExists", message)
    wanted = params.get("TransitGatewayId")
    if not wanted:
        return base()
    attached = [
        a
        for a in home.transit_gateway_attachments.values()
        if a.transit_gateway_id == wanted
        and a.resource_id == table.vpc_id
        and a.state in ("available", "modifying")
    ]
    gateway = find_gateway(call, wanted)
    if gateway is None or not attached:
        raise AwsError(
            "InvalidTransitGatewayID.NotFound", f"The transitGateway ID '{wanted}' does not exist."
        )
    with borrowed(home, gateway):
        return base()


@correct("ec2", "DeleteRoute")
def delete_route(call: Call, base: Base) -> Any:
    """The local route stays."""
    table = backend(call).get_route_table(call.params["RouteTableId"])
    block = call.params.get("DestinationCidrBlock")
    if any(r.local and r.destination_cidr_block == block for r in table._routes.values() if block):
        message = f"cannot remove local route {block} in route table {table.id}"
        raise AwsError("InvalidParameterValue", message)
    return base()


@correct("ec2", "AssociateRouteTable")
def associate_route_table(call: Call, base: Base) -> Any:
    """A subnet has one table; the same pair again is no conflict."""
    home, params = backend(call), call.params
    table = home.get_route_table(params["RouteTableId"])
    subnet_id = params.get("SubnetId")
    if subnet_id:
        if home.get_subnet(subnet_id).vpc_id != table.vpc_id:
            message = f"Route table {table.id} and subnet {subnet_id} belong to different networks"
            raise AwsError("InvalidParameterValue", message)
        for other in home.route_tables.values():
            if other is not table and subnet_id in other._associations.values():
                message = f"the specified association for route table {table.id} conflicts with an existing"
                raise AwsError("Resource.AlreadyAssociated", f"{message} association")
    result = base()
    return {**result, "AssociationState": {"State": "associated"}}


@correct("ec2", "DeleteRouteTable")
def delete_route_table(call: Call, base: Base) -> Any:
    """The main table goes only with its VPC."""
    table = backend(call).get_route_table(call.params["RouteTableId"])
    if table.main_association_id:
        message = f"The routeTable '{table.id}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    result = base()
    backend(call).tags.pop(table.id, None)
    return result


def _state(route: Any) -> str:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html: blackhole without its target.
    table = route.route_table
    if route.transit_gateway is None:
        return "active"
    attachments = table.ec2_backend.transit_gateway_attachments.values()
    live = [a for a in attachments if a.resource_id == table.vpc_id and a.state in ("available", "modifying")]
    return "active" if any(a.transit_gateway_id == route.transit_gateway.id for a in live) else "blackhole"


Route.state = property(_state)
