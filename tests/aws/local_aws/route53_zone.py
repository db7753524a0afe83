"""Private hosted zones and the VPCs that see them, over accounts.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_DisassociateVPCFromHostedZone.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateVPCAssociationAuthorization.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-associate-vpcs-different-accounts.html

To associate a VPC again with the same zone is no mistake here, as ConflictingDomainExists is documented for
another zone of the same name only; AWS's users have reported it for the same zone too.
"""

import re
import secrets
import string
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.route53 import models
from moto.route53.models import route53_backends

from . import lag
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call
from .paging import page

LABEL = re.compile(r"[a-z0-9_*]([a-z0-9_-]{0,61}[a-z0-9_])?")
VPC_ID = re.compile(r"vpc-[0-9a-f]{3,17}")
PAGE = 100
ID_LETTERS = string.ascii_uppercase + string.digits

def _zone_id(*_: Any, **__: Any) -> str:
    """Ids begin with Z, as AWS's do."""
    return "Z" + "".join(secrets.choice(ID_LETTERS) for _ in range(20))


# moto's begin with anything.
models.create_route53_zone_id = _zone_id

# (zone, region, VPC): what a zone's owner lets the VPC's owner do.
_authorized: set[tuple[str, str, str]] = set()


@on_reset
def reset() -> None:
    """Nothing is authorized."""
    _authorized.clear()


def _owner(region: str, vpc: str) -> str | None:
    """The account of a VPC."""
    homes = [home for account in ec2_backends.values() for home in account.values()]
    return next((h.account_id for h in homes if h.region_name == region and vpc in h.vpcs), None)


def _zones() -> list[tuple[str, Any]]:
    """All zones with their accounts."""
    homes = [home for account in route53_backends.values() for home in account.values()]
    return [(home.account_id, zone) for home in homes for zone in home.zones.values()]


def _find(call: Call, own: bool = True) -> tuple[str, Any]:
    wanted = call.params["HostedZoneId"].removeprefix("/hostedzone/")
    for owner, zone in _zones():
        if zone.resource_id == wanted and (owner == call.account or not own):
            return owner, zone
    raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {wanted}", 404)


def _vpc(params: dict[str, Any]) -> tuple[str, str]:
    vpc = params.get("VPC") or {}
    if not vpc.get("VPCId") or not vpc.get("VPCRegion"):
        raise AwsError("InvalidVPCId", "Invalid or missing VPC Id.")
    return vpc["VPCRegion"], vpc["VPCId"]


def _has(zone: Any, region: str, vpc: str) -> bool:
    return {"vpc_id": vpc, "vpc_region": region} in zone.vpcs


def _check_no_other(name: str, region: str, vpc: str, but: Any = None) -> None:
    """One VPC sees one zone of a name."""
    for _, zone in _zones():
        if zone is not but and zone.private_zone and zone.name == name and _has(zone, region, vpc):
            text = f"The VPC that you chose, {vpc} in region {region}, is already associated with another"
            text += f" private hosted zone that has an overlapping name space, {name}."
            raise AwsError("ConflictingDomainExists", text)


def _change(comment: str | None = None) -> dict[str, Any]:
    made = f"/change/C{secrets.token_hex(10).upper()}"
    return {"Id": made, "Status": "PENDING", "SubmittedAt": utcnow(), "Comment": comment}


def _note(call: Call, zone: Any, region: str, vpc: str) -> None:
    lag.note(call, f"{zone.resource_id}/{region}/{vpc}")


@correct("route53", "CreateHostedZone")
def create_zone(call: Call, base: Base) -> Any:
    """One per CallerReference; private with the first of its VPCs, which is the caller's."""
    params, home = call.params, route53_backends[call.account]["aws"]
    config, name = params.get("HostedZoneConfig") or {}, params["Name"].lower().removesuffix(".") + "."
    if not all(LABEL.fullmatch(label) for label in name.removesuffix(".").split(".")):
        raise AwsError("InvalidDomainName", f"{params['Name']} is not a valid domain name")
    if any(z.caller_reference == params["CallerReference"] for z in home.zones.values()):
        text = "A hosted zone has already been created with the specified caller reference."
        raise AwsError("HostedZoneAlreadyExists", text, 409)
    region = vpc = None
    if params.get("VPC"):
        region, vpc = _vpc(params)
        if _owner(region, vpc) != call.account:
            raise AwsError("InvalidVPCId", f"The VPC ID '{vpc}' does not exist or is not yours")
        _check_no_other(name, region, vpc)
    private = vpc is not None or config.get("PrivateZone", False)
    zone = home.create_hosted_zone(
        name,
        comment=config.get("Comment"),
        private_zone=private,
        caller_reference=params["CallerReference"],
        vpcid=vpc,
        vpcregion=region,
        delegation_set_id=params.get("DelegationSetId"),
    )
    if vpc:
        _note(call, zone, region, vpc)
    return {
        "HostedZone": zone,
        "ChangeInfo": _change(),
        "DelegationSet": None if private else zone.delegation_set,
        "VPC": params.get("VPC"),
        "Location": f"https://route53.amazonaws.com/2013-04-01/hostedzone/{zone.resource_id}",
    }


