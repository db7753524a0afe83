"""Key policies: what KMS refuses, and the form in which it gives them back.

https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

import json
from typing import Any

from . import policy_form
from .errors import AwsError
from .identify import Call
from .policy_form import allows, role_ids
from .sts import as_list

LIMIT = 32_768
__all__ = ["allows", "as_list", "check", "compact", "names_caller", "role_ids"]


def check(text: str, call: Call, bypass: bool) -> dict[str, Any]:
    """The policy, when KMS would take it."""
    if len(text.encode()) > LIMIT:
        raise AwsError("LimitExceededException", f"The key policy exceeds {LIMIT} bytes")
    policy = policy_form.parse(text, _malformed)
    statements = as_list(policy["Statement"])
    for statement in statements:
        policy_form.check_statement(statement, _malformed)
        for action in as_list(statement.get("Action")) + as_list(statement.get("NotAction")):
            if action != "*" and not action.lower().startswith("kms:"):
                raise _malformed(f"{action} is no action of KMS")
        policy_form.check_principals(statement, _malformed)
    if not bypass and not any(_may_put_policy(s, call) for s in statements):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")
    if not bypass and any(_may_put_policy(s, call, "Deny") and not s.get("Condition") for s in statements):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")
    return policy


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)


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


def compact(policy: dict[str, Any], ids: dict[str, str]) -> str:
    """The text that GetKeyPolicy answers."""
    return json.dumps(policy_form.compact(policy, ids), indent=2, separators=(",", " : "))
