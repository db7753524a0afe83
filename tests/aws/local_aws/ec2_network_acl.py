"""Network ACLs: the entries that each has, their numbers, the quota, associations.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

from typing import Any

from . import settings
from .corrections import Base, correct
from .ec2_describe import backend
from .ec2_token import once
from .ec2_vpc import network
from .errors import AwsError
from .identify import Call

LAST = 32_767
PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}


@correct("ec2", "CreateNetworkAcl")
def create_network_acl(call: Call, base: Base) -> Any:
    """One ACL per token. A new one denies everything: the entries with the asterisk are there."""
    return once(call, "NetworkAcl", lambda: _create(call, base))


def _create(call: Call, base: Base) -> Any:
    result = base()
    acl = result["NetworkAcl"]
    for egress in (True, False):
        backend(call).create_network_acl_entry(
            acl.id, LAST, "-1", "deny", egress, "0.0.0.0/0", None, None, None, None, None
        )
    return result


@correct("ec2", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry")
def change_entry(call: Call, base: Base) -> Any:
    """Numbers 1 to 32,766; at most 20 per direction; ports where the protocol has them."""
    params = call.params
    acl = backend(call).get_network_acl(params["NetworkAclId"])
    number, egress = params["RuleNumber"], params["Egress"]
    entries = [e for e in acl.network_acl_entries if e.egress == egress and e.rule_number != LAST]
    if not 1 <= number <= 32_766:
        message = f"Value ({number}) for parameter ruleNumber is invalid. It must be between 1 and 32766."
        raise AwsError("InvalidParameterValue", message)
    there = any(e.rule_number == number for e in entries)
    if call.operation != "CreateNetworkAclEntry" and not there:
        way = "egress" if egress else "ingress"
        message = f"The specified {way} network acl entry {number} in {acl.id} does not exist."
        raise AwsError("InvalidNetworkAclEntry.NotFound", message)
    if call.operation == "DeleteNetworkAclEntry":
        return base()
    if call.operation == "CreateNetworkAclEntry" and there:
        message = f"The network acl entry identified by {number} already exists."
        raise AwsError("NetworkAclEntryAlreadyExists", message)
    if (
        call.operation == "CreateNetworkAclEntry"
        and len(entries) >= settings.get("quota")["networkAclEntries"]
    ):
        message = f"The maximum number of network acl entries has been reached for {acl.id}."
        raise AwsError("NetworkAclEntryLimitExceeded", message)
    _check_entry(params)
    return base()


def _check_entry(params: dict[str, Any]) -> None:
    params["Protocol"] = PROTOCOLS.get(params["Protocol"].lower(), params["Protocol"])
    if not params["Protocol"].lstrip("-").isdigit() or not -1 <= int(params["Protocol"]) <= 255:
        raise AwsError("InvalidParameterValue", f"Invalid value '{params['Protocol']}' for IP protocol.")
    if bool(params.get("CidrBlock")) == bool(params.get("Ipv6CidrBlock")):
        raise AwsError(
            "MissingParameter", "The request must contain exactly one of cidrBlock and ipv6CidrBlock"
        )
    if params.get("CidrBlock"):
        params["CidrBlock"] = str(network(params["CidrBlock"]))
    if params["Protocol"] in ("6", "17"):
        ports = params.get("PortRange") or {}
        first, last = ports.get("From"), ports.get("To")
        if first is None or last is None:
            raise AwsError("InvalidParameterValue", "The parameter portRange is required for TCP and UDP")
        if not 0 <= first <= last <= 65_535:
            raise AwsError("InvalidParameterValue", f"Invalid port range {first}-{last}")


@correct("ec2", "ReplaceNetworkAclAssociation")
def replace_network_acl_association(call: Call, base: Base) -> Any:
    """Both sides must exist and be of one VPC."""
    home = backend(call)
    acl = home.get_network_acl(call.params["NetworkAclId"])
    wanted = call.params["AssociationId"]
    old = next((a for a in home.network_acls.values() if wanted in a._associations), None)
    if old is None:
        raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{wanted}' does not exist")
    if old.vpc_id != acl.vpc_id:
        raise AwsError("InvalidParameterValue", f"{acl.id} and {wanted} belong to different networks")
    return base()


@correct("ec2", "DeleteNetworkAcl")
def delete_network_acl(call: Call, base: Base) -> Any:
    """The default ACL stays; one with associations is in use (moto refuses that)."""
    acl = backend(call).get_network_acl(call.params["NetworkAclId"])
    if acl.default:
        raise AwsError("InvalidParameterValue", f"The default network ACL {acl.id} cannot be deleted")
    result = base()
    backend(call).tags.pop(acl.id, None)
    return result
