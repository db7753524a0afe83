"""Addresses of Resolver endpoints: free ones of the VPC's subnets, with an interface each, that come and go.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverEndpoint.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_IpAddressResponse.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverEndpointIpAddress.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DisassociateResolverEndpointIpAddress.html

Some codes in square brackets are documented nowhere; they are as AWS's users have reported them.
"""

import ipaddress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from . import clock, lag, settings
from .corrections import Base, correct, on_reset
from .identify import Call, service_model
from .resolver import bad, check_quota, invalid, listed, message, missing, new_id, stamp, taken

MESSAGES = {
    "CREATING": "Creating the Resolver Endpoint",
    "OPERATIONAL": "This Resolver Endpoint is operational.",
    "UPDATING": "Updating the Resolver Endpoint",
    "DELETING": "Deleting the Resolver Endpoint",
}


@dataclass
class Endpoint:
    """An endpoint: its members as AWS names them, its addresses, and the interface of each address."""

    values: dict[str, Any]
    home: Any
    addresses: list[dict[str, Any]] = field(default_factory=list)
    interfaces: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The endpoint's id."""
        return self.values["Id"]

    @property
    def staying(self) -> list[dict[str, Any]]:
        """The addresses that are not on their way out."""
        return [a for a in self.addresses if a["Status"] != "DELETING"]

    def described(self) -> dict[str, Any]:
        """As AWS answers it."""
        return {**self.values, "IpAddressCount": len(self.staying)}

    def change(self, status: str) -> None:
        """Notes that the endpoint changes, and in which status it is meanwhile."""
        text = message(MESSAGES.get(status, "This Resolver Endpoint needs your attention."))
        self.values.update(Status=status, StatusMessage=text, ModificationTime=stamp())

    def settle(self) -> None:
        """The status that follows from the addresses, once a change is done."""
        if self.values["Status"] in ("CREATING", "UPDATING", "ACTION_NEEDED"):
            states = {a["Status"] for a in self.addresses}
            settled = "OPERATIONAL" if states == {"ATTACHED"} else "ACTION_NEEDED"
            self.change("UPDATING" if states & {"CREATING", "DELETING"} else settled)

    def drop_interface(self, address: dict[str, Any]) -> None:
        """The address's interface leaves its subnet and its security groups."""
        self.home.enis.pop(self.interfaces.pop(address["IpId"], None), None)


_endpoints: dict[tuple[str, str], dict[str, Endpoint]] = {}


@on_reset
def reset() -> None:
    """No endpoint is there."""
    _endpoints.clear()


def endpoints(account: str, region: str) -> dict[str, Endpoint]:
    """The endpoints of an account and region."""
    return _endpoints.setdefault((account, region), {})


def find(call: Call, wanted: str) -> Endpoint:
    """The caller's endpoint of that id."""
    endpoint = endpoints(call.account, call.region).get(wanted)
    if endpoint is None:
        raise missing("Resolver endpoint", wanted)
    return endpoint


def subnet_of(home: Any, wanted: str | None) -> Any:
    """The account's subnet of that id."""
    for zone in home.subnets.values():
        if wanted in zone:
            return zone[wanted]
    raise bad(f"The subnet ID '{wanted}' does not exist")


def place(home: Any, vpc: str, wanted: dict[str, Any], claimed: list[tuple[Any, str]]) -> tuple[Any, str]:
    """The subnet and the free address that are wanted, apart from those that the same request claims."""
    subnet = subnet_of(home, wanted.get("SubnetId"))
    if subnet.vpc_id != vpc:
        raise invalid(f"The subnet '{subnet.id}' is not in the VPC '{vpc}'")
    used = {e.private_ip_address for e in home.enis.values() if e.subnet and e.subnet.id == subnet.id}
    used |= {ip for other, ip in claimed if other is subnet}
    # The first four addresses and the last are AWS's.
    # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    last = subnet.cidr.broadcast_address
    ip = wanted.get("Ip")
    if ip is None:
        hosts = (str(h) for h in islice(subnet.cidr, 4, None) if h != last)
        ip = next((h for h in hosts if h not in used), None)
        if ip is None:
            raise invalid(f"The subnet '{subnet.id}' has no free IP address")
        return subnet, ip
    try:
        address = ipaddress.IPv4Address(ip)
    except ValueError:
        raise bad(f"Invalid IP address: '{ip}'") from None
    if address not in subnet.cidr or address in set(islice(subnet.cidr, 4)) or address == last:
        text = f"IP address '{ip}' is either not in subnet '{subnet.id}' CIDR range or is reserved"
        raise invalid(f"[RSLVR-00405] {text}")
    if ip in used:
        raise invalid(f"IP address '{ip}' in subnet '{subnet.id}' is already in use")
    return subnet, ip


