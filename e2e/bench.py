"""`make bench`: what a fleet of tenants costs, counted: calls of AWS, writes to Kubernetes, CPU seconds and memory of the
operator, for creation, for a change of a tenth of the tenants, for a restart, and for a pass that finds nothing to do. Then,
while such passes run one after the other: how long it takes until an edit is acted on, and until changes by hand are undone.

Counts are the same on every machine; times are not. Prints tables and writes JSON. With --budget the figures are compared
with those of a file, as upper bounds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from local_stack.control_plane import AUDIT_LOG
from local_stack.process import Process, StackError, free_port

import aws
import event_queue
import measuring
from cluster import Cluster, Failure
from drift import POLL_SECONDS, Drift, drifts
from figures import hold, of_costs, of_times
from fixtures import Accounts
from fleet import HUB, KINDS, Fleet, municipality, roles, volume
from installation import Installation, replace_config
from kube import Api
from measuring import AuditLog, Cost, cpu_seconds, own_mebibytes, peak_mebibytes
from readiness import Readiness
from run import build, say
from session import Session

# For so long nothing may move: no object more becomes Ready, none is looked at.
PATIENCE_SECONDS = 3_600
PROGRESS_SECONDS = 30
DRIFTS = 20
VPCS = 2_000
DRIFTS_AT_ONCE = 4
LOOKS = "jichitai_reconciles_total"
Done = TypeVar("Done")
Figures = dict[str, float]


def main() -> int:
    arguments = parse()
    try:
        binary = arguments.operator or build()
        kinds = KINDS[arguments.kinds]
        fleets = [Fleet(count, arguments.accounts, kinds) for count in arguments.tenants]
        result = {str(fleet.count): measure(binary, fleet) for fleet in fleets}
        print(of_costs(result), of_times(result), sep="\n")
        if arguments.json:
            arguments.json.parent.mkdir(parents=True, exist_ok=True)
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
    parser.add_argument("--accounts", type=int, default=1, help="accounts that they are dealt out to")
    parser.add_argument(
        "--kinds", choices=KINDS, default="usual", help="all: with a backup policy for each tenant"
    )
    parser.add_argument("--operator", type=Path, help="a binary instead of the one cargo builds")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    parser.add_argument("--budget", type=Path, help="upper bounds of the figures")
    return parser.parse_args()


def measure(binary: Path, fleet: Fleet) -> dict[str, dict]:
    with Session() as session:
        bench = Bench(session, binary, fleet)
        with bench.readiness:
            return bench.run()


class Bench:
    """One stack, one operator, one fleet."""

    def __init__(self, session: Session, binary: Path, fleet: Fleet) -> None:
        self._session, self._binary, self._fleet = session, binary, fleet
        self._say("starting etcd, kube-apiserver and the local AWS")
        self._stack = session.start_stack()
        self._endpoint = self._stack.aws_endpoint
        self._accounts = Accounts(hub=HUB)
        self._prepare_aws()
        cluster = Cluster(os.environ["KUBECTL"], self._stack.kubeconfig, self._stack.folder)
        self._installation = Installation(cluster, os.environ["HELM"], self._accounts)
        self._installation.install()
        self._config = fleet.config()
        self._configure({})
        self._api = Api(self._stack.kubeconfig)
        self.readiness = Readiness(self._stack.kubeconfig, fleet.kinds)
        self._audit = AuditLog(self._stack.folder / AUDIT_LOG)
        self._metrics = free_port()
        self._operator = self._start_operator()

    def run(self) -> dict[str, dict]:
        costs = {
            "creation": self._create,
            "change of 10 %": self._change,
            "restart": self._restart,
            "no-op pass": self._look_at_all,
        }
        times = {"edit under load": self._edit, "drift": self._drift}
        result = {}
        for phase, perform in costs.items():
            self._say(phase)
            result[phase] = self._cost(perform)
        for phase, perform in times.items():
            self._say(phase)
            result[phase] = perform()
        return result

    def _say(self, line: str) -> None:
        say(f"{self._fleet.count} tenants: {line}")

    def _prepare_aws(self) -> None:
        accounts = [{"id": one, "roles": roles(one)} for one in self._fleet.account_ids()]
        aws.post(self._endpoint, "accounts", {"accounts": accounts})
        # As of an account whose quota was raised: each tenant has a VPC.
        aws.post(self._endpoint, "settings", {"quota": {"vpcs": VPCS}})
        if self._fleet.has_policies:
            clients = {one: aws.root_of(one, "ec2", self._endpoint) for one in self._fleet.account_ids()}
            for tenant in self._fleet.tenants():
                clients[tenant.account].create_volume(**volume(tenant))

    def _start_operator(self) -> Process:
        launch = self._installation.as_process(self._binary, debug=False)
        loopback = "127.0.0.1"
        launch.environment["JICHITAI_METRICS_ADDRESS"] = f"{loopback}:{self._metrics}"
        launch.environment["JICHITAI_HEALTH_ADDRESS"] = f"{loopback}:{self._installation.health_port}"
        return self._session.start_operator(launch, self._accounts, self._endpoint)

    def _configure(self, changed: dict) -> None:
        self._config |= changed
        replace_config(self._installation.operator_config, self._config)

    # The phases that are counted.

    def _create(self) -> None:
        for tenant in self._fleet.tenants():
            self._api.create(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tenant.namespace}}
            )
        for document in self._fleet.objects():
            self.readiness.want(self._api.create(document))
        self._say(f"{self.readiness.wanted} objects are created")
        self._await_ready()

    def _change(self) -> None:
        for tenant in self._fleet.some(math.ceil(self._fleet.count / 10)):
            changed = municipality(tenant, self._fleet.served_by(tenant), ports=2)
            self.readiness.want(self._api.merge(changed, {"spec": changed["spec"]}))
        self._await_ready()

    def _restart(self) -> Figures:
        self._session.stop_operator()
        begun = time.monotonic()
        self._operator = self._start_operator()
        self._await("every object is listed", self._probe, 1, every=POLL_SECONDS)
        listed = time.monotonic() - begun
        self._await_looks(0)
        return {"seconds": round(time.monotonic() - begun, 1), "listed_seconds": round(listed, 2)}

    def _look_at_all(self) -> None:
        before = self._looks()
        self._wake_all()
        self._await_looks(before)

    # The phases that are timed while passes run.

    def _edit(self) -> Figures:
        """From a change of one object until the first write in its account, in which nothing else is to be done."""
        tenant = self._fleet.tenant(self._fleet.count - 1)
        changed = municipality(tenant, self._fleet.served_by(tenant), ports=3)

        def edit() -> float:
            since, begun = aws.number_of_calls(self._endpoint), time.monotonic()
            self.readiness.want(self._api.merge(changed, {"spec": changed["spec"]}))
            self._await("a write", lambda: len(self._writes(tenant.account, since)), 1, every=POLL_SECONDS)
            return time.monotonic() - begun

        seconds = self._under_load(edit)
        self._await_ready()
        return {"seconds": round(seconds, 2)}

    def _drift(self) -> Figures:
        """From changes by hand, which AWS reports, until they are undone."""
        wanted = list(drifts(self._fleet.some(DRIFTS), self._api, self._endpoint))
        self._hear_of_changes()

        def undo() -> list[float]:
            with ThreadPoolExecutor(DRIFTS_AT_ONCE) as pool:
                return list(pool.map(Drift.seconds, wanted))

        took = self._under_load(undo)
        percentiles = {f"p{percent}": round(measuring.percentile(took, percent), 2) for percent in (50, 95)}
        return {"count": len(took), **percentiles, "max": round(max(took), 2)}

    def _hear_of_changes(self) -> None:
        url = event_queue.url_of(HUB)
        heard = {"events": {"queueUrls": [url]}}
        config = self._stack.folder / "event-queue.yaml"
        replace_config(config, self._config | heard)
        target = event_queue.make(self._binary, config, url, self._endpoint)
        event_queue.fill(self._endpoint, target, self._fleet.account_ids())
        self._configure(heard)

    def _under_load(self, work: Callable[[], Done]) -> Done:
        """Does something while all objects are looked at, again and again."""
        before = self._looks()
        self._wake_all()
        self._await("a pass has begun", self._looks, before + 1, every=POLL_SECONDS)
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(work)
            self._await_looks(before)
            while not done.done():
                self._look_at_all()
            return done.result()

    # What the phases wait for.

    def _wake_all(self) -> None:
        """A changed configuration wakes every object."""
        self._configure({"logLevel": "warn" if self._config.get("logLevel") == "info" else "info"})

    def _await_looks(self, before: int) -> None:
        """Waits until every object was looked at, and none waits for its turn any more."""
        wanted = self.readiness.wanted

        def looked_at() -> int:
            found = measuring.metrics(self._metrics)
            pending = found["jichitai_queue_objects"] + found["jichitai_reconciles_running"]
            return max(0, min(int(found[LOOKS]) - before, wanted) - int(pending))

        self._await("every object was looked at", looked_at, wanted)

    def _await_ready(self) -> None:
        self._await("all are Ready", self.readiness.ready, self.readiness.wanted, self.readiness.why_not)

    def _looks(self) -> int:
        return int(measuring.metrics(self._metrics)[LOOKS])

    def _probe(self) -> int:
        return int(measuring.answers(self._installation.health_port, "/readyz"))

    def _writes(self, account: str, since: int) -> list[dict]:
        return aws.writes(self._endpoint, account, since)

    def _await(
        self,
        what: str,
        so_far: Callable[[], int],
        wanted: int,
        why_not: Callable[[], str] = lambda: "",
        every: float = aws.POLL_SECONDS,
    ) -> None:
        """Waits until a number is reached; it may take long, as long as it grows. Tells from time to time how far it is."""
        last, moved = None, time.monotonic()
        told = moved
        while (found := so_far()) < wanted:
            now = time.monotonic()
            if found != last:
                last, moved = found, now
            if now - told > PROGRESS_SECONDS:
                told = now
                self._say(f"{what}: {found} of {wanted}")
            if self._operator.exited() is not None:
                raise Failure(f"the operator ended:\n{self._operator.last_lines()}")
            if now - moved > PATIENCE_SECONDS:
                told_last = self._operator.last_lines()
                raise Failure(f"nothing moved for {PATIENCE_SECONDS} s: {what}\n{why_not()}\n{told_last}")
            time.sleep(every)

    # What they cost.

    def _cost(self, phase: Callable[[], Figures | None]) -> dict:
        """What a phase cost, and what it says of itself."""
        aws.post(self._endpoint, "calls/reset", {})
        self._audit.writes()
        pid, began, cpu = self._operator.pid, time.monotonic(), cpu_seconds(self._operator.pid)
        figures = phase() or {}
        seconds = time.monotonic() - began
        self._await("every account was surveyed", lambda: -self.readiness.unjudged(), 0)
        aws.rest(self._endpoint, PATIENCE_SECONDS)
        by_kind = measuring.calls_by_kind(aws.calls(self._endpoint))
        written = self._audit.writes()
        # A process of its own begins at nothing.
        cpu = cpu if self._operator.pid == pid else 0
        cost = Cost(
            seconds=round(seconds, 1),
            aws_reads=by_kind["read"].total(),
            aws_writes=by_kind["write"].total(),
            kubernetes_writes=written.total(),
            cpu_seconds=round(cpu_seconds(self._operator.pid) - cpu, 2),
            peak_mebibytes=peak_mebibytes(self._operator.pid),
            own_mebibytes=own_mebibytes(self._operator.pid),
            reads_by_operation=dict(by_kind["read"].most_common()),
            writes_by_operation=dict(by_kind["write"].most_common()),
            kubernetes_writes_by_resource=dict(written.most_common()),
        )
        return asdict(cost) | figures


if __name__ == "__main__":
    sys.exit(main())
