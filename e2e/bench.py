"""`make bench`: what a fleet of tenants costs, counted: calls of AWS, writes to Kubernetes, CPU seconds and memory of the
operator, for creation, for a pass that finds nothing to do, for a change of every tenth tenant, and for a restart.

Counts are the same on every machine; times are not. Prints a table and writes JSON. With --budget the counts are compared
with those of a file, as upper bounds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml
from local_stack.control_plane import AUDIT_LOG
from local_stack.process import Process, StackError, free_port

import fleet
from cluster import Cluster, Failure
from fixtures import Accounts, post
from installation import Installation
from kube import Api
from run import build, say
from session import Session

QUIET_SECONDS = 3
PATIENCE_SECONDS = 3_600
KINDS = ("Municipality", "FileLinkBucket", "ResolverEndpoint")


@dataclass
class Cost:
    """What one phase cost, over all tenants."""

    seconds: float = 0
    aws_reads: int = 0
    aws_writes: int = 0
    kubernetes_writes: int = 0
    cpu_seconds: float = 0
    peak_mebibytes: float = 0
    reads_by_operation: dict[str, int] = field(default_factory=dict)
    writes_by_operation: dict[str, int] = field(default_factory=dict)


def main() -> int:
    arguments = parse()
    try:
        binary = arguments.operator or build()
        result = {str(count): measure(binary, count) for count in arguments.tenants}
        print(table(result))
        if arguments.json:
            arguments.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        if arguments.budget:
            hold(json.loads(arguments.budget.read_text()), result)
    except (Failure, StackError) as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 1
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--tenants", type=int, nargs="+", default=[25, 100, 400])
    parser.add_argument("--operator", type=Path, help="a binary instead of the one cargo builds")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    parser.add_argument("--budget", type=Path, help="upper bounds of the counts")
    return parser.parse_args()


def measure(binary: Path, count: int) -> dict[str, dict]:
    with Session() as session:
        return Bench(session, binary, count).run()


class Bench:
    """One stack, one operator, one fleet."""

    def __init__(self, session: Session, binary: Path, count: int) -> None:
        say(f"{count} tenants: starting etcd, kube-apiserver and the local AWS")
        self._session, self._binary, self._count = session, binary, count
        self._stack = session.start_stack()
        self._accounts = Accounts(hub="123456789012")
        post(self._stack.aws_endpoint, "accounts", {"accounts": [{"id": fleet.ACCOUNT, "roles": fleet.roles()}]})
        cluster = Cluster(os.environ["KUBECTL"], self._stack.kubeconfig, self._stack.folder)
        self._installation = Installation(cluster, os.environ["HELM"], self._accounts)
        self._installation.install()
        self._config = fleet.config(count)
        self._write_config()
        self._api = Api(self._stack.kubeconfig)
        self._metrics = free_port()
        self._audited = 0
        self._operator = self._start_operator()

    def run(self) -> dict[str, dict]:
        objects = fleet.objects(self._count)
        say(f"{self._count} tenants: creating {len(objects)} objects")
        for number in range(self._count):
            name = fleet.Tenant(number).namespace
            self._api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

        def create() -> None:
            for document in objects:
                self._api.create(document)
            self._await("all is Ready", self._all_ready)

        costs = {"creation": self._cost(create)}
        say(f"{self._count} tenants: a pass that finds nothing to do")
        costs["no-op pass"] = self._cost(lambda: self._look_at_all(len(objects)))
        say(f"{self._count} tenants: a change of every tenth")
        costs["change of 10 %"] = self._cost(self._change)
        say(f"{self._count} tenants: a restart")
        costs["restart"] = self._cost(lambda: self._restart(len(objects)))
        return {phase: asdict(cost) for phase, cost in costs.items()}

    def _start_operator(self) -> Process:
        launch = self._installation.as_process(self._binary, debug=False)
        launch.environment["JICHITAI_METRICS_ADDRESS"] = f"127.0.0.1:{self._metrics}"
        return self._session.start_operator(launch, self._accounts, self._stack.aws_endpoint)

    def _write_config(self) -> None:
        path = self._installation.operator_config
        changed = path.with_suffix(".new")
        changed.write_text(yaml.safe_dump(self._config))
        changed.rename(path)

    def _look_at_all(self, objects: int) -> None:
        """A changed configuration wakes every object."""
        before = self._reconciles()
        self._config["logLevel"] = "warn" if self._config.get("logLevel") == "info" else "info"
        self._write_config()
        self._await("every object was looked at", lambda: self._reconciles() >= before + objects)

    def _change(self) -> None:
        for number in range(0, self._count, 10):
            tenant = fleet.Tenant(number)
            changed = fleet.municipality(tenant, self._count, ports=2)
            self._api.merge(changed, {"spec": changed["spec"]})
        self._await("all is Ready", self._all_ready)

    def _restart(self, objects: int) -> None:
        self._session.stop_operator()
        self._operator = self._start_operator()
        self._await("every object was looked at", lambda: self._reconciles() >= objects)

    def _all_ready(self) -> bool:
        return all(is_ready(thing) for kind in KINDS for thing in self._api.list(kind))

    def _reconciles(self) -> int:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self._metrics}/metrics", timeout=10) as answer:
                text = answer.read().decode()
        except OSError:
            return 0
        counts = re.findall(r"^jichitai_reconciles_total\{.*\} (\d+)$", text, re.MULTILINE)
        return sum(int(count) for count in counts)

    def _await(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if self._operator.exited() is not None:
                raise Failure(f"the operator ended:\n{self._operator.last_lines()}")
            if time.monotonic() > deadline:
                raise Failure(f"not within {PATIENCE_SECONDS} s: {what}\n{self._operator.last_lines()}")
            time.sleep(0.5)

    def _cost(self, phase: Callable[[], None]) -> Cost:
        post(self._stack.aws_endpoint, "calls/reset", {})
        self._kubernetes_writes()
        pid, began, cpu = self._operator.pid, time.monotonic(), cpu_seconds(self._operator.pid)
        phase()
        seconds = time.monotonic() - began
        self._rest()
        calls = self._calls()
        by_kind = {
            kind: Counter({f"{c['service']}:{c['operation']}": 0 for c in calls if c["kind"] == kind})
            for kind in ("read", "write")
        }
        for call in calls:
            by_kind[call["kind"]][f"{call['service']}:{call['operation']}"] += call["count"]
        # A process of its own begins at nothing.
        cpu = cpu if self._operator.pid == pid else 0
        return Cost(
            seconds=round(seconds, 1),
            aws_reads=by_kind["read"].total(),
            aws_writes=by_kind["write"].total(),
            kubernetes_writes=self._kubernetes_writes(),
            cpu_seconds=round(cpu_seconds(self._operator.pid) - cpu, 2),
            peak_mebibytes=round(peak_mebibytes(self._operator.pid), 1),
            reads_by_operation=dict(by_kind["read"].most_common()),
            writes_by_operation=dict(by_kind["write"].most_common()),
        )

    def _rest(self) -> None:
        """Waits until nothing has been called for a while."""
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS:
            time.sleep(0.5)
            called = sum(call["count"] for call in self._calls())
            if called != seen:
                seen, since = called, time.monotonic()

    def _calls(self) -> list[dict]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self._stack.aws_endpoint}/local-aws/calls", timeout=60) as answer:
            return json.load(answer)

    def _kubernetes_writes(self) -> int:
        """Writes of the operator since the last time, but for its Lease: from the API server's audit log."""
        writes = 0
        with (self._stack.folder / AUDIT_LOG).open() as log:
            log.seek(self._audited)
            while line := log.readline():
                if not line.endswith("\n"):
                    break
                self._audited = log.tell()
                event = json.loads(line)
                resource = event.get("objectRef", {}).get("resource")
                if event["verb"] in ("create", "update", "patch", "delete") and resource != "leases":
                    writes += 1
        return writes