def attach(call: Call, endpoint: Endpoint, places: list[tuple[Any, str]], delay: str) -> None:
    """New addresses with their interfaces; they are attached after the delay."""
    fresh = []
    for subnet, ip in places:
        made = new_id("rni")
        address = {"IpId": made, "SubnetId": subnet.id, "Ip": ip, "CreationTime": stamp()}
        set_address(address, "CREATING", "This IP address is being created.")
        fresh.append(address)
        eni = endpoint.home.create_network_interface(
            subnet,
            ip,
            group_ids=endpoint.values["SecurityGroupIds"],
            description=f"Route 53 Resolver: {endpoint.id}:{made}",
        )
        eni.requester_managed, eni.status = True, "in-use"
        endpoint.interfaces[made] = eni.id
        lag.note(call, made)
    endpoint.addresses += fresh

    def finish() -> None:
        for address in fresh:
            if address["Status"] == "CREATING":
                set_address(address, "ATTACHED", "This IP address is operational.")
        endpoint.settle()

    clock.after(settings.delay(delay), finish)


def set_address(address: dict[str, Any], status: str, text: str) -> None:
    """The address's next status."""
    address.update(Status=status, StatusMessage=text, ModificationTime=stamp())


def check_status(endpoint: Endpoint, *allowed: str) -> None:
    """An endpoint takes one change after the other."""
    if endpoint.values["Status"] not in allowed:
        text = f"Resolver endpoint '{endpoint.id}' is being updated, its status is"
        raise invalid(f"{text} {endpoint.values['Status']}")


@correct("route53resolver", "AssociateResolverEndpointIpAddress")
def associate_address(call: Call, base: Base) -> Any:
    """One more address in the endpoint's VPC; the endpoint is updating until it is attached."""
    wanted, endpoint = call.params["IpAddress"], find(call, call.params["ResolverEndpointId"])
    check_status(endpoint, "OPERATIONAL", "ACTION_NEEDED")
    same = (wanted.get("SubnetId"), wanted.get("Ip"))
    if same in [(a["SubnetId"], a["Ip"]) for a in endpoint.addresses]:
        raise taken(f"The IP address '{same[1]}' in subnet '{same[0]}' is already in use by the endpoint")
    check_quota("resolverIps", len(endpoint.staying) + 1)
    found = place(endpoint.home, endpoint.values["HostVPCId"], wanted, [])
    attach(call, endpoint, [found], "resolverIp")
    endpoint.change("UPDATING")
    return {"ResolverEndpoint": endpoint.described()}


@correct("route53resolver", "DisassociateResolverEndpointIpAddress")
def disassociate_address(call: Call, base: Base) -> Any:
    """Not the last but one, and not the only one that works; its interface goes with it."""
    wanted, endpoint = call.params["IpAddress"], find(call, call.params["ResolverEndpointId"])
    if not wanted.get("IpId") and not (wanted.get("SubnetId") and wanted.get("Ip")):
        text = "Need to specify either the IP ID or both subnet and IP address in order to remove IP address."
        raise invalid(f"[RSLVR-00503] {text}")
    named = {n: v for n, v in wanted.items() if n in ("IpId", "SubnetId", "Ip")}
    found = [a for a in endpoint.staying if named.items() <= a.items()]
    if not found:
        raise missing("Resolver IP address", wanted.get("IpId") or wanted["Ip"])
    check_status(endpoint, "OPERATIONAL", "ACTION_NEEDED")
    left = [a for a in endpoint.staying if a is not found[0]]
    if len(left) < 2 or not any(a["Status"] == "ATTACHED" for a in left):
        raise invalid("[RSLVR-00506] Can't remove the only attached IP address from resolver endpoint.")
    set_address(found[0], "DELETING", "This IP address is being removed.")
    endpoint.change("UPDATING")

    def finish() -> None:
        endpoint.drop_interface(found[0])
        endpoint.addresses.remove(found[0])
        endpoint.settle()

    clock.after(settings.delay("resolverIp"), finish)
    return {"ResolverEndpoint": endpoint.described()}


@correct("route53resolver", "ListResolverEndpointIpAddresses")
def list_addresses(call: Call, base: Base) -> Any:
    """In pages; an address that is on its way out is still among them."""
    endpoint = find(call, call.params["ResolverEndpointId"])
    return listed(call, "IpAddresses", endpoint.addresses, {})


def set_status(
    account: str, region: str, endpoint: str, status: str, ip: str | None = None
) -> dict[str, Any]:
    """Breaks an address or mends it, by its address or its id; without one sets the endpoint's status."""
    kind = "IpAddressStatus" if ip else "ResolverEndpointStatus"
    if status not in (known := service_model("route53resolver").shape_for(kind).enum):
        raise ValueError(f"unknown status {status}; known: {known}")
    found = endpoints(account, region)[endpoint]
    if ip is None:
        found.change(status)
        return {"endpoint": status}
    address = {a[n]: a for a in found.addresses for n in ("Ip", "IpId")}[ip]
    set_address(address, status, "The test has set this status.")
    if status == "FAILED_RESOURCE_GONE":
        # Somebody deleted the interface, which is what the status tells.
        found.drop_interface(address)
    found.change("OPERATIONAL" if {a["Status"] for a in found.addresses} == {"ATTACHED"} else "ACTION_NEEDED")
    return {"endpoint": found.values["Status"]}
