"""Events of CloudTrail in a queue: of which calls, by whom and where, as the queue's policy admits."""

import contextlib
import json
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import (
    EVENT_QUEUE,
    EVENTS,
    EVENTS_ARN,
    HUB,
    OSAKA,
    OTHER,
    TENANT,
    TOKYO,
    LocalAws,
    refused,
    soon,
    start,
)


def test_changes_come_and_nothing_else(aws: LocalAws, events, theirs):
    answered = events.start()
    assert answered == {
        "queue": EVENT_QUEUE,
        "accounts": [TENANT],
        "delay": 0.0,
        "duplicates": False,
        "regions": [TOKYO, OSAKA],
        "rule": EVENTS,
        "organization": None,
        "role": None,
        "delivered": 0,
        "refused": 0,
        "pending": 0,
    }
    key = theirs("kms").create_key()["KeyMetadata"]["KeyId"]
    s3 = theirs("s3")
    s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": TOKYO})
    assert events.names() == ["CreateBucket", "CreateKey"]
    # Reads, data, another account, a Region without the rule.
    theirs("kms").describe_key(KeyId=key)
    theirs("kms").encrypt(KeyId=key, Plaintext=b"x")
    s3.put_object(Bucket="theirs", Key="a", Body=b"x")
    s3.get_object(Bucket="theirs", Key="a")
    s3.delete_object(Bucket="theirs", Key="a")
    s3.head_bucket(Bucket="theirs")
    mine = theirs("sqs").create_queue(QueueName="theirs")["QueueUrl"]
    theirs("sqs").send_message(QueueUrl=mine, MessageBody="x")
    aws.client("kms", OTHER).create_key()
    aws.client("kms", HUB).create_key()
    theirs("kms", "eu-west-1").create_key()
    assert events.names() == ["CreateQueue"]
    assert events.seen() == (3, 0)


def test_both_regions_come_and_global_services_on_demand(events, theirs):
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]})}
    events.start()
    theirs("kms", OSAKA).create_key()
    theirs("iam").create_role(RoleName="one", **role)
    found = events.take()
    assert [(e["region"], e["detail"]["awsRegion"], e["source"]) for e in found] == [
        (OSAKA, OSAKA, "aws.kms")
    ]
    events.start(**{"global": True})
    theirs("iam").create_role(RoleName="two", **role)
    found = events.take()
    places = [(e["region"], e["detail"]["awsRegion"], e["source"]) for e in found]
    assert places == [("us-east-1", "us-east-1", "aws.iam")]
    assert found[0]["detail"]["eventSource"] == "iam.amazonaws.com"


def test_refused_calls_come_with_their_code(aws: LocalAws, events, theirs):
    events.start()
    refused("InvalidVpcID.NotFound", theirs("ec2").delete_vpc, VpcId="vpc-00000000")
    aws.fault(account=TENANT, service="kms", operation="CreateKey", times=1, action="scp-deny")
    refused("AccessDeniedException", theirs("kms").create_key)
    found = {e["detail"]["eventName"]: e["detail"] for e in events.take()}
    vpc = found["DeleteVpc"]
    assert vpc["errorCode"] == "Client.InvalidVpcID.NotFound"
    assert (vpc["requestParameters"], vpc["responseElements"]) == ({"vpcId": "vpc-00000000"}, None)
    key = found["CreateKey"]
    assert key["errorCode"] == "AccessDenied"
    assert "service control policy" in key["errorMessage"]
    assert (key["requestParameters"], key["responseElements"]) == (None, None)


def test_what_faults_leave_of_an_answer_is_not_what_is_recorded(aws: LocalAws, events, theirs):
    events.start()
    aws.fault(account=TENANT, operation="CreateKey", times=1, action="error-after")
    refused("KMSInternalException", theirs("kms").create_key)
    aws.fault(account=TENANT, operation="CreateVpc", times=1, action="garble", seed=3)
    with contextlib.suppress(Exception):
        theirs("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    found = {e["detail"]["eventName"]: e["detail"] for e in events.take()}
    assert found["CreateKey"]["errorCode"] == "KMSInternalException"
    assert found["CreateVpc"]["responseElements"]["vpc"]["vpcId"].startswith("vpc-")


def test_events_take_their_time_and_wake_who_waits(aws: LocalAws, events, theirs):
    events.start(delay=0.4)
    theirs("kms").create_key()
    assert events.take() == []
    assert aws.side("GET", "events")["pending"] == 1
    begun = time.monotonic()
    assert [e["detail"]["eventName"] for e in events.take(WaitTimeSeconds=20)] == ["CreateKey"]
    assert time.monotonic() - begun < 2
    events.start(delay=30)
    theirs("kms").create_key()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(events.take, WaitTimeSeconds=20)
        aws.settings(now=31)
        assert len(waiting.result(2)) == 1
    # Somebody who waits already hears of what comes.
    events.start()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(events.take, WaitTimeSeconds=20)
        time.sleep(0.2)
        theirs("kms").create_key()
        assert len(waiting.result(2)) == 1


def test_duplicates_are_the_same_event(events, theirs):
    events.start(duplicates=True)
    theirs("kms").create_key()
    one, other = events.take()
    assert one == other
    assert events.seen() == (2, 0)


def test_the_queues_policy_decides(aws: LocalAws, events, theirs):
    rule = f"arn:aws:events:*:{TENANT}:rule/{EVENTS}"

    def comes(**condition) -> bool:
        events.admit(**condition)
        before = events.seen()
        theirs("kms").create_key()
        after = events.seen()
        assert sum(after) == sum(before) + 1
        assert len(events.take()) == after[0] - before[0]
        return after[0] > before[0]

    events.start(organization="o-1234567890")
    assert comes(ArnLike={"aws:SourceArn": rule})
    assert comes(ArnEquals={"aws:SourceArn": f"arn:aws:events:{TOKYO}:{TENANT}:rule/{EVENTS}"})
    assert not comes(ArnLike={"aws:SourceArn": rule.replace(EVENTS, "another")})
    assert not comes(ArnLike={"aws:SourceArn": rule.replace(TENANT, OTHER)})
    assert comes(StringEquals={"aws:SourceAccount": [TENANT, OTHER]})
    assert not comes(StringEquals={"aws:SourceAccount": OTHER})
    assert comes(StringEquals={"aws:SourceOrgID": "o-1234567890"})
    assert not comes(StringEquals={"aws:SourceOrgID": "o-0987654321"})
    events.start(rule="another")
    assert comes(ArnLike={"aws:SourceArn": rule.replace(EVENTS, "another")})
    assert not comes(StringEquals={"aws:SourceOrgID": "o-1234567890"})
    events.sqs.set_queue_attributes(QueueUrl=events.url, Attributes={"Policy": ""})
    theirs("kms").create_key()
    assert events.seen() == (1, 2)
    events.sqs.delete_queue(QueueUrl=events.url)
    theirs("kms").create_key()
    assert events.seen() == (1, 3)


def test_a_policy_may_deny_or_admit_everybody(events, theirs):
    events.start()
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "SQS:*", "Resource": EVENTS_ARN}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": EVENTS_ARN}
    insecure = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    cases = (([everybody], 1), ([everybody, insecure], 2), ([everybody, deny], 2))
    for number, (statements, come) in enumerate(cases, 1):
        policy = {"Version": "2012-10-17", "Statement": statements}
        events.sqs.set_queue_attributes(QueueUrl=events.url, Attributes={"Policy": json.dumps(policy)})
        theirs("kms").create_key()
        assert events.seen() == (come, number - come)


def test_it_starts_stops_and_forgets(aws: LocalAws, events, theirs):
    assert aws.side("GET", "events") == {}
    theirs("kms").create_key()
    events.start(delay=30)
    theirs("kms").create_key()
    last = aws.side("DELETE", "events")
    assert (last["delivered"], last["pending"]) == (0, 1)
    assert aws.side("GET", "events") == {}
    aws.settings(now=31)
    theirs("kms").create_key()
    assert events.take() == []
    events.start()
    aws.side("POST", "reset")
    assert aws.side("GET", "events") == {}


def test_what_is_wrong_is_said(aws: LocalAws, events):
    def wrong(**body) -> str:
        with pytest.raises(urllib.error.HTTPError) as raised:
            aws.side("POST", "events", {"queue": EVENT_QUEUE, "accounts": [TENANT]} | body)
        assert raised.value.code == 400
        return json.load(raised.value)["error"]

    assert f"no standard queue none in {TOKYO}" in wrong(queue={**EVENT_QUEUE, "name": "none"})
    assert "no standard queue" in wrong(queue={**EVENT_QUEUE, "account": TENANT})
    assert "name" in wrong(queue={"account": HUB, "region": TOKYO})
    assert "accounts" in wrong(accounts=TENANT)
    assert "colour" in wrong(colour="red")
    assert aws.side("GET", "events") == {}


def test_events_and_calls_can_come_from_everywhere_at_once(aws: LocalAws, events, theirs):
    events.start(accounts=[TENANT, OTHER], duplicates=True)
    clients = [aws.client("kms", account) for account in (TENANT, OTHER) for _ in range(2)]
    with ThreadPoolExecutor(5) as pool:
        taken: list[dict] = []
        made = [pool.submit(client.create_key) for client in clients * 3]
        while not all(m.done() for m in made) or sum(events.seen()) < 24:
            taken += events.take(WaitTimeSeconds=1)
        taken += events.take() + events.take() + events.take()
    ids = {m.result()["KeyMetadata"]["KeyId"] for m in made}
    assert len(taken) == 24
    assert {e["detail"]["responseElements"]["keyMetadata"]["keyId"] for e in taken} == ids


def test_a_plain_server_has_no_events():
    process, endpoint = start("--plain")
    with pytest.raises(urllib.error.HTTPError):
        LocalAws(endpoint).side("GET", "events")
    process.stdin.close()
    soon(lambda: process.poll() is not None)
