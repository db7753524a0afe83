"""Faults on demand: `/local-aws/faults` holds rules, each request is compared with them in order."""

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from . import clock, errors, garble, settings
from .errors import AwsError
from .identify import Call

BEFORE = {"throttle", "deny", "scp-deny", "error-before", "error", "delay"}
AFTER = {"error-after", "kill", "lag", "garble"}


_counting = threading.Lock()


@dataclass
class Rule:
    """One rule; `after` matches are skipped first, then it acts `times` times (None: always)."""

    action: str
    service: str = "*"
    operation: str = "*"
    account: str | None = None
    region: str | None = None
    kind: str | None = None
    after: int = 0
    times: int | None = None
    seconds: float = 1.0
    pid: int | None = None
    signal: int = signal.SIGKILL
    seed: int = 0
    code: str | None = None
    message: str = "A fault that the test asked for"
    status: int = 400
    matched: int = field(default=0, init=False)
    acted: int = field(default=0, init=False)

    def takes(self, call: Call) -> bool:
        """Whether the rule acts on this call; counts the match."""
        wanted = (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and self.account in (None, call.account)
            and self.region in (None, call.region)
            and self.kind in (None, call.kind)
        )
        if not wanted:
            return False
        with _counting:
            if self.times is not None and self.acted >= self.times:
                return False
            self.matched += 1
            if self.matched <= self.after:
                return False
            self.acted += 1
            return True


_rules: list[Rule] = []
_buckets: dict[tuple[str, ...], tuple[float, float]] = {}


def add(rules: list[dict[str, Any]]) -> int:
    """Adds rules; an unknown action or field is refused."""
    made = [Rule(**rule) for rule in rules]
    for rule in made:
        if rule.action not in BEFORE | AFTER:
            raise ValueError(f"unknown action {rule.action}; known: {sorted(BEFORE | AFTER)}")
        if rule.action == "kill" and not rule.pid:
            raise ValueError("kill needs a pid")
        if rule.action == "error" and not rule.code:
            raise ValueError("error needs a code")
    _rules.extend(made)
    return len(_rules)


def listed() -> list[dict[str, Any]]:
    """The rules with their counts."""
    return [dict(vars(rule)) for rule in _rules]


def clear() -> None:
    """Removes all rules and refills the token buckets."""
    _rules.clear()
    _buckets.clear()


def before(call: Call) -> AwsError | None:
    """Delays or refuses the call before it has any effect."""
    if call.service == "sts" and call.operation.startswith("AssumeRole"):
        time.sleep(settings.get("tokenLatency"))
    for rule in _rules:
        if rule.action not in BEFORE or not rule.takes(call):
            continue
        if rule.action == "delay":
            time.sleep(rule.seconds)
        elif rule.action == "throttle":
            return errors.throttled(call.service)
        elif rule.action in ("deny", "scp-deny"):
            return errors.denied(call, "a service control policy" if rule.action == "scp-deny" else None)
        elif rule.action == "error":
            return AwsError(rule.code, rule.message, rule.status)
        else:
            return errors.internal(call.service)
    return errors.throttled(call.service) if _over_limit(call) else None


def after_success(call: Call) -> AwsError | None:
    """Acts after the effect: kills a process before it hears the answer, or answers 5xx in spite of it."""
    failure = None
    for rule in _rules:
        if rule.action not in ("error-after", "kill") or not rule.takes(call):
            continue
        if rule.action == "kill":
            os.kill(rule.pid, rule.signal)
        else:
            failure = errors.internal(call.service)
    return failure


def garbled(call: Call, body: bytes) -> bytes:
    """The body of a successful answer, changed where a rule says so, by seed and number."""
    for rule in _rules:
        if rule.action == "garble" and rule.takes(call):
            body = garble.answer(body, random.Random(f"{rule.seed} {rule.acted} {call.operation}"))
    return body


def lag(call: Call) -> float:
    """Seconds that what this call creates stays out of lists: the setting, or a rule's."""
    seconds = settings.get("lag")
    for rule in _rules:
        if rule.action == "lag" and rule.takes(call):
            seconds = max(seconds, rule.seconds)
    return seconds


def _over_limit(call: Call) -> bool:
    if call.account in settings.get("unthrottled"):
        return False
    limits = settings.get("buckets")
    with _counting:
        names = {o: f"{call.service}:{o}" for o in (call.operation, "*")}
        held = {o: _tokens(call, o, limits[name]) for o, name in names.items() if limits.get(name)}
        # A refused request takes nothing out of any bucket.
        enough = all(tokens >= 1 for tokens in held.values())
        for operation, tokens in held.items():
            _buckets[_bucket(call, operation)] = (tokens - enough, clock.now())
    return not enough


def _bucket(call: Call, operation: str) -> tuple[str, ...]:
    return (call.account, call.region, call.service, operation)


def _tokens(call: Call, operation: str, limit: tuple[float, float]) -> float:
    burst, rate = limit
    tokens, then = _buckets.get(_bucket(call, operation), (float(burst), clock.now()))
    return min(float(burst), tokens + (clock.now() - then) * rate)
