"""Client tokens: the same request again answers the first one's result, another request under it is refused.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

import json
from collections.abc import Callable
from typing import Any

from .corrections import on_reset
from .errors import AwsError
from .identify import Call

_done: dict[tuple[str, ...], tuple[str, Any]] = {}


def once(call: Call, name: str, create: Callable[[], Any]) -> Any:
    """Creates, unless the token was used before for the same."""
    token = call.params.get("ClientToken")
    if not token:
        return create()
    key = (call.account, call.region, name, token)
    asked = json.dumps(
        {k: v for k, v in call.params.items() if k != "TagSpecifications"}, sort_keys=True, default=str
    )
    if key in _done:
        before, result = _done[key]
        if before != asked:
            message = "The client token is used with different request parameters"
            raise AwsError("IdempotentParameterMismatch", message)
        return _copy(result)
    result = create()
    _done[key] = (asked, _copy(result))
    return result


def _copy(result: Any) -> Any:
    """Of an answer; a thing is answered with as it is by now."""
    return dict(result) if isinstance(result, dict) else result


@on_reset
def reset() -> None:
    """No token was used."""
    _done.clear()
