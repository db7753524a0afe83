"""Which objects are Ready, told by one watch for each kind: asking thousands of them again and again would cost more than
what is measured. Of an object only its name and generations are kept, and why it is not Ready."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path
from typing import Self

from cluster import Failure
from kube import Api
from tables import conditions_of, key_of, ready_of

Key = tuple[str, str, str]
NAMED = 5


class Readiness:
    """Follows all objects of some kinds until the block is left."""

    def __init__(self, kubeconfig: Path, kinds: tuple[str, ...]) -> None:
        self._kubeconfig, self._kinds = kubeconfig, kinds
        # Up to which generation each object is Ready; 0 where it is not.
        self._reached: dict[Key, int] = {}
        # Of which generation what guardrails say of each object is; 0 where they say nothing yet.
        self._judged: dict[Key, int] = {}
        self._reasons: dict[Key, str] = {}
        self._wanted: dict[Key, int] = {}
        self._fault: Exception | None = None
        self._ends = False

    def __enter__(self) -> Self:
        for kind in self._kinds:
            threading.Thread(target=self._follow, args=(kind,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # The threads wait for the API server; they end when it does.
        self._ends = True

    def want(self, thing: dict) -> None:
        """Waits for an object as the API server has just answered it."""
        self._wanted[key_of(thing)] = thing["metadata"]["generation"]

    @property
    def wanted(self) -> int:
        return len(self._wanted)

    def ready(self) -> int:
        """How many of the wanted ones are Ready as they are now."""
        if self._fault is not None:
            raise Failure(f"a watch ended: {self._fault}") from self._fault
        return sum(self._is_ready(key) for key in self._wanted)

    def unjudged(self) -> int:
        """How many of the wanted Municipalities have no guardrails judged as they are now."""
        wanted = [key for key in self._wanted if "Municipality" in key]
        return sum(self._judged.get(key, 0) < self._wanted[key] for key in wanted)

    def why_not(self) -> str:
        """Some of those that are not Ready, and their reasons."""
        waiting = [key for key in self._wanted if not self._is_ready(key)]
        lines = [f"  {' '.join(key)}: {self._reasons.get(key, 'not seen yet')}" for key in waiting[:NAMED]]
        return "\n".join([f"{len(waiting)} of {len(self._wanted)} are not Ready:", *lines])

    def _is_ready(self, key: Key) -> bool:
        return self._reached.get(key, 0) >= self._wanted[key]

    def _note(self, thing: dict) -> None:
        key, condition = key_of(thing), ready_of(thing)
        is_true = condition.get("status") == "True"
        advice = [one for one in conditions_of(thing) if one["type"] == "GuardrailsPassed"]
        self._judged[key] = max((one.get("observedGeneration", 0) for one in advice), default=0)
        self._reached[key] = thing["status"].get("observedGeneration", 0) if is_true else 0
        if is_true:
            self._reasons.pop(key, None)
        elif condition:
            self._reasons[key] = f"{condition['reason']}: {condition['message']}"

    def _follow(self, kind: str) -> None:
        try:
            while not self._ends:
                self._watch(kind)
        except (OSError, http.client.HTTPException, ValueError, Failure) as error:
            if not self._ends:
                self._fault = error

    def _watch(self, kind: str) -> None:
        """From a list until the API server ends the watch."""
        api = Api(self._kubeconfig, patience=None)
        for event in api.watch(kind, api.each(kind, self._note)):
            if event["type"] == "ERROR":
                return
            self._note(event["object"])
