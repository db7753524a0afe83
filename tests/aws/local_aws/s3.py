"""S3, for every operation: whose bucket it is, in which region, and the settings that a bucket holds.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
"""

from typing import Any

from moto.s3.models import s3_backends

from . import dispatch
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call

# Calls that another account's root may make without a policy that this server reads.
OBJECT_CALLS = ("Object", "Part", "Upload")


def owner_of(bucket: str) -> str | None:
    """The account that has the bucket; names are global."""
    return next((account for account, b in s3_backends.items() if bucket in b["aws"].buckets), None)


def find(name: str) -> Any:
    """moto's bucket of a name, whoever has it; None where nobody has."""
    owner = owner_of(name)
    return s3_backends[owner]["aws"].buckets[name] if owner else None


def bucket_of(call: Call) -> Any:
    """moto's bucket that the call names."""
    bucket = find(call.params.get("Bucket") or "")
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    return bucket


def settings_of(bucket: Any) -> dict[str, Any]:
    """What the bucket is set to, by setting, each as the caller wrote it."""
    return vars(bucket).setdefault("local_aws", {})


def invalid(message: str) -> AwsError:
    """The refusal of a request that is well formed and not allowed."""
    return AwsError("InvalidRequest", message)


def malformed_xml() -> AwsError:
    """The refusal of a body that the schema does not allow."""
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedXML", message)


@correct("s3", "*", gate=True)
def check_bucket(call: Call, base: Base) -> Any:
    """The expected owner has it, only its account sees its settings, and the endpoint is its region's."""
    bucket = find(call.params.get("Bucket") or "")
    if bucket is None or call.operation == "CreateBucket":
        return base()
    wanted = call.request.headers.get("x-amz-expected-bucket-owner")
    if wanted and wanted != bucket.account_id:
        raise AwsError("AccessDenied", "Access Denied", 403)
    if call.access_key and call.region != bucket.region_name and call.operation != "GetBucketLocation":
        return _elsewhere(call, bucket)
    object_call = any(word in call.operation for word in OBJECT_CALLS) and "Bucket" not in call.operation
    if bucket.account_id != call.account and not (object_call or call.operation == "HeadBucket"):
        raise AwsError("AccessDenied", "Access Denied", 403)
    return base()


def _elsewhere(call: Call, bucket: Any) -> dispatch.Answer:
    message = "The bucket you are attempting to access must be addressed using the specified endpoint."
    refusal = AwsError("PermanentRedirect", message, 301)
    status, headers, body = dispatch.write(call, refusal)
    return status, {**headers, "x-amz-bucket-region": bucket.region_name}, body
