"""VPC endpoints: tokens, zones, private DNS, policies, states, and the interfaces that occupy subnets.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html
https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
"""

import json
from itertools import islice
from typing import Any

from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES, VPCEndPoint

from . import clock, settings
from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_token import once
from .ec2_transit_gateway import check_subnets
from .errors import AwsError
from .identify import Call

GATEWAY_SERVICES = ("s3", "dynamodb")


@correct("ec2", "CreateVpcEndpoint")
def create_vpc_endpoint(call: Call, base: Base) -> Any:
    """One endpoint per token; checks subnets, groups, policy and private DNS; pending first."""
    return once(call, "VpcEndpoint", lambda: _create(call, base))


def _create(call: Call, base: Base) -> Any:
    home, params = backend(call), call.params
    vpc = home.get_vpc(params["VpcId"])
    kind = params.setdefault("VpcEndpointType", "Gateway")
    _check_service(call, params["ServiceName"], kind)
    _check_policy(params.get("PolicyDocument"))
    subnets = params.get("SubnetIds") or []
    check_subnets(call, vpc.id, subnets)
    groups = _check_groups(call, vpc.id, params.get("SecurityGroupIds") or [])
    if kind == "Gateway":
        _check_gateway(call, params)
    if kind == "Interface":
        params.setdefault("PrivateDnsEnabled", True)
        if params["PrivateDnsEnabled"]:
            _check_private_dns(call, vpc, params["ServiceName"])
        if not groups:
            params["SecurityGroupIds"] = [home.get_default_security_group(vpc.id).id]
    else:
        params["PrivateDnsEnabled"] = False
    result = base()
    endpoint = result["VpcEndpoint"]
    for eni in endpoint.network_interface_ids:
        _belong(home.enis[eni], endpoint)
    if kind != "Gateway":
        _settle(endpoint, "pending", "available")
    return result


def _belong(eni: Any, endpoint: Any) -> None:
    eni.requester_managed = True
    eni.description = f"VPC Endpoint Interface {endpoint.id}"
    eni.status = "in-use"


def _settle(endpoint: Any, first: str, last: str) -> None:
    endpoint.state = first
    clock.after(
        settings.delay("vpcEndpoint"),
        lambda: setattr(endpoint, "state", last) if endpoint.state == first else None,
    )


def _check_service(call: Call, name: str, kind: str) -> None:
    prefix = f"com.amazonaws.{call.region}."
    if name.startswith(("com.amazonaws.vpce.", "aws.api.", "aws.sagemaker.")):
        return
    service = name.removeprefix(prefix)
    if not name.startswith(prefix) or service not in AWS_ENDPOINT_SERVICES:
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    if kind == "Gateway" and service not in GATEWAY_SERVICES:
        message = f"Endpoint type (Gateway) does not match available service types ([Interface]) of {name}."
        raise AwsError("InvalidParameter", message)


def _check_policy(text: str | None) -> None:
    if text is None:
        return
    try:
        policy = json.loads(text)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        complete = all({"Effect", "Principal"} <= set(s) for s in statements)
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise AwsError("InvalidPolicyDocument", "The policy document is not valid")


def _check_groups(call: Call, vpc_id: str, ids: list[str]) -> list[str]:
    for wanted in ids:
        if wanted not in backend(call).groups[vpc_id]:
            raise AwsError("InvalidSecurityGroupID.NotFound", f"The security group '{wanted}' does not exist")
    return ids


def _check_gateway(call: Call, params: dict[str, Any]) -> None:
    if params.get("SubnetIds") or params.get("SecurityGroupIds"):
        raise AwsError("InvalidParameter", "A gateway endpoint takes no subnets and no security groups")
    for table in params.get("RouteTableIds") or []:
        backend(call).get_route_table(table)
        for other in backend(call).vpc_end_points.values():
            same = other.service_name == params["ServiceName"] and table in (other.route_table_ids or [])
            if same and other.state != "deleted":
                message = f"route table {table} already has a route with the service's prefix list"
                raise AwsError("RouteAlreadyExists", message)


def _check_private_dns(call: Call, vpc: Any, service: str, but: str = "") -> None:
    if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
        message = "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes"
        raise AwsError("InvalidParameter", f"{message} set to true for {vpc.id}")
    for other in backend(call).vpc_end_points.values():
        same = other.vpc_id == vpc.id and other.service_name == service and other.id != but
        if same and other.private_dns_enabled and other.state not in ("deleting", "deleted"):
            message = "private-dns-enabled cannot be set because there is already a conflicting DNS domain"
            raise AwsError("InvalidParameter", f"{message} for {service} in the VPC {vpc.id}")


