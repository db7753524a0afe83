"""Parameters and results as CloudTrail writes them: names begin small, secrets are hidden.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/transfer/latest/userguide/logging-using-cloudtrail.html
"""

import base64
from datetime import UTC, datetime
from typing import Any

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def first_small(name: str) -> str:
    """The name with a small first letter, whatever follows: `vPCId`; only an ARN is one as a whole."""
    return "arn" if name == "ARN" else name[:1].lower() + name[1:]


def sensitive(shape: Any) -> bool:
    """Whether the model says that it is a secret."""
    return bool(shape.metadata.get("sensitive"))


def plain(given: Any, shape: Any) -> Any:
    """A value of a shape, without what is secret in it."""
    if sensitive(shape):
        return HIDDEN
    if shape.type_name == "structure":
        return {
            first_small(name): plain(given[name], member)
            for name, member in shape.members.items()
            if given.get(name) is not None
        }
    if shape.type_name == "list":
        return [plain(one, shape.member) for one in given]
    if shape.type_name == "map":
        return {str(key): plain(one, shape.value) for key, one in given.items()}
    return _scalar(given)


def _scalar(given: Any) -> Any:
    if isinstance(given, bytes):
        return base64.b64encode(given).decode()
    if isinstance(given, datetime):
        moment = given.astimezone(UTC)
        return f"{moment:%b} {moment.day}, {moment:%Y} {moment.hour % 12 or 12}:{moment:%M:%S %p}"
    return given
