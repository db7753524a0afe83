"""SQS queues: whose they are, their attributes, the queue for dead letters."""

import json

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused

GONE = "AWS.SimpleQueueService.NonExistentQueue"
NAME = "jichitai-events"


@pytest.fixture
def sqs(aws: LocalAws):
    return aws.client("sqs")


@pytest.fixture
def url(sqs) -> str:
    return sqs.create_queue(QueueName=NAME)["QueueUrl"]


def attributes(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names)).get("Attributes", {})


def policy(*statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def redrive(arn: str, count) -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})}


def test_a_queue_is_found_by_its_url_in_its_region(aws: LocalAws, sqs, url):
    assert url == f"{aws.endpoint}/{HUB}/{NAME}"
    assert sqs.get_queue_url(QueueName=NAME)["QueueUrl"] == url
    theirs = f"https://sqs.{TOKYO}.amazonaws.com/{HUB}/{NAME}"
    arn = f"arn:aws:sqs:{TOKYO}:{HUB}:{NAME}"
    for named in (url, theirs, NAME):
        assert attributes(sqs, named, "QueueArn") == {"QueueArn": arn}
    osaka = aws.client("sqs", region=OSAKA)
    refused("InvalidAddress", osaka.receive_message, QueueUrl=theirs)
    error = refused(GONE, osaka.receive_message, QueueUrl=url)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    # What SDKs tell the error by that do not know the older code.
    assert error.response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"
    refused(GONE, sqs.get_queue_url, QueueName="none")
    refused("MissingParameter", sqs.receive_message)


def test_another_accounts_queue_needs_its_policy(aws: LocalAws, sqs, url):
    theirs = aws.client("sqs", TENANT)
    error = refused("AccessDenied", theirs.receive_message, QueueUrl=url)
    assert "sqs:receivemessage" in str(error)
    arn = attributes(sqs, url, "QueueArn")["QueueArn"]
    admit = {"Effect": "Allow", "Principal": {"AWS": TENANT}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(admit)})
    theirs.send_message(QueueUrl=url, MessageBody="from them")
    refused("AccessDenied", theirs.receive_message, QueueUrl=url)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "from them"


def test_attributes_are_checked(sqs, url):
    for name, wrong in (
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "-1"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("MessageRetentionPeriod", "59"),
        ("MaximumMessageSize", "1023"),
        ("DelaySeconds", "x"),
        ("Policy", "{"),
        ("Policy", policy({"Effect": "Allow", "Principal": "*"})),
    ):
        refused("InvalidAttributeValue", sqs.set_queue_attributes, QueueUrl=url, Attributes={name: wrong})
        refused("InvalidAttributeValue", sqs.create_queue, QueueName="other", Attributes={name: wrong})
    refused("InvalidAttributeName", sqs.create_queue, QueueName="other", Attributes={"QueueArn": "x"})
    refused("InvalidAttributeName", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Colour"])
    refused("InvalidParameterValue", sqs.create_queue, QueueName="a name")
    assert sqs.list_queues()["QueueUrls"] == [url]


def test_what_is_not_named_stays(sqs, url):
    arn = attributes(sqs, url, "QueueArn")["QueueArn"]
    admit = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(admit), "VisibilityTimeout": "7"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    found = attributes(sqs, url, "All")
    assert json.loads(found["Policy"])["Statement"] == [admit]
    assert (found["VisibilityTimeout"], found["MessageRetentionPeriod"]) == ("7", "60")
    assert found["CreatedTimestamp"].isdecimal()
    assert attributes(sqs, url) == {}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in attributes(sqs, url, "All")


def test_the_same_queue_again_is_the_same_queue(sqs, url):
    assert sqs.create_queue(QueueName=NAME)["QueueUrl"] == url
    refused("QueueAlreadyExists", sqs.create_queue, QueueName=NAME, Attributes={"VisibilityTimeout": "5"})


def test_a_name_is_free_a_minute_after_its_queue_is_deleted(aws: LocalAws, sqs, url):
    sqs.delete_queue(QueueUrl=url)
    refused(GONE, sqs.delete_queue, QueueUrl=url)
    refused("AWS.SimpleQueueService.QueueDeletedRecently", sqs.create_queue, QueueName=NAME)
    aws.settings(now=61)
    sqs.create_queue(QueueName=NAME)


def test_a_queue_is_emptied_once_a_minute(aws: LocalAws, sqs, url):
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.purge_queue(QueueUrl=url)
    assert attributes(sqs, url, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}
    refused("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=url)
    aws.settings(now=61)
    sqs.purge_queue(QueueUrl=url)


def test_the_queue_for_dead_letters_exists_beside_it(aws: LocalAws, sqs, url):
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = attributes(sqs, dead, "QueueArn")["QueueArn"]
    for wrong in (
        redrive(arn, 0),
        redrive(arn, 1001),
        redrive(arn.replace("dead", "none"), 3),
        redrive(arn.replace(TOKYO, OSAKA), 3),
        redrive(arn.replace(HUB, TENANT), 3),
        {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn})},
        {"RedrivePolicy": "3"},
    ):
        refused("InvalidParameterValue", sqs.set_queue_attributes, QueueUrl=url, Attributes=wrong)
    for right in (redrive(arn, 3), redrive(arn, "3")):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=right)
        found = json.loads(attributes(sqs, url, "RedrivePolicy")["RedrivePolicy"])
        assert found == {"deadLetterTargetArn": arn, "maxReceiveCount": 3}
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    allowed = json.dumps({"redrivePermission": "denyAll"})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": allowed})
    assert attributes(sqs, dead, "All")["RedriveAllowPolicy"] == allowed
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in attributes(sqs, url, "All")


def test_a_session_needs_the_action_for_one_message(aws: LocalAws, sqs, url):
    arn = f"arn:aws:sqs:{TOKYO}:{HUB}:{NAME}"
    allow = {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": arn}
    role = aws.role(HUB, "reader", policies={"own": {"Version": "2012-10-17", "Statement": [allow]}})
    aws.settings(authorize=True)
    token = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    reader = aws.client("sqs", token=token)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = reader.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    entries = [{"Id": "a", "ReceiptHandle": handle}]
    reader.delete_message_batch(QueueUrl=url, Entries=entries)
    hide = {"QueueUrl": url, "Entries": [{**entries[0], "VisibilityTimeout": 0}]}
    refused("AccessDenied", reader.change_message_visibility_batch, **hide)
    refused("AccessDenied", reader.send_message, QueueUrl=url, MessageBody="x")
    assert aws.side("GET", "actions")["reader"] == [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ]
