"""A fleet of tenants for measurements: each a Municipality with a network of its own and three subnets, a FileLinkBucket,
and a role for one client; four Resolver endpoints with one rule each serve them all. All in one account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GROUP = "jichitai.dev/v1alpha1"
ACCOUNT = "111122223333"
EXTERNAL_ID = "fleet-5d0c"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:role/provider"
BROKER = f"arn:aws:iam::{ACCOUNT}:role/broker"
ENDPOINTS = 4
ZONES = ("ap-northeast-1a", "ap-northeast-1c")
SERVICE_ZONE = "ap-northeast-1d"


@dataclass(frozen=True)
class Tenant:
    """One tenant, by its number from 0."""

    number: int

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


def roles() -> list[dict[str, Any]]:
    """What has to be in the account, as the side API takes it."""
    return [
        {"name": "jichitai-operator", "trusts": "123456789012", "externalId": EXTERNAL_ID},
        {"name": "provider", "trusts": ACCOUNT},
        {"name": "broker", "trusts": ACCOUNT},
    ]


def config(count: int) -> dict[str, Any]:
    """The operator's configuration."""
    return {
        "installation": "bench",
        "language": "en",
        "accounts": [
            {
                "id": ACCOUNT,
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/jichitai-operator",
                "externalId": EXTERNAL_ID,
                "namespaces": [Tenant(number).namespace for number in range(count)],
                "environments": ["Verification"],
            }
        ],
        "settings": {"consistencyWindow": "2s", "resync": "12h", "resolverEndpointQuota": ENDPOINTS},
    }


def peers(count: int) -> list[dict[str, Any]]:
    """Ports of the office's terminals, so many."""
    ports = [{"port": 443 + number, "protocol": "Tcp", "direction": "Inbound"} for number in range(count)]
    return [{"cidr": "172.16.10.0/24", "kind": "OnPremises", "ports": ports}]


def objects(count: int) -> list[dict[str, Any]]:
    """All of them, references first."""
    tenants = [Tenant(number) for number in range(count)]
    municipalities = [municipality(tenant, count) for tenant in tenants]
    return municipalities + [bucket(tenant) for tenant in tenants] + endpoints(tenants)


def municipality(tenant: Tenant, count: int, ports: int = 1) -> dict[str, Any]:
    served = Tenant(tenant.number % min(ENDPOINTS, count))
    return {
        "apiVersion": GROUP,
        "kind": "Municipality",
        "metadata": {"name": "tenant", "namespace": tenant.namespace},
        "spec": {
            "code": tenant.code,
            "displayName": f"団体 {tenant.number}",
            "environment": "Verification",
            "usageModel": "Shared",
            "isolation": "Network",
            "accountId": ACCOUNT,
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
            "dns": {"acceptFrom": [{"namespace": served.namespace, "name": "office"}]},
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


def bucket(tenant: Tenant) -> dict[str, Any]:
    return {
        "apiVersion": GROUP,
        "kind": "FileLinkBucket",
        "metadata": {"name": "files", "namespace": tenant.namespace},
        "spec": {
            "municipalityRef": {"name": "tenant"},
            "businessId": "001",
            "zone": "mynumber",
            "access": {"providers": [{"roleArn": PROVIDER, "organization": "住民情報システム事業者"}]},
            "lifecycle": {"expireAfterDays": 400},
            "federation": {
                "type": "CredentialBroker",
                "brokerRoleArn": BROKER,
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


def endpoints(tenants: list[Tenant]) -> list[dict[str, Any]]:
    all_served = []
    for place, host in enumerate(tenants[:ENDPOINTS]):
        served = tenants[place::ENDPOINTS]
        all_served.append(
            {
                "apiVersion": GROUP,
                "kind": "ResolverEndpoint",
                "metadata": {"name": "office", "namespace": host.namespace},
                "spec": {
                    "placement": {"municipalityRef": {"name": "tenant"}, "zone": "mynumber"},
                    "direction": "Outbound",
                    "ipAddresses": [
                        {"subnet": f"app-{ZONES[place][-1]}", "ip": host.host(place, 20)} for place in (0, 1)
                    ],
                    "allowedCidrs": ["172.16.0.53/32", "172.16.0.54/32"],
                    "rules": [
                        {
                            "name": "office",
                            "domain": f"office-{place}.lg.jp",
                            "targets": [{"ip": "172.16.0.53"}, {"ip": "172.16.0.54"}],
                        }
                    ],
                    "associations": [
                        {"municipalityRef": {"namespace": one.namespace, "name": "tenant"}} for one in served
                    ],
                },
            }
        )
    return all_served
