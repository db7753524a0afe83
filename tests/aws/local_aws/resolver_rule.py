"""Resolver rules: forwarding through outbound endpoints, rules shared by other accounts, the autodefined one.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverRule.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateResolverRule.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteResolverRule.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_TargetAddress.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-rules-managing.html
"""

import ipaddress
import re
from typing import Any

from . import lag, ram_association, ram_share
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call
from .resolver import (
    bad,
    check_quota,
    check_request_id,
    checked_tags,
    denied,
    invalid,
    keep_tags,
    listed,
    message,
    missing,
    new_arn,
    new_id,
    remove,
    settle,
    stamp,
)
from .resolver_address import find as find_endpoint

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?|\*")
FILTERS = {n: n for n in ("CreatorRequestId", "DomainName", "Name", "ResolverEndpointId", "Status")}
AUTODEFINED = "rslvr-autodefined-rr-internet-resolver"

_rules: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}


@on_reset
def reset() -> None:
    """No rule is there but the autodefined one."""
    _rules.clear()


def rules(account: str, region: str) -> dict[str, dict[str, Any]]:
    """The rules that an account has made in a region."""
    return _rules.setdefault((account, region), {})


# A share takes only rules that are there.
ram_association.shareable("resolver-rule", lambda account, region, wanted: wanted in rules(account, region))


def autodefined(region: str) -> dict[str, Any]:
    """The rule that every account has: what no other rule forwards, Resolver looks up itself."""
    return {
        "Id": AUTODEFINED,
        "CreatorRequestId": "",
        "Arn": f"arn:aws:route53resolver:{region}::autodefined-rule/{AUTODEFINED}",
        "DomainName": ".",
        "Status": "COMPLETE",
        "RuleType": "RECURSIVE",
        "Name": "Internet Resolver",
        "OwnerId": "Route 53 Resolver",
    }


def visible(call: Call) -> dict[str, dict[str, Any]]:
    """The rules that the caller may use: the autodefined one, its own, and those shared with it."""
    arns = ram_share.shared_with(call.account, call.region)
    every = [r for (_, region), made in _rules.items() if region == call.region for r in made.values()]
    shared = {r["Id"]: r for r in every if r["Arn"] in arns} if arns else {}
    return {AUTODEFINED: autodefined(call.region), **rules(call.account, call.region), **shared}


def find(call: Call, wanted: str) -> dict[str, Any]:
    """The rule of that id, if the caller may use it."""
    rule = visible(call).get(wanted)
    if rule is None:
        raise missing("Resolver rule", wanted)
    return rule


def _own(call: Call) -> dict[str, Any]:
    rule = find(call, call.params["ResolverRuleId"])
    if rule["Id"] == AUTODEFINED:
        raise invalid("An autodefined rule cannot be changed or deleted")
    if rule["OwnerId"] != call.account:
        raise denied(call, rule["Arn"])
    return rule


def _seen(call: Call, rule: dict[str, Any]) -> dict[str, Any]:
    status = "NOT_SHARED"
    if rule["OwnerId"] != call.account and rule["Id"] != AUTODEFINED:
        status = "SHARED_WITH_ME"
    elif ram_share.is_shared(rule["Arn"]):
        status = "SHARED_BY_ME"
    return {**rule, "ShareStatus": status}


@correct("route53resolver", "CreateResolverRule")
def create_rule(call: Call, base: Base) -> Any:
    """Complete at once; a forwarding rule has an outbound endpoint and targets, a system rule neither."""
    params, mine = call.params, rules(call.account, call.region)
    kind, targets = params["RuleType"], params.get("TargetIps")
    if kind not in ("FORWARD", "SYSTEM"):
        raise bad(f"Rules of the type {kind} cannot be created here")
    check_request_id(call, "Resolver rule", mine.values())
    tags = checked_tags(params.get("Tags"))
    check_quota("resolverRules", len(mine) + 1)
    domain = _domain(params.get("DomainName"))
    if kind == "SYSTEM" and (targets or params.get("ResolverEndpointId")):
        raise invalid("Cannot specify resolver endpoint ID and target IP for SYSTEM type resolver rule")
    if kind == "FORWARD":
        targets = _targets(call, params.get("ResolverEndpointId"), targets)
    made, now = new_id("rslvr-rr"), stamp()
    mine[made] = rule = {
        "Id": made,
        "CreatorRequestId": params["CreatorRequestId"],
        "Arn": new_arn(call, "resolver-rule", made),
        "DomainName": domain,
        "Status": "COMPLETE",
        "StatusMessage": message("Successfully created Resolver Rule."),
        "RuleType": kind,
        "Name": params.get("Name"),
        "TargetIps": targets or None,
        "ResolverEndpointId": params.get("ResolverEndpointId"),
        "OwnerId": call.account,
        "CreationTime": now,
        "ModificationTime": now,
    }
    keep_tags(rule["Arn"], tags)
    lag.note(call, made)
    return {"ResolverRule": _seen(call, rule)}


