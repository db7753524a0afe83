"""A fleet of tenants for measurements: each a Municipality with a network of its own and three subnets, a FileLinkBucket,
and a role for one client; up to four Resolver endpoints per account, with one rule each, serve the account's tenants. With
all kinds, each tenant has a volume too, and an OsakaBackupPolicy that would copy it, at a time that is months away."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from installation import GROUP, REPOSITORY

VERSION = f"{GROUP}/v1alpha1"
INSTALLATION = "bench"
HUB = "123456789012"
FIRST_ACCOUNT = 111122223333
EXTERNAL_ID = "fleet-5d0c"
ENDPOINTS = 4
ZONES = ("ap-northeast-1a", "ap-northeast-1c")
SERVICE_ZONE = "ap-northeast-1d"
USUAL = ("Municipality", "FileLinkBucket", "ResolverEndpoint")
KINDS = {"usual": USUAL, "all": (*USUAL, "OsakaBackupPolicy")}
# In this family of calls the local AWS itself refuses what is more than AWS takes.
ENFORCED = "resolver"
MANY = {"perSecond": 1000, "burst": 1000}


@dataclass(frozen=True)
class Tenant:
    """One tenant, by its number from 0."""

    number: int
    account: str

    @property
    def namespace(self) -> str:
        return f"tenant-{self.number:04}"

    @property
    def code(self) -> str:
        """A municipality code that nobody else has, with its check digit (JIS X 0402)."""
        digits = f"{1 + self.number // 900:02}{100 + self.number % 900:03}"
        rest = sum(int(digit) * (6 - place) for place, digit in enumerate(digits)) % 11
        return digits + str((11 - rest) % 10)

    @property
    def prefix(self) -> str:
        """The first three numbers of the first /24 of its /20."""
        return f"10.{self.number // 16}.{self.number % 16 * 16}"

    def subnet(self, place: int) -> str:
        third = self.number % 16 * 16 + place
        return f"10.{self.number // 16}.{third}.0/24"

    def host(self, place: int, last: int) -> str:
        return self.subnet(place).removesuffix("0/24") + str(last)

    def role(self, name: str) -> str:
        """A role of its account."""
        return f"arn:aws:iam::{self.account}:role/{name}"


@dataclass(frozen=True)
class Fleet:
    """So many tenants, dealt out to so many accounts."""

    count: int
    accounts: int = 1
    kinds: tuple[str, ...] = USUAL

    def tenant(self, number: int) -> Tenant:
        return Tenant(number, account_id(number % self.accounts))

    def tenants(self) -> Iterator[Tenant]:
        return map(self.tenant, range(self.count))

    def some(self, wanted: int) -> list[Tenant]:
        """So many of them, scattered over the accounts; the same ones each time."""
        chosen = random.Random(self.count).sample(range(self.count), min(wanted, self.count))
        return [self.tenant(number) for number in chosen]

    def account_ids(self) -> list[str]:
        return [account_id(place) for place in range(min(self.accounts, self.count))]

    def in_account(self, place: int) -> list[Tenant]:
        return [self.tenant(number) for number in range(place, self.count, self.accounts)]

    def served_by(self, tenant: Tenant) -> Tenant:
        """In whose network the endpoint stands that serves a tenant: one of the first of the account."""
        account = tenant.number % self.accounts
        endpoints = min(ENDPOINTS, len(range(account, self.count, self.accounts)))
        place = tenant.number // self.accounts % endpoints
        return self.tenant(account + place * self.accounts)

    def objects(self) -> Iterator[dict[str, Any]]:
        """All of them, references first; one at a time."""
        for tenant in self.tenants():
            yield municipality(tenant, self.served_by(tenant))
        for tenant in self.tenants():
            yield bucket(tenant, self.has_policies)
        for account in range(min(self.accounts, self.count)):
            yield from endpoints(self.in_account(account))
        if self.has_policies:
            yield from map(policy, self.tenants())

    @property
    def has_policies(self) -> bool:
        return "OsakaBackupPolicy" in self.kinds

    def config(self) -> dict[str, Any]:
        """The operator's configuration."""
        return {
            "installation": INSTALLATION,
            "language": "en",
            "shards": 1,
            "accounts": [granted(self.in_account(place)) for place in range(len(self.account_ids()))],
            # Whoever has so many tenants in an account has had AWS's quotas raised; what the local AWS takes is the limit
            # here. Times depend on it, counts of calls do not.
            "limits": {family: MANY for family in limited_families() if family != ENFORCED},
            "settings": {"consistencyWindow": "2s", "resync": "12h", "resolverEndpointQuota": ENDPOINTS},
        }


