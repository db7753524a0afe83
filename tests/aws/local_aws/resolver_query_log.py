"""Resolver query logging: configurations, and the VPCs whose queries they log.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverQueryLogConfig.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteResolverQueryLogConfig.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverQueryLogConfig.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DisassociateResolverQueryLogConfig.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverQueryLogConfigs.html
"""

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
    check_vpc,
    checked_tags,
    denied,
    invalid,
    keep_tags,
    listed,
    missing,
    new_arn,
    new_id,
    remove,
    settle,
    stamp,
    taken,
)

DESTINATIONS = {
    "CloudWatchLogs": re.compile(r"arn:aws[\w-]*:logs:[a-z0-9-]+:\d{12}:log-group:[\w./#-]{1,512}(:\*)?"),
    "S3": re.compile(r"arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"),
    "KinesisFirehose": re.compile(r"arn:aws[\w-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream/[\w.-]{1,64}"),
}
FILTERS = {
    n: n
    for n in (
        "Arn", "AssociationCount", "CreationTime", "CreatorRequestId", "Destination", "DestinationArn", "Id",
        "Name", "OwnerId", "ShareStatus", "Status",
    )
}  # fmt: skip
ASSOCIATION_FILTERS = {
    n: n for n in ("CreationTime", "Error", "Id", "ResolverQueryLogConfigId", "ResourceId", "Status")
}
KIND = "Resolver query log config"

_configs: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
_associations: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}


@on_reset
def reset() -> None:
    """No configuration is there."""
    _configs.clear()
    _associations.clear()


def _own_configs(account: str, region: str) -> dict[str, dict[str, Any]]:
    return _configs.setdefault((account, region), {})


ram_association.shareable(
    "resolver-query-log-config", lambda account, region, wanted: wanted in _own_configs(account, region)
)


def _visible(call: Call) -> dict[str, dict[str, Any]]:
    arns = ram_share.shared_with(call.account, call.region)
    foreign = [c for (_, region), own in _configs.items() if region == call.region for c in own.values()]
    shared = {c["Id"]: c for c in foreign if c["Arn"] in arns}
    return {**_own_configs(call.account, call.region), **shared}


def _find(call: Call) -> dict[str, Any]:
    wanted = call.params["ResolverQueryLogConfigId"]
    if wanted not in _visible(call):
        raise missing(KIND, wanted)
    return _visible(call)[wanted]


def _users(config: dict[str, Any]) -> list[dict[str, Any]]:
    every = [a for found in _associations.values() for a in found.values()]
    return [a for a in every if a["ResolverQueryLogConfigId"] == config["Id"]]


def _seen(call: Call, config: dict[str, Any]) -> dict[str, Any]:
    status = "SHARED_BY_ME" if ram_share.is_shared(config["Arn"]) else "NOT_SHARED"
    if config["OwnerId"] != call.account:
        status = "SHARED_WITH_ME"
    return {**config, "AssociationCount": len(_users(config)), "ShareStatus": status}


@correct("route53resolver", "CreateResolverQueryLogConfig")
def create_config(call: Call, base: Base) -> Any:
    """Creating first, whether its destination exists or not: that shows in its associations."""
    params, mine = call.params, _own_configs(call.account, call.region)
    check_request_id(call, KIND, mine.values())
    tags = checked_tags(params.get("Tags"))
    kinds = [k for k, form in DESTINATIONS.items() if form.fullmatch(params["DestinationArn"])]
    if not kinds:
        raise bad(f"The destination '{params['DestinationArn']}' is no log group, bucket or delivery stream")
    check_quota("resolverQueryLogConfigs", len(mine) + 1)
    made = new_id("rqlc")
    mine[made] = config = {
        "Id": made,
        "OwnerId": call.account,
        "Arn": new_arn(call, "resolver-query-log-config", made),
        "Name": params["Name"],
        "DestinationArn": params["DestinationArn"],
        "Destination": kinds[0],
        "CreatorRequestId": params["CreatorRequestId"],
        "CreationTime": stamp(),
    }
    settle(config, "CREATING", "CREATED", "resolverQueryLog")
    keep_tags(config["Arn"], tags)
    lag.note(call, made)
    return {"ResolverQueryLogConfig": _seen(call, config)}


