"""IAM's credential report: begun by one call, read by another, the same for four hours; and its rows.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.iam import models
from moto.iam.models import User, iam_backends

from . import clock, settings
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call

models.utcnow = clock.utcnow
LASTS = 4 * 3600
# Access keys that a user may have.
KEYS = 2
COLUMNS = (
    "user", "arn", "user_creation_time",
    "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation",
    "mfa_active",
    "access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
    "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service",
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip
NONE = "N/A"
NO_KEY = ("false", NONE, NONE, NONE, NONE)
BEGUN = datetime(2024, 4, 1)


@dataclass
class Report:
    """One of an account; without content it is being written."""

    content: bytes | None = None
    written: float = 0.0

    @property
    def expired(self) -> bool:
        """Whether it is too old to be read."""
        return self.content is not None and clock.now() - self.written > LASTS


_reports: dict[str, Report] = {}


@on_reset
def forget() -> None:
    """Nobody has a report."""
    _reports.clear()


@correct("iam", "GenerateCredentialReport")
def generate(call: Call, base: Base) -> Any:
    """Begins one, unless one is being written, or was written within four hours."""
    report = _reports.get(call.account)
    if report is not None and not report.expired:
        return {"State": "INPROGRESS" if report.content is None else "COMPLETE"}
    why = {"Description": "No report exists. Starting a new report generation task"}
    _reports[call.account] = begun = Report()
    clock.after(settings.delay("credentialReport"), lambda: _write(call.account, begun))
    return {"State": "STARTED", **(why if report is None else {})}


def _write(account: str, report: Report) -> None:
    report.content, report.written = rows(account).encode(), clock.now()


@correct("iam", "GetCredentialReport")
def get(call: Call, base: Base) -> Any:
    """The last one, once it is written and as long as it is no older than four hours."""
    report = _reports.get(call.account)
    if report is None:
        raise AwsError("ReportNotPresent", "Unknown", 410)
    if report.content is None:
        raise AwsError("ReportInProgress", "Unknown", 404)
    if report.expired:
        raise AwsError("ReportExpired", "Unknown", 410)
    written = datetime.fromtimestamp(report.written, UTC).replace(microsecond=0)
    return {"Content": report.content, "ReportFormat": "text/csv", "GeneratedTime": written}


def rows(account: str) -> str:
    """The root user's row, then the users' by name; the last line does not end."""
    users = sorted(iam_backends[account]["aws"].users.values(), key=lambda user: user.name.lower())
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, _root(account), *map(_row, users)])
    return text.getvalue().removesuffix("\n")


def _root(account: str) -> list[str]:
    has = settings.root_user(account)
    password = ("true", "no_information", _date(BEGUN)) if has["password"] else ("false", NONE, NONE)
    key = ("true", _date(BEGUN), NONE, NONE, NONE)
    keys = [key if number < has["accessKeys"] else NO_KEY for number in range(KEYS)]
    name = ["<root_account>", f"arn:aws:iam::{account}:root", _date(BEGUN)]
    return [*name, *password, "not_supported", _word(has["mfa"]), *keys[0], *keys[1], *_certificates([])]


def _row(user: User) -> list[str]:
    name = [user.name, user.arn, _date(user.create_date)]
    keys = [_key(key) for key in user.access_keys[:KEYS]] + [NO_KEY] * KEYS
    mfa = _word(bool(user.mfa_devices))
    certificates = _certificates(user.signing_certificates.values())
    return [*name, *_password(user), mfa, *keys[0], *keys[1], *certificates]


def _password(user: User) -> tuple[str, ...]:
    if not user.password:
        return "false", NONE, NONE, NONE
    changed = vars(user).get("password_changed", user.create_date)
    used = _date(user.password_last_used) if user.password_last_used else "no_information"
    return "true", used, _date(changed), NONE


def _key(key: Any) -> tuple[str, ...]:
    used = key.last_used
    when = (_date(used._timestamp), used.region, used.service) if used else (NONE, NONE, NONE)
    return _word(key.status == "Active"), _date(key.create_date), *when


def _certificates(certificates: Iterable[Any]) -> list[str]:
    found = [(_word(c.status == "Active"), _date(c.upload_date)) for c in certificates]
    first, second = (found + [("false", NONE)] * KEYS)[:KEYS]
    return [*first, *second]


def _word(true: bool) -> str:
    return str(bool(true)).lower()


def _date(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


@correct("iam", "CreateLoginProfile", "UpdateLoginProfile")
def note_password(call: Call, base: Base) -> Any:
    """Keeps when the password was set, which moto forgets."""
    result = base()
    if call.operation == "CreateLoginProfile" or call.params.get("Password"):
        user = iam_backends[call.account]["aws"].users[call.params["UserName"]]
        user.password_changed = clock.utcnow()
    return result


@correct("iam", "CreateAccessKey")
def create_key(call: Call, base: Base) -> Any:
    """Two at most."""
    user = iam_backends[call.account]["aws"].users.get(call.params.get("UserName") or "")
    if user is not None and len(user.access_keys) >= KEYS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {KEYS}", 409)
    return base()
