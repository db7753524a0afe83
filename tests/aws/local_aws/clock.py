"""Time as the local AWS sees it: an offset that tests set, and changes of state that become due."""

import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime

_due: list[tuple[float, int, Callable[[], None]]] = []
_order = itertools.count()
offset = 0.0


def now() -> float:
    """Seconds since 1970, moved by the offset that `/local-aws/settings` sets."""
    return time.time() + offset


def utcnow() -> datetime:
    """The same as a date without a zone, which is how moto keeps dates."""
    return datetime.fromtimestamp(now(), UTC).replace(tzinfo=None)


def after(seconds: float, change: Callable[[], None]) -> None:
    """Runs `change` before the first request that comes at least `seconds` later."""
    heapq.heappush(_due, (now() + seconds, next(_order), change))


def settle() -> None:
    """Runs every change that is due. Called before each request, under the server's lock."""
    while _due and _due[0][0] <= now():
        heapq.heappop(_due)[2]()


def next_due() -> float | None:
    """When the next change is due."""
    return _due[0][0] if _due else None


def reset() -> None:
    """Forgets what is due and the offset."""
    global offset
    offset = 0.0
    _due.clear()
