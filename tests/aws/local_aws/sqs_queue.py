"""SQS queues: which one a URL names and who may use it, attributes that are checked, dead-letter queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-examples-of-sqs-policies.html
"""

import json
import re
from typing import Any

from moto.sqs import models
from moto.sqs.models import Queue, sqs_backends

from . import clock, iam_action, policy_eval, policy_form, sts, waiting
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call
from .policy_eval import as_list

RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
SETTABLE = {
    *RANGES, "ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit",
    "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled",
}  # fmt: skip
HOST = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com/")
# Seconds until the name of a deleted queue can be used again, and a queue can be emptied again.
PAUSE = 60
_deleted: dict[tuple[str, ...], float] = {}

models.unix_time = clock.now
models.unix_time_millis = lambda: clock.now() * 1000


@on_reset
def forget() -> None:
    """No queue was deleted."""
    _deleted.clear()


def value(name: str, given: Any, reason: str) -> AwsError:
    """The refusal of a parameter's value."""
    message = f"Value {given} for parameter {name} is invalid. Reason: {reason}"
    return AwsError("InvalidParameterValue", message)


def find(account: str, region: str, name: str) -> Queue | None:
    """moto's queue, if there is one."""
    return sqs_backends[account][region].queues.get(name)


def of(call: Call) -> Queue:
    """moto's queue that the call's URL names."""
    url = str(call.params["QueueUrl"])
    host = HOST.match(url)
    if host and host.group(1) != call.region:
        raise AwsError("InvalidAddress", f"The address {url} is not valid for this endpoint.", 404)
    account, name = iam_action.queue_arn(call).split(":")[4:]
    queue = find(account, call.region, name)
    if queue is None:
        message = "The specified queue does not exist."
        raise AwsError("AWS.SimpleQueueService.NonExistentQueue", message)
    return queue


def expire(queue: Queue) -> None:
    """Takes out what is older than the queue keeps messages, counted from when they were first sent."""
    oldest = (clock.now() - queue.message_retention_period) * 1000
    queue._messages = [m for m in queue._messages if m.sent_timestamp > oldest]


@correct("sqs", "*", gate=True)
def check_queue(call: Call, base: Base) -> Any:
    """The queue exists; another account's policy admits the caller. Whoever waits for it looks again."""
    named = call.params.get("QueueUrl")
    if named:
        queue = of(call)
        if queue.account_id != call.account and not admits(queue, *_asked(call)):
            raise _denied(call, queue)
        # moto takes the name behind the last slash, and looks for it among this account's.
        call.params["QueueUrl"] = f"https://local/{queue.account_id}/{queue.name}"
        call.request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = queue.account_id
    try:
        return base()
    finally:
        if named:
            call.params["QueueUrl"] = named
        waiting.changed()


def _asked(call: Call) -> tuple[str, set[str], policy_eval.Context]:
    root = f"arn:aws:iam::{call.account}:root"
    who = {"*", call.account, root, call.principal, call.role_arn or root}
    return call.action, who, sts.principal_context(call)


def admits(queue: Queue, action: str, who: set[str], context: policy_eval.Context) -> bool:
    """Whether the queue's policy lets anybody of `who` do it, and nobody of them is denied it."""
    statements = as_list(json.loads(queue.policy or "{}").get("Statement"))
    applying = [
        s for s in statements if _names(s, who) and policy_eval.applies(s, action, queue.queue_arn, context)
    ]
    return policy_eval.decide(applying) == "Allow"


def _names(statement: dict[str, Any], who: set[str]) -> bool:
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    named = {"*"} if principal == "*" else {n for kind in principal.values() for n in as_list(kind)}
    return bool(named & who) == ("Principal" in statement)


def _denied(call: Call, queue: Queue) -> AwsError:
    action = call.action.lower()
    message = (
        f"User: {call.principal} is not authorized to perform: {action} on resource: {queue.queue_arn} "
        f"because no resource-based policy allows the {action} action"
    )
    return AwsError("AccessDenied", message, 403)


