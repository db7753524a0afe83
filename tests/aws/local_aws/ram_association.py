"""What RAM's resource shares hold: resources of the owner's, and the accounts that may use them.

https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_AssociateResourceShare.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_DisassociateResourceShare.html
https://docs.aws.amazon.com/ram/latest/APIReference/API_GetResourceShareAssociations.html
https://docs.aws.amazon.com/ram/latest/userguide/working-with-sharing-create.html
https://docs.aws.amazon.com/ram/latest/userguide/getting-started-shared.html
"""

import re
import uuid
from collections.abc import Callable
from typing import Any

from moto.ram.models import ResourceShare

from . import clock, lag, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .ram_invitation import invite
from .ram_share import (
    ARN,
    LIVE,
    Association,
    Share,
    checked_tags,
    keep,
    named,
    own_share,
    shares,
    today,
    turn,
    unknown,
)

TYPES = (*ResourceShare.SHAREABLE_RESOURCES, "resolver-query-log-config")

_exists: dict[str, Callable[[str, str, str], bool]] = {}


def shareable(kind: str, exists: Callable[[str, str, str], bool]) -> None:
    """Registers how to see whether a resource exists; those of other kinds are taken on trust."""
    _exists[kind] = exists


@correct("ram", "CreateResourceShare")
def create_share(call: Call, base: Base) -> Any:
    """Active at once; its resources and principals a while later."""
    params, made = call.params, str(uuid.uuid4())
    arn = f"arn:aws:ram:{call.region}:{call.account}:resource-share/{made}"
    external = params.get("allowExternalPrincipals", True)
    tags = checked_tags(params.get("tags"))
    share = Share(arn, params["name"], call.account, call.region, external, tags, today(), today())
    _check(call, share)
    keep(share)
    _add(call, share)
    lag.note(call, arn)
    return {"resourceShare": share.described(True)}


def _check(call: Call, share: Share) -> None:
    for arn in call.params.get("resourceArns") or []:
        parts = ARN.fullmatch(arn)
        if not parts:
            text = f"The specified resource ARN {arn} is not valid. Verify the ARN and try again."
            raise AwsError("MalformedArnException", text)
        _, region, account, kind, wanted = parts.groups()
        if kind not in TYPES:
            raise AwsError("MalformedArnException", "You cannot share the selected resource type.")
        exists = _exists.get(kind, lambda *_: True)
        # What others have shared with the account is not the account's to share.
        if (account, region) != (share.owner, share.region) or not exists(account, region, wanted):
            raise unknown(f"Resource {arn}")
    for principal in call.params.get("principals") or []:
        if principal.startswith("arn:aws:"):
            raise AwsError("NotInLocalAws", "Only accounts can be principals in the local AWS")
        if not re.fullmatch(r"\d{12}", principal):
            text = f"Principal ID {principal} is malformed. Verify the ID and try again."
            raise AwsError("InvalidParameterException", text)
        if _is_external(share, principal) and not share.external:
            text = "The resource you are attempting to share can only be shared within your AWS Organization."
            raise AwsError("OperationNotPermittedException", text)


def _is_external(share: Share, account: str) -> bool:
    inside = settings.get("ramSharingWithOrganization")
    return account != share.owner and not {account, share.owner} <= set(inside)


def _add(call: Call, share: Share) -> list[Association]:
    added = []
    for kind, entities in (("RESOURCE", "resourceArns"), ("PRINCIPAL", "principals")):
        for entity in call.params.get(entities) or []:
            found = share.find(kind, entity)
            if found is None:
                found = Association(entity, kind, False, "DISASSOCIATED", today(), today())
                share.associations.append(found)
            if found.status not in LIVE:
                _associate(share, found)
            added.append(found)
    return added


def _associate(share: Share, found: Association) -> None:
    found.external = found.kind == "PRINCIPAL" and _is_external(share, found.entity)
    found.change("ASSOCIATING")
    if found.external:
        invite(share, found)
    elif found.kind == "PRINCIPAL":
        found.change("ASSOCIATED")
    else:
        _settle(found, "ASSOCIATED")


def _settle(found: Any, last: str) -> None:
    first = found.status
    clock.after(settings.delay("ramShare"), lambda: found.change(last) if found.status == first else None)


@correct("ram", "AssociateResourceShare")
def associate(call: Call, base: Base) -> Any:
    """Resources and principals; what is there already stays as it is."""
    share = own_share(call)
    _check(call, share)
    return {"resourceShareAssociations": [share.association(a) for a in _add(call, share)]}


@correct("ram", "DisassociateResourceShare")
def disassociate(call: Call, base: Base) -> Any:
    """Unusable at once, disassociated a while later."""
    share, wanted = own_share(call), call.params
    names = [("RESOURCE", r) for r in wanted.get("resourceArns") or []]
    names += [("PRINCIPAL", p) for p in wanted.get("principals") or []]
    ended = [share.find(*n) for n in names]
    for found, (_, entity) in zip(ended, names, strict=True):
        if found is None or found.status not in LIVE:
            raise unknown(f"The association of {entity}")
    for found in ended:
        found.change("DISASSOCIATING")
        _settle(found, "DISASSOCIATED")
    return {"resourceShareAssociations": [share.association(a) for a in ended]}


@correct("ram", "GetResourceShareAssociations")
def get_associations(call: Call, base: Base) -> Any:
    """Of the shares that the caller owns; ended ones too."""
    params, kind = call.params, call.params["associationType"]
    other, name = ("resourceArn", "principal") if kind == "PRINCIPAL" else ("principal", "resourceArn")
    if params.get(other):
        text = f"You cannot specify {other} when the association type is {kind}."
        raise AwsError("InvalidParameterException", text)
    found = [(s, a) for s in named(call, shares(call, "SELF")) for a in s.associations if a.kind == kind]
    if params.get(name):
        found = [(s, a) for s, a in found if a.entity == params[name]]
    if params.get("associationStatus"):
        found = [(s, a) for s, a in found if a.status == params["associationStatus"]]
    part, rest = turn(call, found)
    return {"resourceShareAssociations": [s.association(a) for s, a in part], **rest}


@correct("ram", "ListResources")
def list_resources(call: Call, base: Base) -> Any:
    """The resources that the caller shares, or that others let the caller use."""
    params = call.params
    holding = named(call, shares(call, params["resourceOwner"]))
    found = [(s, a) for s in holding for a in s.associations if a.kind == "RESOURCE"]
    listed = [
        {
            "arn": a.entity,
            "type": _type(a.entity),
            "resourceShareArn": s.arn,
            "creationTime": a.created,
            "lastUpdatedTime": a.updated,
            "resourceRegionScope": "REGIONAL",
        }
        for s, a in found
        if a.status in LIVE
        and a.entity in (params.get("resourceArns") or [a.entity])
        and params.get("resourceType") in (None, _type(a.entity))
        and (not params.get("principal") or s.has("PRINCIPAL", params["principal"]))
    ]
    part, rest = turn(call, listed)
    return {"resources": part, **rest}


def _type(arn: str) -> str:
    service, _, _, kind, _ = ARN.fullmatch(arn).groups()
    return f"{service}:{''.join(word.capitalize() for word in kind.split('-'))}"
