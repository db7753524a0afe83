"""S3: buckets come with closed settings, go only when empty, and are listed in pages.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
"""

import ipaddress
import re
from typing import Any

from moto.s3.models import s3_backends

from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page
from .s3 import bucket_of, owner_of, settings_of

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{1,61})[a-z0-9]")
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
# New buckets take no keys that their writers bring along.
ENCRYPTED = {
    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
    "BucketKeyEnabled": False,
    "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
}


@correct("s3", "CreateBucket")
def create_bucket(call: Call, base: Base) -> Any:
    """A new bucket blocks public access, takes no ACLs, encrypts with S3's keys, and has its tags at once."""
    name, wanted = call.params["Bucket"], call.params.get("CreateBucketConfiguration") or {}
    _check_name(name)
    _check_place(call.region, wanted.get("LocationConstraint"))
    tags = wanted.get("Tags") or []
    check_tags(tags)
    ownership = call.params.get("ObjectOwnership", "BucketOwnerEnforced")
    if ownership == "BucketOwnerEnforced" and call.params.get("ACL", "private") != "private":
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", message)
    owner = owner_of(name)
    if owner == call.account and not (call.region == "us-east-1" and not settings_of(bucket_of(call))):
        message = "Your previous request to create the named bucket succeeded and you already own it."
        raise AwsError("BucketAlreadyOwnedByYou", message, 409)
    if owner:
        message = "The requested bucket name is not available. The bucket namespace is shared by all users."
        raise AwsError("BucketAlreadyExists", message, 409)
    answered = base()
    home = s3_backends[call.account]["aws"]
    bucket = home.buckets.get(name)
    if bucket is None:
        return answered
    settings_of(bucket).update(
        PublicAccessBlock=dict.fromkeys(BLOCKS, True), OwnershipControls=ownership, Encryption=ENCRYPTED
    )
    bucket.ownership_rule = ownership
    if tags:
        home.put_bucket_tagging(name, {t["Key"]: t["Value"] for t in tags})
    return answered


def _check_name(name: str) -> None:
    good = NAME.fullmatch(name) and ".." not in name
    if good and not name.startswith(RESERVED_PREFIXES) and not name.endswith(RESERVED_SUFFIXES):
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return
    raise AwsError("InvalidBucketName", "The specified bucket is not valid.")


def _check_place(region: str, constraint: str | None) -> None:
    if region == "us-east-1" and constraint == "us-east-1":
        raise AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid")
    if (constraint or "us-east-1") != region and not (region == "us-east-1" and constraint):
        message = f"The {constraint or 'unspecified'} location constraint is incompatible for the region"
        raise AwsError(
            "IllegalLocationConstraintException", f"{message} specific endpoint this request was sent to."
        )


def check_tags(tags: list[dict[str, str]]) -> None:
    """Refuses what a bucket does not take as tags."""
    keys = [t["Key"] for t in tags]
    if len(keys) != len(set(keys)):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(tags) > 50:
        raise AwsError("BadRequest", "Bucket tag count cannot be greater than 50")
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise AwsError("InvalidTag", "System tags cannot be added/updated by requester")
        if not 1 <= len(tag["Key"]) <= 128:
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid")
        if len(tag["Value"]) > 256:
            raise AwsError("InvalidTag", "The TagValue you have provided is invalid")


@correct("s3", "PutBucketTagging")
def put_bucket_tagging(call: Call, base: Base) -> Any:
    """Replaces the whole set."""
    bucket = bucket_of(call)
    tags = call.params["Tagging"]["TagSet"]
    check_tags(tags)
    s3_backends[bucket.account_id]["aws"].put_bucket_tagging(
        bucket.name, {t["Key"]: t["Value"] for t in tags}
    )
    return 204, {}, b""


@correct("s3", "DeleteBucket")
def delete_bucket(call: Call, base: Base) -> Any:
    """Only a bucket without versions, delete markers and uploads goes."""
    bucket = bucket_of(call)
    # moto keeps the names of keys whose last version is gone.
    if any(bucket.keys.getlist(name) for name in list(bucket.keys)) or bucket.multiparts:
        message = "The bucket you tried to delete is not empty"
        if bucket.versioning_status:
            message += ". You must delete all versions in the bucket."
        raise AwsError("BucketNotEmpty", message, 409)
    for name in list(bucket.keys):
        bucket.keys.pop(name)
    return base()


@correct("s3", "ListBuckets")
def list_buckets(call: Call, base: Base) -> Any:
    """By name and region, in pages; each with its region, where the caller asks by anything."""
    params = call.params
    prefix, region = params.get("Prefix") or "", params.get("BucketRegion")
    if region and region != call.region:
        message = f"Argument value {region} is not a valid AWS Region of this endpoint"
        raise AwsError("InvalidArgument", message)
    if not 1 <= (params.get("MaxBuckets") or 10_000) <= 10_000:
        raise AwsError("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000")
    asked = any(params.get(n) for n in ("Prefix", "BucketRegion", "MaxBuckets", "ContinuationToken"))
    buckets = [
        b
        for name, b in sorted(s3_backends[call.account]["aws"].buckets.items())
        if name.startswith(prefix) and region in (None, b.region_name)
    ]
    shown, token = page(call, buckets, 10_000, "MaxBuckets", "ContinuationToken", "InvalidArgument")
    return {
        "Buckets": [
            {
                "Name": b.name,
                "CreationDate": b.creation_date,
                "BucketArn": f"arn:aws:s3:::{b.name}",
                **({"BucketRegion": b.region_name} if asked else {}),
            }
            for b in shown
        ],
        "Owner": {"ID": canonical_id(call.account)},
        "Prefix": params.get("Prefix"),
        "ContinuationToken": token,
    }


def canonical_id(account: str) -> str:
    """The canonical user id that stands for an account in S3."""
    return f"{int(account):064x}"
