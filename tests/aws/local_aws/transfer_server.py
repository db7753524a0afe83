"""Transfer Family servers: states, endpoints in VPCs, what changes only while offline.

https://docs.aws.amazon.com/transfer/latest/APIReference/API_CreateServer.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_UpdateServer.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_EndpointDetails.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_StopServer.html
https://docs.aws.amazon.com/transfer/latest/userguide/create-server-in-vpc.html
"""

from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import ec2_backends
from werkzeug.exceptions import HTTPException

from . import clock, dispatch, ec2_endpoint, settings
from .corrections import Base, correct, on_reset
from .ec2_transit_gateway import check_subnets
from .errors import AwsError
from .identify import Call
from .paging import page
from .transfer_key import HostKey, add_host_key, checked_tags, host_key, invalid, missing, new_id, tag_list

DEFAULTS = {
    "Domain": "S3",
    "EndpointType": "PUBLIC",
    "IdentityProviderType": "SERVICE_MANAGED",
    "IpAddressType": "IPV4",
    "ProtocolDetails": {
        "PassiveIp": "AUTO",
        "SetStatOption": "DEFAULT",
        "TlsSessionResumptionMode": "ENFORCED",
    },
    "Protocols": ["SFTP"],
    "S3StorageOptions": {"DirectoryListingOptimization": "DISABLED"},
    "SecurityPolicyName": "TransferSecurityPolicy-2018-11",
    "StructuredLogDestinations": [],
}
# Members of requests that become the server's as they are; an empty text takes one away.
PLAIN = (
    "Certificate", "Domain", "EndpointType", "IdentityProviderDetails", "IdentityProviderType",
    "IpAddressType", "LoggingRole", "PostAuthenticationLoginBanner", "PreAuthenticationLoginBanner",
    "ProtocolDetails", "Protocols", "S3StorageOptions", "SecurityPolicyName", "StructuredLogDestinations",
    "WorkflowDetails",
)  # fmt: skip
# EC2's refusals, which are the service's own here.
REFUSALS = (ServiceException, HTTPException)


@dataclass
class Server:
    """A server with its host keys and users."""

    id: str
    arn: str
    state: str
    values: dict[str, Any]
    endpoint: dict[str, Any] = field(default_factory=dict)
    host_keys: list[HostKey] = field(default_factory=list)
    users: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


_servers: dict[tuple[str, str], dict[str, Server]] = {}


@on_reset
def reset() -> None:
    """No server is there."""
    _servers.clear()


def servers(call: Call) -> dict[str, Server]:
    """The servers of the caller's account and region."""
    return _servers.setdefault((call.account, call.region), {})


def server_of(call: Call) -> Server:
    """The server that the call names."""
    wanted = call.params["ServerId"]
    server = servers(call).get(wanted)
    if server is None:
        raise missing(f"Unknown server {wanted}")
    return server


@correct("transfer", "CreateServer")
def create_server(call: Call, base: Base) -> Any:
    """Starting first, with a host key and, in a VPC, an endpoint of its own."""
    params = call.params
    values = {**DEFAULTS, **{n: params[n] for n in PLAIN if n in params}}
    _check(values)
    details, kind = params.get("EndpointDetails") or {}, values["EndpointType"]
    if kind == "PUBLIC" and details:
        raise invalid("EndpointDetails can only be set where EndpointType is VPC")
    made = new_id("s")
    arn = f"arn:aws:transfer:{call.region}:{call.account}:server/{made}"
    server = Server(made, arn, "STARTING", values, tags=checked_tags(params.get("Tags")))
    server.host_keys = [host_key(server, params.get("HostKey"), None, {})]
    if kind == "VPC":
        _place(call, server, details)
    servers(call)[made] = server
    _settle(server, "STARTING", "ONLINE")
    return {"ServerId": made}


def _check(values: dict[str, Any]) -> None:
    if values["EndpointType"] == "VPC_ENDPOINT":
        raise invalid("EndpointType VPC_ENDPOINT is discontinued; use VPC")
    protocols = set(values["Protocols"])
    if "FTP" in protocols and values["EndpointType"] == "PUBLIC":
        raise invalid("FTP needs a server whose EndpointType is VPC")
    if protocols & {"FTP", "FTPS"} and values["IdentityProviderType"] == "SERVICE_MANAGED":
        raise invalid("SERVICE_MANAGED identities are for SFTP and AS2 only")
    if "FTPS" in protocols and not values.get("Certificate"):
        raise invalid("FTPS needs a certificate")


def _settle(server: Server, first: str, last: str) -> None:
    server.state = first
    clock.after(
        settings.delay("sftpServer"),
        lambda: setattr(server, "state", last) if server.state == first else None,
    )


def _place(call: Call, server: Server, details: dict[str, Any]) -> None:
    if details.get("VpcEndpointId"):
        raise invalid("VpcEndpointId can only be set where EndpointType is VPC_ENDPOINT")
    if not details.get("VpcId") or not details.get("SubnetIds"):
        raise invalid("VpcId and SubnetIds must be set where EndpointType is VPC")
    home, vpc = ec2_backends[call.account][call.region], details["VpcId"]
    _check_addresses(details.get("AddressAllocationIds"), details["SubnetIds"])
    try:
        home.get_vpc(vpc)
        check_subnets(call, vpc, details["SubnetIds"])
        groups = details.get("SecurityGroupIds") or [home.get_default_security_group(vpc).id]
        if any(g not in home.groups[vpc] for g in groups):
            raise invalid(f"Security groups must be of {vpc}")
        endpoint = ec2_endpoint.managed(call, vpc, "transfer.server", details["SubnetIds"], groups)
    except REFUSALS as error:
        raise invalid(dispatch.as_aws_error(error).message) from None
    server.endpoint = {
        "VpcId": vpc,
        "VpcEndpointId": endpoint.id,
        "SubnetIds": list(details["SubnetIds"]),
        "AddressAllocationIds": details.get("AddressAllocationIds") or [],
    }


