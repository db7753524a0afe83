"""RAM's resource shares: what an account lets other accounts use in a region, and who may.

https://docs.aws.amazon.com/ram/latest/APIReference/API_ResourceShare.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_GetResourceShares.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_UpdateResourceShare.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_DeleteResourceShare.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_TagResource.html

A deleted share and a removed association stay in lists, as DELETED and DISASSOCIATED; in AWS for some hours.
"""

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import clock, lag
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call
from .paging import page

TOKENED = (
    "CreateResourceShare",
    "UpdateResourceShare",
    "DeleteResourceShare",
    "AssociateResourceShare",
    "DisassociateResourceShare",
    "AcceptResourceShareInvitation",
    "RejectResourceShareInvitation",
)
ARN = re.compile(r"arn:aws[\w-]*:([\w-]+):([\w-]*):(\d{12}):([\w-]+)[/:](.+)")
TAGS = 50
LIVE = ("ASSOCIATING", "ASSOCIATED")


@dataclass
class Association:
    """A principal or a resource of a share."""

    entity: str
    kind: str
    external: bool
    status: str
    created: datetime
    updated: datetime

    def change(self, status: str) -> None:
        """The association's next status."""
        self.status, self.updated = status, today()


@dataclass
class Share:
    """A share with its associations, also with those that ended."""

    arn: str
    name: str
    owner: str
    region: str
    external: bool
    tags: dict[str, str]
    created: datetime
    updated: datetime
    status: str = "ACTIVE"
    associations: list[Association] = field(default_factory=list)

    def find(self, kind: str, entity: str) -> Association | None:
        """The association of a principal or resource."""
        return next((a for a in self.associations if (a.kind, a.entity) == (kind, entity)), None)

    def has(self, kind: str, entity: str) -> bool:
        """Whether the share works for the principal or resource."""
        found = self.find(kind, entity)
        return self.status == "ACTIVE" and found is not None and found.status == "ASSOCIATED"

    def described(self, own: bool) -> dict[str, Any]:
        """As AWS answers it; tags are seen by the owner only."""
        tags = [{"key": k, "value": v} for k, v in self.tags.items()]
        return {
            "resourceShareArn": self.arn,
            "name": self.name,
            "owningAccountId": self.owner,
            "allowExternalPrincipals": self.external,
            "status": self.status,
            "creationTime": self.created,
            "lastUpdatedTime": self.updated,
            "featureSet": "STANDARD",
            **({"tags": tags} if own else {}),
        }

    def association(self, found: Association) -> dict[str, Any]:
        """An association as AWS answers it."""
        return {
            "resourceShareArn": self.arn,
            "resourceShareName": self.name,
            "associatedEntity": found.entity,
            "associationType": found.kind,
            "status": found.status,
            "creationTime": found.created,
            "lastUpdatedTime": found.updated,
            "external": found.external,
        }


_shares: dict[str, Share] = {}
_done: dict[tuple[str, ...], tuple[str, Any]] = {}


@on_reset
def reset() -> None:
    """Nothing is shared and no token was used."""
    _shares.clear()
    _done.clear()


def shared_with(account: str, region: str) -> set[str]:
    """The ARNs of the resources that others let the account use."""
    found = [s for s in _shares.values() if s.region == region and s.has("PRINCIPAL", account)]
    return {a.entity for s in found for a in s.associations if s.has("RESOURCE", a.entity)}


def is_shared(arn: str) -> bool:
    """Whether a live share holds the resource, whoever may use it."""
    live = [s for s in _shares.values() if s.status == "ACTIVE"]
    return any(a.entity == arn and a.status in LIVE for s in live for a in s.associations)


def keep(share: Share) -> None:
    """From now on the share is one of its owner's."""
    _shares[share.arn] = share


def today() -> datetime:
    """Now, as answers carry it."""
    return datetime.fromtimestamp(clock.now(), UTC)


def unknown(what: str) -> AwsError:
    """The refusal of what does not exist."""
    return AwsError("UnknownResourceException", f"{what} could not be found.")


@correct("ram", *TOKENED, gate=True)
def once(call: Call, base: Base) -> Any:
    """The same token and parameters again answer what they answered first; other parameters are refused."""
    token = call.params.get("clientToken")
    if not token:
        return {**base(), "clientToken": str(uuid.uuid4())}
    key = (call.account, call.region, call.operation, token)
    asked = json.dumps(call.params, sort_keys=True, default=str)
    if key in _done and _done[key][0] != asked:
        text = "The request has the same client token as another one with different parameters."
        raise AwsError("IdempotentParameterMismatchException", text)
    if key not in _done:
        _done[key] = (asked, {**base(), "clientToken": token})
    return _done[key][1]