@correct("ec2", "ModifyVpcEndpoint")
def modify_vpc_endpoint(call: Call, base: Base) -> Any:
    """Subnets bring and take their interfaces; private DNS and policy change."""
    home, params = backend(call), call.params
    endpoint = home.vpc_end_points.get(params["VpcEndpointId"])
    if endpoint is None or endpoint.state in ("deleting", "deleted"):
        message = f"The Vpc Endpoint Id '{params['VpcEndpointId']}' does not exist"
        raise AwsError("InvalidVpcEndpointId.NotFound", message)
    added, removed = params.get("AddSubnetIds") or [], params.get("RemoveSubnetIds") or []
    _check_policy(params.get("PolicyDocument"))
    for wanted in removed:
        if wanted not in (endpoint.subnet_ids or []):
            raise AwsError(
                "InvalidSubnetId.NotFound", f"The subnet ID '{wanted}' does not exist in {endpoint.id}"
            )
    left = [s for s in endpoint.subnet_ids or [] if s not in removed]
    check_subnets(call, endpoint.vpc_id, left + [s for s in added if s not in left])
    groups = _check_groups(call, endpoint.vpc_id, params.get("AddSecurityGroupIds") or [])
    gone = params.get("RemoveSecurityGroupIds") or []
    if endpoint.security_group_ids and not [g for g in endpoint.security_group_ids + groups if g not in gone]:
        raise AwsError("InvalidParameter", "An interface endpoint needs at least one security group")
    if params.get("PrivateDnsEnabled"):
        _check_private_dns(call, home.get_vpc(endpoint.vpc_id), endpoint.service_name, endpoint.id)
    base()
    if "PrivateDnsEnabled" in params:
        endpoint.private_dns_enabled = params["PrivateDnsEnabled"]
    if params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    follow_subnets(home, endpoint)
    return {"Return": True}


def follow_subnets(home: Any, endpoint: Any) -> None:
    """Each subnet of the endpoint has its interface, and no other has."""
    if endpoint.vpc_endpoint_type != "Interface":
        return
    placed = {home.enis[e].subnet.id: e for e in endpoint.network_interface_ids if e in home.enis}
    for subnet, eni in placed.items():
        if subnet not in endpoint.subnet_ids:
            home.enis.pop(eni)
            endpoint.network_interface_ids.remove(eni)
    for subnet in endpoint.subnet_ids:
        if subnet not in placed:
            _belong(eni := _interface(home, subnet), endpoint)
            endpoint.network_interface_ids.append(eni.id)


def _interface(home: Any, subnet: str) -> Any:
    # The first address that is free; the first four are AWS's.
    # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    used = {e.private_ip_address for e in home.enis.values()}
    hosts = islice(home.get_subnet(subnet).cidr, 4, None)
    return home.create_network_interface(subnet, next(str(h) for h in hosts if str(h) not in used))


def managed(call: Call, vpc_id: str, service: str, subnets: list[str], groups: list[str]) -> Any:
    """An interface endpoint that a service makes in the caller's VPC.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
    """
    home = backend(call)
    name = f"com.amazonaws.{call.region}.{service}"
    endpoint = home.create_vpc_endpoint(vpc_id, name, "Interface", None, [], subnet_ids=[])
    endpoint.subnet_ids, endpoint.security_group_ids = list(subnets), list(groups)
    endpoint.private_dns_enabled, endpoint.requester_managed = False, True
    follow_subnets(home, endpoint)
    _settle(endpoint, "pending", "available")
    return endpoint


@correct("ec2", "DeleteVpcEndpoints")
def delete_vpc_endpoints(call: Call, base: Base) -> Any:
    """Deleting for a while, its interfaces still in their subnets; unknown ids are answered one by one."""
    home, failed = backend(call), []
    for wanted in call.params["VpcEndpointIds"]:
        endpoint = home.vpc_end_points.get(wanted)
        if endpoint is None:
            error = {
                "Code": "InvalidVpcEndpointId.NotFound",
                "Message": f"The Vpc Endpoint Id '{wanted}' does not exist",
            }
            failed.append({"ResourceId": wanted, "Error": error})
        elif endpoint.state != "deleting":
            endpoint.state = "deleting"
            clock.after(settings.delay("vpcEndpoint"), lambda e=endpoint: remove(home, e))
    return {"Unsuccessful": failed}


def remove(home: Any, endpoint: Any) -> None:
    """Takes the endpoint away with its interfaces and routes."""
    for eni in endpoint.network_interface_ids:
        home.enis.pop(eni, None)
    for table in home.route_tables.values():
        for key in [k for k, r in table._routes.items() if getattr(r.gateway, "id", None) == endpoint.id]:
            del table._routes[key]
    home.vpc_end_points.pop(endpoint.id, None)
    home.tags.pop(endpoint.id, None)
    endpoint.state = "deleted"