@correct("route53", "AssociateVPCWithHostedZone")
def associate_vpc(call: Call, base: Base) -> Any:
    """By the VPC's owner: with a zone of its own, or with one whose owner has authorized it."""
    region, vpc = _vpc(call.params)
    owner, zone = _find(call, own=False)
    if not zone.private_zone:
        text = "You're trying to associate a VPC with a public hosted zone."
        raise AwsError("PublicZoneVPCAssociation", f"{text} Amazon Route 53 doesn't support that.")
    holder = _owner(region, vpc)
    if holder is None:
        raise AwsError("InvalidVPCId", f"The VPC ID '{vpc}' does not exist in {region}")
    allowed = owner == call.account or (zone.resource_id, region, vpc) in _authorized
    if holder != call.account or not allowed:
        text = f"The VPC {vpc} in {region} has not authorized association with your hosted zone."
        raise AwsError("NotAuthorizedException", text, 401)
    _check_no_other(zone.name, region, vpc, zone)
    if not _has(zone, region, vpc):
        zone.add_vpc(vpc, region)
        _note(call, zone, region, vpc)
    return {"ChangeInfo": _change(call.params.get("Comment"))}


@correct("route53", "DisassociateVPCFromHostedZone")
def disassociate_vpc(call: Call, base: Base) -> Any:
    """By the zone's owner or the VPC's; one VPC stays."""
    region, vpc = _vpc(call.params)
    _, zone = _find(call, own=_owner(region, vpc) != call.account)
    if not _has(zone, region, vpc):
        text = f"The VPC: {vpc} and Hosted Zone: {zone.resource_id} are not currently associated."
        raise AwsError("VPCAssociationNotFound", text, 404)
    if len(zone.vpcs) == 1:
        text = "The VPC that you're trying to disassociate is the last one that the hosted zone has."
        raise AwsError("LastVPCAssociation", text)
    zone.vpcs.remove({"vpc_id": vpc, "vpc_region": region})
    return {"ChangeInfo": _change(call.params.get("Comment"))}


@correct("route53", "ListHostedZonesByVPC")
def list_zones_by_vpc(call: Call, base: Base) -> Any:
    """The VPC's zones in pages, for its owner those of other accounts too."""
    region, vpc, size = (
        call.params["VPCRegion"],
        call.params["VPCId"],
        call.params.get("MaxItems") or str(PAGE),
    )
    if not size.isdecimal() or not 1 <= int(size) <= PAGE:
        raise AwsError("InvalidInput", f"MaxItems must be a number from 1 to {PAGE}")
    all_of_them = _owner(region, vpc) == call.account
    found = [
        {"HostedZoneId": zone.resource_id, "Name": zone.name, "Owner": {"OwningAccount": owner}}
        for owner, zone in _zones()
        if _has(zone, region, vpc)
        and (all_of_them or owner == call.account)
        and lag.visible(f"{zone.resource_id}/{region}/{vpc}")
    ]
    call.params["MaxItems"] = int(size)
    part, rest = page(call, found, PAGE, "MaxItems", "NextToken", "InvalidPaginationToken")
    return {"HostedZoneSummaries": part, "MaxItems": size, **({"NextToken": rest} if rest else {})}


@correct("route53", "CreateVPCAssociationAuthorization")
def authorize(call: Call, base: Base) -> Any:
    """By the zone's owner; whether the VPC exists is the other account's matter."""
    region, vpc = _vpc(call.params)
    _, zone = _find(call)
    if not VPC_ID.fullmatch(vpc):
        raise AwsError("InvalidVPCId", f"The VPC ID '{vpc}' is invalid")
    if not zone.private_zone:
        raise AwsError("InvalidInput", "A public hosted zone has no VPCs")
    _authorized.add((zone.resource_id, region, vpc))
    return {"HostedZoneId": zone.resource_id, "VPC": call.params["VPC"]}


@correct("route53", "DeleteVPCAssociationAuthorization")
def deauthorize(call: Call, base: Base) -> Any:
    """What is associated already stays so."""
    _, zone = _find(call)
    key = (zone.resource_id, *_vpc(call.params))
    if key not in _authorized:
        text = "The VPC that you specified is not authorized to be associated with the hosted zone."
        raise AwsError("VPCAssociationAuthorizationNotFound", text, 404)
    _authorized.remove(key)
    return {}


@correct("route53", "ListVPCAssociationAuthorizations")
def list_authorizations(call: Call, base: Base) -> Any:
    """The VPCs that may be associated with the zone."""
    _, zone = _find(call)
    mine = sorted((region, vpc) for wanted, region, vpc in _authorized if wanted == zone.resource_id)
    return {"HostedZoneId": zone.resource_id, "VPCs": [{"VPCRegion": r, "VPCId": v} for r, v in mine]}
