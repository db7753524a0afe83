"""Resolver endpoints: addresses with interfaces in one VPC, protocols, states that take time.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverEndpoint.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateResolverEndpoint.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteResolverEndpoint.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverEndpoints.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-getting-started.html
"""

from typing import Any

from . import clock, lag, settings
from .corrections import Base, correct
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call
from .resolver import (
    bad,
    check_quota,
    check_request_id,
    checked_tags,
    invalid,
    keep_tags,
    listed,
    new_arn,
    new_id,
    remove,
    stamp,
)
from .resolver_address import Endpoint, attach, check_status, endpoints, find, place, set_address, subnet_of

GROUPS = 10
FILTERS = (
    "CreatorRequestId",
    "Direction",
    "HostVPCId",
    "IpAddressCount",
    "Name",
    "SecurityGroupIds",
    "Status",
)
# What "you can specify" for queries that come in, and for those that go out.
INBOUND = ({"Do53"}, {"DoH"}, {"DoH-FIPS"}, {"Do53", "DoH"}, {"Do53", "DoH-FIPS"})
OUTBOUND = ({"Do53"}, {"DoH"}, {"Do53", "DoH"})


@correct("route53resolver", "CreateResolverEndpoint")
def create_endpoint(call: Call, base: Base) -> Any:
    """At least two addresses in one VPC; creating first, and so are its addresses."""
    params, mine = call.params, endpoints(call.account, call.region)
    direction, protocols = params["Direction"], params.get("Protocols") or ["Do53"]
    _refuse_beyond(params)
    check_request_id(call, "Resolver endpoint", [e.values for e in mine.values()], "[RSLVR-00302] ")
    tags = checked_tags(params.get("Tags"))
    check_quota("resolverEndpoints", len(mine) + 1)
    check_quota("resolverIps", len(params["IpAddresses"]))
    _check_protocols(direction, protocols)
    home = backend(call)
    vpc = subnet_of(home, params["IpAddresses"][0]["SubnetId"]).vpc_id
    _check_groups(home, vpc, params["SecurityGroupIds"])
    places: list[tuple[Any, str]] = []
    # The addresses that the caller names come first, lest one of them is given to another that has no name.
    for wanted in sorted(params["IpAddresses"], key=lambda a: "Ip" not in a):
        places.append(place(home, vpc, wanted, places))
    made = new_id("rslvr-in" if direction == "INBOUND" else "rslvr-out")
    values = {
        "Id": made,
        "CreatorRequestId": params["CreatorRequestId"],
        "Arn": new_arn(call, "resolver-endpoint", made),
        "Name": params.get("Name"),
        "SecurityGroupIds": list(params["SecurityGroupIds"]),
        "Direction": direction,
        "HostVPCId": vpc,
        "CreationTime": stamp(),
        "ResolverEndpointType": "IPV4",
        "Protocols": list(protocols),
    }
    mine[made] = endpoint = Endpoint(values, home)
    endpoint.change("CREATING")
    keep_tags(values["Arn"], tags)
    lag.note(call, made)
    attach(call, endpoint, places, "resolverEndpoint")
    return {"ResolverEndpoint": endpoint.described()}


def _refuse_beyond(params: dict[str, Any]) -> None:
    wanted = (params["Direction"], params.get("ResolverEndpointType", "IPV4"))
    sixes = any("Ipv6" in a for a in params["IpAddresses"])
    if wanted[0] == "INBOUND_DELEGATION" or wanted[1] != "IPV4" or sixes or "OutpostArn" in params:
        raise AwsError(
            "NotInLocalAws", "Endpoints for delegation, IPv6 and Outposts are not in the local AWS"
        )


def _check_protocols(direction: str, protocols: list[str]) -> None:
    allowed = INBOUND if direction == "INBOUND" else OUTBOUND
    if set(protocols) not in allowed or len(set(protocols)) != len(protocols):
        raise invalid(f"Protocols {protocols} cannot be combined for an {direction} Resolver endpoint")


def _check_groups(home: Any, vpc: str, ids: list[str]) -> None:
    if not 1 <= len(ids) <= GROUPS:
        raise bad(f"A Resolver endpoint has one to {GROUPS} security groups")
    for wanted in ids:
        if not any(wanted in groups for groups in home.groups.values()):
            raise AwsError("ResourceNotFoundException", f"The security group '{wanted}' does not exist")
        if wanted not in home.groups[vpc]:
            raise invalid(f"The security group '{wanted}' is not in the VPC '{vpc}'")


@correct("route53resolver", "UpdateResolverEndpoint")
def update_endpoint(call: Call, base: Base) -> Any:
    """Name and protocols, and only while nothing else changes."""
    params, endpoint = call.params, find(call, call.params["ResolverEndpointId"])
    check_status(endpoint, "OPERATIONAL")
    if params.get("ResolverEndpointType", "IPV4") != "IPV4" or params.get("UpdateIpAddresses"):
        raise AwsError("NotInLocalAws", "Endpoints with IPv6 addresses are not in the local AWS")
    if "Protocols" in params:
        direction, old = endpoint.values["Direction"], endpoint.values["Protocols"]
        _check_protocols(direction, params["Protocols"])
        # Queries that still come over Do53 would find nobody: both must be on for a while.
        if direction == "INBOUND" and old == ["Do53"] and "Do53" not in params["Protocols"]:
            raise invalid("An inbound endpoint cannot change from only Do53 to only DoH or DoH-FIPS")
    changes = {n: params[n] for n in ("Name", "Protocols") if n in params}
    endpoint.values.update(changes)
    endpoint.change("UPDATING")
    clock.after(settings.delay("resolverEndpoint"), endpoint.settle)
    return {"ResolverEndpoint": endpoint.described()}


@correct("route53resolver", "DeleteResolverEndpoint")
def delete_endpoint(call: Call, base: Base) -> Any:
    """Still to be seen while it is deleting, as are its interfaces; `resolver_rule` refuses if it is used."""
    endpoint = find(call, call.params["ResolverEndpointId"])
    if endpoint.values["Status"] == "DELETING":
        raise invalid(f"Resolver endpoint '{endpoint.id}' is already being deleted")
    endpoint.change("DELETING")
    for address in endpoint.addresses:
        set_address(address, "DELETING", "This IP address is being removed.")

    def forget() -> None:
        for address in endpoint.addresses:
            endpoint.drop_interface(address)
        endpoints(call.account, call.region).pop(endpoint.id, None)

    remove(endpoint.values, "resolverEndpoint", forget)
    return {"ResolverEndpoint": endpoint.described()}


@correct("route53resolver", "GetResolverEndpoint")
def get_endpoint(call: Call, base: Base) -> Any:
    """The endpoint, until it is gone."""
    return {"ResolverEndpoint": find(call, call.params["ResolverEndpointId"]).described()}


@correct("route53resolver", "ListResolverEndpoints")
def list_endpoints(call: Call, base: Base) -> Any:
    """In pages, by filters."""
    mine = [e.described() for e in endpoints(call.account, call.region).values()]
    return listed(call, "ResolverEndpoints", mine, {n: n for n in FILTERS})
