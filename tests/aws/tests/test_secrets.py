"""Secrets Manager: versions and stages, as moto has them."""

import pytest
from conftest import TENANT, LocalAws, refused

NAME = "sftp/host-key"
GONE = "ResourceNotFoundException"


@pytest.fixture
def secrets(aws: LocalAws):
    return aws.client("secretsmanager")


def stages(secrets):
    return secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"]


def test_a_new_value_is_a_new_version(secrets):
    made = secrets.create_secret(Name=NAME, SecretString="one", Tags=[{"Key": "a", "Value": "b"}])
    first = made["VersionId"]
    assert stages(secrets) == {first: ["AWSCURRENT"]}
    second = secrets.put_secret_value(SecretId=made["ARN"], SecretString="two")["VersionId"]
    assert stages(secrets) == {first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]}
    found = secrets.get_secret_value(SecretId=NAME)
    assert (found["SecretString"], found["VersionId"], found["VersionStages"]) == (
        "two",
        second,
        ["AWSCURRENT"],
    )
    assert secrets.get_secret_value(SecretId=NAME, VersionId=first)["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId=NAME, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == "two"
    third = secrets.put_secret_value(SecretId=NAME, SecretString="three")["VersionId"]
    found = {version: names for version, names in stages(secrets).items() if names}
    assert found == {second: ["AWSPREVIOUS"], third: ["AWSCURRENT"]}
    found = secrets.describe_secret(SecretId=NAME)
    assert (found["Name"], found["Tags"]) == (NAME, [{"Key": "a", "Value": "b"}])


def test_what_is_not_there_is_not_found(aws: LocalAws, secrets):
    for call in (secrets.describe_secret, secrets.get_secret_value):
        refused(GONE, call, SecretId=NAME)
    refused(GONE, secrets.put_secret_value, SecretId=NAME, SecretString="x")
    arn = secrets.create_secret(Name=NAME, SecretString="one")["ARN"]
    refused("ResourceExistsException", secrets.create_secret, Name=NAME, SecretString="two")
    unknown = "00000000-0000-0000-0000-000000000000"
    refused(GONE, secrets.get_secret_value, SecretId=NAME, VersionId=unknown)
    refused(GONE, secrets.get_secret_value, SecretId=NAME, VersionStage="NONE")
    refused(GONE, aws.client("secretsmanager", TENANT).get_secret_value, SecretId=NAME)
    assert arn.endswith(NAME + arn[-7:])


def test_requests_are_checked(secrets):
    refused("ValidationException", secrets.get_secret_value, SecretId="")
    refused("ValidationException", secrets.create_secret, Name="", SecretString="x")


def test_a_value_may_be_bytes(secrets):
    secrets.create_secret(Name=NAME, SecretBinary=b"\x00\xff")
    assert secrets.get_secret_value(SecretId=NAME)["SecretBinary"] == b"\x00\xff"


def test_a_secret_that_is_deleted_cannot_be_read(secrets):
    secrets.create_secret(Name=NAME, SecretString="one")
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    refused("InvalidRequestException", secrets.get_secret_value, SecretId=NAME)
    secrets.restore_secret(SecretId=NAME)
    assert secrets.get_secret_value(SecretId=NAME)["SecretString"] == "one"
