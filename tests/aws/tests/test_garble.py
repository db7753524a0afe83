"""Answers that make no sense."""

import json
import random
from xml.etree import ElementTree

from conftest import TENANT, LocalAws

from local_aws import garble

XML = (
    b'<?xml version="1.0"?><R xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcSet>'
    b"<item><vpcId>vpc-1</vpcId><tagSet><item><key>a</key><value>b</value></item></tagSet></item>"
    b"</vpcSet></R>"
)
JSON = json.dumps({"Keys": [{"KeyId": "1", "Tags": {"a": "b"}}, {"KeyId": "2"}], "Truncated": False}).encode()


def test_it_always_gives_bytes_and_most_are_still_of_the_form():
    parsed = 0
    for body, parse in ((XML, ElementTree.fromstring), (JSON, json.loads)):
        for seed in range(2_000):
            changed = garble.answer(body, random.Random(seed))
            assert changed == garble.answer(body, random.Random(seed))
            try:
                parse(changed)
            except (ElementTree.ParseError, ValueError):
                continue
            parsed += 1
    assert parsed > 2_000
    for body in (b"", b"{}", b"[]", b"1", b"<R/>", b"plain"):
        assert isinstance(garble.answer(body, random.Random(1)), bytes)


def test_a_rule_garbles_reads_of_an_account(aws: LocalAws):
    ec2 = aws.client("ec2", TENANT)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    whole = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    aws.fault(account=TENANT, kind="read", action="garble", times=50, seed=7)
    seen = set()
    for _ in range(50):
        try:
            seen.add(str(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]))
        except Exception:  # noqa: BLE001 - whatever botocore makes of it
            seen.add("unreadable")
    assert len(seen) > 10
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"] == whole