def _domain(name: str | None) -> str:
    """The name in lower case and with the dot at its end, as AWS answers it."""
    labels = (name or "").lower().removesuffix(".").split(".")
    if not name or (name != "." and not all(LABEL.fullmatch(label) for label in labels)):
        raise bad(f"Invalid domain name: '{name}'")
    return "." if name == "." else ".".join(labels) + "."


def _targets(call: Call, endpoint_id: str | None, targets: Any) -> list[dict[str, Any]]:
    """The targets with what AWS adds; the endpoint must be able to reach them."""
    if not endpoint_id or not targets:
        raise invalid("A FORWARD type resolver rule needs a resolver endpoint ID and target IPs")
    endpoint = find_endpoint(call, endpoint_id).values
    if endpoint["Direction"] != "OUTBOUND":
        raise invalid(f"Resolver endpoint '{endpoint_id}' is not an outbound endpoint")
    if endpoint["Status"] == "DELETING":
        raise AwsError("ResourceUnavailableException", f"Resolver endpoint '{endpoint_id}' is being deleted")
    check_quota("resolverTargetIps", len(targets))
    whole = [{"Port": 53, "Protocol": "Do53", **t} for t in targets]
    for target in whole:
        try:
            ipaddress.IPv4Address(target.get("Ip"))
        except ValueError:
            raise bad(f"Invalid IP address: '{target.get('Ip')}'") from None
        if target["Protocol"] not in endpoint["Protocols"]:
            raise invalid(f"The resolver endpoint does not support the protocol {target['Protocol']}")
    return whole


@correct("route53resolver", "UpdateResolverRule")
def update_rule(call: Call, base: Base) -> Any:
    """What Config names; updating first. No second update meanwhile."""
    rule, config = _own(call), call.params["Config"]
    if rule["Status"] != "COMPLETE":
        text = "[RSLVR-00705] Cannot update Resolver Rule because it's currently updating."
        raise AwsError("ResourceUnavailableException", text)
    targets, endpoint = config.get("TargetIps"), config.get("ResolverEndpointId")
    if rule["RuleType"] == "SYSTEM" and (targets or endpoint):
        raise invalid("Cannot specify resolver endpoint ID and target IP for SYSTEM type resolver rule")
    if targets or endpoint:
        endpoint = endpoint or rule["ResolverEndpointId"]
        rule["TargetIps"] = _targets(call, endpoint, targets or rule["TargetIps"])
        rule["ResolverEndpointId"] = endpoint
    rule["Name"] = config.get("Name", rule["Name"])
    rule["StatusMessage"] = message("Successfully updated Resolver Rule.")
    settle(rule, "UPDATING", "COMPLETE", "resolverRule")
    return {"ResolverRule": _seen(call, rule)}


@correct("route53resolver", "DeleteResolverRule")
def delete_rule(call: Call, base: Base) -> Any:
    """Deleting, then gone. `resolver_association` refuses while VPCs use it."""
    rule, mine = _own(call), rules(call.account, call.region)
    if rule["Status"] == "DELETING":
        raise invalid(f"Resolver rule '{rule['Id']}' is already being deleted")
    rule["StatusMessage"] = message("Deleting the Resolver Rule.")
    remove(rule, "resolverRule", lambda: mine.pop(rule["Id"], None))
    return {"ResolverRule": _seen(call, rule)}


@correct("route53resolver", "GetResolverRule")
def get_rule(call: Call, base: Base) -> Any:
    """The caller's rule, one shared with the caller, or the autodefined one."""
    return {"ResolverRule": _seen(call, find(call, call.params["ResolverRuleId"]))}


@correct("route53resolver", "ListResolverRules")
def list_rules(call: Call, base: Base) -> Any:
    """All that the caller may use, in pages, by filters; the filter of the type is named TYPE."""
    answer = listed(call, "ResolverRules", list(visible(call).values()), {**FILTERS, "Type": "RuleType"})
    return {**answer, "ResolverRules": [_seen(call, r) for r in answer["ResolverRules"]]}


@correct("route53resolver", "DeleteResolverEndpoint")
def check_endpoint_unused(call: Call, base: Base) -> Any:
    """An endpoint stays while rules forward through it."""
    wanted = call.params["ResolverEndpointId"]
    using = [r["Id"] for r in rules(call.account, call.region).values() if r["ResolverEndpointId"] == wanted]
    if using:
        names = ", ".join(f'"{i}"' for i in using)
        text = "Cannot delete resolver endpoint unless its related resolver rules are deleted."
        raise invalid(
            f"[RSLVR-00600] {text} The following rules still exist for this resolver endpoint: {names}"
        )
    return base()
