"""Condition operators, wildcards, variables."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from local_aws.policy_eval import applies, conditions_hold, like

ROLE = "arn:aws:iam::123456789012:role/jichitai/partner"
CONTEXT = {
    "aws:principalarn": ROLE,
    "aws:securetransport": "true",
    "s3:tlsversion": "1.3",
    "aws:tagkeys": ["a", "b"],
    "aws:sourceip": "10.1.2.3",
    "aws:principaltag/tenant": "t1",
}


@pytest.mark.parametrize(
    ("holds", "operator", "key", "value"),
    [
        (True, "StringEquals", "aws:PrincipalArn", ROLE),
        (True, "StringEquals", "aws:principalARN", ["x", ROLE]),
        (False, "StringEquals", "aws:PrincipalArn", ROLE.upper()),
        (True, "StringEqualsIgnoreCase", "aws:PrincipalArn", ROLE.upper()),
        (False, "StringNotEquals", "aws:PrincipalArn", ["x", ROLE]),
        (True, "StringNotEquals", "aws:PrincipalArn", ["x", "y"]),
        (False, "StringEquals", "aws:SourceVpce", "vpce-1"),
        (True, "StringNotEquals", "aws:SourceVpce", "vpce-1"),
        (True, "StringEqualsIfExists", "aws:SourceVpce", "vpce-1"),
        (False, "StringEqualsIfExists", "aws:PrincipalArn", "x"),
        (True, "StringLike", "aws:PrincipalArn", "*role/jichitai/part?er"),
        (False, "StringEquals", "aws:PrincipalArn", "*"),
        (False, "StringNotLike", "aws:PrincipalArn", "arn:*"),
        (True, "ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/jichitai/*"),
        (False, "ArnLike", "aws:PrincipalArn", "arn:*/jichitai/*"),
        (True, "ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/other"),
        (True, "Bool", "aws:SecureTransport", True),
        (False, "Bool", "aws:SecureTransport", "false"),
        (False, "Bool", "aws:ViaAWSService", "false"),
        (True, "Null", "aws:SourceVpce", "true"),
        (False, "Null", "aws:PrincipalArn", "true"),
        (True, "Null", "aws:PrincipalArn", False),
        (False, "NumericLessThan", "s3:TlsVersion", "1.2"),
        (True, "NumericGreaterThanEquals", "s3:TlsVersion", 1.3),
        (True, "IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        (True, "NotIpAddress", "aws:SourceIp", "192.168.0.0/16"),
        (True, "ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"]),
        (False, "ForAllValues:StringEquals", "aws:TagKeys", ["a"]),
        (True, "ForAllValues:StringEquals", "aws:None", "a"),
        (True, "ForAnyValue:StringEquals", "aws:TagKeys", ["b", "x"]),
        (False, "ForAnyValue:StringEquals", "aws:TagKeys", "x"),
        (False, "ForAnyValue:StringEquals", "aws:None", "x"),
        (True, "StringLike", "aws:PrincipalTag/tenant", "${aws:PrincipalTag/tenant}"),
        (False, "StringLike", "aws:PrincipalArn", "${aws:PrincipalTag/none}"),
        (False, "StringLike", "aws:PrincipalArn", "${*}"),
    ],
)
def test_conditions(holds, operator, key, value):
    assert conditions_hold({operator: {key: value}}, CONTEXT) is holds


def test_every_operator_and_key_must_hold():
    both = {"StringEquals": {"aws:PrincipalArn": ROLE, "aws:SourceVpce": "vpce-1"}}
    assert not conditions_hold(both, CONTEXT)


@pytest.mark.parametrize(
    ("holds", "statement"),
    [
        (True, {"Action": "s3:get*", "Resource": "arn:aws:s3:::b/*"}),
        (False, {"Action": "s3:Put*", "Resource": "arn:aws:s3:::b/*"}),
        (True, {"NotAction": "s3:Put*", "Resource": "*"}),
        (False, {"NotAction": ["s3:Put*", "s3:Get*"], "Resource": "*"}),
        (False, {"Action": "*", "Resource": "arn:aws:s3:::b"}),
        (False, {"Action": "*", "NotResource": "arn:aws:s3:::b/*"}),
        (True, {"Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/tenant}/*"}),
        (False, {"Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/none}*"}),
    ],
)
def test_actions_and_resources(holds, statement):
    assert applies(statement, "s3:GetObject", "arn:aws:s3:::b/t1/k", CONTEXT) is holds


def test_wildcards_are_nothing_else():
    assert like("a[bc]", "a[bc]")
    assert not like("a[bc]", "ab")
