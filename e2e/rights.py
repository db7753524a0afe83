"""What the operator asked the API server for, against what the chart lets it ask.

Read from the API server's own audit log. Nothing was refused, and every right of every rule was used: so none can be
taken out of the chart, nor added to it, without this check failing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from cluster import Failure


class Right(NamedTuple):
    """One verb on one resource; the name where a rule gives names, and the namespace where it is a Role's."""

    verb: str
    group: str
    resource: str
    name: str
    namespace: str

    def __str__(self) -> str:
        name = f" {self.name}" if self.name else ""
        namespace = f" in {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}.{self.group or 'core'}{name}{namespace}"

    def admits(self, asked: Right) -> bool:
        return all(
            mine in ("", theirs) if optional else mine == theirs
            for mine, theirs, optional in zip(
                self, asked, (False, False, False, True, True), strict=True
            )
        )


def granted(chart: list[dict], account: tuple[str, str]) -> list[Right]:
    """The rights that the chart binds to a ServiceAccount (namespace, name)."""
    rights = []
    for binding in chart:
        if binding["kind"] not in ("ClusterRoleBinding", "RoleBinding"):
            continue
        bound = {(s.get("namespace"), s["name"]) for s in binding["subjects"] if s["kind"] == "ServiceAccount"}
        if account not in bound:
            continue
        namespace = binding["metadata"].get("namespace", "")
        for role in chart:
            same = (role["kind"], role["metadata"]["name"]) == (
                binding["roleRef"]["kind"],
                binding["roleRef"]["name"],
            )
            if same and role["metadata"].get("namespace", "") == namespace:
                rights += [right for rule in role["rules"] for right in each(rule, namespace)]
    return rights


def each(rule: dict, namespace: str) -> list[Right]:
    return [
        Right(verb, group, resource, name, namespace)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    ]


def asked(log: Path, account: tuple[str, str]) -> tuple[set[Right], list[str]]:
    """What a ServiceAccount asked for, and what of it was refused for want of a right."""
    user = "system:serviceaccount:{}:{}".format(*account)
    all_asked, refused = set(), []
    for line in log.read_text().splitlines():
        event = json.loads(line)
        reference = event.get("objectRef")
        if event["user"]["username"] != user or reference is None:
            continue
        resource = "/".join(filter(None, (reference["resource"], reference.get("subresource"))))
        right = Right(
            event["verb"],
            reference.get("apiGroup", ""),
            resource,
            reference.get("name", ""),
            reference.get("namespace", ""),
        )
        all_asked.add(right)
        # Such a watch takes the place of a list, which an API server that does not stream is asked for.
        if "sendInitialEvents=true" in event["requestURI"]:
            all_asked.add(right._replace(verb="list"))
        if event["annotations"].get("authorization.k8s.io/decision") == "forbid":
            refused.append(str(right))
    return all_asked, refused


def check(chart: list[dict], log: Path, account: tuple[str, str]) -> int:
    """Fails with what was refused and what nobody needed; gives the number of rights."""
    rights = granted(chart, account)
    if not rights:
        raise Failure("the chart gives {}/{} no rights at all".format(*account))
    used, refused = asked(log, account)
    if refused:
        raise Failure("\n".join(["the operator asked for what the chart does not let it:", *refused]))
    needless = [str(right) for right in rights if not any(right.admits(one) for one in used)]
    if needless:
        raise Failure("\n".join(["the chart lets the operator do what it never did:", *needless]))
    return len(rights)
