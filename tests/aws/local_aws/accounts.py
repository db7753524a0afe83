"""Fixtures: accounts with the roles that the operator assumes. AWS has no call that makes both at once."""

import json
from typing import Any

from moto.iam.models import iam_backends


def create_roles(body: dict[str, Any]) -> dict[str, Any]:
    """Creates roles: {"accounts": [{"id", "roles": [{"name", "path", "trust" | "trusts", "externalId",
    "policies"}]}]}.

    `trust` is a whole trust policy; else `trusts` (id or ARN, default anybody) and `externalId` make one.
    """
    arns = []
    for account in body["accounts"]:
        backend = iam_backends[account["id"]]["aws"]
        for role in account.get("roles", []):
            made = backend.create_role(
                role_name=role["name"],
                assume_role_policy_document=json.dumps(role.get("trust") or _trust(role)),
                path=role.get("path", "/"),
                permissions_boundary=None,
                description="",
                tags=[],
                max_session_duration="3600",
            )
            made.policies.update({n: json.dumps(p) for n, p in role.get("policies", {}).items()})
            arns.append(made.arn)
    return {"roles": arns}


def _trust(role: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": role.get("trusts", "*")},
        "Action": "sts:AssumeRole",
    }
    if "externalId" in role:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": role["externalId"]}}
    return {"Version": "2012-10-17", "Statement": [statement]}
