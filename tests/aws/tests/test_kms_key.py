"""Keys: creation, states, rotation, deletion, lists."""

import json

import pytest
from conftest import HUB, OSAKA, TENANT, LocalAws, refused

LIMIT_KEYS = 3


def allow(*accounts: str) -> str:
    """A policy that allows everything to accounts."""
    principal = {"AWS": list(accounts)}
    statement = {"Sid": "mine", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def key(kms) -> str:
    return kms.create_key()["KeyMetadata"]["KeyId"]


def test_regions_are_independent(aws: LocalAws, kms, key):
    osaka = aws.client("kms", region=OSAKA)
    refused("NotFoundException", osaka.describe_key, KeyId=key)
    refused("NotFoundException", osaka.describe_key, KeyId=kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"])


def test_rotation_period_is_kept(kms, key):
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    for bad in (89, 2561):
        refused("ValidationException", kms.enable_key_rotation, KeyId=key, RotationPeriodInDays=bad)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    assert "NextRotationDate" in status
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180


def test_a_disabled_key_refuses_use_and_rotation(kms, key):
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    refused("DisabledException", kms.encrypt, KeyId=key, Plaintext=b"x")
    refused("DisabledException", kms.decrypt, CiphertextBlob=blob)
    refused("DisabledException", kms.generate_data_key, KeyId=key, KeySpec="AES_256")
    refused("DisabledException", kms.enable_key_rotation, KeyId=key)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.enable_key(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_pending_deletion_refuses_nearly_everything(aws: LocalAws, kms, key):
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for bad in (6, 31):
        refused("ValidationException", kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=bad)
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingDeletion", 7)
    state = "KMSInvalidStateException"
    refused(state, kms.schedule_key_deletion, KeyId=key)
    refused(state, kms.enable_key_rotation, KeyId=key)
    refused(state, kms.tag_resource, KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    refused(state, kms.untag_resource, KeyId=key, TagKeys=["a"])
    refused(state, kms.update_key_description, KeyId=key, Description="x")
    refused(state, kms.create_alias, AliasName="alias/x", TargetKeyId=key)
    refused(state, kms.enable_key, KeyId=key)
    refused(state, kms.encrypt, KeyId=key, Plaintext=b"x")
    refused(state, kms.decrypt, CiphertextBlob=blob)
    # AWS's table of key states allows these.
    policy = kms.get_key_policy(KeyId=key)["Policy"]
    kms.put_key_policy(KeyId=key, Policy=policy)
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    refused(state, kms.cancel_key_deletion, KeyId=key)


def test_a_key_is_gone_after_its_window(aws: LocalAws, kms, key):
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    aws.settings(now=7 * 86_400 + 1)
    refused("NotFoundException", kms.describe_key, KeyId=key)


def test_lists_come_in_pages(kms):
    keys = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(LIMIT_KEYS)}
    first = kms.list_keys(Limit=2)
    assert first["Truncated"]
    second = kms.list_keys(Limit=2, Marker=first["NextMarker"])
    assert not second["Truncated"]
    assert {k["KeyId"] for k in first["Keys"] + second["Keys"]} == keys
    refused("InvalidMarkerException", kms.list_keys, Marker="nonsense")


def test_another_accounts_key_only_where_its_policy_allows(aws: LocalAws, kms, key):
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    tenant = aws.client("kms", TENANT)
    refused("AccessDeniedException", tenant.describe_key, KeyId=arn)
    policy = allow(HUB, TENANT)
    kms.put_key_policy(KeyId=key, Policy=policy)
    assert tenant.describe_key(KeyId=arn)["KeyMetadata"]["KeyId"] == key


def test_key_quota(aws: LocalAws, kms):
    aws.settings(quota={"keys": 1})
    kms.create_key()
    refused("LimitExceededException", kms.create_key)


def test_create_key_takes_policy_tags_and_description_at_once(kms):
    policy = allow(HUB)
    made = kms.create_key(Policy=policy, Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])[
        "KeyMetadata"
    ]
    assert made["Description"] == "d"
    assert kms.list_resource_tags(KeyId=made["KeyId"])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    assert '"mine"' in kms.get_key_policy(KeyId=made["KeyId"])["Policy"]
