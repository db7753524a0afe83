"""The product's command line, as a person of the platform team uses it."""

from __future__ import annotations

from pathlib import Path

from local_stack.process import clean_environment
from local_stack.supervisor import AWS_REGION, AWS_SECRET_ACCESS_KEY

from cluster import call
from fixtures import Accounts


class CommandLine:
    """A binary with the kubeconfig of an administrator, and the operator's own identity in AWS."""

    def __init__(self, binary: Path, kubeconfig: Path, endpoint: str, accounts: Accounts) -> None:
        self._binary = binary.resolve()
        self._environment = {
            "KUBECONFIG": str(kubeconfig),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": accounts.hub,
            "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY,
            "AWS_REGION": AWS_REGION,
        }

    def __call__(self, *arguments: str) -> str:
        environment = clean_environment() | self._environment
        return call([str(self._binary), *arguments], " ".join(arguments[:2]), environment=environment)
