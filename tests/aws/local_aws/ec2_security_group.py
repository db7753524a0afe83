"""Security groups: names, descriptions, whole-or-nothing rule changes, and use.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
"""

import re
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

from .corrections import Base, correct
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call

CHARSET = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


@correct("ec2", "CreateSecurityGroup")
def create_security_group(call: Call, base: Base) -> Any:
    """Name and description of at most 255 characters of AWS's set; no name that looks like an id."""
    name, description = call.params["GroupName"], call.params["Description"]
    if not CHARSET.fullmatch(name) or name.lower().startswith("sg-"):
        message = f"Value ({name}) for parameter GroupName is invalid."
        raise AwsError("InvalidParameterValue", message)
    if not CHARSET.fullmatch(description):
        message = f"Value ({description}) for parameter GroupDescription is invalid. Character sets beyond"
        raise AwsError("InvalidParameterValue", f"{message} ASCII are not supported.")
    home = backend(call)
    if call.params.get("VpcId"):
        vpc = home.get_vpc(call.params["VpcId"])
        if any(g.name == name for g in home.groups[vpc.id].values()):
            message = f"The security group '{name}' already exists for VPC '{vpc.id}'"
            raise AwsError("InvalidGroup.Duplicate", message)
    return base()


@correct("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(call: Call, base: Base) -> Any:
    """All rules or none; every new rule is answered."""
    group = find(call)
    side = "egress_rules" if call.operation.endswith("Egress") else "ingress_rules"
    for permission in call.params.get("IpPermissions") or []:
        _check_permission(call, permission)
    before = list(getattr(group, side))
    try:
        result = base()
    except Exception:
        setattr(group, side, before)
        raise
    result["SecurityGroupRules"] = [r for r in getattr(group, side) if not any(r is b for b in before)]
    return result


def _check_permission(call: Call, permission: dict[str, Any]) -> None:
    ranges = (permission.get("IpRanges") or []) + (permission.get("Ipv6Ranges") or [])
    peers = ranges + (permission.get("UserIdGroupPairs") or []) + (permission.get("PrefixListIds") or [])
    for peer in peers:
        text = peer.get("Description")
        if text and not CHARSET.fullmatch(text):
            raise AwsError("InvalidParameterValue", f"Invalid rule description '{text}'.")
    if not permission.get("IpProtocol"):
        raise AwsError("MissingParameter", "The request must contain the parameter ipProtocol")
    if permission["IpProtocol"] in ("tcp", "udp", "6", "17"):
        first, last = permission.get("FromPort"), permission.get("ToPort")
        if first is None or last is None or not 0 <= first <= last <= 65_535:
            raise AwsError("InvalidParameterValue", f"Invalid value for portRange: {first}-{last}")
    if not peers:
        raise AwsError("InvalidParameterValue", "The permission names no peer")
    for pair in permission.get("UserIdGroupPairs") or []:
        wanted = pair.get("GroupId")
        foreign = pair.get("UserId") not in (None, call.account)
        if wanted and not foreign and backend(call).get_security_group_from_id(wanted) is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{wanted}' does not exist")


@correct("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(call: Call, base: Base) -> Any:
    """All rules or none; an unknown rule id has its own code."""
    group = find(call)
    side = "egress_rules" if call.operation.endswith("Egress") else "ingress_rules"
    before = list(getattr(group, side))
    known = {r.id for r in before}
    for wanted in call.params.get("SecurityGroupRuleIds") or []:
        if wanted not in known:
            message = f"The security group rule ID '{wanted}' does not exist"
            raise AwsError("InvalidSecurityGroupRuleId.NotFound", message)
    try:
        return base()
    except Exception:
        setattr(group, side, before)
        raise


def find(call: Call) -> Any:
    """The group that the call names."""
    home, params = backend(call), call.params
    name = params.get("GroupId") or params.get("GroupName")
    group = home.get_security_group_by_name_or_id(name) if name else None
    if name is None:
        raise AwsError("MissingParameter", "The request must contain the parameter groupName or groupId")
    if group is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{name}' does not exist")
    return group


@correct("ec2", "DeleteSecurityGroup")
def delete_security_group(call: Call, base: Base) -> Any:
    """Refused while an interface, an instance, an endpoint or another group uses it; the default stays."""
    home, group = backend(call), find(call)
    if group.name == "default":
        message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        raise AwsError("CannotDelete", message)
    others = [g for groups in home.groups.values() for g in groups.values() if g is not group]
    used = (
        any(group.id in [x.id for x in eni.group_set] for eni in home.enis.values())
        or any(
            group.id in e.security_group_ids and e.state != "deleted" for e in home.vpc_end_points.values()
        )
        or any(
            group.id in [x.id for x in i.security_groups] and i._state.name != "terminated"
            for i in home.all_instances()
        )
        or any(
            r.source_group.get("GroupId") == group.id
            for g in others
            for r in g.ingress_rules + g.egress_rules
        )
    )
    if used:
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    base()
    home.tags.pop(group.id, None)
    return {"Return": True, "GroupId": group.id}


def _description(rule: Any) -> str | None:
    # moto answers only the description of an address range.
    return rule.ip_range.get("Description") or rule.source_group.get("Description")


def _referenced(rule: Any) -> dict[str, str] | None:
    known = {k: v for k, v in rule.source_group.items() if k in ("GroupId", "UserId", "VpcId")}
    return known or None


SecurityGroupRule.description = property(_description)
SecurityGroupRule.referenced_group_info = property(_referenced)
