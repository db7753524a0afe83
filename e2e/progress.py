"""Follows the objects until all are Ready: one line whenever one of them says something new."""

from __future__ import annotations

import time

from local_stack.process import Process

from cluster import Cluster, Failure
from installation import GROUP
from tables import key_of, ready_of, shorten


class Progress:
    def __init__(self, cluster: Cluster, wanted: set[tuple[str, str, str]]) -> None:
        self._cluster = cluster
        self._wanted = wanted
        self._started = time.monotonic()
        self._said: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._resources = ",".join(
            crd["metadata"]["name"]
            for crd in cluster.list("customresourcedefinitions")
            if crd["spec"]["group"] == GROUP
        )

    def objects(self) -> list[dict]:
        """Every object of our kinds."""
        return sorted(self._cluster.list(self._resources), key=key_of)

    def follow(self, operator: Process, seconds: float) -> bool:
        """True when all are Ready for the generation that was applied, False when the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            ready = self.report_changes()
            if self._wanted <= ready:
                print(f"{self._elapsed()}  all {len(self._wanted)} objects are Ready\n")
                return True
            if operator.exited() is not None:
                raise Failure(
                    f"the operator ended with code {operator.exited()}:\n{operator.last_lines()}"
                )
            if time.monotonic() > deadline:
                return False
            time.sleep(1)

    def report_changes(self) -> set[tuple[str, str, str]]:
        """Prints what is new, and gives the objects that are Ready."""
        ready = set()
        for thing in self.objects():
            key, condition = key_of(thing), ready_of(thing)
            state = (condition.get("status", "-"), condition.get("reason", "not seen yet"))
            if state[0] == "True" and is_current(thing):
                ready.add(key)
            if self._said.get(key) != state:
                self._said[key] = state
                kind, namespace, name = key
                message = shorten(condition.get("message", ""), 100)
                line = f"{self._elapsed()}  {kind} {namespace}/{name}: Ready={state[0]} {state[1]}"
                print(f"{line}  {message}".rstrip(), flush=True)
        return ready

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:6.1f} s"


def is_current(thing: dict) -> bool:
    seen = thing.get("status", {}).get("observedGeneration")
    return seen == thing["metadata"]["generation"]
