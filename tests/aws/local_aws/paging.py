"""Pages of a list: a token names the place where the next page starts."""

import base64
from collections.abc import Sequence
from typing import Any

from .errors import AwsError
from .identify import Call


def page(
    call: Call,
    items: Sequence[Any],
    default: int,
    limit: str = "MaxResults",
    token: str = "NextToken",
    bad_token: str = "InvalidNextToken",
) -> tuple[Sequence[Any], str | None]:
    """The page that the call asks for, and the token of the next one."""
    size = call.params.get(limit) or default
    start = 0
    if call.params.get(token):
        try:
            start = int(base64.urlsafe_b64decode(call.params[token]).decode().removeprefix("from:"))
        except ValueError:
            raise AwsError(bad_token, "The token is not valid") from None
    part = items[start : start + size]
    more = start + size < len(items)
    return part, base64.urlsafe_b64encode(f"from:{start + size}".encode()).decode() if more else None
