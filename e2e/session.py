"""The processes of one run: the stack's supervisor and the operator. All end with the session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local_stack.process import Process, StackError
from local_stack.supervisor import AWS_REGION, AWS_SECRET_ACCESS_KEY

from cluster import Failure
from container import Launch
from fixtures import Accounts

STOP_SECONDS = 10
START_SECONDS = 20


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
        self._helpers: list[Process] = []
        self._stack: Stack | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_operator()
        for helper in self._helpers:
            helper.kill()
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

    def start_tls(self) -> str:
        """Starts what speaks TLS before the local AWS; gives its endpoint."""
        certificates = self._stack.folder / "certificates"
        target = self._stack.aws_endpoint.removeprefix("http://")
        keys = [str(certificates / "server.crt"), str(certificates / "server.key")]
        return self._start_helper("tls", *keys, target)

    def start_collector(self) -> str:
        """Starts a collector of traces, which writes them to `traces` in the stack's folder; gives its endpoint."""
        return self._start_helper("collector", str(self._stack.folder / "traces"))

    def _start_helper(self, name: str, *arguments: str) -> str:
        script = Path(__file__).with_name(f"{name}.py")
        helper = Process(name, [sys.executable, str(script), *arguments], self._stack.folder)
        self._helpers.append(helper)
        deadline = time.monotonic() + START_SECONDS
        while (announced := helper.first_line()) is None:
            if helper.exited() is not None or time.monotonic() > deadline:
                raise Failure(f"{name} did not start:\n{helper.last_lines()}")
            time.sleep(0.05)
        return json.loads(announced)["endpoint"]

    def start_operator(self, launch: Launch, accounts: Accounts, endpoint: str) -> Process:
        """Starts the operator with the identity of the platform team's account."""
        environment = launch.environment | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": accounts.hub,
            "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY,
            "AWS_REGION": AWS_REGION,
        }
        self._operator = Process(
            "operator", launch.command, self._stack.folder, environment, merged=True
        )
        return self._operator

    def stop_operator(self) -> None:
        """Asks it to end, as a rollout would, and ends it if it does not."""
        if self._operator is not None:
            self._operator.terminate()
            self._operator.wait(STOP_SECONDS)
            self._operator.kill()
            self._operator = None
