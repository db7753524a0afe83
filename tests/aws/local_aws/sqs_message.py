"""SQS messages: sent, waited for, received, hidden, deleted; too often received, they are dead letters.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

import re
import uuid
from collections.abc import Callable
from typing import Any

from moto.sqs.models import Message, Queue, SQSBackend

from . import clock, waiting
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .sqs_queue import expire, find, of, value

MOST_HIDDEN = 43_200
SYSTEM_ATTRIBUTES = {
    "All", "AWSTraceHeader", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn", "MessageDeduplicationId", "MessageGroupId", "SenderId", "SentTimestamp",
    "SequenceNumber",
}  # fmt: skip
SOURCE = "DeadLetterQueueSourceArn"
# https://www.w3.org/TR/REC-xml/#charsets
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
PREFIX = "AWS.SimpleQueueService."


# moto would count the queue's messages for each that it gives; what is too old is out before.
SQSBackend.is_message_valid_based_on_retention_period = lambda *_: True


def put(queue: Queue, body: str) -> None:
    """Sends a message as a service does, without a call."""
    message = Message(str(uuid.uuid4()), body)
    message.mark_sent(queue.delay_seconds)
    queue.add_message(message)
    waiting.changed()


@correct("sqs", "SendMessage")
def send_message(call: Call, base: Base) -> Any:
    """A text of characters that XML knows, of at most so many bytes."""
    queue, body = of(call), call.params["MessageBody"]
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if FORBIDDEN.search(body):
        raise AwsError("InvalidMessageContents", "Invalid characters found.")
    if len(body.encode()) > queue.maximum_message_size:
        why = f"Reason: Message must be shorter than {queue.maximum_message_size} bytes."
        raise AwsError("InvalidParameterValue", f"One or more parameters are invalid. {why}")
    delay = call.params.get("DelaySeconds")
    if delay is not None and not 0 <= delay <= 900:
        raise value("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900.")
    return base()


@correct("sqs", "ReceiveMessage")
def receive_message(call: Call, base: Base) -> Any:
    """Up to ten that are visible, or after waiting what has come; nobody else waits meanwhile."""
    params = call.params
    _check_range(params, "MaxNumberOfMessages", 1, 10, "Must be between 1 and 10, if provided.")
    _check_range(params, "WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided.")
    _check_range(params, "VisibilityTimeout", 0, MOST_HIDDEN, "Must be between 0 and 43200, if provided.")
    wanted = {*(params.get("AttributeNames") or []), *(params.get("MessageSystemAttributeNames") or [])}
    if strange := wanted - SYSTEM_ATTRIBUTES:
        raise AwsError("InvalidAttributeName", f"Unknown Attribute {min(strange)}.")
    wait = params.get("WaitTimeSeconds", of(call).receive_message_wait_time_seconds)
    # moto would wait with the lock held.
    params["WaitTimeSeconds"] = 0

    def ready() -> Any:
        queue = of(call)
        expire(queue)
        _redrive(queue)
        return base().get("Messages") if queue.messages else None

    received = waiting.until(int(wait), call, ready, lambda: _next_visible(of(call)))
    for message in received or []:
        found = _by_handle(of(call), message["ReceiptHandle"])
        _handles(of(call))[found.receipt_handle] = clock.now()
        if {"All", SOURCE} & wanted and SOURCE in vars(found):
            message["Attributes"] = {**message.get("Attributes", {}), SOURCE: vars(found)[SOURCE]}
    return {"Messages": received} if received else {}


def _check_range(params: dict[str, Any], name: str, low: int, high: int, why: str) -> None:
    given = params.get(name)
    if given is not None and not low <= given <= high:
        raise value(name, given, why)


def _redrive(queue: Queue) -> None:
    if not queue.redrive_policy:
        return
    # By name, as it may be gone, and then messages stay.
    name = queue.redrive_policy["deadLetterTargetArn"].rpartition(":")[2]
    queue.dead_letter_queue = find(queue.account_id, queue.region, name)
    for message in queue.messages if queue.dead_letter_queue else []:
        if message.approximate_receive_count >= queue.redrive_policy["maxReceiveCount"]:
            queue._messages.remove(message)
            queue.pending_messages.discard(message)
            vars(message)[SOURCE] = queue.queue_arn
            queue.dead_letter_queue.add_message(message)
            waiting.changed()


def _next_visible(queue: Queue) -> float | None:
    hidden = [m for m in queue._messages if m.delayed or not m.visible]
    return min((max(m.visible_at, m.delayed_until) / 1000 for m in hidden), default=None)


def _handles(queue: Queue) -> dict[str, float]:
    """The receipt handles that the queue has given out, with when."""
    return vars(queue).setdefault("local_aws_handles", {})


def _by_handle(queue: Queue, handle: str) -> Message | None:
    """The message whose newest receive gave out the handle."""
    return next((m for m in queue._messages if m.receipt_handle == handle), None)


def _given(queue: Queue, handle: str) -> Message | None:
    if handle not in _handles(queue):
        message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
        raise AwsError("ReceiptHandleIsInvalid", message)
    return _by_handle(queue, handle)


@correct("sqs", "DeleteMessage")
def delete_message(call: Call, base: Base) -> Any:
    """By the handle of the newest receive; an older one succeeds, and the message stays."""
    _delete(of(call), call.params["ReceiptHandle"])
    return {}


def _delete(queue: Queue, handle: str) -> None:
    message = _given(queue, handle)
    if message is not None:
        queue._messages.remove(message)
        queue.pending_messages.discard(message)


@correct("sqs", "ChangeMessageVisibility")
def change_visibility(call: Call, base: Base) -> Any:
    """Of a message in flight, by the handle of its newest receive, for twelve hours in all."""
    _hide(of(call), call.params["ReceiptHandle"], call.params["VisibilityTimeout"])
    return {}


def _hide(queue: Queue, handle: str, seconds: int) -> None:
    if not 0 <= seconds <= MOST_HIDDEN:
        raise value("VisibilityTimeout", seconds, "Must be between 0 and 43200.")
    message = _given(queue, handle)
    if message is None:
        # The code and the words are those that AWS's users have reported.
        why = "Message does not exist or is not available for visibility timeout change."
        raise value("ReceiptHandle", handle, why)
    if message.visible:
        raise AwsError(f"{PREFIX}MessageNotInflight", "The specified message isn't in flight.")
    if clock.now() + seconds > _handles(queue)[handle] + MOST_HIDDEN:
        why = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
        raise value("VisibilityTimeout", seconds, why)
    message.change_visibility(seconds)


@correct("sqs", "DeleteMessageBatch")
def delete_batch(call: Call, base: Base) -> Any:
    """Each entry for itself."""
    queue = of(call)
    return _each(call, lambda entry: _delete(queue, entry["ReceiptHandle"]))


@correct("sqs", "ChangeMessageVisibilityBatch")
def change_batch(call: Call, base: Base) -> Any:
    """Each entry for itself."""
    queue = of(call)
    return _each(call, lambda entry: _hide(queue, entry["ReceiptHandle"], entry.get("VisibilityTimeout", 0)))


@correct("sqs", "SendMessageBatch")
def send_batch(call: Call, base: Base) -> Any:
    """One to ten, with ids of their own."""
    _check_entries(call)
    return base()


def _each(call: Call, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    _check_entries(call)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in call.params["Entries"]:
        try:
            change(entry)
            done.append({"Id": entry["Id"]})
        except AwsError as error:
            fault = {"SenderFault": True, "Code": error.code, "Message": error.message}
            failed.append({"Id": entry["Id"], **fault})
    return {"Successful": done, "Failed": failed}


def _check_entries(call: Call) -> None:
    ids = [entry["Id"] for entry in call.params["Entries"]]
    if not ids:
        name = f"{call.operation}RequestEntry"
        message = f"There should be at least one {name} in the request."
        raise AwsError(f"{PREFIX}EmptyBatchRequest", message)
    if len(ids) > 10:
        message = f"Maximum number of entries per request are 10. You have sent {len(ids)}."
        raise AwsError(f"{PREFIX}TooManyEntriesInBatchRequest", message)
    if not all(ENTRY_ID.fullmatch(one) for one in ids):
        message = (
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long."
        )
        raise AwsError(f"{PREFIX}InvalidBatchEntryId", message)
    if repeated := next((one for one in ids if ids.count(one) > 1), None):
        raise AwsError(f"{PREFIX}BatchEntryIdsNotDistinct", f"Id {repeated} repeated.")
