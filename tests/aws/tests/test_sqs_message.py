"""SQS messages: waiting for them, hiding, deleting, dead letters."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import HUB, TOKYO, LocalAws, refused, soon, start

PREFIX = "AWS.SimpleQueueService."


@pytest.fixture
def sqs(aws: LocalAws):
    return aws.client("sqs")


@pytest.fixture
def dead(sqs) -> str:
    return sqs.create_queue(QueueName="dead")["QueueUrl"]


@pytest.fixture
def url(sqs, dead) -> str:
    """Received twice, a message is a dead letter."""
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:{TOKYO}:{HUB}:dead", "maxReceiveCount": 2}
    attributes = {"RedrivePolicy": json.dumps(policy)}
    return sqs.create_queue(QueueName="events", Attributes=attributes)["QueueUrl"]


def send(sqs, url, *bodies):
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def receive(sqs, url, **more):
    return sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], **more
    ).get("Messages", [])


def bodies(messages) -> list[str]:
    return [m["Body"] for m in messages]


def count(sqs, url, name="") -> int:
    name = f"ApproximateNumberOfMessages{name}"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def test_received_messages_are_hidden_until_their_time_is_over(aws: LocalAws, sqs, url):
    send(sqs, url, "one", "two", "three")
    first = sqs.receive_message(QueueUrl=url)["Messages"]
    assert len(first) == 1
    assert "Attributes" not in first[0]
    rest = receive(sqs, url, VisibilityTimeout=60)
    assert sorted(bodies(first + rest)) == ["one", "three", "two"]
    assert [m["Attributes"]["ApproximateReceiveCount"] for m in rest] == ["1", "1"]
    assert receive(sqs, url) == []
    assert (count(sqs, url), count(sqs, url, "NotVisible")) == (0, 3)
    aws.settings(now=31)
    again = receive(sqs, url)
    assert bodies(again) == bodies(first)
    assert again[0]["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again[0]["ReceiptHandle"] != first[0]["ReceiptHandle"]


def test_what_is_asked_for_is_checked(sqs, url):
    for name, wrong in (
        ("MaxNumberOfMessages", 0),
        ("MaxNumberOfMessages", 11),
        ("WaitTimeSeconds", -1),
        ("WaitTimeSeconds", 21),
        ("VisibilityTimeout", -1),
        ("VisibilityTimeout", 43201),
    ):
        error = refused("InvalidParameterValue", sqs.receive_message, QueueUrl=url, **{name: wrong})
        assert f"Value {wrong} for parameter {name} is invalid" in str(error)
    refused("InvalidAttributeName", sqs.receive_message, QueueUrl=url, AttributeNames=["Colour"])
    send(sqs, url, "x")
    # Its older name for the same.
    found = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert found[0]["Attributes"] == {"ApproximateReceiveCount": "1"}


def test_bodies_are_checked_and_bad_ones_are_kept(sqs, url):
    refused("InvalidMessageContents", sqs.send_message, QueueUrl=url, MessageBody="a\x00b")
    refused("MissingParameter", sqs.send_message, QueueUrl=url, MessageBody="")
    refused("InvalidParameterValue", sqs.send_message, QueueUrl=url, MessageBody="x", DelaySeconds=901)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    refused("InvalidParameterValue", sqs.send_message, QueueUrl=url, MessageBody="県" * 342)
    strange = ["{", "null", "[]", "県" * 341, "<html/>", '{"detail": {"eventName": 7}}']
    send(sqs, url, *strange)
    assert sorted(bodies(receive(sqs, url))) == sorted(strange)


def test_a_message_is_deleted_by_its_newest_receive(aws: LocalAws, sqs, url, dead):
    send(sqs, url, "x")
    old = receive(sqs, url, VisibilityTimeout=0)[0]["ReceiptHandle"]
    new = receive(sqs, url, VisibilityTimeout=60)[0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=old)
    assert count(sqs, url, "NotVisible") == 1
    # Whether or not it is hidden still.
    aws.settings(now=61)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=new)
    assert (count(sqs, url), count(sqs, url, "NotVisible")) == (0, 0)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=new)
    refused("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")
    refused("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=dead, ReceiptHandle=new)


def test_a_batch_answers_for_each(sqs, url):
    send(sqs, url, "one", "two")
    handles = [m["ReceiptHandle"] for m in receive(sqs, url)]
    entries = [
        {"Id": "good", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
        {"Id": "bad", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0},
        {"Id": "long", "ReceiptHandle": handles[1], "VisibilityTimeout": 43201},
    ]
    hidden = sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    assert hidden["Successful"] == [{"Id": "good"}]
    assert [(f["Id"], f["Code"], f["SenderFault"]) for f in hidden["Failed"]] == [
        ("bad", "ReceiptHandleIsInvalid", True),
        ("long", "InvalidParameterValue", True),
    ]
    entries = [{"Id": e["Id"], "ReceiptHandle": e["ReceiptHandle"]} for e in entries]
    gone = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert [e["Id"] for e in gone["Successful"]] == ["good", "long"]
    assert [(f["Id"], f["Code"]) for f in gone["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]
    assert receive(sqs, url) == []
    for code, wrong in (
        ("EmptyBatchRequest", []),
        ("TooManyEntriesInBatchRequest", [{**entries[0], "Id": str(n)} for n in range(11)]),
        ("BatchEntryIdsNotDistinct", [entries[0], entries[0]]),
        ("InvalidBatchEntryId", [{**entries[0], "Id": "a b"}]),
    ):
        for batch in (sqs.delete_message_batch, sqs.change_message_visibility_batch):
            refused(PREFIX + code, batch, QueueUrl=url, Entries=wrong)


def test_what_is_in_flight_can_be_hidden_longer_or_shown(aws: LocalAws, sqs, url):
    send(sqs, url, "x")
    handle = receive(sqs, url, VisibilityTimeout=10)[0]["ReceiptHandle"]
    change = {"QueueUrl": url, "ReceiptHandle": handle}
    sqs.change_message_visibility(**change, VisibilityTimeout=100)
    aws.settings(now=20)
    assert receive(sqs, url) == []
    error = refused("InvalidParameterValue", sqs.change_message_visibility, **change, VisibilityTimeout=43200)
    assert "beyond the limit" in str(error)
    sqs.change_message_visibility(**change, VisibilityTimeout=0)
    soon(lambda: count(sqs, url) == 1)
    refused(f"{PREFIX}MessageNotInflight", sqs.change_message_visibility, **change, VisibilityTimeout=5)
    new = receive(sqs, url)[0]["ReceiptHandle"]
    error = refused("InvalidParameterValue", sqs.change_message_visibility, **change, VisibilityTimeout=5)
    assert "not available for visibility timeout change" in str(error)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=new)


def test_messages_are_kept_as_long_as_the_queue_says(aws: LocalAws, sqs, url):
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    send(sqs, url, "old")
    aws.settings(now=61)
    send(sqs, url, "new")
    assert count(sqs, url) == 1
    assert bodies(receive(sqs, url)) == ["new"]


@pytest.mark.parametrize("hidden", [0, 1])
def test_too_often_received_it_is_a_dead_letter(sqs, url, dead, hidden):
    send(sqs, url, "{")
    for number in ("1", "2"):
        found = receive(sqs, url, VisibilityTimeout=hidden, WaitTimeSeconds=2)
        assert [m["Attributes"]["ApproximateReceiveCount"] for m in found] == [number]
        assert count(sqs, dead) == 0
    soon(lambda: not receive(sqs, url) and count(sqs, dead) == 1)
    assert (count(sqs, url), count(sqs, url, "NotVisible")) == (0, 0)
    letter = receive(sqs, dead)[0]
    assert letter["Body"] == "{"
    assert letter["MessageId"] == found[0]["MessageId"]
    # Of all queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    assert letter["Attributes"]["ApproximateReceiveCount"] == "3"
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == f"arn:aws:sqs:{TOKYO}:{HUB}:events"
    # The receive in the queue that it came from has no power here.
    sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    assert count(sqs, dead, "NotVisible") == 0


def test_without_the_queue_for_dead_letters_they_stay(sqs, url, dead):
    sqs.delete_queue(QueueUrl=dead)
    send(sqs, url, "x")
    for number in range(1, 5):
        found = receive(sqs, url, VisibilityTimeout=0)
        assert found[0]["Attributes"]["ApproximateReceiveCount"] == str(number)


def timed(call):
    begun = time.monotonic()
    return call(), time.monotonic() - begun


def test_a_wait_ends_with_a_message_and_holds_up_nobody(aws: LocalAws, sqs, url, dead, ec2):
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(timed, lambda: receive(sqs, url, WaitTimeSeconds=20)) for _ in range(2)]
        letters = pool.submit(timed, lambda: receive(sqs, dead, WaitTimeSeconds=20))
        time.sleep(0.3)
        _, needed = timed(lambda: [ec2.describe_vpcs() for _ in range(5)])
        assert needed < 2
        assert not any(w.done() for w in waiting)
        send(sqs, url, "x")
        soon(lambda: any(w.done() for w in waiting))
        # One has it, the other waits on.
        found, seconds = next(w for w in waiting if w.done()).result()
        assert bodies(found) == ["x"]
        assert seconds < 5
        time.sleep(0.1)
        assert [w.done() for w in waiting].count(True) == 1
        hide = {"QueueUrl": url, "VisibilityTimeout": 0}
        sqs.change_message_visibility(**hide, ReceiptHandle=found[0]["ReceiptHandle"])
        soon(lambda: all(w.done() for w in waiting))
        again = next(w for w in waiting if w.result()[0] != found).result()[0]
        assert again[0]["Attributes"]["ApproximateReceiveCount"] == "2"
        sqs.change_message_visibility(**hide, ReceiptHandle=again[0]["ReceiptHandle"])
        soon(lambda: not receive(sqs, url) and letters.done())
        assert bodies(letters.result()[0]) == ["x"]


def test_a_wait_without_messages_ends_in_time(sqs, url):
    found, needed = timed(lambda: receive(sqs, url, WaitTimeSeconds=1))
    assert found == []
    assert 0.9 < needed < 3
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "1"})
    assert timed(lambda: receive(sqs, url))[1] > 0.9
    assert timed(lambda: receive(sqs, url, WaitTimeSeconds=0))[1] < 0.9


def test_a_wait_sees_what_becomes_visible(sqs, url):
    send(sqs, url, "x")
    receive(sqs, url, VisibilityTimeout=1)
    found, needed = timed(lambda: receive(sqs, url, WaitTimeSeconds=20))
    assert bodies(found) == ["x"]
    assert needed < 3
    sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    assert (count(sqs, url), count(sqs, url, "Delayed")) == (0, 1)
    assert bodies(receive(sqs, url, WaitTimeSeconds=20)) == ["late"]


def test_a_wait_ends_with_its_queue(aws: LocalAws, sqs, url):
    with ThreadPoolExecutor(1) as pool:
        code = f"{PREFIX}NonExistentQueue"
        waiting = pool.submit(refused, code, sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        time.sleep(0.2)
        sqs.delete_queue(QueueUrl=url)
        waiting.result(2)


def test_a_client_that_has_gone_receives_nothing(aws: LocalAws, sqs, url):
    host, port = aws.endpoint.removeprefix("http://").split(":")
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.0\r\n"
        "X-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={HUB}/20260101/{TOKYO}/sqs/aws4_request\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    aws.side("POST", "calls/reset")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + body)
        time.sleep(0.3)
    soon(lambda: [c["operation"] for c in aws.side("GET", "calls")] == ["ReceiveMessage"])
    send(sqs, url, "x")
    assert receive(sqs, url)[0]["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_wait_does_not_keep_the_server_alive():
    process, endpoint = start()
    sqs = LocalAws(endpoint).client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]

    def wait() -> None:
        with pytest.raises(Exception):  # noqa: B017
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    process.stdin.close()
    assert process.wait(2) == 0
    waiting.join(5)
    assert not waiting.is_alive()


def test_reading_a_queue_is_no_write(aws: LocalAws, sqs, url):
    send(sqs, url, "x")
    aws.side("POST", "calls/reset")
    found = receive(sqs, url)[0]["ReceiptHandle"]
    one = {"QueueUrl": url, "ReceiptHandle": found}
    sqs.change_message_visibility(**one, VisibilityTimeout=60)
    sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": found, "VisibilityTimeout": 60}]
    )
    count(sqs, url)
    sqs.delete_message(**one)
    sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": found}])
    counts = {c["operation"]: (c["service"], c["kind"], c["outcome"]) for c in aws.side("GET", "calls")}
    assert len(counts) == 6
    assert set(counts.values()) == {("sqs", "read", "ok")}
    send(sqs, url, "x")
    assert [c["kind"] for c in aws.side("GET", "calls") if c["operation"] == "SendMessage"] == ["write"]


def test_faults_act_on_sqs_too(aws: LocalAws, sqs, url):
    send(sqs, url, "x")
    rule = {"service": "sqs", "operation": "ReceiveMessage", "times": 1}
    aws.fault(**rule, action="throttle")
    refused("RequestThrottled", sqs.receive_message, QueueUrl=url)
    aws.fault(**rule, action="deny")
    refused("AccessDenied", sqs.receive_message, QueueUrl=url)
    aws.fault(**rule, action="error-before")
    refused("InternalFailure", sqs.receive_message, QueueUrl=url)
    aws.fault(**rule, action="delay", seconds=0.3)
    found, needed = timed(lambda: receive(sqs, url))
    assert bodies(found) == ["x"]
    assert needed > 0.3
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"], VisibilityTimeout=0)
    soon(lambda: count(sqs, url) == 1)
    # Received, and the answer is lost.
    aws.fault(**rule, action="error-after")
    refused("InternalFailure", sqs.receive_message, QueueUrl=url)
    assert count(sqs, url, "NotVisible") == 1
    aws.settings(buckets={"sqs:DeleteMessage": [1, 0.1]}, unthrottled=[])
    delete = {"QueueUrl": url, "ReceiptHandle": found[0]["ReceiptHandle"]}
    sqs.delete_message(**delete)
    refused("RequestThrottled", sqs.delete_message, **delete)
