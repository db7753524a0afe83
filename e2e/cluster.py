"""kubectl and helm, as a user would call them, but never past loopback."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from local_stack.process import clean_environment


class Failure(Exception):
    """What was attempted, and what the tool said."""


def call(
    command: list[str],
    attempt: str,
    text: str | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    """Runs a tool with a clean environment, and gives what it printed."""
    done = subprocess.run(
        command,
        env=environment or clean_environment(),
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failure(f"{attempt}:\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Cluster:
    """One API server, with every right."""

    def __init__(self, kubectl: str, kubeconfig: Path, folder: Path) -> None:
        self.kubectl_binary = kubectl
        self.kubeconfig = kubeconfig
        self.folder = folder

    def kubectl(self, *arguments: str, attempt: str, text: str | None = None) -> str:
        command = [
            self.kubectl_binary,
            f"--kubeconfig={self.kubeconfig}",
            # Not in the caller's home: the port is another one next time.
            f"--cache-dir={self.folder / 'kubectl-cache'}",
            *arguments,
        ]
        return call(command, attempt, text)

    def version(self) -> str:
        """The API server's version."""
        versions = self.kubectl("version", "--output=json", attempt="ask for the version")
        return json.loads(versions)["serverVersion"]["gitVersion"]

    def apply(self, documents: list[dict], attempt: str) -> None:
        """Server-side apply, of the namespaces first."""
        namespaces = {document["metadata"].get("namespace") for document in documents} - {None}
        given = {d["metadata"]["name"] for d in documents if d["kind"] == "Namespace"}
        missing = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in sorted(namespaces - given)
        ]
        ordered = missing + sorted(documents, key=lambda d: d["kind"] != "Namespace")
        self.kubectl(
            *("apply", "--server-side", "--force-conflicts", "--filename=-"),
            attempt=attempt,
            # Not YAML: Python would write "019" without quotes, and kubectl read a number.
            text=json.dumps({"apiVersion": "v1", "kind": "List", "items": ordered}),
        )

    def list(self, resource: str) -> list[dict]:
        """Every object of a resource, in all namespaces."""
        listed = self.kubectl(
            *("get", resource, "--all-namespaces", "--output=json"), attempt=f"list {resource}"
        )
        return json.loads(listed)["items"]
