"""Route 53 Resolver: what its resources share: refusals, states that take time, filters, pages, tags.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_Filter.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverEndpoints.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_TagResource.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListTagsForResource.html
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from . import clock, lag, settings
from .corrections import Base, correct, on_reset
from .ec2_describe import backend
from .errors import AwsError
from .identify import Call
from .paging import page

TAGS = 200
_tags: dict[str, dict[str, str]] = {}


@on_reset
def reset() -> None:
    """Nothing has tags."""
    _tags.clear()


def invalid(message: str) -> AwsError:
    """The refusal of what the state of things does not allow."""
    return AwsError("InvalidRequestException", message)


def bad(message: str) -> AwsError:
    """The refusal of a parameter's value."""
    return AwsError("InvalidParameterException", message)


def missing(kind: str, wanted: str) -> AwsError:
    """The refusal of what does not exist."""
    return AwsError("ResourceNotFoundException", f"{kind} with ID '{wanted}' does not exist.")


def taken(message: str) -> AwsError:
    """The refusal of what exists already."""
    return AwsError("ResourceExistsException", message)


def denied(call: Call, resource: str) -> AwsError:
    """The refusal of what only the owner may do."""
    message = f"User: {call.principal} is not authorized to perform: route53resolver:{call.operation}"
    return AwsError("AccessDeniedException", f"{message} on resource: {resource}")


def check_quota(name: str, count: int) -> None:
    """Refuses what would be more than the quota."""
    if count > settings.get("quota")[name]:
        raise AwsError("LimitExceededException", f"The quota of {settings.get('quota')[name]} is exceeded.")


def check_request_id(call: Call, kind: str, others: Iterable[dict[str, Any]], code: str = "") -> None:
    """A CreatorRequestId makes one resource; AWS refuses a repeat, even of the very same request."""
    wanted = call.params["CreatorRequestId"]
    if any(o["CreatorRequestId"] == wanted for o in others):
        raise taken(f"{code}{kind} with creator request ID '{wanted}' already exists")


def check_vpc(call: Call, wanted: str) -> None:
    """The VPC must be the caller's."""
    if wanted not in backend(call).vpcs:
        raise bad(f"The vpc ID '{wanted}' does not exist")


def new_id(prefix: str) -> str:
    """An id as Resolver makes them."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def new_arn(call: Call, kind: str, made: str) -> str:
    """The ARN of a resource of the caller's."""
    return f"arn:aws:route53resolver:{call.region}:{call.account}:{kind}/{made}"


def stamp() -> str:
    """Now, as answers carry it."""
    return datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def message(text: str) -> str:
    """A StatusMessage."""
    return f"[Trace id: 1-{secrets.token_hex(4)}-{secrets.token_hex(12)}] {text}"


def settle(values: dict[str, Any], first: str, last: str, delay: str) -> None:
    """The resource is in the first status for the delay, then in the last."""
    values["Status"] = first
    if "ModificationTime" in values:
        values["ModificationTime"] = stamp()

    def change() -> None:
        if values["Status"] == first:
            values["Status"] = last

    clock.after(settings.delay(delay), change)


def remove(values: dict[str, Any], delay: str, forget: Callable[[], None]) -> None:
    """The resource is DELETING for the delay, and to be seen as such; then it is gone."""
    values["Status"] = "DELETING"

    def change() -> None:
        forget()
        _tags.pop(values.get("Arn", ""), None)

    clock.after(settings.delay(delay), change)


def listed(
    call: Call, name: str, items: list[dict[str, Any]], filters: dict[str, str], default: int = 10
) -> dict[str, Any]:
    """The page of those items that lists show already and that pass the call's filters.

    `filters` maps each filter's name to the member that it looks at. A filter passes if one of its values
    does; AWS still takes the names' old form, as in HOST_VPC_ID.
    """
    seen = [i for i in items if lag.visible(i.get("Id") or i["IpId"])]
    count = len(seen)
    known = {n.lower(): member for n, member in filters.items()}
    for wanted in call.params.get("Filters") or []:
        member = known.get((wanted.get("Name") or "").replace("_", "").lower())
        if member is None:
            raise bad(f"The filter '{wanted.get('Name')}' is invalid")
        seen = [i for i in seen if _passes(i.get(member), wanted.get("Values") or [])]
    part, rest = page(call, seen, default, bad_token="InvalidNextTokenException")
    size = call.params.get("MaxResults") or default
    totals = {"TotalCount": count, "TotalFilteredCount": len(seen)}
    return {name: part, "MaxResults": size, **totals, **({"NextToken": rest} if rest else {})}


def _passes(value: Any, wanted: list[str]) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(str(v) in wanted for v in values if v is not None)


def checked_tags(tags: list[dict[str, str]] | None, before: dict[str, str] | None = None) -> dict[str, str]:
    """Tags as a map, joined with those that are there."""
    given = {t["Key"]: t["Value"] for t in tags or []}
    if len(given) != len(tags or []):
        raise AwsError("InvalidTagException", "Duplicate tag keys")
    if any(k.lower().startswith("aws:") for k in given):
        raise AwsError("InvalidTagException", "Tag keys that begin with aws: are reserved")
    whole = {**(before or {}), **given}
    if len(whole) > TAGS:
        raise AwsError("LimitExceededException", f"A resource has at most {TAGS} tags")
    return whole


def tagged(call: Call) -> list[tuple[str, dict[str, str]]]:
    """What of the account and region carries tags."""
    return [(arn, t) for arn, t in _tags.items() if t and arn.split(":")[3:5] == [call.region, call.account]]


def keep_tags(arn: str, tags: dict[str, str]) -> None:
    """From now on the resource is one that has tags."""
    _tags[arn] = tags


def _of_resource(call: Call) -> dict[str, str]:
    arn = call.params["ResourceArn"]
    # Tags are their owner's, whoever a rule is shared with.
    if arn not in _tags or arn.split(":")[3:5] != [call.region, call.account]:
        raise AwsError("ResourceNotFoundException", f"Resource '{arn}' does not exist")
    return _tags[arn]


@correct("route53resolver", "TagResource")
def tag_resource(call: Call, base: Base) -> Any:
    """Adds tags, and replaces those of the same keys."""
    old = _of_resource(call)
    old.update(checked_tags(call.params["Tags"], old))
    return {}


@correct("route53resolver", "UntagResource")
def untag_resource(call: Call, base: Base) -> Any:
    """A key that is not there need not go."""
    old = _of_resource(call)
    for key in call.params["TagKeys"]:
        old.pop(key, None)
    return {}


@correct("route53resolver", "ListTagsForResource")
def list_tags(call: Call, base: Base) -> Any:
    """In pages of 100 where the call gives no size."""
    tags = [{"Key": k, "Value": v} for k, v in _of_resource(call).items()]
    part, rest = page(call, tags, 100, bad_token="InvalidNextTokenException")
    return {"Tags": part, **({"NextToken": rest} if rest else {})}
