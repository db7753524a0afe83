"""What CloudTrail writes of EC2's calls: sets with items, and newer operations as their XML.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-with-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
The form of the newer operations, and which they are, is not documented: it is as AWS's users show it.
"""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from . import cloudtrail_xml
from .cloudtrail_form import first_small, plain
from .identify import Call

SPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
NEWER = (
    "*EbsDefaultKmsKeyId",
    "*EbsEncryptionByDefault",
    "*FlowLogs",
    "*LaunchTemplate*",
    "*NatGateway*",
    "*TransitGateway*",
    "*VpcEndpoint*",
    "CreateSnapshots",
    "ModifySecurityGroupRules",
)
# Members that do not have the name that they are sent with.
NAMES = {
    "BlockDeviceMappings": "blockDeviceMapping",
    "Groups": "groupSet",
    "InstanceIds": "instancesSet",
    "IpPermissions": "ipPermissions",
    "Resources": "resourcesSet",
    "SecurityGroupIds": "groupSet",
}
ENTRY_NAMES = {"IcmpTypeCode": "icmpTypeCode", "Protocol": "aclProtocol"}
# What one of a set is called.
ITEMS = {"groupSet": "groupId", "instancesSet": "instanceId", "resourcesSet": "resourceId"}


def is_newer(call: Call) -> bool:
    """Whether the operation is one of those that are written as XML."""
    return any(fnmatchcase(call.operation, pattern) for pattern in NEWER)


def parameters(call: Call, sent: dict[str, Any]) -> dict[str, Any]:
    """The request."""
    if is_newer(call):
        return {f"{call.operation}Request": _flat(call)}
    names = NAMES | (ENTRY_NAMES if call.operation.endswith("NetworkAclEntry") else {})
    found = {}
    for name, member in call.model.input_shape.members.items():
        if sent.get(name) is None or name == "DryRun":
            continue
        wire = first_small(member.serialization.get("name", name))
        if member.type_name == "list":
            called = names.get(name, f"{wire}Set")
            found[called] = _set(sent[name], member, ITEMS.get(called, wire))
        else:
            found[names.get(name, wire)] = _inside(sent[name], member)
    return found


def _set(given: list[Any], shape: Any, one: str) -> dict[str, Any]:
    if shape.member.type_name != "structure":
        return _items([{one: value} for value in given])
    # The tags in a specification are a list as it is.
    write = plain if one == "tagSpecification" else _inside
    return _items([write(value, shape.member) for value in given])


def _items(items: list[Any]) -> dict[str, Any]:
    return {"items": items} if items else {}


def _inside(given: Any, shape: Any) -> Any:
    if isinstance(given, datetime):
        return int(given.timestamp() * 1000)
    if shape.type_name == "list":
        return _items([_inside(one, shape.member) for one in given])
    if shape.type_name != "structure":
        return plain(given, shape)
    return {
        first_small(member.serialization.get("name", name)): _inside(given[name], member)
        for name, member in shape.members.items()
        if given.get(name) is not None
    }


def _flat(call: Call) -> dict[str, Any]:
    """The names and values of the query as a tree."""
    tree: dict[str, Any] = {}
    for name, given in call.request.values.items():
        if name in ("Action", "Version", "DryRun"):
            continue
        place = tree
        *path, last = name.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = given
    return {name: _unfolded(value) for name, value in tree.items()}


def _unfolded(value: Any) -> Any:
    if not isinstance(value, dict):
        return cloudtrail_xml.typed(value)
    if not all(name.isdecimal() for name in value):
        return {name: _unfolded(inside) for name, inside in value.items()}
    numbered = [(int(number), _unfolded(value[number])) for number in sorted(value, key=int)]
    items = [{"tag": n, **(one if isinstance(one, dict) else {"content": one})} for n, one in numbered]
    return cloudtrail_xml.once_or_more(items)


def elements(call: Call, body: bytes, parsed: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The response."""
    if is_newer(call):
        return {name: {**told, "xmlns": SPACE} for name, told in cloudtrail_xml.document(body).items()}
    shape = call.model.output_shape
    found = _inside(parsed, shape) if shape is not None else {"return": True}
    return {"requestId": request_id, **{"_return" if k == "return" else k: v for k, v in found.items()}}
