"""The queue into which AWS reports changes: made as the operator's own template says, and filled by the local AWS."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from botocore.client import BaseClient
from local_stack.process import clean_environment
from local_stack.supervisor import AWS_REGION

from aws import post, root_of
from cluster import call

# Attributes that the template gives, as SQS takes them.
ATTRIBUTES = ("MessageRetentionPeriod", "VisibilityTimeout")


def url_of(hub: str) -> str:
    return f"https://sqs.{AWS_REGION}.amazonaws.com/{hub}/jichitai-events"


def make(binary: Path, config: Path, url: str, endpoint: str) -> dict:
    """Makes the queue of the printed template; gives where the rules of the tenants' accounts have to deliver, and as whom."""
    account, name = urlsplit(url).path.strip("/").split("/")
    printed = call(
        [str(binary), "template", "event-queue", "--config", str(config)],
        "print the template of the queue",
        environment=clean_environment(),
    )
    resources = {role: one["Properties"] for role, one in json.loads(printed)["Resources"].items()}
    sqs = root_of(account, "sqs", endpoint)
    dead = arn_of(sqs, sqs.create_queue(QueueName=resources["DeadLetters"]["QueueName"])["QueueUrl"])
    queue = resources["Queue"]
    redrive = queue["RedrivePolicy"] | {"deadLetterTargetArn": dead}
    attributes = {one: str(queue[one]) for one in ATTRIBUTES} | {"RedrivePolicy": json.dumps(redrive)}
    made = sqs.create_queue(QueueName=queue["QueueName"], Attributes=attributes)["QueueUrl"]
    policy = resources["QueuePolicy"]["PolicyDocument"]
    for statement in policy["Statement"]:
        statement["Resource"] = arn_of(sqs, made)
    sqs.set_queue_attributes(QueueUrl=made, Attributes={"Policy": json.dumps(policy)})
    return {"queue": {"account": account, "region": AWS_REGION, "name": name}, "role": role_in(policy)}


def fill(endpoint: str, target: dict, accounts: list[str]) -> None:
    """From now on what changes in the accounts is reported, at once."""
    post(endpoint, "events", target | {"accounts": accounts})


def arn_of(sqs: BaseClient, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def role_in(policy: dict) -> str:
    """The role that the queue's policy admits, in this Region."""
    (admitted,) = (s["Condition"]["ArnLike"] for s in policy["Statement"] if s["Effect"] == "Allow")
    return admitted["aws:PrincipalArn"].rpartition("/")[2].replace("*", AWS_REGION)
