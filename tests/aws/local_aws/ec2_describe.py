"""EC2 describes: pages, filters by tag, the ids that must exist, and the lag of new resources.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from moto.ec2.exceptions import EC2ClientError, FilterNotImplementedError
from moto.ec2.models import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource

from . import lag
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page


@dataclass
class Kind:
    """How one describe names its list, its ids, and an id that is not there."""

    listed: str
    ids: str
    not_found: str
    filter: str
    # Filters that moto lacks or compares otherwise: the values that an item has.
    values: dict[str, Callable[[Any], Iterable[str]]] = field(default_factory=dict)
    # Whether an item is among what the call's other members ask for.
    shown: Callable[[Call, Any], bool] = lambda call, item: True


KINDS = {
    "DescribeVpcs": Kind("Vpcs", "VpcIds", "InvalidVpcID.NotFound", "vpc-id"),
    "DescribeSubnets": Kind("Subnets", "SubnetIds", "InvalidSubnetID.NotFound", "subnet-id"),
    "DescribeRouteTables": Kind(
        "RouteTables", "RouteTableIds", "InvalidRouteTableID.NotFound", "route-table-id"
    ),
    "DescribeNetworkAcls": Kind(
        "NetworkAcls", "NetworkAclIds", "InvalidNetworkAclID.NotFound", "network-acl-id"
    ),
    "DescribeSecurityGroups": Kind("SecurityGroups", "GroupIds", "InvalidGroup.NotFound", "group-id"),
    "DescribeSecurityGroupRules": Kind(
        "SecurityGroupRules",
        "SecurityGroupRuleIds",
        "InvalidSecurityGroupRuleId.NotFound",
        "security-group-rule-id",
    ),
    "DescribeVpcEndpoints": Kind(
        "VpcEndpoints", "VpcEndpointIds", "InvalidVpcEndpointId.NotFound", "vpc-endpoint-id"
    ),
    "DescribeFlowLogs": Kind("FlowLogs", "FlowLogIds", "InvalidFlowLogId.NotFound", "flow-log-id"),
    "DescribeTransitGateways": Kind(
        "TransitGateways", "TransitGatewayIds", "InvalidTransitGatewayID.NotFound", "transit-gateway-id"
    ),
    "DescribeTransitGatewayVpcAttachments": Kind(
        "TransitGatewayVpcAttachments",
        "TransitGatewayAttachmentIds",
        "InvalidTransitGatewayAttachmentID.NotFound",
        "transit-gateway-attachment-id",
    ),
    "DescribeInternetGateways": Kind(
        "InternetGateways", "InternetGatewayIds", "InvalidInternetGatewayID.NotFound", "internet-gateway-id"
    ),
    "DescribeEgressOnlyInternetGateways": Kind(
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayIds",
        "InvalidGatewayID.NotFound",
        "egress-only-internet-gateway-id",
    ),
    "DescribeNatGateways": Kind("NatGateways", "NatGatewayIds", "NatGatewayNotFound", "nat-gateway-id"),
    "DescribeNetworkInterfaces": Kind(
        "NetworkInterfaces",
        "NetworkInterfaceIds",
        "InvalidNetworkInterfaceID.NotFound",
        "network-interface-id",
    ),
    "DescribeVolumes": Kind("Volumes", "VolumeIds", "InvalidVolume.NotFound", "volume-id"),
    "DescribeSnapshots": Kind("Snapshots", "SnapshotIds", "InvalidSnapshot.NotFound", "snapshot-id"),
    "DescribeImages": Kind("Images", "ImageIds", "InvalidAMIID.NotFound", "image-id"),
}


def backend(call: Call) -> Any:
    """moto's EC2 of the caller's account and region."""
    return ec2_backends[call.account][call.region]


@correct("ec2", *KINDS)
def describe(call: Call, base: Base) -> Any:
    """One describe: ids or filters, then the lag, then the page."""
    kind = KINDS[call.operation]
    ids = call.params.get(kind.ids) or []
    if ids and call.params.get("MaxResults"):
        name = kind.ids[0].lower() + kind.ids[1:]
        message = f"The parameter {name} cannot be used with the parameter maxResults in the same request"
        raise AwsError("InvalidParameterCombination", message)
    name = "Filters" if "Filters" in call.params else "Filter"
    filters = call.params.pop(name, [])
    mine, moto = [], []
    for wanted in filters:
        ours = wanted["Name"] in (kind.filter, "tag-key", *kind.values) or wanted["Name"].startswith("tag:")
        (mine if ours else moto).append(wanted)
    if moto:
        call.params[name] = moto
    try:
        result = base()
    except (FilterNotImplementedError, KeyError) as error:
        bad = moto[0]["Name"] if moto else error
        raise AwsError("InvalidParameterValue", f"The filter '{bad}' is invalid") from None
    except EC2ClientError as error:
        # moto answers some unknown ids with another resource's code.
        if not ids or not str(error.code).endswith(".NotFound"):
            raise
        raise AwsError(kind.not_found, str(error.message)) from None
    items = result.get(kind.listed) or []
    if ids:
        missing = set(ids) - {_id(item, kind) for item in items}
        if missing:
            raise AwsError(kind.not_found, f"The ID '{sorted(missing)[0]}' does not exist")
    else:
        items = [item for item in items if lag.visible(_id(item, kind))]
    owners = {call.account if o == "self" else o for o in call.params.get("OwnerIds") or []}
    if owners:
        # moto answers the snapshots of its own public images to everybody.
        items = [item for item in items if item.owner_id in owners]
    tags = backend(call).tags
    items = [i for i in items if kind.shown(call, i)]
    items = [i for i in items if all(_matches(i, f, tags, kind) for f in mine)]
    part, rest = page(call, items, 1000)
    return {**result, kind.listed: part, "NextToken": rest}


def _id(item: Any, kind: Kind) -> str:
    if isinstance(item, dict):
        return item.get(kind.ids[:-1]) or item.get("Id") or ""
    return item.id


def _matches(item: Any, wanted: dict[str, Any], tags: dict[str, dict[str, str]], kind: Kind) -> bool:
    values = wanted.get("Values") or []
    have = tags.get(_id(item, kind), {})
    if wanted["Name"] == kind.filter:
        return any(like(_id(item, kind), v) for v in values)
    if wanted["Name"] in kind.values:
        return any(like(has, v) for has in kind.values[wanted["Name"]](item) for v in values)
    if wanted["Name"] == "tag-key":
        return any(like(key, v) for key in have for v in values)
    key = wanted["Name"].removeprefix("tag:")
    return key in have and any(like(have[key], v) for v in values)


def like(text: str, pattern: str) -> bool:
    """EC2's filter values: `*` for any text, `?` for one character, a backslash quotes either."""
    return text == pattern or _pattern(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", text, re.S)
    return re.compile("".join({"*": ".*", "?": "."}.get(p, re.escape(p[-1])) for p in parts), re.S)


def _get_tags(self: Any) -> list[dict[str, str]]:
    # moto searches the tags of all resources for each resource; with thousands of them that takes seconds.
    return [{"key": k, "value": v} for k, v in self.ec2_backend.tags.get(self.id, {}).items()]


TaggedEC2Resource.get_tags = _get_tags