@correct("route53resolver", "GetResolverQueryLogConfig")
def get_config(call: Call, base: Base) -> Any:
    """The configuration, until it is gone."""
    return {"ResolverQueryLogConfig": _seen(call, _find(call))}


@correct("route53resolver", "DeleteResolverQueryLogConfig")
def delete_config(call: Call, base: Base) -> Any:
    """Refused while VPCs are associated with it; deleting, then gone."""
    config, mine = _find(call), _own_configs(call.account, call.region)
    if config["OwnerId"] != call.account:
        raise denied(call, config["Arn"])
    if config["Status"] == "DELETING":
        raise invalid(f"{KIND} '{config['Id']}' is already being deleted")
    if _users(config):
        raise invalid(f"{KIND} '{config['Id']}' still has VPCs associated with it; disassociate them first")
    remove(config, "resolverQueryLog", lambda: mine.pop(config["Id"], None))
    return {"ResolverQueryLogConfig": _seen(call, config)}


@correct("route53resolver", "ListResolverQueryLogConfigs")
def list_configs(call: Call, base: Base) -> Any:
    """The caller's and those shared with it; in pages of 100 where the call gives no size."""
    found = [_seen(call, c) for c in _visible(call).values()]
    return listed(call, "ResolverQueryLogConfigs", _sorted(call, found), FILTERS, 100)


def _sorted(call: Call, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by = call.params.get("SortBy")
    if not by:
        return items
    if any(by not in i for i in items):
        raise bad(f"The list cannot be sorted by '{by}'")
    return sorted(items, key=lambda i: i[by], reverse=call.params.get("SortOrder") == "DESCENDING")


@correct("route53resolver", "AssociateResolverQueryLogConfig")
def associate_config(call: Call, base: Base) -> Any:
    """Creating, then active."""
    config, vpc = _find(call), call.params["ResourceId"]
    mine = _associations.setdefault((call.account, call.region), {})
    check_vpc(call, vpc)
    if config["Status"] == "DELETING":
        raise invalid(f"{KIND} '{config['Id']}' is being deleted")
    if any(a["ResourceId"] == vpc for a in _users(config)):
        raise taken(f"{KIND} '{config['Id']}' is already associated with VPC '{vpc}'")
    check_quota("resolverQueryLogAssociations", len(mine) + 1)
    made = new_id("rqlca")
    mine[made] = association = {
        "Id": made,
        "ResolverQueryLogConfigId": config["Id"],
        "ResourceId": vpc,
        "Error": "NONE",
        "ErrorMessage": "",
        "CreationTime": stamp(),
    }
    settle(association, "CREATING", "ACTIVE", "resolverQueryLog")
    lag.note(call, made)
    return {"ResolverQueryLogConfigAssociation": association}


@correct("route53resolver", "DisassociateResolverQueryLogConfig")
def disassociate_config(call: Call, base: Base) -> Any:
    """Deleting, then gone."""
    config, vpc = call.params["ResolverQueryLogConfigId"], call.params["ResourceId"]
    mine = _associations.setdefault((call.account, call.region), {})
    found = [a for a in mine.values() if (a["ResolverQueryLogConfigId"], a["ResourceId"]) == (config, vpc)]
    if not found:
        text = f"{KIND} '{config}' is not associated with VPC '{vpc}'"
        raise AwsError("ResourceNotFoundException", text)
    remove(found[0], "resolverQueryLog", lambda: mine.pop(found[0]["Id"], None))
    return {"ResolverQueryLogConfigAssociation": found[0]}


@correct("route53resolver", "GetResolverQueryLogConfigAssociation")
def get_association(call: Call, base: Base) -> Any:
    """The association, until it is gone."""
    wanted = call.params["ResolverQueryLogConfigAssociationId"]
    found = _associations.get((call.account, call.region), {}).get(wanted)
    if found is None:
        raise missing(f"{KIND} association", wanted)
    return {"ResolverQueryLogConfigAssociation": found}


@correct("route53resolver", "ListResolverQueryLogConfigAssociations")
def list_associations(call: Call, base: Base) -> Any:
    """The caller's; in pages of 100 where the call gives no size."""
    found = list(_associations.get((call.account, call.region), {}).values())
    name = "ResolverQueryLogConfigAssociations"
    return listed(call, name, _sorted(call, found), ASSOCIATION_FILTERS, 100)
