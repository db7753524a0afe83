"""Starts the stack, watches it, and ends it: one loop, no threads."""

from __future__ import annotations

import json
import os
import select
import shlex
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .control_plane import ControlPlane
from .process import PortLost, Process, StackError

AWS_ACCESS_KEY_ID = "local"
AWS_SECRET_ACCESS_KEY = "local"
AWS_REGION = "ap-northeast-1"
# A first start on a busy two-core machine takes about 15 s.
READY_SECONDS = 180
POLL_SECONDS = 0.1
GRACE_SECONDS = 3
ATTEMPTS = 3


class Stopped(Exception):
    """The caller has asked for the end: its pipe closed, or a signal came."""


@dataclass(frozen=True)
class Options:
    folder: Path
    etcd: str
    apiserver: str
    kubectl: str | None
    aws: bool
    aws_folder: Path
    aws_arguments: list[str]
    watch_stdin: bool


class Supervisor:
    """Owns the processes of one stack.

    Flow: `run` starts them, prints one line of JSON when all are ready, and stays.
    Guarantees: when `run` returns or raises, no child is left and the data folder is gone.
    Commands: a line on standard input, `down`, `up` or `restart`, does that to the API server and is
    acknowledged by `{"done": …}`; SIGUSR1 restarts it too.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._control = ControlPlane(options.folder, options.etcd, options.apiserver)
        self._aws: Process | None = None
        self._signals: list[int] = []
        self._input = b""

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, lambda received, _frame: self._signals.append(received))
        # A caller that reads one line and closes the pipe must not end the stack.
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        try:
            self._start()
            self._announce(self._describe())
            while True:
                for command in self._wait_for_commands():
                    self._obey(command)
        except Stopped:
            pass
        finally:
            self._end()

    def _start(self) -> None:
        if self._options.aws:
            self._start_aws()
        for attempt in range(1, ATTEMPTS + 1):
            self._control.start(attempt)
            if self._became_ready(last=attempt == ATTEMPTS):
                break
        self._control.write_kubeconfig()
        self._write_environment()

    def _start_aws(self) -> None:
        folder = str(self._options.aws_folder)
        self._aws = Process(
            "aws",
            [sys.executable, "-m", "local_aws", "--port", "0", *self._options.aws_arguments],
            self._options.folder,
            {"PYTHONPATH": folder, "PYTHONUNBUFFERED": "1"},
        )

    def _became_ready(self, last: bool) -> bool:
        """True when all is ready, False when a port was lost to another process."""
        try:
            self._wait_until_ready()
        except PortLost:
            if last:
                raise
            self._kill(self._control.apiserver, self._control.etcd)
            return False
        return True

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not (self._control.ready() and (self._aws is None or self._aws.first_line())):
            if time.monotonic() > deadline:
                raise StackError(self._overdue())
            self._wait_for_commands()

    def _overdue(self) -> str:
        logs = [process.last_lines() for process in self._processes().values()]
        return "\n".join([f"the stack was not ready after {READY_SECONDS} s", *logs])

    def _wait_for_commands(self) -> list[str]:
        """Sleeps for one poll, and raises when a child has died or the caller wants the end."""
        commands: list[str] = []
        if self._options.watch_stdin:
            readable, _, _ = select.select([sys.stdin.fileno()], [], [], POLL_SECONDS)
            if readable:
                commands = self._read_commands()
        else:
            time.sleep(POLL_SECONDS)
        while self._signals:
            if self._signals.pop(0) != signal.SIGUSR1:
                raise Stopped
            commands.append("restart")
        self._check_children()
        return commands

    def _read_commands(self) -> list[str]:
        received = os.read(sys.stdin.fileno(), 4096)
        if not received:
            raise Stopped
        *lines, self._input = (self._input + received).split(b"\n")
        return [line.decode(errors="replace").strip() for line in lines]

    def _check_children(self) -> None:
        for process in self._processes().values():
            code = process.exited()
            if code is not None:
                fault = PortLost if process.lost_its_port() else StackError
                raise fault(
                    f"{process.name} ended by itself with code {code}; its last lines:\n"
                    f"{process.last_lines()}"
                )

    def _obey(self, command: str) -> None:
        if command not in ("down", "up", "restart"):
            self._announce({"unknown": command})
            return
        if command in ("down", "restart"):
            self._kill(self._control.apiserver)
            self._control.apiserver = None
        if command in ("up", "restart") and self._control.apiserver is None:
            self._control.start_apiserver()
            # The port is the one that clients know: no other will do.
            self._became_ready(last=True)
        self._announce({"done": command})

    def _processes(self) -> dict[str, Process]:
        candidates = (self._control.etcd, self._control.apiserver, self._aws)
        return {process.name: process for process in candidates if process is not None}

    def _aws_endpoint(self) -> str | None:
        if self._aws is None:
            return None
        line = self._aws.first_line() or ""
        try:
            return json.loads(line)["endpoint"]
        except (ValueError, KeyError, TypeError) as error:
            raise StackError(f"the local AWS announced no endpoint but: {line}") from error

    def _describe(self) -> dict:
        return {
            "kubeconfig": str(self._control.kubeconfig),
            "awsEndpoint": self._aws_endpoint(),
            "dir": str(self._options.folder),
            "pids": {name: process.pid for name, process in self._processes().items()},
        }

    def _write_environment(self) -> None:
        """A file to source in a shell: kubectl and the AWS CLI then talk to this stack."""
        exports = {"KUBECONFIG": str(self._control.kubeconfig)}
        endpoint = self._aws_endpoint()
        if endpoint is not None:
            exports |= {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": AWS_ACCESS_KEY_ID,
                "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY,
                "AWS_REGION": AWS_REGION,
                "AWS_DEFAULT_REGION": AWS_REGION,
            }
        lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
        lines += [
            "export NO_PROXY=127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}",
            "export no_proxy=$NO_PROXY",
        ]
        if self._options.kubectl is not None:
            binaries = self._options.folder / "bin"
            binaries.mkdir(exist_ok=True)
            link = binaries / "kubectl"
            link.unlink(missing_ok=True)
            link.symlink_to(self._options.kubectl)
            lines.append(f"export PATH={shlex.quote(str(binaries))}:$PATH")
        (self._options.folder / "env").write_text("\n".join(lines) + "\n")

    @staticmethod
    def _announce(message: dict) -> None:
        try:
            print(json.dumps(message), flush=True)
        except BrokenPipeError:
            # Nobody listens any more; standard input tells whether the caller still lives.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    @staticmethod
    def _kill(*processes: Process | None) -> None:
        for process in processes:
            if process is not None:
                process.kill()

    def _end(self) -> None:
        processes = list(self._processes().values())
        for process in processes:
            # The API server drains for as long as it cannot reach etcd, so etcd goes after it.
            if process is not self._control.etcd:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in processes:
            if process is not self._control.etcd:
                process.wait(max(0.0, deadline - time.monotonic()))
        self._kill(*processes)
        for data in self._options.folder.glob("etcd-*"):
            shutil.rmtree(data, ignore_errors=True)
