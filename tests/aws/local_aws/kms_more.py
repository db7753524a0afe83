"""KMS aliases, tags and grants.

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
"""

import json
from typing import Any

from . import clock, lag, policy_form
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .kms_key import backend, check_tags, find
from .paging import page


@correct("kms", "CreateAlias", "UpdateAlias", "DeleteAlias")
def check_alias(call: Call, base: Base) -> Any:
    """Refuses reserved names, foreign targets, and targets whose deletion is pending."""
    name = call.params["AliasName"]
    if not name.startswith("alias/"):
        raise AwsError("ValidationException", 'Alias must start with the prefix "alias/"')
    if name.startswith("alias/aws/"):
        raise AwsError("NotAuthorizedException", "Aliases that begin with alias/aws/ are reserved")
    arn = f"arn:aws:kms:{call.region}:{call.account}:{name}"
    exists = backend(call).alias_exists(name)
    if call.operation == "CreateAlias" and exists:
        raise AwsError("AlreadyExistsException", f"An alias with the name {arn} already exists")
    if call.operation != "CreateAlias" and not exists:
        raise AwsError("NotFoundException", f"Alias {arn} is not found.")
    if call.operation == "DeleteAlias":
        return base()
    target = call.params["TargetKeyId"]
    if "alias/" in target:
        raise AwsError("ValidationException", "Aliases must refer to keys. Not aliases")
    key = find(call, target)
    if key.key_state == "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    call.params["TargetKeyId"] = key.id
    result = base()
    alias = key.aliases[name]
    alias.last_updated = clock.now()
    if call.operation == "CreateAlias":
        alias.created = clock.now()
        lag.note(call, alias.alias_arn)
    return result


@correct("kms", "ListAliases")
def list_aliases(call: Call, base: Base) -> Any:
    """In pages, with dates; a new alias may be missing while the lag lasts."""
    if call.params.get("KeyId"):
        call.params["KeyId"] = find(call, call.params["KeyId"]).id
    aliases = [a for a in base()["Aliases"] if lag.visible(a["AliasArn"])]
    part, rest = page(call, aliases, 50, "Limit", "Marker", "InvalidMarkerException")
    made = {a.alias_name: a for k in backend(call).keys.values() for a in k.aliases.values()} if part else {}
    for alias in part:
        have = made.get(alias["AliasName"])
        if hasattr(have, "created"):
            alias |= {"CreationDate": have.created, "LastUpdatedDate": have.last_updated}
    return {"Aliases": part, "Truncated": rest is not None, **({"NextMarker": rest} if rest else {})}


@correct("kms", "TagResource")
def tag_resource(call: Call, base: Base) -> Any:
    """Merges; at most 50, none of them reserved."""
    key = find(call, call.params["KeyId"])
    check_tags(call.params["Tags"], backend(call).tagger.get_tag_dict_for_resource(key.id))
    return base()


@correct("kms", "ListResourceTags")
def list_resource_tags(call: Call, base: Base) -> Any:
    """In pages; a new key's tags may be missing while the lag lasts."""
    key = find(call, call.params["KeyId"])
    tags = backend(call).tagger.get_tag_dict_for_resource(key.id) if lag.visible(key.id) else {}
    part, rest = page(call, sorted(tags.items()), 50, "Limit", "Marker", "InvalidMarkerException")
    listed = [{"TagKey": k, "TagValue": v} for k, v in part]
    return {"Tags": listed, "Truncated": rest is not None, **({"NextMarker": rest} if rest else {})}


@correct("kms", "CreateGrant")
def create_grant(call: Call, base: Base) -> Any:
    """The same named grant again answers the same id; the grantee must exist."""
    key = find(call, call.params["KeyId"])
    wanted = call.params
    if ":role/" in wanted["GranteePrincipal"] and not policy_form.exists(wanted["GranteePrincipal"]):
        raise AwsError("InvalidArnException", "ARN does not refer to a valid principal")
    for grant in key.grants.values():
        same = (
            wanted.get("Name")
            and grant.name == wanted["Name"]
            and grant.grantee_principal == wanted["GranteePrincipal"]
            and sorted(grant.operations) == sorted(wanted["Operations"])
            and json.dumps(grant.constraints or {}) == json.dumps(wanted.get("Constraints") or {})
            and grant.retiring_principal == wanted.get("RetiringPrincipal")
        )
        if same:
            return {"GrantId": grant.id, "GrantToken": grant.token}
    return base()


@correct("kms", "ListGrants")
def list_grants(call: Call, base: Base) -> Any:
    """In pages, by key id or ARN."""
    key = find(call, call.params["KeyId"])
    grants = [g.to_json() for g in key.list_grants(call.params.get("GrantId"))]
    if call.params.get("GranteePrincipal"):
        grants = [g for g in grants if g["GranteePrincipal"] == call.params["GranteePrincipal"]]
    part, rest = page(call, grants, 50, "Limit", "Marker", "InvalidMarkerException")
    return {"Grants": part, "Truncated": rest is not None, **({"NextMarker": rest} if rest else {})}


@correct("kms", "RevokeGrant", "RetireGrant")
def end_grant(call: Call, base: Base) -> Any:
    """The key may be named by ARN; an unknown grant is refused."""
    if call.params.get("KeyId"):
        key = find(call, call.params["KeyId"])
        call.params["KeyId"] = key.id
        if call.params.get("GrantId") not in key.grants:
            raise AwsError("NotFoundException", f"Grant ID {call.params.get('GrantId')} not found")
    return base()
