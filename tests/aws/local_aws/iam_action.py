"""Which actions an operation of any service but S3 needs, on what.

An action mostly has the name of its operation. What an operation is given makes others needed: tags, and a
role that a service shall take.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

import re
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.rds.models import rds_backends

from .identify import Call
from .policy_eval import Context

# What tags at a creation need.
TAGGING = {
    "ec2": "ec2:CreateTags",
    "kms": "kms:TagResource",
    "rds": "rds:AddTagsToResource",
    "transfer": "transfer:TagResource",
    "route53resolver": "route53resolver:TagResource",
    "ram": "ram:TagResource",
    "acm": "acm:AddTagsToCertificate",
    "cloudtrail": "cloudtrail:AddTags",
    "directconnect": "directconnect:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "guardduty": "guardduty:TagResource",
}
IAM_TAGGING = {"CreateRole": "iam:TagRole", "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider"}
TAGS = ("Tags", "TagSpecifications", "TagSpecification", "TagsList", "tags")
MAKES = ("Create", "Copy", "Run", "Restore", "Import")
# Roles that services are given, by the member that names them.
PASSED = {
    ("transfer", "CreateUser"): "Role",
    ("transfer", "UpdateUser"): "Role",
    ("transfer", "CreateServer"): "LoggingRole",
    ("transfer", "UpdateServer"): "LoggingRole",
    ("cloudformation", "CreateStack"): "RoleARN",
}
# Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
FREE = {("sts", "GetCallerIdentity")}
QUEUE = re.compile(r"(?:.*/(\d{12})/)?([^/]+)")
# What names the thing that a tag's condition is about.
NAMED = {
    "DeleteSnapshot": "SnapshotId",
    "DeregisterImage": "ImageId",
    "DeleteVolume": "VolumeId",
    "DeleteDBSnapshot": "DBSnapshotIdentifier",
    "DeleteDBClusterSnapshot": "DBClusterSnapshotIdentifier",
}


def needed(call: Call) -> list[tuple[str, str, Context]]:
    """Actions with their resources, and what is the case besides."""
    if (call.service, call.operation) in FREE:
        return []
    wanted: list[tuple[str, str, Context]] = [(call.action, _resource(call), _tags(call))]
    if call.operation.startswith(MAKES) and any(call.params.get(name) for name in TAGS):
        tagging = IAM_TAGGING.get(call.operation) or TAGGING.get(call.service)
        wanted += [(tagging, _resource(call), {})] if tagging else []
    role = call.params.get(PASSED.get((call.service, call.operation), ""))
    if role:
        wanted.append(passed(role, call.service))
    return wanted


def queue_arn(call: Call) -> str:
    """The ARN of the queue that the call names by its URL, or by its name alone."""
    named = call.params.get("QueueUrl") or call.params.get("QueueName") or "*"
    account, name = (QUEUE.fullmatch(named) or QUEUE.fullmatch("*")).groups()
    account = account or call.params.get("QueueOwnerAWSAccountId") or call.account
    return f"arn:aws:sqs:{call.region}:{account}:{name}"


def passed(role: str, service: str) -> tuple[str, str, Context]:
    """What it needs to give a role to a service."""
    return "iam:PassRole", role, {"iam:passedtoservice": f"{service}.amazonaws.com"}


def _resource(call: Call) -> str:
    params = call.params
    if call.service == "secretsmanager":
        return str(params.get("SecretId", "*"))
    if call.service == "sqs":
        return queue_arn(call)
    name = params.get("RoleName")
    if call.service != "iam" or not name:
        return "*"
    roles = iam_backends[call.account]["aws"].roles.values()
    known = next((role.arn for role in roles if role.name == name), None)
    return known or f"arn:aws:iam::{call.account}:role{params.get('Path', '/')}{name}"


def _tags(call: Call) -> Context:
    name = call.params.get(NAMED.get(call.operation, ""))
    if not name:
        return {}
    tags: list[dict[str, Any]] = []
    if call.service == "ec2":
        tags = ec2_backends[call.account][call.region].describe_tags({"resource-id": [name]})
        return {f"aws:resourcetag/{t['key'].lower()}": t["value"] for t in tags}
    backend = rds_backends[call.account][call.region]
    snapshots = {**backend.database_snapshots, **backend.cluster_snapshots}
    found = snapshots.get(name)
    tags = found.tags if found is not None else []
    return {f"aws:resourcetag/{t['Key'].lower()}": t["Value"] for t in tags}
