"""S3: bucket policies that S3 refuses, whether one is public, and the form in which S3 gives it back.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policy-s3-sample.html
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from . import policy_form
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .s3 import bucket_of, settings_of
from .sts import as_list

LIMIT = 20 * 1024
# Actions whose resource is an object, and those whose resource is the bucket.
OBJECT_ACTIONS = {
    "s3:abortmultipartupload", "s3:bypassgovernanceretention", "s3:deleteobject",
    "s3:deleteobjectannotation", "s3:getobjectannotation", "s3:getobjectversionannotation",
    "s3:listobjectannotations", "s3:listobjectversionannotations", "s3:putobjectannotation",
    "s3:deleteobjecttagging", "s3:deleteobjectversion", "s3:deleteobjectversiontagging", "s3:getobject",
    "s3:getobjectacl", "s3:getobjectattributes", "s3:getobjectlegalhold", "s3:getobjectretention",
    "s3:getobjecttagging", "s3:getobjecttorrent", "s3:getobjectversion", "s3:getobjectversionacl",
    "s3:getobjectversionattributes", "s3:getobjectversionforreplication", "s3:getobjectversiontagging",
    "s3:getobjectversiontorrent", "s3:initiatereplication", "s3:listmultipartuploadparts",
    "s3:objectowneroverridetobucketowner", "s3:putobject", "s3:putobjectacl", "s3:putobjectlegalhold",
    "s3:putobjectretention", "s3:putobjecttagging", "s3:putobjectversionacl",
    "s3:putobjectversiontagging", "s3:replicatedelete", "s3:replicateobject", "s3:replicatetags",
    "s3:restoreobject", "s3:updateobjectencryption",
}  # fmt: skip
BUCKET_ACTIONS = {
    "s3:allowvendedlogdeliveryforresource", "s3:createbucketmetadatatableconfiguration",
    "s3:deletebucketmetadatatableconfiguration", "s3:pausereplication",
    "s3:updatebucketmetadataannotationtableconfiguration",
    "s3:updatebucketmetadatainventorytableconfiguration",
    "s3:updatebucketmetadatajournaltableconfiguration",
    "s3:createbucket", "s3:deletebucket", "s3:deletebucketpolicy", "s3:deletebucketwebsite",
    "s3:getaccelerateconfiguration", "s3:getanalyticsconfiguration", "s3:getbucketabac",
    "s3:getbucketacl", "s3:getbucketcors", "s3:getbucketlocation", "s3:getbucketlogging",
    "s3:getbucketmetadatatableconfiguration", "s3:getbucketnotification",
    "s3:getbucketobjectlockconfiguration", "s3:getbucketownershipcontrols", "s3:getbucketpolicy",
    "s3:getbucketpolicystatus", "s3:getbucketpublicaccessblock", "s3:getbucketrequestpayment",
    "s3:getbuckettagging", "s3:getbucketversioning", "s3:getbucketwebsite",
    "s3:getencryptionconfiguration", "s3:getintelligenttieringconfiguration",
    "s3:getinventoryconfiguration", "s3:getlifecycleconfiguration", "s3:getmetricsconfiguration",
    "s3:getreplicationconfiguration", "s3:listbucket", "s3:listbucketmultipartuploads",
    "s3:listbucketversions", "s3:listtagsforresource", "s3:putaccelerateconfiguration",
    "s3:putanalyticsconfiguration", "s3:putbucketabac", "s3:putbucketacl", "s3:putbucketcors",
    "s3:putbucketlogging", "s3:putbucketnotification", "s3:putbucketobjectlockconfiguration",
    "s3:putbucketownershipcontrols", "s3:putbucketpolicy", "s3:putbucketpublicaccessblock",
    "s3:putbucketrequestpayment", "s3:putbuckettagging", "s3:putbucketversioning", "s3:putbucketwebsite",
    "s3:putencryptionconfiguration", "s3:putintelligenttieringconfiguration",
    "s3:putinventoryconfiguration", "s3:putlifecycleconfiguration", "s3:putmetricsconfiguration",
    "s3:putreplicationconfiguration", "s3:tagresource", "s3:untagresource",
}  # fmt: skip
# What narrows a statement for everybody to somebody, where its values are fixed.
NARROWING = {
    "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount",
    "aws:sourceip", "aws:userid", "aws:principalarn", "aws:principalaccount", "aws:principalorgid",
    "aws:principalorgpaths", "aws:sourceorgid", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}  # fmt: skip
POSITIVE = re.compile(r"(ForAnyValue:)?(StringEquals|StringLike|ArnEquals|ArnLike|IpAddress)")


@correct("s3", "PutBucketPolicy")
def put_policy(call: Call, base: Base) -> Any:
    """Keeps a policy that S3 takes, with the unique ids of the roles that it names."""
    bucket = bucket_of(call)
    text = call.request.get_data().decode("utf-8", "replace")
    policy = check(text, bucket.name)
    blocks = settings_of(bucket).get("PublicAccessBlock") or {}
    if blocks.get("BlockPublicPolicy") and is_public(policy):
        message = (
            f"User: {call.principal} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are prevented by the BlockPublicPolicy '
            "setting in S3 Block Public Access."
        )
        raise AwsError("AccessDenied", message, 403)
    # moto does not hear of it: it would deny whatever a statement's conditions are.
    settings_of(bucket)["Policy"] = (policy, policy_form.role_ids(policy))
    return 204, {}, b""


@correct("s3", "GetBucketPolicy")
def get_policy(call: Call, base: Base) -> Any:
    """The policy in AWS's compact form."""
    policy = policy_of(bucket_of(call))
    if policy is None:
        raise _none()
    return 200, {"Content-Type": "application/json"}, json.dumps(policy, separators=(",", ":")).encode()


