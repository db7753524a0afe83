"""Key policies: what KMS refuses, and the form in which it gives them back.

https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import iam_backends

from .errors import AwsError
from .identify import Call
from .sts import as_list, find_role

LIMIT = 32_768
VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
ARN = re.compile(r"arn:aws:(iam|sts)::(\d{12}):(root|role/.+|user/.+|assumed-role/.+|federated-user/.+)")


def check(text: str, call: Call, bypass: bool) -> dict[str, Any]:
    """The policy, when KMS would take it."""
    if len(text.encode()) > LIMIT:
        raise AwsError("LimitExceededException", f"The key policy exceeds {LIMIT} bytes")
    try:
        policy = json.loads(text)
    except ValueError:
        raise _malformed("Policy is not valid JSON") from None
    if (
        not isinstance(policy, dict)
        or policy.get("Version") not in VERSIONS
        or set(policy) - {"Version", "Id", "Statement"}
    ):
        raise _malformed("Policy needs Version and Statement, and no other element than Id")
    statements = as_list(policy.get("Statement"))
    if not statements:
        raise _malformed("Policy has no statement")
    for statement in statements:
        _check_statement(statement)
    sids = [s["Sid"] for s in statements if s.get("Sid")]
    if len(sids) != len(set(sids)):
        raise _malformed("Statement ids (Sid) are not unique")
    if not bypass and not any(_may_put_policy(s, call) for s in statements):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")
    if not bypass and any(_may_put_policy(s, call, "Deny") and not s.get("Condition") for s in statements):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")
    return policy


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict) or set(statement) - ELEMENTS:
        raise _malformed("A statement has an unknown element")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _malformed("Effect must be Allow or Deny")
    for one, other in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
        if (one in statement) == (other in statement):
            raise _malformed(f"A statement needs {one} or {other}")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        values = as_list(statement.get(name))
        if name in statement and (not values or not all(isinstance(v, str) and v for v in values)):
            raise _malformed(f"{name} must be a text or a list of texts")
    for action in as_list(statement.get("Action")) + as_list(statement.get("NotAction")):
        if action != "*" and not action.lower().startswith("kms:"):
            raise _malformed(f"{action} is no action of KMS")
    if "Condition" in statement and not isinstance(statement["Condition"], dict):
        raise _malformed("Condition must be an object")
    principals = statement.get("Principal", statement.get("NotPrincipal"))
    if principals == "*":
        return
    if not isinstance(principals, dict) or not principals:
        raise _malformed("Principal must be * or an object")
    if set(principals) - {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise _malformed("Principal has an unknown kind")
    for name in as_list(principals.get("AWS")):
        if not exists(name):
            raise _malformed("Policy contains a statement with one or more invalid principals.")


def exists(principal: Any) -> bool:
    """Whether KMS finds the principal. An account counts as existing; a role or user must be there."""
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


def _may_put_policy(statement: dict[str, Any], call: Call, effect: str = "Allow") -> bool:
    # Conditions are not evaluated here: an Allow with conditions counts as one.
    if statement["Effect"] != effect or "Principal" not in statement:
        return False
    return names_caller(statement, call) and allows(statement, "kms:PutKeyPolicy")


def names_caller(statement: dict[str, Any], call: Call) -> bool:
    """Whether the statement's principals contain the caller or the caller's account."""
    principal = statement.get("Principal")
    named = ["*"] if principal == "*" else as_list((principal or {}).get("AWS"))
    mine = {"*", call.account, f"arn:aws:iam::{call.account}:root", call.principal, call.role_arn}
    return any(name in mine for name in named)


def allows(statement: dict[str, Any], action: str) -> bool:
    """Whether the statement's actions contain the action."""
    if "NotAction" in statement:
        return not any(fnmatchcase(action.lower(), a.lower()) for a in as_list(statement["NotAction"]))
    return any(fnmatchcase(action.lower(), a.lower()) for a in as_list(statement["Action"]))


def role_ids(policy: dict[str, Any]) -> dict[str, str]:
    """The unique id of each role that the policy names, as KMS stores it."""
    names = [
        n
        for s in as_list(policy["Statement"])
        if isinstance(s.get("Principal"), dict)
        for n in as_list(s["Principal"].get("AWS"))
    ]
    found = {name: find_role(name) for name in names if ":role/" in name}
    return {name: role.id for name, role in found.items() if role}


def compact(policy: dict[str, Any], ids: dict[str, str]) -> str:
    """The text that GetKeyPolicy answers.

    Lists of one are scalars, an account is its root's ARN, a role that is gone (or was made anew) is its id:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    statements = [_compact_statement(s, ids) for s in as_list(policy["Statement"])]
    return json.dumps({**policy, "Statement": statements}, indent=2, separators=(",", " : "))


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
