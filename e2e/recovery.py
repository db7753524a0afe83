"""What a backup policy is for: a run from a job scheduler, its recovery point in Osaka, and the way back to Tokyo."""

from __future__ import annotations

from pathlib import Path

import yaml
from local_stack.supervisor import AWS_REGION

from cluster import Failure
from command_line import CommandLine
from fixtures import Accounts, create

ACCOUNT = "333344445555"
NAMESPACE, POLICY = "sapporo", "daily"
ACCESS = (
    *("--account", ACCOUNT, "--installation", "local", "--external-id", "sapporo-production-c27e"),
    *("--role-arn", f"arn:aws:iam::{ACCOUNT}:role/jichitai-operator"),
)


class Recovery:
    """Backups and the way back, by the product's command line."""

    def __init__(self, jichitai: CommandLine, endpoint: str, accounts: Accounts, folder: Path) -> None:
        self._jichitai = jichitai
        self._endpoint = endpoint
        self._accounts = accounts
        self._folder = folder

    def back_up(self) -> str:
        """A run to its end, and the recovery points afterwards."""
        policy = ("--namespace", NAMESPACE, "--policy", POLICY)
        self._jichitai("backup", "run", *policy, "--label", "by-hand", "--wait", "--timeout", "3m")
        return self._jichitai("restore", "list", *ACCESS)

    def restore(self, municipality: dict) -> str:
        """The newest recovery point, back in Tokyo; what was made of it is a source of the policy again."""
        wanted = order_for(municipality)
        subnets = [tokyo(municipality, f"subnet.mynumber.{name}") for name in ("app-a", "app-d")]
        group = {
            "account": ACCOUNT,
            "service": "rds",
            "operation": "create_db_subnet_group",
            "parameters": {
                "DBSubnetGroupName": wanted["databases"][0]["subnetGroup"],
                "DBSubnetGroupDescription": "mynumber",
                "SubnetIds": subnets,
            },
        }
        create(group, self._endpoint, self._accounts)
        order = self._folder / "restore.yaml"
        order.write_text(self._accounts.fill_in(yaml.safe_dump(wanted, allow_unicode=True)))
        policy = ("--namespace", NAMESPACE, "--policy", POLICY, "--order", str(order))
        return self._jichitai("restore", "apply", *ACCESS, *policy, "--yes")


def tokyo(municipality: dict, role: str) -> str:
    """The id of a part in Tokyo."""
    inventory = municipality["status"]["inventory"]
    ids = {(one["role"], one["region"]): one["id"] for one in inventory}
    found = ids.get((role, AWS_REGION))
    if found is None:
        raise Failure(f"{role} is not among {sorted(ids)}")
    return found


def order_for(municipality: dict) -> dict:
    """What is restored of the examples, and where."""

    def key(purpose: str) -> str:
        return f"arn:aws:kms:{AWS_REGION}:{ACCOUNT}:key/{tokyo(municipality, f'key.{purpose}')}"

    return {
        "environment": "Production",
        "kmsKeyArn": key("ebs"),
        "databaseKmsKeyArn": key("rds"),
        "instances": [
            {
                "source": "i-01100200000000001",
                "instanceType": "t3.micro",
                "subnetId": tokyo(municipality, "subnet.mynumber.app-a"),
                "privateIpAddress": "10.21.0.40",
                "tags": {"backup": "osaka-image"},
            }
        ],
        "volumes": [
            {
                "source": "vol-01100200000000001",
                "availabilityZone": "ap-northeast-1a",
                "tags": {"backup": "osaka"},
            }
        ],
        "databases": [
            {
                "source": "sapporo-welfare",
                "identifier": "sapporo-welfare-restored",
                "instanceClass": "db.t3.micro",
                "subnetGroup": "sapporo-mynumber",
                "tags": {"backup": "osaka"},
            }
        ],
        "stacks": [{"source": "sapporo-batch", "name": "sapporo-batch-restored"}],
    }
