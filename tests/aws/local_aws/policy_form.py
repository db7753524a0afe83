"""What every policy document shares: its grammar, its principals, and the form in which AWS gives it back.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import iam_backends

from .errors import AwsError
from .sts import as_list, find_role

VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
    "Condition",
}  # fmt: skip
ARN = re.compile(r"arn:aws:(iam|sts)::(\d{12}):(root|role/.+|user/.+|assumed-role/.+|federated-user/.+)")
SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|aws\.internal|amazon\.com)")
OPERATOR = re.compile(
    r"((ForAnyValue|ForAllValues):)?"
    r"(String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?"
    r"|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress"
    r"|Arn(Not)?(Equals|Like))(IfExists)?|Null"
)
Fail = Callable[[str], AwsError]


def parse(text: str, fail: Fail) -> dict[str, Any]:
    """The document of a text: valid JSON, a known version, at least one statement, unique ids."""
    try:
        policy = json.loads(text)
    except ValueError:
        raise fail("Policy is not valid JSON") from None
    if not isinstance(policy, dict) or set(policy) - {"Version", "Id", "Statement"}:
        raise fail("Policy needs Version and Statement, and no other element than Id")
    if policy.get("Version") not in VERSIONS:
        raise fail("The policy must contain a valid version string")
    statements = as_list(policy.get("Statement"))
    if not statements:
        raise fail("Policy has no statement")
    if not all(isinstance(s, dict) and not set(s) - ELEMENTS for s in statements):
        raise fail("A statement has an unknown element")
    sids = [s["Sid"] for s in statements if s.get("Sid")]
    if len(sids) != len(set(sids)):
        raise fail("Statement IDs (SID) in a single policy must be unique.")
    return policy


def check_statement(
    statement: dict[str, Any], fail: Fail, principal: bool = True, resource: bool = True
) -> None:
    """Effect, one of each pair of elements, texts, and conditions with known operators."""
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise fail(f"Invalid effect: {statement.get('Effect')}")
    wanted = {"Principal": principal, "Action": True, "Resource": resource}
    for one, needed in wanted.items():
        given = (one in statement) + (f"Not{one}" in statement)
        if given != needed:
            problem = "Missing required field" if needed and not given else "Unexpected field"
            raise fail(f"{problem} {one}")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        values = as_list(statement.get(name))
        if name in statement and (not values or not all(isinstance(v, str) and v for v in values)):
            raise fail(f"{name} must be a text or a list of texts")
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict):
        raise fail("Condition must be an object")
    for operator, tests in conditions.items():
        if not OPERATOR.fullmatch(operator) or not isinstance(tests, dict) or not tests:
            raise fail(f"Invalid Condition type : {operator}")


def check_principals(statement: dict[str, Any], fail: Fail) -> None:
    """Principals are `*` or known kinds; an AWS principal exists, a service has a service's form."""
    principals = statement.get("Principal", statement.get("NotPrincipal"))
    if principals == "*":
        return
    if not isinstance(principals, dict) or not principals:
        raise fail("Principal must be * or an object")
    if set(principals) - {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise fail("Principal has an unknown kind")
    names = [n for values in principals.values() for n in as_list(values)]
    if not names or not all(isinstance(n, str) for n in names):
        raise fail("Invalid principal in policy")
    for name in as_list(principals.get("AWS")):
        if not exists(name):
            raise fail("Invalid principal in policy")
    for name in as_list(principals.get("Service")):
        if name != "*" and not SERVICE.fullmatch(name):
            raise fail(f'Invalid principal in policy: "SERVICE":"{name}"')


def exists(principal: Any) -> bool:
    """Whether AWS finds the principal. An account counts as existing; a role or user must be there."""
    if not isinstance(principal, str):
        return False
    if principal == "*" or re.fullmatch(r"\d{12}", principal):
        return True
    found = ARN.fullmatch(principal)
    if not found:
        return False
    account, rest = found.group(2), found.group(3)
    if rest.startswith("role/"):
        return find_role(principal) is not None
    if rest.startswith("user/"):
        return any(u.arn == principal for u in iam_backends[account]["aws"].users.values())
    return True


def allows(statement: dict[str, Any], action: str) -> bool:
    """Whether the statement's actions contain the action."""
    if "NotAction" in statement:
        return not any(fnmatchcase(action.lower(), a.lower()) for a in as_list(statement["NotAction"]))
    return any(fnmatchcase(action.lower(), a.lower()) for a in as_list(statement["Action"]))


def role_ids(policy: dict[str, Any]) -> dict[str, str]:
    """The unique id of each role that the policy names, as AWS stores it."""
    names = [
        n
        for s in as_list(policy["Statement"])
        if isinstance(s.get("Principal"), dict)
        for n in as_list(s["Principal"].get("AWS"))
    ]
    found = {name: find_role(name) for name in names if ":role/" in name}
    return {name: role.id for name, role in found.items() if role}


def compact(policy: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The document as AWS answers it.

    Lists of one are scalars, an account is its root's ARN, a role that is gone (or was made anew) is its id.
    """
    return {**policy, "Statement": [_compact_statement(s, ids) for s in as_list(policy["Statement"])]}


def _compact_statement(statement: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    out = {name: _scalar(value) for name, value in statement.items()}
    for name in ("Principal", "NotPrincipal"):
        if isinstance(out.get(name), dict):
            kinds = out[name].items()
            out[name] = {k: _scalar([_principal(v, ids) for v in as_list(values)]) for k, values in kinds}
    if "Condition" in out:
        out["Condition"] = {
            operator: {key: _scalar(value) for key, value in tests.items()}
            for operator, tests in out["Condition"].items()
        }
    return out


def _scalar(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _principal(name: str, ids: dict[str, str]) -> str:
    if re.fullmatch(r"\d{12}", name):
        return f"arn:aws:iam::{name}:root"
    if name in ids:
        role = find_role(name)
        return name if role and role.id == ids[name] else ids[name]
    return name
