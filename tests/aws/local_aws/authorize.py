"""Decides calls of roles' sessions by policies, where the setting `authorize` is on.

In S3 the bucket's policy, the role's own policies, and for what is encrypted the key's policy. A statement
for an account only hands the decision on to that account's own policies. Elsewhere the role's own policies.
What was needed by whom is remembered.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

import json
from typing import Any

from . import iam_action, policy_form, s3, s3_action, s3_object, s3_policy, settings, sts
from .corrections import Base, correct, on_reset
from .errors import AwsError, denied
from .identify import Call
from .policy_eval import Context, applies, as_list, decide

WRITES = ("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
# Headers that tests send, as no test comes from a VPC.
PLACES = {"aws:sourcevpce": "x-local-aws-source-vpce", "aws:sourcevpc": "x-local-aws-source-vpc"}


IDENTITY = "an identity-based policy"
# Services whose calls the role's own policies decide alone.
BY_ROLE = (
    "acm",
    "cloudformation",
    "cloudtrail",
    "config",
    "directconnect",
    "ec2",
    "elasticfilesystem",
    "elasticloadbalancing",
    "guardduty",
    "iam",
    "kms",
    "ram",
    "rds",
    "route53",
    "route53resolver",
    "secretsmanager",
    "securityhub",
    "servicequotas",
    "sqs",
    "tagging",
    "transfer",
)


# Actions that sessions needed, by the name of their role.
used: dict[str, set[str]] = {}


@on_reset
def forget() -> None:
    """Nobody needed anything."""
    used.clear()


def _note(call: Call, action: str) -> None:
    name = (call.role_arn or "").rpartition("/")[2]
    used.setdefault(name, set()).add(action)


def authorize_by_role(call: Call, base: Base) -> Any:
    """Refuses what the role's own policies do not allow."""
    if not settings.get("authorize") or not call.role_arn or not call.operation:
        return base()
    identity = _identity_statements(call)
    common = {**sts.principal_context(call), "aws:requestedregion": call.region}
    for action, resource, more in iam_action.needed(call):
        _note(call, action)
        said = decide([s for s in identity if applies(s, action, resource, common | more)])
        if said != "Allow":
            policy = IDENTITY if said == "Deny" else None
            if action == call.action:
                raise denied(call, policy)
            raise _refusal(call, action, resource, policy)
    return base()


for service in BY_ROLE:
    correct(service, "*", gate=True)(authorize_by_role)


@correct("s3", "*", gate=True)
def authorize(call: Call, base: Base) -> Any:
    """Refuses what the policies do not allow to the session."""
    if not settings.get("authorize") or not call.role_arn or call.model is None:
        return base()
    bucket = s3.find(call.params.get("Bucket") or "")
    context = _context(call, bucket)
    identity = _identity_statements(call)
    policy = s3_policy.policy_of(bucket) if bucket is not None else None
    statements = as_list(policy["Statement"]) if policy else []
    for action, resource in s3_action.needed(call):
        _note(call, action)
        direct, account, denied = _resource_says(statements, call, action, resource, context)
        own = decide([s for s in identity if applies(s, action, resource, context)])
        foreign = bucket is not None and bucket.account_id != call.account
        allowed = (own == "Allow" and (direct or account)) if foreign else (own == "Allow" or direct)
        if denied or own == "Deny" or not allowed:
            raise _refusal(call, action, resource, _denying(denied, own))
    _check_passed_role(call, identity, context)
    if bucket is not None:
        _check_key(call, bucket, identity)
    return base()


def _check_passed_role(call: Call, identity: list[dict[str, Any]], context: Context) -> None:
    role = (call.params.get("ReplicationConfiguration") or {}).get("Role")
    if not role:
        return
    action, resource, more = iam_action.passed(role, "s3")
    _note(call, action)
    if decide([s for s in identity if applies(s, action, resource, context | more)]) != "Allow":
        raise _refusal(call, action, resource, None)


def _context(call: Call, bucket: Any) -> Context:
    params, headers = call.params, call.request.headers
    context = {
        **sts.principal_context(call),
        "aws:viaawsservice": "false",
        "aws:requestedregion": call.region,
        "aws:sourceip": call.request.remote_addr or "127.0.0.1",
        "aws:resourceaccount": bucket.account_id if bucket is not None else call.account,
        "s3:resourceaccount": bucket.account_id if bucket is not None else call.account,
        "s3:authtype": "REST-HEADER" if "Authorization" in headers else "REST-QUERY-STRING",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        # The loopback counts as the newest TLS.
        "s3:tlsversion": headers.get("x-local-aws-tls-version", "1.3"),
        "s3:prefix": params.get("Prefix"),
        "s3:delimiter": params.get("Delimiter"),
        "s3:max-keys": params.get("MaxKeys"),
        "s3:versionid": params.get("VersionId"),
        "s3:locationconstraint": (params.get("CreateBucketConfiguration") or {}).get("LocationConstraint"),
        **{key: headers.get(header) for key, header in PLACES.items()},
    }
    given = {f"s3:{n.lower()}": v for n, v in headers.items() if n.lower().startswith("x-amz-")}
    return {k: v for k, v in (given | context).items() if v is not None}