@correct("s3", "DeleteBucketPolicy")
def delete_policy(call: Call, base: Base) -> Any:
    """No policy is left, and none needs to have been there."""
    settings_of(bucket_of(call)).pop("Policy", None)
    return 204, {}, b""


@correct("s3", "GetBucketPolicyStatus")
def get_policy_status(call: Call, base: Base) -> Any:
    """Whether anybody may do what the policy allows."""
    policy = policy_of(bucket_of(call))
    if policy is None:
        raise _none()
    return {"PolicyStatus": {"IsPublic": is_public(policy)}}


def policy_of(bucket: Any) -> dict[str, Any] | None:
    """The bucket's policy as AWS answers it."""
    kept = settings_of(bucket).get("Policy")
    return policy_form.compact(*kept) if kept else None


def _none() -> AwsError:
    return AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicy", message)


def check(text: str, bucket: str) -> dict[str, Any]:
    """The policy, when S3 would take it for the bucket."""
    policy = policy_form.parse(text, _malformed)
    normal = json.dumps(policy, separators=(",", ":"))
    if len(normal.encode()) > LIMIT:
        raise AwsError("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    for statement in as_list(policy["Statement"]):
        policy_form.check_statement(statement, _malformed)
        _check_resources(statement, bucket)
        _check_actions(statement, bucket)
        _check_condition_keys(statement)
        policy_form.check_principals(statement, _malformed)
    return policy


def _check_resources(statement: dict[str, Any], bucket: str) -> None:
    for resource in as_list(statement.get("Resource")) + as_list(statement.get("NotResource")):
        name, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
        if not resource.startswith("arn:aws:s3:::") or name != bucket or ("/" in resource and not key):
            raise _malformed("Policy has invalid resource")


def _check_actions(statement: dict[str, Any], bucket: str) -> None:
    resources = as_list(statement.get("Resource"))
    kinds = {"object" if "/" in r else "bucket" for r in resources} or {"object", "bucket"}
    for action in as_list(statement.get("Action")) + as_list(statement.get("NotAction")):
        pattern = action.lower()
        if pattern == "*":
            continue
        objects = any(fnmatchcase(a, pattern) for a in OBJECT_ACTIONS)
        buckets = any(fnmatchcase(a, pattern) for a in BUCKET_ACTIONS)
        if not (objects or buckets):
            raise _malformed("Policy has invalid action")
        if "Action" in statement and not ("object" in kinds and objects or "bucket" in kinds and buckets):
            raise _malformed("Action does not apply to any resource(s) in statement")


def _check_condition_keys(statement: dict[str, Any]) -> None:
    for tests in (statement.get("Condition") or {}).values():
        for key in tests:
            if not key.lower().startswith(("aws:", "s3:")):
                raise _malformed("Policy has an invalid condition key")


def is_public(policy: dict[str, Any]) -> bool:
    """Whether a statement allows anything to everybody, without a condition that fixes who it is."""
    return any(_lets_anybody(s) for s in as_list(policy["Statement"]))


def _lets_anybody(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    principal = statement.get("Principal")
    if "NotPrincipal" not in statement and principal != "*" and "*" not in as_list(principal.get("AWS")):
        return False
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, values in tests.items():
            fixed = POSITIVE.fullmatch(operator) and key.lower() in NARROWING
            if fixed and all(_is_fixed(key.lower(), str(v)) for v in as_list(values)):
                return False
    return True


def _is_fixed(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        return not value.endswith(("/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"))
    if key == "aws:userid":
        return not (value.startswith("AROA") and value.endswith(":*")) and "*" not in value
    if key in ("aws:sourcearn", "aws:principalarn"):
        # An ARN whose account is fixed.
        return "*" not in ":".join(value.split(":")[:5]) and value.count(":") >= 5
    return "*" not in value and "?" not in value
