"""Acting as a ServiceAccount: a kubeconfig with a token that the API server has signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from .control_plane import kubeconfig
from .process import StackError, clean_environment


def write_service_account_kubeconfig(
    kubectl: str, admin: Path, namespace: str, name: str, target: Path
) -> None:
    """Writes to `target` a kubeconfig that has the rights of an existing ServiceAccount only."""
    issued = subprocess.run(
        [kubectl, "--kubeconfig", str(admin), "--namespace", namespace]
        + ["create", "token", name, "--duration", "12h"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if issued.returncode != 0:
        raise StackError(
            f"create a token for ServiceAccount {namespace}/{name}: {issued.stderr.strip()}"
        )
    cluster = yaml.safe_load(admin.read_text())["clusters"][0]["cluster"]
    content = kubeconfig(
        cluster["server"],
        cluster["certificate-authority-data"],
        f"{namespace}:{name}",
        {"token": issued.stdout.strip()},
    )
    target.touch(mode=0o600)
    target.write_text(content)
