"""Eventual consistency: a new resource stays out of lists for a settable time.

https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
"""

from . import clock, faults
from .corrections import on_reset
from .identify import Call

_hidden: dict[str, float] = {}


def note(call: Call, *ids: str) -> None:
    """Hides what the call has just created, if a lag is set."""
    seconds = faults.lag(call)
    if seconds > 0:
        _hidden.update(dict.fromkeys(ids, clock.now() + seconds))


def visible(resource_id: str) -> bool:
    """Whether lists show the resource already."""
    until = _hidden.get(resource_id)
    if until is None:
        return True
    if until > clock.now():
        return False
    del _hidden[resource_id]
    return True


@on_reset
def reset() -> None:
    """Nothing is hidden."""
    _hidden.clear()
