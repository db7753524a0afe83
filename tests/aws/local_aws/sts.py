"""STS: roles must exist and trust the caller; the session belongs to the role's account.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

import json
from typing import Any

from moto.iam.models import iam_backends

from . import clock, policy_eval
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call, Session, sessions
from .policy_eval import as_list


@correct("sts", "AssumeRole")
def assume_role(call: Call, base: Base) -> Any:
    """Refuses what the role's trust policy does not allow; notes whom the new access key stands for."""
    arn = call.params["RoleArn"]
    account = _account(arn)
    role = find_role(arn)
    # Session tags need a permission of their own.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
    for action in ("AssumeRole", "TagSession") if call.params.get("Tags") else ("AssumeRole",):
        if role is None or not _trusts(_policy(role), call, f"sts:{action}"):
            message = f"User: {call.principal} is not authorized to perform: sts:{action} on resource: {arn}"
            raise AwsError("AccessDenied", message, 403)
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
    tags = {t["Key"]: t["Value"] for t in call.params.get("Tags") or []}
    begun = clock.now()
    sessions[session.access_key_id] = Session(account, arn, session.arn, begun + duration, tags, begun)
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
        codes = {"ec2": ("AuthFailure", 401), "s3": ("InvalidAccessKeyId", 403)}
        by_json = call.protocol == "json" or call.service == "kms"
        default = ("UnrecognizedClientException", 400) if by_json else ("InvalidClientTokenId", 403)
        code, status = codes.get(call.service, default)
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
    from .iam_role import trust_of

    return json.loads(trust_of(role))


def _trusts(policy: dict[str, Any], call: Call, action: str) -> bool:
    context = _context(call)
    applying = [
        s
        for s in as_list(policy.get("Statement"))
        if _is_principal(s.get("Principal"), call) and policy_eval.applies(s, action, "", context)
    ]
    return policy_eval.decide(applying) == "Allow"


def _context(call: Call) -> policy_eval.Context:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    params, tags = call.params, call.params.get("Tags") or []
    given = {
        "sts:externalid": params.get("ExternalId"),
        "sts:rolesessionname": params.get("RoleSessionName"),
        "sts:sourceidentity": params.get("SourceIdentity"),
        "sts:transitivetagkeys": params.get("TransitiveTagKeys"),
        "aws:tagkeys": [t["Key"] for t in tags] or None,
        **principal_context(call),
        **{f"aws:requesttag/{t['Key'].lower()}": t["Value"] for t in tags},
    }
    return {key: value for key, value in given.items() if value is not None}


def principal_context(call: Call) -> policy_eval.Context:
    """The keys that say who calls; a session of a role counts as the role."""
    role = find_role(call.role_arn) if call.role_arn else None
    session = sessions.get(call.access_key)
    tags = {t["Key"]: t["Value"] for t in (role.tags if role else [])} | (session.tags if session else {})
    return {
        **{f"aws:principaltag/{key.lower()}": value for key, value in tags.items()},
        "aws:principalarn": call.role_arn or call.principal,
        "aws:principalaccount": call.account,
        "aws:principaltype": "AssumedRole" if call.role_arn else "Account",
        "aws:principalisawsservice": "false",
        "aws:securetransport": "true",
    }


def _is_principal(principal: Any, call: Call) -> bool:
    named = ["*"] if principal == "*" else as_list((principal or {}).get("AWS"))
    mine = {"*", call.account, f"arn:aws:iam::{call.account}:root", call.principal, call.role_arn}
    return any(name in mine for name in named)
