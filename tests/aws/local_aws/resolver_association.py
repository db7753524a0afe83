"""Associations of Resolver rules with VPCs: one rule per domain and VPC, and the one that every VPC has.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverRule.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DisassociateResolverRule.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverRuleAssociations.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-rules-managing.html

AWS documents ResourceExistsException for what exists already, which is the answer here where the same rule
and VPC meet again; its users have reported the refusal of a conflicting domain, RSLVR-00802, in that case.
"""

from typing import Any

from . import lag
from .corrections import Base, correct, on_reset
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call
from .resolver import check_quota, check_vpc, invalid, listed, missing, new_id, remove, settle, taken
from .resolver_address import endpoints
from .resolver_rule import AUTODEFINED, find, rules

FILTERS = {n: n for n in ("Name", "ResolverRuleId", "Status", "VPCId")}
_associations: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}


@on_reset
def reset() -> None:
    """No association is there but the autodefined ones."""
    _associations.clear()


def associations(account: str, region: str) -> dict[str, dict[str, Any]]:
    """The associations that an account has made in a region."""
    return _associations.setdefault((account, region), {})


def _all(call: Call) -> dict[str, dict[str, Any]]:
    every = {}
    for vpc in backend(call).vpcs:
        made = f"rslvr-autodefined-assoc-{vpc}-internet-resolver"
        every[made] = {
            "Id": made,
            "ResolverRuleId": AUTODEFINED,
            "Name": "System Rule Association",
            "VPCId": vpc,
            "Status": "COMPLETE",
            "StatusMessage": "",
        }
    return {**every, **associations(call.account, call.region)}


@correct("route53resolver", "AssociateResolverRule")
def associate_rule(call: Call, base: Base) -> Any:
    """A rule that the caller may use, with a VPC of the caller's; creating first."""
    params, mine = call.params, associations(call.account, call.region)
    rule, vpc = find(call, params["ResolverRuleId"]), params["VPCId"]
    check_vpc(call, vpc)
    if rule["Id"] == AUTODEFINED:
        raise invalid("An autodefined rule cannot be associated")
    if rule["Status"] == "DELETING":
        raise AwsError("ResourceUnavailableException", f"Resolver rule '{rule['Id']}' is being deleted")
    for other in [a for a in mine.values() if a["VPCId"] == vpc]:
        if other["ResolverRuleId"] == rule["Id"]:
            raise taken(f"Resolver rule '{rule['Id']}' is already associated with VPC '{vpc}'")
        if other["DomainName"] == rule["DomainName"]:
            text = "Cannot associate rules with same domain name with same VPC."
            raise invalid(f"[RSLVR-00802] {text} Conflict with resolver rule '{other['ResolverRuleId']}'")
    _check_loop(call, rule, vpc)
    check_quota("resolverRuleAssociations", len(mine) + 1)
    made = new_id("rslvr-rrassoc")
    mine[made] = association = {
        "Id": made,
        "ResolverRuleId": rule["Id"],
        "Name": params.get("Name"),
        "VPCId": vpc,
        "StatusMessage": "",
        # Not answered, only compared: the rule may be another account's, and its share may end.
        "DomainName": rule["DomainName"],
    }
    settle(association, "CREATING", "COMPLETE", "resolverAssociation")
    lag.note(call, made)
    return {"ResolverRuleAssociation": association}


def _check_loop(call: Call, rule: dict[str, Any], vpc: str) -> None:
    # What comes in through the VPC's own inbound endpoint would be forwarded to that same endpoint.
    targets = {t["Ip"] for t in rule["TargetIps"] or []}
    for endpoint in endpoints(call.account, call.region).values():
        here = endpoint.values["HostVPCId"] == vpc and endpoint.values["Direction"] == "INBOUND"
        if here and targets & {a["Ip"] for a in endpoint.addresses}:
            text = f"Cannot associate rule {rule['Id']} to VPC {vpc} because the VPC include an INBOUND"
            text += " resolver endpoints with rule's target IP."
            raise invalid(f"[RSLVR-00804] {text} Please try a different rule or update rule's target IP.")


@correct("route53resolver", "DisassociateResolverRule")
def disassociate_rule(call: Call, base: Base) -> Any:
    """Deleting, then gone; also where the rule is no longer shared with the caller."""
    wanted, vpc = call.params["ResolverRuleId"], call.params["VPCId"]
    mine = associations(call.account, call.region)
    if wanted == AUTODEFINED:
        raise invalid("An autodefined rule cannot be disassociated")
    found = [a for a in mine.values() if (a["ResolverRuleId"], a["VPCId"]) == (wanted, vpc)]
    if not found:
        text = f"Resolver rule '{wanted}' is not associated with VPC '{vpc}'"
        raise AwsError("ResourceNotFoundException", text)
    remove(found[0], "resolverAssociation", lambda: mine.pop(found[0]["Id"], None))
    return {"ResolverRuleAssociation": found[0]}


@correct("route53resolver", "GetResolverRuleAssociation")
def get_association(call: Call, base: Base) -> Any:
    """The association, until it is gone."""
    wanted = call.params["ResolverRuleAssociationId"]
    if wanted not in _all(call):
        raise missing("Resolver rule association", wanted)
    return {"ResolverRuleAssociation": _all(call)[wanted]}


@correct("route53resolver", "ListResolverRuleAssociations")
def list_associations(call: Call, base: Base) -> Any:
    """The caller's own, also of its rules: what other accounts associate they see alone."""
    return listed(call, "ResolverRuleAssociations", list(_all(call).values()), FILTERS)


@correct("route53resolver", "DeleteResolverRule")
def check_rule_unused(call: Call, base: Base) -> Any:
    """A rule stays while it is associated with a VPC, in whatever account."""
    wanted = call.params["ResolverRuleId"]
    every = [a for found in _associations.values() for a in found.values()]
    using = [a["VPCId"] for a in every if a["ResolverRuleId"] == wanted]
    if wanted in rules(call.account, call.region) and using:
        text = f"Please disassociate this resolver rule from VPC first before deleting: {', '.join(using)}"
        raise AwsError("ResourceInUseException", text)
    return base()
