"""Key policies: refusals and the compact form."""

import json

import pytest
from conftest import HUB, TENANT, LocalAws, refused

ROOT = f"arn:aws:iam::{HUB}:root"
MALFORMED = "MalformedPolicyDocumentException"


def statement(**changes):
    whole = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"} | changes
    return {k: v for k, v in whole.items() if v is not None}


def policy(*statements, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": list(statements)})


@pytest.mark.parametrize(
    "text",
    [
        "{not json",
        json.dumps({"Version": "2012-10-17"}),
        policy(statement(), version="2020-01-01"),
        policy(statement(Effect=None)),
        policy(statement(Effect="allow")),
        policy(statement(Principal=None)),
        policy(statement(Action=None)),
        policy(statement(Resource=None)),
        policy(statement(), statement(Action="s3:GetObject")),
        policy(statement(), statement(Surprise=1)),
        policy(statement(), statement(Principal={"AWS": f"arn:aws:iam::{HUB}:role/unknown"})),
        policy(statement(), statement(Principal={"AWS": "AROAEXAMPLEEXAMPLE12"})),
        policy(statement(Sid="x"), statement(Sid="x")),
        policy(statement(Action="kms:Encrypt")),
        policy(statement(Principal={"AWS": f"arn:aws:iam::{TENANT}:root"})),
        policy(statement(), statement(Effect="Deny", Action="kms:PutKeyPolicy", Principal="*")),
    ],
)
def test_malformed_policies_and_lockouts_are_refused(kms, text):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    refused(MALFORMED, kms.put_key_policy, KeyId=key, Policy=text)
    refused(MALFORMED, kms.create_key, Policy=text)
    assert len(kms.list_keys()["Keys"]) == 1


def test_the_lockout_check_can_be_bypassed(kms):
    kms.create_key(Policy=policy(statement(Action="kms:Encrypt")), BypassPolicyLockoutSafetyCheck=True)


def test_a_policy_has_a_size_limit(kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    text = policy(statement(), *(statement(Sid=f"{n}" + "x" * 60) for n in range(150)))
    kms.put_key_policy(KeyId=key, Policy=text)
    longer = policy(statement(), *(statement(Sid=f"{n}" + "x" * 60) for n in range(250)))
    refused("LimitExceededException", kms.put_key_policy, KeyId=key, Policy=longer)


def test_get_answers_the_compact_form(aws: LocalAws, kms):
    role = aws.role(HUB, "admin")
    text = policy(
        statement(Principal={"AWS": [HUB]}, Action=["kms:*"], Resource=["*"]),
        statement(Principal={"AWS": [role]}, Condition={"StringEquals": {"kms:ViaService": ["ec2"]}}),
    )
    key = kms.create_key(Policy=text)["KeyMetadata"]["KeyId"]
    first, second = json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"]
    assert first == statement()
    assert second["Principal"] == {"AWS": role}
    assert second["Condition"] == {"StringEquals": {"kms:ViaService": "ec2"}}


def test_a_deleted_role_becomes_its_id_even_when_made_anew(aws: LocalAws, kms):
    role = aws.role(HUB, "admin")
    key = kms.create_key(Policy=policy(statement(), statement(Principal={"AWS": role})))["KeyMetadata"][
        "KeyId"
    ]
    aws.client("iam").delete_role(RoleName="admin")
    aws.role(HUB, "admin")
    second = json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"][1]
    assert second["Principal"]["AWS"].startswith("AROA")
