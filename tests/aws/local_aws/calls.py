"""Counts and logs every AWS call, so that tests can say what the operator did and what it must not do."""

import itertools
import threading
from collections import Counter, deque
from typing import Any

from .identify import Call

LOG_LIMIT = 20_000
_counts: Counter[tuple[str, ...]] = Counter()
_log: deque[dict[str, Any]] = deque(maxlen=LOG_LIMIT)
_sequence = itertools.count(1)
_recording = threading.Lock()


def record(call: Call, status: int, error: str | None) -> None:
    """Notes one answered call."""
    entry = {
        "sequence": 0,
        "account": call.account,
        "region": call.region,
        "service": call.service,
        "operation": call.operation,
        "kind": call.kind,
        "status": status,
        "error": error,
    }
    if call.kind == "write":
        entry["parameters"] = compact(call.params)
    key = (call.account, call.region, call.service, call.operation, call.kind, error or "ok")
    with _recording:
        _counts[key] += 1
        entry["sequence"] = next(_sequence)
        _log.append(entry)


def counts() -> list[dict[str, Any]]:
    """Counts by account, region, service, operation, read or write, and outcome."""
    names = ("account", "region", "service", "operation", "kind", "outcome")
    return [dict(zip(names, key, strict=True), count=n) for key, n in sorted(_counts.items())]


def log() -> list[dict[str, Any]]:
    """The calls in order, the newest `LOG_LIMIT` of them."""
    return list(_log)


def reset() -> None:
    """Forgets counts, log and sequence."""
    global _sequence
    _counts.clear()
    _log.clear()
    _sequence = itertools.count(1)


def compact(value: Any) -> Any:
    """The value as JSON can hold it, long texts cut."""
    if isinstance(value, dict):
        return {k: compact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [compact(v) for v in value[:50]]
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return value if len(value) <= 4000 else value[:4000] + "…"
    return value if isinstance(value, int | float | bool | None) else str(value)
