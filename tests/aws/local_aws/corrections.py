"""The registry of corrections: functions that stand around one operation of one service.

    @correct("ec2", "CreateVpc")
    def create_vpc(call, base):
        check(call.params)      # raise AwsError to refuse
        result = base()         # moto's result (or the next correction's), not yet XML or JSON
        return result

`base()` gives a dict whose lists may hold moto's own objects; a returned dict may hold objects or dicts.
"""

from collections.abc import Callable
from typing import Any

from .identify import Call

Base = Callable[[], Any]
Correction = Callable[[Call, Base], Any]
_registry: dict[tuple[str, str], list[Correction]] = {}
_gates: dict[tuple[str, str], list[Correction]] = {}
_resets: list[Callable[[], None]] = []


def correct(service: str, *operations: str, gate: bool = False) -> Callable[[Correction], Correction]:
    """Registers a correction; the one registered last stands outermost, and a gate outside all that are none.

    A gate of operation "*" stands around every operation of its service.
    """

    def register(correction: Correction) -> Correction:
        for operation in operations:
            registry = _gates if gate else _registry
            registry.setdefault((service, operation), []).append(correction)
        return correction

    return register


def on_reset(forget: Callable[[], None]) -> Callable[[], None]:
    """Registers what a correction forgets when the local AWS is reset."""
    _resets.append(forget)
    return forget


def reset() -> None:
    """Lets every correction forget its state."""
    for forget in _resets:
        forget()


def known(service: str, operation: str) -> bool:
    """Whether a correction exists for the operation."""
    return (service, operation) in _registry


def apply(call: Call, base: Base) -> Any:
    """Runs the operation inside its corrections."""
    name = (call.service, call.operation)
    for correction in _registry.get(name, []) + _gates.get(name, []) + _gates.get((call.service, "*"), []):
        base = _around(correction, call, base)
    return base()


def _around(correction: Correction, call: Call, base: Base) -> Base:
    return lambda: correction(call, base)
