"""One child process: started with a clean environment, logged to a file, ended for certain."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

LOG_LINES = 15
_PR_SET_PDEATHSIG = 1
_LEAKING = ("_proxy", "_ca_bundle")


class StackError(Exception):
    """What was attempted, and the end of the log of the process that failed."""


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without what would lead a child away from loopback."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith(_LEAKING) and not name.startswith("AWS_")
    }
    return kept | (extra or {})


class PortLost(StackError):
    """Another process has taken the port: with another one it may go well."""


def free_port() -> int:
    """A port that was free a moment ago. Another process may take it first: callers retry.

    It is none of those that systems give to outgoing connections, which come and go all the time.
    """
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(15_000, 32_000)))
            except OSError:
                continue
            return probe.getsockname()[1]


def _die_with_parent() -> None:
    # Linux only: a supervisor that is killed outright takes its children with it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A child process whose standard output and error go to `<logs>/<name>.{out,log}`.

    With `merged` both go to the log.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        logs: Path,
        environment: dict[str, str] | None = None,
        merged: bool = False,
    ) -> None:
        self.name = name
        self.out = logs / f"{name}.out"
        self.log = logs / f"{name}.log"
        with self.out.open("wb") as out, self.log.open("ab") as log:
            self._start = log.tell()
            try:
                self._child = subprocess.Popen(
                    command,
                    # Held open, never written: the local AWS ends when it closes.
                    stdin=subprocess.PIPE,
                    stdout=log if merged else out,
                    stderr=log,
                    env=clean_environment(environment),
                    # Safe: no process that starts others has threads.
                    preexec_fn=_die_with_parent,  # noqa: PLW1509
                    # Ctrl-C in a terminal reaches the caller only, which then ends its children.
                    start_new_session=True,
                )
            except OSError as error:
                raise StackError(f"start {name}: {error}") from error

    @property
    def pid(self) -> int:
        return self._child.pid

    def exited(self) -> int | None:
        """The exit code, or nothing while the process runs."""
        return self._child.poll()

    def first_line(self) -> str | None:
        """The first complete line that the process has written to its standard output."""
        line, newline, _ = self.out.read_text(errors="replace").partition("\n")
        return line if newline else None

    def lost_its_port(self) -> bool:
        return "address already in use" in self._this_run()

    def last_lines(self) -> str:
        lines = self._this_run().splitlines()[-LOG_LINES:]
        return "\n".join(f"  {self.name}: {line}" for line in lines)

    def terminate(self) -> None:
        if self._child.poll() is None:
            self._child.terminate()

    def kill(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()

    def wait(self, seconds: float) -> bool:
        """True if the process has ended within the time."""
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _this_run(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._start)
            return log.read().decode(errors="replace")
