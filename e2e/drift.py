"""Changes by hand, and how long it takes until they are undone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from local_stack.supervisor import AWS_REGION

from aws import root_of
from cluster import Failure
from fleet import Tenant
from kube import Api

POLL_SECONDS = 0.05
REPAIR_SECONDS = 600
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Drift:
    """What somebody does, and how to see that it was undone."""

    what: str
    happen: Callable[[], object]
    is_undone: Callable[[], bool]

    def seconds(self) -> float:
        """Does it, and takes the time from the call until AWS is as it was."""
        begun = time.monotonic()
        self.happen()
        while not self.is_undone():
            if time.monotonic() - begun > REPAIR_SECONDS:
                raise Failure(f"not undone within {REPAIR_SECONDS} s: {self.what}")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - begun


def drifts(tenants: list[Tenant], api: Api, endpoint: str) -> Iterator[Drift]:
    """One for each tenant, of each sort in turn."""
    for tenant, sort in zip(tenants, cycle((policy_goes, rotation_ends, port_opens)), strict=False):
        yield sort(tenant, api, endpoint)


def policy_goes(tenant: Tenant, api: Api, endpoint: str) -> Drift:
    s3 = root_of(tenant.account, "s3", endpoint)
    bucket = part(api, "FileLinkBucket", tenant, "files", "bucket")
    policy = policy_of(s3, bucket)
    return Drift(
        f"the policy of {bucket} is deleted",
        lambda: s3.delete_bucket_policy(Bucket=bucket),
        lambda: policy_of(s3, bucket) == policy,
    )


def policy_of(s3: BaseClient, bucket: str) -> str | None:
    try:
        return s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise


def rotation_ends(tenant: Tenant, api: Api, endpoint: str) -> Drift:
    kms = root_of(tenant.account, "kms", endpoint)
    key = part(api, "Municipality", tenant, "tenant", "key.")
    return Drift(
        f"the rotation of {key} is disabled",
        lambda: kms.disable_key_rotation(KeyId=key),
        lambda: kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
    )


def port_opens(tenant: Tenant, api: Api, endpoint: str) -> Drift:
    ec2 = root_of(tenant.account, "ec2", endpoint)
    group = part(api, "Municipality", tenant, "tenant", "security-group.")
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": ANYWHERE}]}
    return Drift(
        f"{group} is opened to {ANYWHERE}",
        lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh]),
        lambda: ANYWHERE not in sources_of(ec2, group),
    )


def sources_of(ec2: BaseClient, group: str) -> set[str]:
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return {one["CidrIp"] for rule in found["IpPermissions"] for one in rule["IpRanges"]}


def part(api: Api, kind: str, tenant: Tenant, name: str, role: str) -> str:
    """The id of the first part in Tokyo whose role begins so."""
    inventory = api.get(kind, tenant.namespace, name)["status"]["inventory"]
    found = [one["id"] for one in inventory if one["role"].startswith(role) and one["region"] == AWS_REGION]
    if not found:
        raise Failure(f"{kind} {tenant.namespace}/{name} has no {role} among {inventory}")
    return found[0]
