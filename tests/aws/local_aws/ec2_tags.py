"""EC2 tags: at creation for every type that the operator makes, limits, reserved keys.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
"""

from typing import Any

from . import lag
from .corrections import Base, correct
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call

# Operation → type in TagSpecifications, and where the result has the new resource ("" is the result itself).
CREATED = {
    "CreateVpc": ("vpc", "Vpc"),
    "CreateSubnet": ("subnet", "Subnet"),
    "CreateRouteTable": ("route-table", "RouteTable"),
    "CreateNetworkAcl": ("network-acl", "NetworkAcl"),
    "CreateSecurityGroup": ("security-group", "GroupId"),
    "AuthorizeSecurityGroupIngress": ("security-group-rule", "SecurityGroupRules"),
    "AuthorizeSecurityGroupEgress": ("security-group-rule", "SecurityGroupRules"),
    "CreateVpcEndpoint": ("vpc-endpoint", "VpcEndpoint"),
    "CreateFlowLogs": ("vpc-flow-log", "FlowLogIds"),
    "CreateTransitGateway": ("transit-gateway", "TransitGateway"),
    "CreateTransitGatewayVpcAttachment": ("transit-gateway-attachment", "TransitGatewayVpcAttachment"),
    "CreateInternetGateway": ("internet-gateway", "InternetGateway"),
    "CreateNatGateway": ("natgateway", "NatGateway"),
    "CreateDhcpOptions": ("dhcp-options", "DhcpOptions"),
    "CreateVolume": ("volume", ""),
    "CreateSnapshot": ("snapshot", ""),
    "CreateSnapshots": ("snapshot", "Snapshots"),
    "CopySnapshot": ("snapshot", ""),
    "CreateLaunchTemplate": ("launch-template", "LaunchTemplate"),
}


@correct("ec2", *CREATED, gate=True)
def tag_at_creation(call: Call, base: Base) -> Any:
    """Checks the tags before the creation and sets them with it."""
    resource_type, where = CREATED[call.operation]
    tags = asked(call, resource_type)[resource_type]
    result = base()
    ids = _ids(result.get(where) if where else result)
    if tags:
        backend(call).create_tags(ids, tags)
    lag.note(call, *ids)
    if call.operation in ("CreateSecurityGroup", "CopySnapshot") and tags:
        result["Tags"] = [{"Key": k, "Value": v} for k, v in tags.items()]
    return result


def asked(call: Call, *types: str) -> dict[str, dict[str, str]]:
    """The tags that the call asks for, by resource type; another type than `types` is refused."""
    tags: dict[str, dict[str, str]] = {t: {} for t in types}
    for specification in call.params.get("TagSpecifications") or call.params.get("TagSpecification") or []:
        given = specification.get("ResourceType")
        if given not in types:
            message = f"'{given}' is not a valid taggable resource type for this operation."
            raise AwsError("InvalidParameterValue", message)
        if not specification.get("Tags"):
            raise AwsError("InvalidParameterValue", "Tag specification must have at least one tag")
        check(specification["Tags"], {})
        tags[given] |= {t["Key"]: t.get("Value", "") for t in specification["Tags"]}
    return tags


def _ids(created: Any) -> list[str]:
    if isinstance(created, str):
        return [created]
    if isinstance(created, list):
        return [i for item in created for i in _ids(item)]
    if isinstance(created, dict):
        return [v for k, v in created.items() if k.endswith("Id") and isinstance(v, str)][:1]
    return [created.id] if created is not None else []


@correct("ec2", "CreateTags")
def create_tags(call: Call, base: Base) -> Any:
    """The resources must exist; limits hold over old and new tags together."""
    for resource in call.params["Resources"]:
        if not exists(call, resource):
            raise AwsError(f"Invalid{_noun(resource)}.NotFound", f"The ID '{resource}' does not exist")
        check(call.params["Tags"], backend(call).tags.get(resource, {}))
    return base()


def check(new: list[dict[str, str]], old: dict[str, str]) -> None:
    """Raises the refusal of tags that no resource may carry."""
    keys = [t.get("Key") or "" for t in new]
    for tag in new:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if key.lower().startswith("aws:"):
            message = "Tag keys starting with 'aws:' are reserved for internal use"
            raise AwsError("InvalidParameterValue", message)
        if not 1 <= len(key) <= 128:
            raise AwsError("InvalidParameterValue", f"Tag key '{key}' must have 1 to 128 characters")
        if len(value) > 256:
            raise AwsError(
                "InvalidParameterValue", f"The value of tag '{key}' must have at most 256 characters"
            )
    if len(keys) != len(set(keys)):
        raise AwsError("InvalidParameterValue", "Duplicate tag key")
    if len(set(old) | set(keys)) > 50:
        raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


_WHERE = {
    "vpc": ("vpcs", "VpcID"),
    "rtb": ("route_tables", "RouteTableID"),
    "acl": ("network_acls", "NetworkAclID"),
    "vpce": ("vpc_end_points", "VpcEndpointId"),
    "fl": ("flow_logs", "FlowLogId"),
    "tgw": ("transit_gateways", "TransitGatewayID"),
    "tgw-attach": ("transit_gateway_attachments", "TransitGatewayAttachmentID"),
    "igw": ("internet_gateways", "InternetGatewayID"),
    "nat": ("nat_gateways", "NatGatewayID"),
    "vol": ("volumes", "Volume"),
    "snap": ("snapshots", "Snapshot"),
    "ami": ("amis", "AMIID"),
    "lt": ("launch_templates", "LaunchTemplateId"),
}


def _noun(resource: str) -> str:
    known = {"subnet": "SubnetID", "sg": "Group", "sgr": "SecurityGroupRuleId", "i": "InstanceID"}
    prefix = resource.rsplit("-", 1)[0]
    return known.get(prefix) or _WHERE.get(prefix, ("", "ID"))[1]


def exists(call: Call, resource: str) -> bool:
    """Whether the account has the resource; types that are not listed here count as there."""
    home, prefix = backend(call), resource.rsplit("-", 1)[0]
    if prefix == "subnet":
        return any(resource in zone for zone in home.subnets.values())
    if prefix == "sg":
        return any(resource in groups for groups in home.groups.values())
    if prefix == "sgr":
        groups = [g for vpc in home.groups.values() for g in vpc.values()]
        return any(g.get_rule(resource) for g in groups)
    if prefix == "i":
        return any(resource == i.id for i in home.all_instances())
    return prefix not in _WHERE or resource in getattr(home, _WHERE[prefix][0])
