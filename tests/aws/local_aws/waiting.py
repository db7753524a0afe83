"""One lock makes each effect atomic, as moto's are not; a call that waits lets the others in meanwhile."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from . import clock
from .identify import Call

# Seconds until a waiting call looks again whether its client is still there.
LOOK = 0.25
lock = threading.RLock()
_changed = threading.Condition(lock)


def changed() -> None:
    """Lets every waiting call look again. Called under the lock."""
    _changed.notify_all()


def until(seconds: float, call: Call, ready: Callable[[], Any], due: Callable[[], float | None]) -> Any:
    """What `ready` says once it says something; or nothing, when the time is over or the client has gone.

    `due` is when it may become ready by itself, as the clock tells.
    """
    end = time.monotonic() + seconds
    while not (said := ready()):
        left = end - time.monotonic()
        if left <= 0:
            break
        # A message is visible after its moment, not at it.
        moments = [moment - clock.now() + 0.002 for moment in (due(), clock.next_due()) if moment is not None]
        _changed.wait(max(0.001, min(left, LOOK, *moments)))
        clock.settle()
        if _gone(call):
            break
    return said


def _gone(call: Call) -> bool:
    try:
        return call.request.environ["werkzeug.socket"].recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