def _identity_statements(call: Call) -> list[dict[str, Any]]:
    role = sts.find_role(call.role_arn or "")
    if role is None:
        return []
    texts = [*role.policies.values(), *(_document(p) for p in role.managed_policies.values())]
    return [s for text in texts for s in as_list(json.loads(text)["Statement"])]


def _document(policy: Any) -> str:
    version = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return str(version.document)


def _resource_says(
    statements: list[dict[str, Any]], call: Call, action: str, resource: str, context: Context
) -> tuple[bool, bool, bool]:
    """Whether the policy allows the session itself, allows its account, denies it."""
    own = {"*", call.principal, call.role_arn}
    home = {call.account, f"arn:aws:iam::{call.account}:root"}
    applying = [s for s in statements if applies(s, action, resource, context)]

    def names(statement: dict[str, Any], wanted: set[Any]) -> bool:
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        named = {"*"} if principal == "*" else set(as_list(principal.get("AWS")))
        # NotPrincipal is about everybody whom it does not name.
        if "NotPrincipal" in statement:
            return not named & (own | home)
        return bool(named & wanted)

    allowing = [s for s in applying if s["Effect"] == "Allow"]
    return (
        any(names(s, own) for s in allowing),
        any(names(s, home) for s in allowing),
        any(names(s, own | home) for s in applying if s["Effect"] == "Deny"),
    )


def _check_key(call: Call, bucket: Any, identity: list[dict[str, Any]]) -> None:
    found = _key(call, bucket)
    if found is None:
        return
    key, action, arn = found
    context = {
        **sts.principal_context(call),
        "aws:requestedregion": bucket.region_name,
        "kms:viaservice": f"s3.{bucket.region_name}.amazonaws.com",
        "kms:calleraccount": call.account,
        "kms:encryptioncontext:aws:s3:arn": arn,
        "kms:encryptioncontextkeys": ["aws:s3:arn"],
    }
    if getattr(key, "key_manager", "") == "AWS":
        if key.account_id != call.account:
            raise _refusal(call, action, key.arn, None)
        return
    policy = policy_form.compact(json.loads(key.policy), getattr(key, "role_ids", {}))
    direct, account, denied = _resource_says(as_list(policy["Statement"]), call, action, key.arn, context)
    own = decide([s for s in identity if applies(s, action, key.arn, context)])
    same = key.account_id == call.account
    allowed = (same and direct) or ((direct or account) and own == "Allow")
    if denied or own == "Deny" or not allowed:
        raise _refusal(call, action, key.arn, _denying(denied, own))


def _key(call: Call, bucket: Any) -> tuple[Any, str, str] | None:
    """The key that the call needs, for what, and the encryption context's ARN."""
    arn = f"arn:aws:s3:::{bucket.name}"
    if call.operation in WRITES:
        chosen = _begun(call, bucket) or s3_object.encryption_of(call, bucket)
        whole = arn if chosen.bucket_key else f"{arn}/{call.params['Key']}"
        return (chosen.key, "kms:GenerateDataKey", whole) if chosen.key is not None else None
    if call.operation == "GetObject":
        found = s3_object.object_of(call, bucket)
        if found is not None and getattr(found, "kms_key_id", None):
            key = s3_object.usable_key(call, bucket, found.kms_key_id, "Decrypt", admitted=True)
            by_bucket = str(found.bucket_key_enabled).lower() == "true"
            return key, "kms:Decrypt", arn if by_bucket else f"{arn}/{call.params['Key']}"
    return None


def _begun(call: Call, bucket: Any) -> Any:
    return getattr(bucket.multiparts.get(call.params.get("UploadId")), "local_aws", None)


def _denying(by_resource: bool, own: str | None) -> str | None:
    if by_resource:
        return "a resource-based policy"
    return IDENTITY if own == "Deny" else None


def _refusal(call: Call, action: str, resource: str, policy: str | None) -> AwsError:
    # S3 puts what an ARN is in quotation marks.
    resource = f'"{resource}"' if call.service == "s3" and resource != "*" else resource
    none = f"because no identity-based policy allows the {action} action"
    why = f"with an explicit deny in {policy}" if policy else none
    message = f"User: {call.principal} is not authorized to perform: {action} on resource: {resource} {why}"
    return AwsError("AccessDenied", message, 403)