def is_ready(thing: dict) -> bool:
    status = thing.get("status", {})
    ready = [c for c in status.get("conditions", []) if c["type"] == "Ready"]
    current = status.get("observedGeneration") == thing["metadata"]["generation"]
    return bool(ready) and ready[0]["status"] == "True" and current


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(pid: int) -> float:
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found.group(1)) / 1024


def table(result: dict[str, dict[str, dict]]) -> str:
    """Per tenant, but for time, CPU and memory."""
    head = ("tenants", "phase", "reads", "writes", "k8s writes", "seconds", "CPU s", "peak MiB")
    rows = [head, tuple("-" * len(title) for title in head)]
    for count, phases in result.items():
        for phase, cost in phases.items():
            per_tenant = [
                f"{cost[name] / int(count):.1f}" for name in ("aws_reads", "aws_writes", "kubernetes_writes")
            ]
            whole = [str(cost[name]) for name in ("seconds", "cpu_seconds", "peak_mebibytes")]
            rows.append((count, phase, *per_tenant, *whole))
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(["calls and writes per tenant:", *lines])


def hold(budget: dict, result: dict) -> None:
    """Fails with every count that is above its bound."""
    over = []
    for count, phases in budget.items():
        for phase, bounds in phases.items():
            for name, bound in bounds.items():
                found = result[count][phase][name]
                if found > bound:
                    over.append(f"{count} tenants, {phase}: {name} {found}, and not more than {bound}")
    if over:
        raise Failure("\n".join(["the budget does not hold:", *over]))


if __name__ == "__main__":
    sys.exit(main())
