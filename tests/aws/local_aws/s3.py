"""S3: the expected owner, what a new bucket has, and the region in the list.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
"""

from typing import Any

from moto.s3.models import PublicAccessBlock, s3_backends

from .corrections import Base, correct
from .errors import AwsError
from .identify import Call

ENCRYPTED = {
    "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
}


def owner_of(bucket: str) -> str | None:
    """The account that has the bucket; names are global."""
    return next((account for account, b in s3_backends.items() if bucket in b["aws"].buckets), None)


@correct("s3", "*", gate=True)
def expected_owner(call: Call, base: Base) -> Any:
    """`x-amz-expected-bucket-owner` names the account that must own the bucket."""
    wanted = call.request.headers.get("x-amz-expected-bucket-owner")
    owner = owner_of(call.params.get("Bucket") or "")
    if wanted and owner and wanted != owner:
        raise AwsError("AccessDenied", "Access Denied", 403)
    return base()


@correct("s3", "CreateBucket")
def create_bucket(call: Call, base: Base) -> Any:
    """A new bucket blocks public access, takes no ACLs, and encrypts with S3's keys."""
    name = call.params["Bucket"]
    owner = owner_of(name)
    if owner and owner != call.account:
        raise AwsError("BucketAlreadyExists", "The requested bucket name is not available.", 409)
    answered = base()
    bucket = s3_backends[call.account]["aws"].buckets.get(name)
    if owner is None and bucket is not None:
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
        bucket.encryption = ENCRYPTED
    return answered


@correct("s3", "ListBuckets")
def list_buckets(call: Call, base: Base) -> Any:
    """Each bucket with its region."""
    status, headers, body = base()
    buckets = s3_backends[call.account]["aws"].buckets
    text = body.decode()
    for name, bucket in buckets.items():
        part = f"<Name>{name}</Name>"
        if part in text and "<BucketRegion>" not in text.split(part, 1)[1].split("</Bucket>", 1)[0]:
            text = text.replace(part, f"{part}<BucketRegion>{bucket.region_name}</BucketRegion>")
    headers.pop("Content-Length", None)
    return status, headers, text.encode()
