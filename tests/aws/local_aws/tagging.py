"""The Resource Groups Tagging API: what of an account and region carries tags. IAM's roles are not among it.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from . import ec2_describe, ec2_tags, lag, ram_share, resolver, transfer_server
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page

TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "fl": "vpc-flow-log",
    "i": "instance",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "tgw-attach": "transit-gateway-attachment",
    "vol": "volume",
    "vpce": "vpc-endpoint",
}
Tagged = tuple[str, dict[str, str]]


def bad(message: str) -> AwsError:
    """The refusal of a request."""
    return AwsError("InvalidParameterException", message)


@correct("tagging", "GetResources")
def get_resources(call: Call, base: Base) -> dict[str, Any]:
    """Those that have every tag of the filters, in pages of at most a hundred."""
    if not 1 <= call.params.get("ResourcesPerPage", 100) <= 100:
        raise bad("ResourcesPerPage must be between 1 and 100")
    filters = call.params.get("TagFilters") or []
    found = [
        {"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in sorted(tags.items())]}
        for arn, tags in sorted(_all(call))
        if all(f["Key"] in tags and tags[f["Key"]] in (f.get("Values") or [tags[f["Key"]]]) for f in filters)
    ]
    shown, token = page(
        call, found, 50, "ResourcesPerPage", "PaginationToken", "PaginationTokenExpiredException"
    )
    return {"ResourceTagMappingList": shown, "PaginationToken": token or ""}


def _is_used(call: Call) -> bool:
    """Whether anybody asked anything there: to look would make moto fill a new Region with defaults."""
    return any(
        dict.__contains__(backends, call.account) and dict.__contains__(backends[call.account], call.region)
        for backends in (ec2_backends, kms_backends, rds_backends)
    )


def _all(call: Call) -> Iterator[Tagged]:
    buckets = s3_backends[call.account]["aws"]
    for one in buckets.iter_tagged_resources():
        if one.tags and buckets.buckets[one.arn.rpartition(":")[2]].region_name == call.region:
            yield one.arn, one.tags
    if not _is_used(call):
        return
    where = f"{call.region}:{call.account}"
    for resource, tags in ec2_describe.backend(call).tags.items():
        prefix = resource.rpartition("-")[0]
        if tags and lag.visible(resource) and ec2_tags.exists(call, resource):
            yield f"arn:aws:ec2:{where}:{TYPES.get(prefix, prefix)}/{resource}", dict(tags)
    for other in (kms_backends, rds_backends):
        for one in other[call.account][call.region].iter_tagged_resources():
            if one.tags:
                yield one.arn, one.tags
    yield from resolver.tagged(call)
    for server in transfer_server.servers(call).values():
        yield server.arn, server.tags
    for share in ram_share.shares(call, "SELF"):
        if share.status == "ACTIVE":
            yield share.arn, share.tags
