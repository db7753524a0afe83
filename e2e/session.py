"""The processes of one run: the stack's supervisor and the operator. All end with the session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local_stack.process import Process, StackError
from local_stack.supervisor import AWS_REGION, AWS_SECRET_ACCESS_KEY

from cluster import Failure
from fixtures import Accounts
from installation import NAMESPACE, Installation

STOP_SECONDS = 10


@dataclass(frozen=True)
class Stack:
    kubeconfig: Path
    aws_endpoint: str
    folder: Path


class Session:
    """Ends what it has started, last first, however the block is left."""

    def __init__(self) -> None:
        self._supervisor: subprocess.Popen | None = None
        self._operator: Process | None = None
        self._stack: Stack | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_operator()
        if self._supervisor is not None:
            self._supervisor.stdin.close()
            self._supervisor.wait()

    def start_stack(self) -> Stack:
        """Starts the supervisor, which ends when this process does, in whatever way."""
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "local_stack"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "tests/stack")},
            # Ctrl-C reaches this process only: the operator ends before its API server.
            start_new_session=True,
        )
        announced = self._supervisor.stdout.readline()
        if not announced:
            raise StackError("the local stack did not start (see above)")
        ready = json.loads(announced)
        self._stack = Stack(Path(ready["kubeconfig"]), ready["awsEndpoint"], Path(ready["dir"]))
        return self._stack

    def start_operator(
        self, binary: Path, installation: Installation, accounts: Accounts, debug: bool
    ) -> Process:
        """Starts the operator with the chart's rights and configuration."""
        if not binary.exists():
            raise Failure(f"{binary} does not exist")
        environment = {
            "KUBECONFIG": str(installation.operator_kubeconfig),
            "JICHITAI_NAMESPACE": NAMESPACE,
            "JICHITAI_IDENTITY": "jichitai-local",
            "AWS_ENDPOINT_URL": self._stack.aws_endpoint,
            "AWS_ACCESS_KEY_ID": accounts.hub,
            "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY,
            "AWS_REGION": AWS_REGION,
        }
        if debug:
            environment["RUST_LOG"] = "info,jichitai=debug"
        self._operator = Process(
            "operator",
            [str(binary.resolve()), "run", "--config", str(installation.operator_config)],
            self._stack.folder,
            environment,
            merged=True,
        )
        return self._operator

    def stop_operator(self) -> None:
        """Asks it to end, as a rollout would, and ends it if it does not."""
        if self._operator is not None:
            self._operator.terminate()
            self._operator.wait(STOP_SECONDS)
            self._operator.kill()
            self._operator = None
