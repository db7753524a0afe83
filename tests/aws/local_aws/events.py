"""EventBridge: a rule in each of some accounts brings what CloudTrail records of them to a queue.

`/local-aws/events` sets it up. EventBridge delivers what changes something, at least once and in no order, as
far as the queue's policy admits; it drops the rest.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
"""

import json
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from . import clock, cloudtrail, sqs_message, sqs_queue, waiting
from .corrections import on_reset
from .dispatch import Answer
from .identify import Call

SERVICE = "events.amazonaws.com"
EVERYWHERE = "us-east-1"


@dataclass
class Rule:
    """Whose events go to which queue, and what became of them."""

    queue: dict[str, str]
    accounts: list[str]
    delay: float = 0.0
    duplicates: bool = False
    regions: list[str] = field(default_factory=lambda: ["ap-northeast-1", "ap-northeast-3"])
    rule: str = "jichitai-events"
    organization: str | None = None
    # The role by which a rule reaches a queue of another account; without it EventBridge comes as a service.
    role: str | None = None
    delivered: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)
    pending: int = field(default=0, init=False)


_rule: Rule | None = None


@on_reset
def forget() -> None:
    """Nothing is brought anywhere."""
    global _rule
    _rule = None


def start(**wanted: Any) -> dict[str, Any]:
    """Brings events from now on, in place of what was set; `global` adds services without Regions."""
    global _rule
    everywhere = wanted.pop("global", False)
    rule = Rule(**wanted)
    account, region, name = (rule.queue[key] for key in ("account", "region", "name"))
    queue = sqs_queue.find(account, region, name)
    if queue is None or queue.fifo_queue:
        raise ValueError(f"{account} has no standard queue {name} in {region}: create it first")
    if not isinstance(rule.accounts, list):
        raise ValueError("accounts must be a list of ids")
    rule.delay = float(rule.delay)
    rule.regions = [*rule.regions, *([EVERYWHERE] if everywhere else [])]
    _rule = rule
    return seen()


def seen() -> dict[str, Any]:
    """What is set and what became of the events; nothing where nothing is set."""
    clock.settle()
    return asdict(_rule) if _rule else {}


def stop() -> dict[str, Any]:
    """Brings no more, not even what is on its way; answers what became of the rest."""
    last = seen()
    forget()
    return last


def note(call: Call, answered: Answer) -> None:
    """Brings the event of an answered call, if the rule is about it."""
    rule = _rule
    if rule is None or call.account not in rule.accounts or cloudtrail.region(call) not in rule.regions:
        return
    if not cloudtrail.is_recorded(call):
        return
    with waiting.lock:
        found = event(call, answered)
        for _ in range(1 + rule.duplicates):
            rule.pending += 1
            clock.after(rule.delay, lambda: _deliver(rule, found))
        clock.settle()
        # Whoever waits has to know what is due.
        waiting.changed()


def event(call: Call, answered: Answer) -> dict[str, Any]:
    """The event as EventBridge writes it."""
    detail = cloudtrail.record(call, answered)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{cloudtrail.source(call)}",
        "account": call.account,
        "time": detail["eventTime"],
        "region": detail["awsRegion"],
        "resources": [],
        "detail": detail,
    }


def _deliver(rule: Rule, found: dict[str, Any]) -> None:
    if rule is not _rule:
        return
    rule.pending -= 1
    queue = sqs_queue.find(*(rule.queue[key] for key in ("account", "region", "name")))
    who, context = _sender(rule, found)
    body = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    admitted = queue is not None and sqs_queue.admits(queue, "sqs:SendMessage", {"*", who}, context)
    if not admitted or len(body.encode()) > queue.maximum_message_size:
        rule.refused += 1
        return
    rule.delivered += 1
    sqs_message.put(queue, body)


def _sender(rule: Rule, found: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """As whom the rule delivers, and what policies can ask about that.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html
    """
    account = found["account"]
    if rule.role is not None:
        arn = f"arn:aws:iam::{account}:role/{rule.role}"
        who = {
            "aws:principalarn": arn,
            "aws:principalaccount": account,
            "aws:principalorgid": rule.organization,
            "aws:securetransport": "true",
        }
        return arn, {name: known for name, known in who.items() if known is not None}
    context = {
        "aws:sourcearn": f"arn:aws:events:{found['region']}:{account}:rule/{rule.rule}",
        "aws:sourceaccount": account,
        "aws:sourceorgid": rule.organization,
        "aws:principalisawsservice": "true",
        "aws:principalservicename": SERVICE,
        "aws:securetransport": "true",
    }
    return SERVICE, {name: known for name, known in context.items() if known is not None}