@correct("sqs", "CreateQueue")
def create_queue(call: Call, base: Base) -> Any:
    """Attributes that SQS takes; a name that was not deleted just now."""
    name = call.params["QueueName"]
    gone = _deleted.get((call.account, call.region, name))
    if gone is not None and clock.now() < gone + PAUSE:
        message = "You must wait 60 seconds after deleting a queue before you can create it again."
        raise AwsError("AWS.SimpleQueueService.QueueDeletedRecently", message)
    _check_attributes(call, call.params.get("Attributes") or {}, name.endswith(".fifo"))
    return base()


@correct("sqs", "SetQueueAttributes")
def set_attributes(call: Call, base: Base) -> Any:
    """Attributes that SQS takes; what is not named stays as it is."""
    queue = of(call)
    attributes = call.params["Attributes"]
    _check_attributes(call, attributes, queue.fifo_queue)
    # moto would take the policy away.
    attributes.setdefault("Policy", queue.policy)
    return base()


def _check_attributes(call: Call, attributes: dict[str, Any], fifo: bool) -> None:
    for name, given in attributes.items():
        if name not in SETTABLE:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
        low, high = RANGES.get(name, (None, None))
        if low is not None and not (str(given).isdecimal() and low <= int(given) <= high):
            raise _bad(name)
    if attributes.get("Policy"):
        _check_policy(attributes["Policy"])
    if attributes.get("RedrivePolicy"):
        _check_redrive(call, attributes["RedrivePolicy"], fifo)


def _bad(name: str) -> AwsError:
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _check_policy(text: str) -> None:
    def fail(_: str) -> AwsError:
        return _bad("Policy")

    for statement in as_list(policy_form.parse(text, fail)["Statement"]):
        policy_form.check_statement(statement, fail)
        policy_form.check_principals(statement, fail)
        for operator in statement.get("Condition") or {}:
            name = operator.rpartition(":")[2].removesuffix("IfExists").replace("Not", "")
            if name != "Null" and name not in policy_eval.MATCHES:
                raise AwsError("NotInLocalAws", f"the condition operator {operator}")


def _check_redrive(call: Call, text: str, fifo: bool) -> None:
    try:
        policy = json.loads(text)
        target, count = policy["deadLetterTargetArn"], policy["maxReceiveCount"]
    except (ValueError, TypeError, KeyError) as error:
        why = f"Redrive policy does not contain mandatory attribute: {error}"
        why = why if isinstance(error, KeyError) else "Redrive policy is not a valid JSON map."
        raise value("RedrivePolicy", text, why) from None
    if not re.fullmatch(r"[1-9]\d{0,2}|1000", str(count)):
        raise value("RedrivePolicy", text, "Invalid value for maxReceiveCount: must be between 1 and 1000.")
    name = str(target).rpartition(":")[2]
    if target != f"arn:aws:sqs:{call.region}:{call.account}:{name}" or not (
        found := find(call.account, call.region, name)
    ):
        raise value("RedrivePolicy", text, "Dead letter target does not exist.")
    if found.fifo_queue != fifo:
        raise value("RedrivePolicy", text, "Dead-letter queue must be same type of queue as the source.")


@correct("sqs", "GetQueueAttributes")
def get_attributes(call: Call, base: Base) -> Any:
    """Times are whole seconds; what was set is there."""
    queue, wanted = of(call), call.params.get("AttributeNames") or []
    expire(queue)
    allowed = vars(queue).get("redrive_allow_policy")
    call.params["AttributeNames"] = [name for name in wanted if name != "RedriveAllowPolicy"]
    found = (base() or {}).get("Attributes") or {}
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        if name in found:
            found[name] = str(int(float(found[name])))
    if allowed and {"All", "RedriveAllowPolicy"} & set(wanted):
        found["RedriveAllowPolicy"] = allowed
    return {"Attributes": found} if found else {}


@correct("sqs", "DeleteQueue")
def delete_queue(call: Call, base: Base) -> Any:
    """Its name is taken for a minute."""
    queue = of(call)
    _deleted[queue.account_id, call.region, queue.name] = clock.now()
    return base()


@correct("sqs", "PurgeQueue")
def purge_queue(call: Call, base: Base) -> Any:
    """Once a minute."""
    queue = of(call)
    if queue.last_purged_at is not None and clock.now() < queue.last_purged_at + PAUSE:
        message = f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
        raise AwsError("AWS.SimpleQueueService.PurgeQueueInProgress", message)
    return base()
