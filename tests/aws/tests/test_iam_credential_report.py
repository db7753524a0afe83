"""IAM's credential report: when there is one, and what it says of users and the root user."""

import csv
from typing import Any

import pytest
from conftest import OTHER, TENANT, LocalAws, refused

ACTIONS = ("iam:GenerateCredentialReport", "iam:GetCredentialReport")
HOUR, DAY = 3600, 86_400


@pytest.fixture
def iam(aws: LocalAws) -> Any:
    return aws.client("iam", TENANT)


def text(client: Any) -> str:
    found = client.get_credential_report()
    assert found["ReportFormat"] == "text/csv"
    return found["Content"].decode()


def users(client: Any) -> dict[str, dict[str, str]]:
    assert client.generate_credential_report()["State"] == "STARTED"
    assert client.generate_credential_report()["State"] == "COMPLETE"
    return {row["user"]: row for row in csv.DictReader(text(client).splitlines())}


def test_a_report_is_begun_awaited_and_read(aws: LocalAws, session):
    aws.settings(delay={"credentialReport": 60})
    reader = session("iam", *ACTIONS)
    error = refused("ReportNotPresent", reader.get_credential_report)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 410
    begun = reader.generate_credential_report()
    assert begun["State"] == "STARTED"
    assert begun["Description"] == "No report exists. Starting a new report generation task"
    assert reader.generate_credential_report()["State"] == "INPROGRESS"
    error = refused("ReportInProgress", reader.get_credential_report)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    aws.settings(now=61)
    assert reader.generate_credential_report()["State"] == "COMPLETE"
    lines = text(reader).split("\n")
    assert lines[0].startswith("user,arn,user_creation_time,password_enabled,password_last_used,")
    assert lines[0].endswith(",cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated")
    assert [line.split(",")[0] for line in lines[1:]] == ["<root_account>"]


def test_a_report_is_the_same_for_four_hours(aws: LocalAws, iam, session):
    reader = session("iam", *ACTIONS)
    assert list(users(reader)) == ["<root_account>"]
    old = reader.get_credential_report()["GeneratedTime"]
    iam.create_user(UserName="hanako")
    aws.settings(now=4 * HOUR - 60)
    # A session lasts an hour.
    reader = session("iam", *ACTIONS)
    assert reader.generate_credential_report()["State"] == "COMPLETE"
    assert "hanako" not in text(reader)
    aws.settings(now=4 * HOUR + 60)
    error = refused("ReportExpired", reader.get_credential_report)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 410
    assert list(users(reader)) == ["<root_account>", "hanako"]
    assert (reader.get_credential_report()["GeneratedTime"] - old).total_seconds() > 4 * HOUR
    other = session("iam", *ACTIONS, account=OTHER)
    refused("ReportNotPresent", other.get_credential_report)
    for action in ACTIONS:
        one = session("iam", action)
        denied = one.get_credential_report if "Generate" in action else one.generate_credential_report
        error = refused("AccessDenied", denied)
        assert "is not authorized to perform: iam:" in str(error)


def test_users_have_passwords_keys_and_devices(aws: LocalAws, iam, session):
    aws.settings(now=-100 * DAY)
    iam.create_user(UserName="Taro", Path="/staff/")
    old = iam.create_access_key(UserName="Taro")["AccessKey"]
    aws.settings(now=0)
    new = iam.create_access_key(UserName="Taro")["AccessKey"]
    refused("LimitExceeded", iam.create_access_key, UserName="Taro")
    iam.update_access_key(UserName="Taro", AccessKeyId=old["AccessKeyId"], Status="Inactive")
    iam.create_login_profile(UserName="Taro", Password="a-Password-1")
    iam.create_user(UserName="hanako")
    iam.create_login_profile(UserName="hanako", Password="a-Password-1")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="hanako")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    iam.enable_mfa_device(UserName="hanako", SerialNumber=device, **codes)
    iam.create_user(UserName="robot")
    found = users(session("iam", *ACTIONS))
    assert list(found) == ["<root_account>", "hanako", "robot", "Taro"]
    taro = found["Taro"]
    assert taro["arn"] == f"arn:aws:iam::{TENANT}:user/staff/Taro"
    assert (taro["password_enabled"], taro["mfa_active"]) == ("true", "false")
    assert (taro["password_last_used"], taro["password_next_rotation"]) == ("no_information", "N/A")
    assert (taro["access_key_1_active"], taro["access_key_2_active"]) == ("false", "true")
    assert taro["access_key_1_last_rotated"] == f"{old['CreateDate']:%Y-%m-%dT%H:%M:%SZ}"
    assert taro["access_key_2_last_rotated"] == f"{new['CreateDate']:%Y-%m-%dT%H:%M:%SZ}"
    assert taro["access_key_1_last_rotated"] == taro["user_creation_time"] < taro["password_last_changed"]
    assert (taro["access_key_1_last_used_date"], taro["access_key_1_last_used_service"]) == ("N/A", "N/A")
    assert (found["hanako"]["password_enabled"], found["hanako"]["mfa_active"]) == ("true", "true")
    robot = found["robot"]
    assert (robot["password_enabled"], robot["password_last_changed"]) == ("false", "N/A")
    assert (robot["access_key_1_active"], robot["access_key_1_last_rotated"]) == ("false", "N/A")
    assert (robot["cert_1_active"], robot["cert_2_last_rotated"]) == ("false", "N/A")


def test_the_root_user_has_what_is_set(aws: LocalAws, session):
    aws.settings(rootUsers={TENANT: {"password": True, "mfa": True, "accessKeys": 1}})
    root = users(session("iam", *ACTIONS))["<root_account>"]
    assert (root["arn"], root["password_enabled"]) == (f"arn:aws:iam::{TENANT}:root", "true")
    assert (root["mfa_active"], root["password_next_rotation"]) == ("true", "not_supported")
    assert (root["access_key_1_active"], root["access_key_2_active"]) == ("true", "false")
    other = users(session("iam", *ACTIONS, account=OTHER))["<root_account>"]
    assert (other["password_enabled"], other["mfa_active"]) == ("false", "false")
    assert other["access_key_1_active"] == "false"
