"""Decides whether statements of a policy apply: actions, resources, conditions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

# Keys in small letters; a value is a text, or a list of texts where the key holds many.
Context = dict[str, Any]
VARIABLE = re.compile(r"\$\{([^}]+)\}")
LITERALS = {"*": "\x00", "?": "\x01", "$": "$"}


def as_list(value: Any) -> list[Any]:
    """A policy's value, which may be one or a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def decide(applying: list[dict[str, Any]]) -> str | None:
    """`Deny`, `Allow` or nothing, of statements that apply: one denial is enough."""
    effects = {s["Effect"] for s in applying}
    return next((e for e in ("Deny", "Allow") if e in effects), None)


def applies(statement: dict[str, Any], action: str, resource: str, context: Context) -> bool:
    """Whether a statement is about the action, the resource, and what is the case."""
    return (
        names_action(statement, action)
        and names_resource(statement, resource, context)
        and conditions_hold(statement.get("Condition") or {}, context)
    )


def names_action(statement: dict[str, Any], action: str) -> bool:
    """Whether the statement is about the action."""
    which, wanted = ("Action", True) if "Action" in statement else ("NotAction", False)
    return any(like(p.lower(), action.lower()) for p in as_list(statement.get(which))) == wanted


def names_resource(statement: dict[str, Any], resource: str, context: Context) -> bool:
    """Whether the statement is about the resource; a trust policy's has none and is about its role."""
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    which, wanted = ("Resource", True) if "Resource" in statement else ("NotResource", False)
    patterns = [fill(p, context) for p in as_list(statement.get(which))]
    return any(p is not None and like(p, resource) for p in patterns) == wanted


def conditions_hold(conditions: dict[str, Any], context: Context) -> bool:
    """Whether every operator holds for every key."""
    return all(
        _holds(operator, key.lower(), as_list(wanted), context)
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def _holds(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    given = context.get(key)
    if operator == "Null":
        return any(str(w).lower() == str(given is None).lower() for w in wanted)
    qualifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negative = "Not" in name
    matches = MATCHES.get(name.replace("Not", ""))
    if matches is None:
        raise NotImplementedError(f"the condition operator {operator}")
    if given is None:
        return if_exists or negative or qualifier == "ForAllValues"
    filled = [fill(str(w), context) for w in wanted]
    results = [any(w is not None and matches(w, str(v)) for w in filled) != negative for v in as_list(given)]
    if qualifier == "ForAllValues" or (negative and not qualifier):
        return all(results)
    return any(results)


def fill(pattern: str, context: Context) -> str | None:
    """The pattern with its variables replaced; None where one has no value."""
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found.group(1).partition(",")
        if name in LITERALS:
            return LITERALS[name]
        known = context.get(name.strip().lower())
        missing = missing or (known is None and not default)
        return str(known) if known is not None else default.strip().strip("'")

    filled = VARIABLE.sub(value, pattern)
    return None if missing else filled


@lru_cache(maxsize=4000)
def _glob(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": ".", "\x00": r"\*", "\x01": r"\?"}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """Whether the value has the pattern's form; `*` and `?` stand for any text and any character."""
    return _glob(pattern).fullmatch(value) is not None


def arn_like(pattern: str, value: str) -> bool:
    """As `like`, each of an ARN's six parts for itself."""
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return pattern == "*"
    return all(like(w, g) for w, g in zip(wanted, given, strict=True))


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def matches(wanted: str, given: str) -> bool:
        try:
            return compare(float(given), float(wanted))
        except ValueError:
            return False

    return matches


def _in_network(wanted: str, given: str) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


MATCHES: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "NumericEquals": _numbers(lambda given, wanted: given == wanted),
    "NumericLessThan": _numbers(lambda given, wanted: given < wanted),
    "NumericLessThanEquals": _numbers(lambda given, wanted: given <= wanted),
    "NumericGreaterThan": _numbers(lambda given, wanted: given > wanted),
    "NumericGreaterThanEquals": _numbers(lambda given, wanted: given >= wanted),
    "IpAddress": _in_network,
}