def own_share(call: Call) -> Share:
    """The caller's share that the call names, unless it is deleted."""
    wanted = call.params["resourceShareArn"]
    if not ARN.fullmatch(wanted):
        raise AwsError("MalformedArnException", f"The specified resource share ARN {wanted} is not valid.")
    share = next((s for s in shares(call, "SELF") if s.arn == wanted), None)
    if share is None or share.status != "ACTIVE":
        raise unknown(f"ResourceShare {wanted}")
    return share


def shares(call: Call, owner: str) -> list[Share]:
    """The shares that the caller owns, deleted ones too, or those of others that the caller may use."""
    here = [s for s in _shares.values() if s.region == call.region]
    if owner == "SELF":
        return [s for s in here if s.owner == call.account]
    return [s for s in here if s.owner != call.account and s.has("PRINCIPAL", call.account)]


def checked_tags(tags: Any, before: dict[str, str] | None = None) -> dict[str, str]:
    """Tags as a map, joined with those that are there."""
    whole = {**(before or {}), **{t["key"]: t.get("value", "") for t in tags or []}}
    if any(k.lower().startswith("aws:") for k in whole):
        raise AwsError("InvalidParameterException", "Tag keys that begin with aws: are reserved")
    if len(whole) > TAGS:
        raise AwsError("TagLimitExceededException", f"A resource share has at most {TAGS} tags")
    return whole


@correct("ram", "UpdateResourceShare")
def update_share(call: Call, base: Base) -> Any:
    """What the call names; the rest stays."""
    share = own_share(call)
    share.name = call.params.get("name", share.name)
    share.external = call.params.get("allowExternalPrincipals", share.external)
    share.updated = today()
    return {"resourceShare": share.described(True)}


@correct("ram", "DeleteResourceShare")
def delete_share(call: Call, base: Base) -> Any:
    """Nobody may use it any more; it stays in the owner's list."""
    share = own_share(call)
    share.status, share.updated = "DELETED", today()
    for found in share.associations:
        found.change("DISASSOCIATED")
    return {"returnValue": True}


@correct("ram", "GetResourceShares")
def get_shares(call: Call, base: Base) -> Any:
    """The caller's or those that others let the caller use; in pages, by filters."""
    params, own = call.params, call.params["resourceOwner"] == "SELF"
    found = named(call, shares(call, params["resourceOwner"]))
    if params.get("resourceShareStatus"):
        found = [s for s in found if s.status == params["resourceShareStatus"]]
    if params.get("name"):
        found = [s for s in found if s.name == params["name"]]
    for wanted in params.get("tagFilters") or []:
        key, values = wanted.get("tagKey"), wanted.get("tagValues")
        found = [s for s in found if own and key in s.tags and (not values or s.tags[key] in values)]
    part, rest = turn(call, found)
    return {"resourceShares": [s.described(own) for s in part], **rest}


def named(call: Call, found: list[Share]) -> list[Share]:
    """The shares that the call names, else all that lists show already."""
    wanted = call.params.get("resourceShareArns")
    if not wanted:
        return [s for s in found if lag.visible(s.arn)]
    for arn in wanted:
        if not ARN.fullmatch(arn):
            raise AwsError("MalformedArnException", f"The specified resource share ARN {arn} is not valid.")
        if arn not in [s.arn for s in found]:
            raise unknown(f"ResourceShare {arn}")
    return [s for s in found if s.arn in wanted]


def turn(call: Call, items: list[Any]) -> tuple[Any, dict[str, str]]:
    """The page that the call asks for, and what names the next one."""
    part, rest = page(call, items, 100, "maxResults", "nextToken", "InvalidNextTokenException")
    return part, {"nextToken": rest} if rest else {}


@correct("ram", "TagResource")
def tag_resource(call: Call, base: Base) -> Any:
    """Adds tags, and replaces those of the same keys."""
    share = own_share(call)
    share.tags = checked_tags(call.params["tags"], share.tags)
    return {}


@correct("ram", "UntagResource")
def untag_resource(call: Call, base: Base) -> Any:
    """A key that is not there need not go."""
    share = own_share(call)
    share.tags = {k: v for k, v in share.tags.items() if k not in call.params["tagKeys"]}
    return {}