def _check_addresses(addresses: list[str] | None, subnets: list[str]) -> None:
    if addresses and len(addresses) != len(subnets):
        raise invalid("AddressAllocationIds needs as many as there are SubnetIds")


@correct("transfer", "DescribeServer")
def describe_server(call: Call, base: Base) -> Any:
    """Security groups are the endpoint's, and are not answered here."""
    server = server_of(call)
    return {
        "Server": {
            **server.values,
            "Arn": server.arn,
            "ServerId": server.id,
            "State": server.state,
            "EndpointDetails": {k: v for k, v in server.endpoint.items() if v} or None,
            "HostKeyFingerprint": server.host_keys[0].fingerprint,
            "Tags": tag_list(server.tags),
            "UserCount": len(server.users),
        }
    }


@correct("transfer", "ListServers")
def list_servers(call: Call, base: Base) -> Any:
    """In pages, without tags."""
    shown, token = page(call, list(servers(call).values()), 1000, bad_token="InvalidNextTokenException")
    names = ("Domain", "IdentityProviderType", "EndpointType", "LoggingRole")
    return {
        "Servers": [
            {
                **{n: s.values.get(n) for n in names if s.values.get(n)},
                "Arn": s.arn,
                "ServerId": s.id,
                "State": s.state,
                "UserCount": len(s.users),
            }
            for s in shown
        ],
        "NextToken": token,
    }


@correct("transfer", "UpdateServer")
def update_server(call: Call, base: Base) -> Any:
    """Where the endpoint lies changes only while offline; its security groups change in EC2."""
    server, params = server_of(call), call.params
    values = {**server.values, **{n: params[n] for n in PLAIN if n in params}}
    _check(values)
    details = params.get("EndpointDetails")
    moves = values["EndpointType"] != server.values["EndpointType"]
    if (moves or details is not None) and server.state != "OFFLINE":
        raise invalid("Server must be OFFLINE to change its endpoint")
    if server.values["EndpointType"] == "VPC" and _vpc_endpoint(call, server).state != "available":
        raise AwsError("ConflictException", "VPC Endpoint state is not yet available")
    if moves and values["EndpointType"] == "VPC":
        _place(call, server, details or {})
    elif moves:
        _release(call, server)
    elif details is not None:
        _move(call, server, details)
    if "HostKey" in params:
        add_host_key(server, host_key(server, params["HostKey"], None, {}))
    server.values = {k: v for k, v in values.items() if v != ""}
    return {"ServerId": server.id}


def _move(call: Call, server: Server, details: dict[str, Any]) -> None:
    if server.values["EndpointType"] != "VPC":
        raise invalid("EndpointDetails can only be set where EndpointType is VPC")
    if "SecurityGroupIds" in details:
        raise invalid("Changing Security Group Ids is not supported; modify the VPC endpoint in EC2")
    if details.get("VpcId", server.endpoint["VpcId"]) != server.endpoint["VpcId"]:
        raise invalid("Changing VpcId is not supported")
    subnets = details.get("SubnetIds", server.endpoint["SubnetIds"])
    addresses = details.get("AddressAllocationIds", server.endpoint["AddressAllocationIds"])
    if not subnets:
        raise invalid("SubnetIds must not be empty")
    if subnets != server.endpoint["SubnetIds"] and addresses:
        raise invalid("AddressAllocationIds must be removed before SubnetIds can be modified")
    _check_addresses(addresses, subnets)
    try:
        check_subnets(call, server.endpoint["VpcId"], subnets)
    except REFUSALS as error:
        raise invalid(dispatch.as_aws_error(error).message) from None
    endpoint = _vpc_endpoint(call, server)
    endpoint.subnet_ids = list(subnets)
    ec2_endpoint.follow_subnets(ec2_backends[call.account][call.region], endpoint)
    server.endpoint.update(SubnetIds=list(subnets), AddressAllocationIds=addresses)


def _vpc_endpoint(call: Call, server: Server) -> Any:
    return ec2_backends[call.account][call.region].vpc_end_points[server.endpoint["VpcEndpointId"]]


def _release(call: Call, server: Server) -> None:
    if server.endpoint:
        ec2_endpoint.remove(ec2_backends[call.account][call.region], _vpc_endpoint(call, server))
        server.endpoint = {}


@correct("transfer", "StartServer")
def start_server(call: Call, base: Base) -> Any:
    """An offline server starts."""
    server = server_of(call)
    if server.state == "STOPPING":
        raise invalid("Server must be OFFLINE to start")
    if server.state in ("OFFLINE", "START_FAILED", "STOP_FAILED"):
        _settle(server, "STARTING", "ONLINE")
    return {}


@correct("transfer", "StopServer")
def stop_server(call: Call, base: Base) -> Any:
    """An online server stops; its users and settings stay."""
    server = server_of(call)
    if server.state == "STARTING":
        raise invalid("Server must be ONLINE to stop")
    if server.state in ("ONLINE", "START_FAILED", "STOP_FAILED"):
        _settle(server, "STOPPING", "OFFLINE")
    return {}


@correct("transfer", "DeleteServer")
def delete_server(call: Call, base: Base) -> Any:
    """Its users, host keys and endpoint go with it."""
    server = server_of(call)
    _release(call, server)
    del servers(call)[server.id]
    return {}