def account_id(place: int) -> str:
    return f"{FIRST_ACCOUNT + place:012}"


def roles(account: str) -> list[dict[str, Any]]:
    """What has to be in an account, as the side API takes it."""
    return [
        {"name": "jichitai-operator", "trusts": HUB, "externalId": EXTERNAL_ID},
        {"name": "provider", "trusts": account},
        {"name": "broker", "trusts": account},
    ]


def granted(tenants: list[Tenant]) -> dict[str, Any]:
    """An account, and that its tenants may use it."""
    return {
        "id": tenants[0].account,
        "roleArn": tenants[0].role("jichitai-operator"),
        "externalId": EXTERNAL_ID,
        "namespaces": [tenant.namespace for tenant in tenants],
        "environments": ["Verification"],
    }


def limited_families() -> list[str]:
    """The families of calls that a limit can be set for, as the chart's schema lists them."""
    schema = json.loads((REPOSITORY / "charts/jichitai-operator/values.schema.json").read_text())
    (pattern,) = schema["definitions"]["limits"]["patternProperties"]
    return re.findall(r"[a-z0-9-]+", pattern)


def peers(count: int) -> list[dict[str, Any]]:
    """Ports of the office's terminals, so many."""
    ports = [{"port": 443 + number, "protocol": "Tcp", "direction": "Inbound"} for number in range(count)]
    return [{"cidr": "172.16.10.0/24", "kind": "OnPremises", "ports": ports}]


def municipality(tenant: Tenant, served_by: Tenant, ports: int = 1) -> dict[str, Any]:
    return {
        "apiVersion": VERSION,
        "kind": "Municipality",
        "metadata": {"name": "tenant", "namespace": tenant.namespace},
        "spec": {
            "code": tenant.code,
            "displayName": f"団体 {tenant.number}",
            "environment": "Verification",
            "usageModel": "Shared",
            "isolation": "Network",
            "accountId": tenant.account,
            "deletionPolicy": "Retain",
            "network": {
                "vpcCidr": f"{tenant.prefix}.0/20",
                "serviceSubnets": [
                    {"name": "service-d", "cidr": tenant.subnet(2), "availabilityZone": SERVICE_ZONE}
                ],
                "zones": [
                    {
                        "name": "mynumber",
                        "type": "MyNumberAffairs",
                        "subnets": [
                            {"name": f"app-{zone[-1]}", "cidr": tenant.subnet(place), "availabilityZone": zone}
                            for place, zone in enumerate(ZONES)
                        ],
                        "peers": [*peers(ports), dns_peer()],
                    }
                ],
                "endpoints": [{"service": "s3"}],
            },
            "dns": {"acceptFrom": [{"namespace": served_by.namespace, "name": "office"}]},
        },
    }


def dns_peer() -> dict[str, Any]:
    return {
        "cidr": "172.16.0.0/24",
        "kind": "OnPremises",
        "ports": [
            {"port": 53, "protocol": protocol, "direction": "Both"} for protocol in ("Udp", "Tcp")
        ],
    }


