"""What the examples presuppose in AWS: accounts with the operator's role, and what others have built there.

`fixtures.yaml` has four parts, done in this order:
  hub        the account that the operator's own identity belongs to
  accounts   roles per account, as the side API `/local-aws/accounts` takes them
  resources  AWS calls: account, region, service, operation, parameters, and under `ids` where the answer has an id
             and which id the examples write for it
  settings   as the side API `/local-aws/settings` takes them
Instead of "a new SSH private key" (also in what is applied) stands one that was made for this run.
AWS chooses ids, the examples have to write some: every id under `ids` is replaced by the real one in later steps,
in the examples, and in the chart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from local_stack.supervisor import AWS_REGION

from aws import post, root_of
from cluster import Failure

# What stands in the file for a private key, as JSON.
NEW_KEY = json.dumps("a new SSH private key")


@dataclass
class Accounts:
    """The prepared accounts: the operator's own, and the real ids of what the examples name."""

    hub: str
    ids: dict[str, str] = field(default_factory=dict)

    def fill_in(self, text: str) -> str:
        """A text, or JSON, with the real ids, and a key for each place that wants a new one."""
        for written, real in self.ids.items():
            text = text.replace(written, real)
        while NEW_KEY in text:
            text = text.replace(NEW_KEY, json.dumps(new_ssh_private_key()), 1)
        return text


def prepare_accounts(path: Path, endpoint: str) -> Accounts:
    """Sets up in the local AWS what `path` says."""
    wanted = yaml.safe_load(path.read_text())
    accounts = Accounts(hub=wanted["hub"])
    post(endpoint, "accounts", {"accounts": wanted.get("accounts", [])})
    for resource in wanted.get("resources", []):
        create(resource, endpoint, accounts)
    settings = filled(wanted.get("settings", {}), accounts)
    if settings:
        post(endpoint, "settings", settings)
    return accounts


def create(resource: dict, endpoint: str, accounts: Accounts) -> None:
    service, operation = resource["service"], resource["operation"]
    client = root_of(resource["account"], service, endpoint, resource.get("region", AWS_REGION))
    parameters = filled(resource.get("parameters", {}), accounts)
    try:
        answer = getattr(client, operation)(**parameters)
    except (BotoCoreError, ClientError, AttributeError) as error:
        raise Failure(f"{service} {operation} in {resource['account']}: {error}") from error
    for place, written in resource.get("ids", {}).items():
        value: Any = answer
        for step in place.split("."):
            value = value[int(step) if step.isdigit() else step]
        accounts.ids[written] = value


def new_ssh_private_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    openssh = serialization.PrivateFormat.OpenSSH
    text = key.private_bytes(serialization.Encoding.PEM, openssh, serialization.NoEncryption())
    return text.decode()


def filled(value: Any, accounts: Accounts) -> Any:
    return json.loads(accounts.fill_in(json.dumps(value)))
