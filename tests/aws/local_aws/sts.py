"""STS: roles must exist and trust the caller; the session belongs to the role's account.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
"""

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import iam_backends

from . import clock
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call, Session, sessions


@correct("sts", "AssumeRole")
def assume_role(call: Call, base: Base) -> Any:
    """Refuses what the role's trust policy does not allow; notes whom the new access key stands for."""
    arn = call.params["RoleArn"]
    account = _account(arn)
    role = find_role(arn)
    if role is None or not _trusts(_policy(role), call):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
    # Role chaining limits a session to one hour.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
    duration = call.params.get("DurationSeconds", 3600)
    if call.role_arn and duration > 3600:
        message = "The requested DurationSeconds exceeds the 1 hour session limit of role chaining"
        raise AwsError("ValidationError", message)
    if duration > int(role.max_session_duration or 3600):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", message)
    result = base()
    session = result["Credentials"]
    sessions[session.access_key_id] = Session(account, arn, session.arn, clock.now() + duration)
    return result


@correct("sts", "GetCallerIdentity")
def get_caller_identity(call: Call, base: Base) -> Any:
    """The assumed role's account and ARN; for a fixture's key, the root of its account."""
    session = sessions.get(call.access_key)
    if session is None:
        return {"UserId": call.account, "Account": call.account, "Arn": call.principal}
    return base()


def check_session(call: Call) -> None:
    """An expired session is refused, and one that AssumeRole never gave out.

    https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    """
    session = sessions.get(call.access_key)
    if session is None and call.access_key.startswith("ASIA"):
        codes = {"ec2": ("AuthFailure", 401), "kms": ("UnrecognizedClientException", 400)}
        code, status = codes.get(call.service, ("InvalidClientTokenId", 403))
        raise AwsError(code, "The security token included in the request is invalid.", status)
    if session and session.expires < clock.now():
        code = "RequestExpired" if call.service == "ec2" else "ExpiredTokenException"
        code = "ExpiredToken" if call.service in ("s3", "sts", "iam", "rds") else code
        raise AwsError(code, "The security token included in the request is expired", 403)


def find_role(arn: str) -> Any:
    """moto's role of an ARN, or None."""
    backend = iam_backends[_account(arn)]["aws"]
    return next((r for r in backend.roles.values() if r.arn == arn), None)


def _account(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise AwsError("ValidationError", f"{arn} is invalid")
    return parts[4]


def _policy(role: Any) -> dict[str, Any]:
    document = role.assume_role_policy_document
    return json.loads(document) if isinstance(document, str) else document or {}


def _trusts(policy: dict[str, Any], call: Call) -> bool:
    decided = [s["Effect"] for s in as_list(policy.get("Statement")) if _applies(s, call)]
    return "Allow" in decided and "Deny" not in decided


def _applies(statement: dict[str, Any], call: Call) -> bool:
    actions = as_list(statement.get("Action"))
    return (
        any(fnmatchcase("sts:AssumeRole", action) for action in actions)
        and _is_principal(statement.get("Principal"), call)
        and _conditions_hold(statement.get("Condition") or {}, call)
    )


def _is_principal(principal: Any, call: Call) -> bool:
    named = ["*"] if principal == "*" else as_list((principal or {}).get("AWS"))
    mine = {"*", call.account, f"arn:aws:iam::{call.account}:root", call.principal, call.role_arn}
    return any(name in mine for name in named)


def _conditions_hold(conditions: dict[str, Any], call: Call) -> bool:
    given = {
        "sts:externalid": call.params.get("ExternalId"),
        "aws:principalarn": call.role_arn or call.principal,
    }
    for operator, tests in conditions.items():
        like = operator in ("StringLike", "ArnLike", "ArnEquals")
        for key, wanted in tests.items():
            if key.lower() not in given:
                continue
            value = given[key.lower()]
            match = fnmatchcase if like else str.__eq__
            if value is None or not any(match(value, w) for w in as_list(wanted)):
                return False
    return True


def as_list(value: Any) -> list[Any]:
    """A policy's value, which may be one or a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