def bucket(tenant: Tenant, named: bool) -> dict[str, Any]:
    """With the name that the tenant's policy knows it by, or one that the operator computes."""
    return {
        "apiVersion": VERSION,
        "kind": "FileLinkBucket",
        "metadata": {"name": "files", "namespace": tenant.namespace},
        "spec": {
            "municipalityRef": {"name": "tenant"},
            "businessId": "001",
            "zone": "mynumber",
            "bucketName": bucket_name(tenant) if named else "",
            "access": {"providers": [{"roleArn": tenant.role("provider"), "organization": "住民情報システム事業者"}]},
            "lifecycle": {"expireAfterDays": 400},
            "federation": {
                "type": "CredentialBroker",
                "brokerRoleArn": tenant.role("broker"),
                "maxSessionSeconds": 3600,
                "clients": [
                    {
                        "clientId": "tax",
                        "scopes": ["files.read"],
                        "businessId": "010",
                        "access": "Read",
                        "organization": "税務システム事業者",
                    }
                ],
            },
        },
    }


def bucket_name(tenant: Tenant) -> str:
    return f"{INSTALLATION}-files-{tenant.namespace}"


def endpoints(tenants: list[Tenant]) -> Iterator[dict[str, Any]]:
    """Those of one account."""
    for place, host in enumerate(tenants[:ENDPOINTS]):
        yield endpoint(host, f"office-{place}.lg.jp", tenants[place::ENDPOINTS])


def endpoint(host: Tenant, domain: str, served: list[Tenant]) -> dict[str, Any]:
    return {
        "apiVersion": VERSION,
        "kind": "ResolverEndpoint",
        "metadata": {"name": "office", "namespace": host.namespace},
        "spec": {
            "placement": {"municipalityRef": {"name": "tenant"}, "zone": "mynumber"},
            "direction": "Outbound",
            "ipAddresses": [
                {"subnet": f"app-{zone[-1]}", "ip": host.host(place, 20)} for place, zone in enumerate(ZONES)
            ],
            "allowedCidrs": ["172.16.0.53/32", "172.16.0.54/32"],
            "rules": [
                {
                    "name": "office",
                    "domain": domain,
                    "targets": [{"ip": "172.16.0.53"}, {"ip": "172.16.0.54"}],
                }
            ],
            "associations": [
                {"municipalityRef": {"namespace": one.namespace, "name": "tenant"}} for one in served
            ],
        },
    }


def volume(tenant: Tenant) -> dict[str, Any]:
    """What the tenant's policy would copy, as EC2's CreateVolume takes it."""
    tags = [{"Key": key, "Value": value} for key, value in volume_tags(tenant).items()]
    return {
        "AvailabilityZone": ZONES[0],
        "Size": 1,
        "Encrypted": True,
        "TagSpecifications": [{"ResourceType": "volume", "Tags": tags}],
    }


def volume_tags(tenant: Tenant) -> dict[str, str]:
    return {"backup": "osaka", "tenant": tenant.namespace}


def policy(tenant: Tenant) -> dict[str, Any]:
    """Has a source, and is Ready: no run was due yet, and none comes due within half a year; a source without a copy counts
    as safe in its first hours. The bucket, which nobody replicates, is excepted."""
    today = date.today()
    months_away = (today.month + 5) % 12 + 1
    return {
        "apiVersion": VERSION,
        "kind": "OsakaBackupPolicy",
        "metadata": {"name": "yearly", "namespace": tenant.namespace},
        "spec": {
            "municipalityRef": {"name": "tenant"},
            "schedules": [{"name": "yearly", "cron": f"0 5 1 {months_away} *"}],
            "sources": {"volumes": {"matchTags": volume_tags(tenant)}},
            "coverageExceptions": [
                {
                    "service": "s3",
                    "id": bucket_name(tenant),
                    "reason": "測定用",
                    "approvedBy": "基盤担当",
                    "until": (today + timedelta(days=90)).isoformat(),
                }
            ],
        },
    }
