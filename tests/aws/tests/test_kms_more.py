"""Aliases, tags, grants."""

import pytest
from conftest import HUB, LocalAws, refused


@pytest.fixture
def key(kms) -> str:
    return kms.create_key()["KeyMetadata"]["KeyId"]


def test_alias_rules(kms, key):
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    refused("AlreadyExistsException", kms.create_alias, AliasName="alias/a", TargetKeyId=key)
    refused("NotAuthorizedException", kms.create_alias, AliasName="alias/aws/x", TargetKeyId=key)
    refused("ValidationException", kms.create_alias, AliasName="nope", TargetKeyId=key)
    refused("NotFoundException", kms.update_alias, AliasName="alias/none", TargetKeyId=key)
    refused("NotFoundException", kms.delete_alias, AliasName="alias/none")
    refused("NotFoundException", kms.create_alias, AliasName="alias/b", TargetKeyId="0" * 8)


def test_an_alias_moves_to_another_key(kms, key):
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    kms.update_alias(AliasName="alias/a", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/a")["KeyMetadata"]["KeyId"] == other
    assert kms.list_aliases(KeyId=key)["Aliases"] == []
    kms.schedule_key_deletion(KeyId=key)
    refused("KMSInvalidStateException", kms.update_alias, AliasName="alias/a", TargetKeyId=key)


def test_aliases_come_in_pages(kms, key):
    for n in range(3):
        kms.create_alias(AliasName=f"alias/a{n}", TargetKeyId=key)
    first = kms.list_aliases(KeyId=key, Limit=2)
    rest = kms.list_aliases(KeyId=key, Limit=2, Marker=first["NextMarker"])
    assert [a["AliasName"] for a in first["Aliases"] + rest["Aliases"]] == [
        "alias/a0",
        "alias/a1",
        "alias/a2",
    ]
    assert "CreationDate" in first["Aliases"][0]


def test_tags_merge_have_limits_and_pages(kms, key):
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "3"}])
    kms.untag_resource(KeyId=key, TagKeys=["b"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "a", "TagValue": "3"}]
    refused("TagException", kms.tag_resource, KeyId=key, Tags=[{"TagKey": "aws:x", "TagValue": "1"}])
    many = [{"TagKey": f"k{n}", "TagValue": ""} for n in range(50)]
    refused("LimitExceededException", kms.tag_resource, KeyId=key, Tags=many)
    kms.tag_resource(KeyId=key, Tags=many[:49])
    page = kms.list_resource_tags(KeyId=key, Limit=30)
    assert len(kms.list_resource_tags(KeyId=key, Limit=30, Marker=page["NextMarker"])["Tags"]) == 20
    refused("TagException", kms.create_key, Tags=[{"TagKey": "aws:x", "TagValue": "1"}])


def test_grants(aws: LocalAws, kms, key):
    wanted = {"KeyId": key, "GranteePrincipal": aws.role(HUB, "user"), "Operations": ["Decrypt"], "Name": "n"}
    grant = kms.create_grant(**wanted)
    assert kms.create_grant(**wanted)["GrantId"] == grant["GrantId"]
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    assert len(kms.list_grants(KeyId=arn)["Grants"]) == 1
    unknown = wanted | {"GranteePrincipal": f"arn:aws:iam::{HUB}:role/none"}
    refused("InvalidArnException", kms.create_grant, **unknown)
    refused("NotFoundException", kms.revoke_grant, KeyId=key, GrantId="0" * 8)
    kms.retire_grant(KeyId=arn, GrantId=grant["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []
