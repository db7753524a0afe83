"""S3: objects are encrypted as the bucket says, under keys that must be usable; lists have pages.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from dataclasses import dataclass, replace
from typing import Any

from moto.kms.models import kms_backends

from . import kms_key, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .s3 import bucket_of, settings_of
from .s3_bucket import ENCRYPTED, canonical_id

HEADER = "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION"
MANAGED = "alias/aws/s3"


@dataclass
class Encryption:
    """How an object is encrypted."""

    algorithm: str
    key: Any = None
    bucket_key: bool = False


def encryption_of(call: Call, bucket: Any) -> Encryption:
    """What the request says, else what the bucket says; the key is found and may be used."""
    rule = settings_of(bucket).get("Encryption", ENCRYPTED)
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"}
    blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or []
    params = call.params
    if params.get("SSECustomerAlgorithm"):
        if "SSE-C" in blocked:
            raise AwsError("AccessDenied", "Access Denied", 403)
        return Encryption("")
    asked, key = params.get("ServerSideEncryption"), params.get("SSEKMSKeyId")
    if key and not (asked or "").startswith("aws:kms"):
        message = "Server Side Encryption with AWS KMS managed key requires HTTP header"
        raise AwsError("InvalidArgument", f"{message} x-amz-server-side-encryption : aws:kms")
    algorithm = asked or default["SSEAlgorithm"]
    if not algorithm.startswith("aws:kms"):
        return Encryption(algorithm)
    if not asked:
        key = default.get("KMSMasterKeyID")
    bucket_key = params.get("BucketKeyEnabled")
    if bucket_key is None:
        bucket_key = default["SSEAlgorithm"] == "aws:kms" and bool(rule.get("BucketKeyEnabled"))
    used = usable_key(call, bucket, key or MANAGED, "GenerateDataKey")
    return Encryption(algorithm, used, bool(bucket_key))


def usable_key(call: Call, bucket: Any, key_id: str, operation: str, admitted: bool = False) -> Any:
    """The key, found and used by S3 for the caller; what KMS refuses S3 words in its own way."""
    # Where policies decide, the key's is asked with the rest.
    admitted = admitted or (settings.get("authorize") and bool(call.role_arn) and key_id.startswith("arn:"))
    account = key_id.split(":")[4] if admitted and key_id.count(":") >= 5 else call.account
    asking = replace(call, service="kms", region=bucket.region_name, operation=operation)
    if account != call.account:
        asking = replace(asking, account=account)
    try:
        if key_id == MANAGED:
            return _managed(bucket, call.account)
        key = kms_key.find(asking, key_id)
        kms_key.refuse_by_state(key, operation)
    except AwsError as error:
        if error.code == "AccessDeniedException":
            raise AwsError("AccessDenied", error.message, 403) from None
        raise AwsError(f"KMS.{error.code}", error.message) from None
    return key


def _managed(bucket: Any, account: str) -> Any:
    # Made when it is first used: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
    home = kms_backends[account][bucket.region_name]
    key = home.keys[home.get_key_id_from_alias(MANAGED)]
    key.key_manager = "AWS"
    return key


@correct("s3", "PutObject", "CopyObject", "CreateMultipartUpload")
def encrypt(call: Call, base: Base) -> Any:
    """The headers that moto reads become those of the encryption that is in force."""
    bucket = bucket_of(call)
    chosen = encryption_of(call, bucket)
    environ = call.request.environ
    for end in ("", "_AWS_KMS_KEY_ID", "_BUCKET_KEY_ENABLED"):
        environ.pop(HEADER + end, None)
    if chosen.algorithm:
        environ[HEADER] = chosen.algorithm
    if chosen.key is not None:
        environ[f"{HEADER}_AWS_KMS_KEY_ID"] = chosen.key.arn
    if chosen.bucket_key:
        environ[f"{HEADER}_BUCKET_KEY_ENABLED"] = "true"
    uploads = set(bucket.multiparts)
    answered = base()
    for upload in set(bucket.multiparts) - uploads:
        bucket.multiparts[upload].local_aws = chosen
    return _told(answered, chosen)


def _told(answered: Any, chosen: Encryption) -> Any:
    status, headers, body = answered
    if status >= 400 or not chosen.algorithm:
        return answered
    name = "x-amz-server-side-encryption"
    headers = {k: v for k, v in headers.items() if not k.lower().startswith(name)}
    headers[name] = chosen.algorithm
    if chosen.key is not None:
        headers[f"{name}-aws-kms-key-id"] = chosen.key.arn
    if chosen.bucket_key:
        headers[f"{name}-bucket-key-enabled"] = "true"
    return status, headers, body


@correct("s3", "CompleteMultipartUpload")
def complete_upload(call: Call, base: Base) -> Any:
    """The object keeps what its upload began with."""
    bucket = bucket_of(call)
    upload = bucket.multiparts.get(call.params.get("UploadId"))
    chosen = getattr(upload, "local_aws", None)
    answered = base()
    if chosen is None or answered[0] >= 400:
        return answered
    made = bucket.keys.get(call.params["Key"])
    made.bucket_key_enabled = "true" if chosen.bucket_key else None
    return _told(answered, chosen)


@correct("s3", "GetObject")
def get_object(call: Call, base: Base) -> Any:
    """An object under a key that is disabled or goes away cannot be read."""
    bucket = bucket_of(call)
    found = object_of(call, bucket)
    if found is not None and getattr(found, "kms_key_id", None):
        usable_key(call, bucket, found.kms_key_id, "Decrypt")
    return base()


def object_of(call: Call, bucket: Any) -> Any:
    """moto's object, or the version of it, that the call names."""
    versions = bucket.keys.getlist(call.params.get("Key") or "", []) or []
    wanted = call.params.get("VersionId")
    if wanted:
        return next((v for v in versions if v.version_id == wanted), None)
    return versions[-1] if versions else None


@correct("s3", "ListMultipartUploads")
def list_uploads(call: Call, base: Base) -> Any:
    """By prefix, in the order of keys, in pages."""
    bucket, params = bucket_of(call), call.params
    size = min(params.get("MaxUploads", 1000), 1000)
    after = (params.get("KeyMarker") or "", params.get("UploadIdMarker") or "\U0010ffff")
    uploads = sorted(bucket.multiparts.values(), key=lambda u: (u.key_name, u.id))
    prefix = params.get("Prefix") or ""
    left = [u for u in uploads if u.key_name.startswith(prefix) and (u.key_name, u.id) > after]
    shown, owner = left[:size], {"ID": canonical_id(bucket.account_id)}
    more = len(left) > len(shown) and bool(shown)
    return {
        "Bucket": bucket.name,
        "KeyMarker": params.get("KeyMarker", ""),
        "UploadIdMarker": params.get("UploadIdMarker", ""),
        "Prefix": params.get("Prefix"),
        "MaxUploads": size,
        "IsTruncated": more,
        "NextKeyMarker": shown[-1].key_name if more else None,
        "NextUploadIdMarker": shown[-1].id if more else None,
        "Uploads": [
            {
                "Key": u.key_name,
                "UploadId": u.id,
                "StorageClass": u.storage or "STANDARD",
                "Initiated": bucket.creation_date,
                "Owner": owner,
                "Initiator": owner,
            }
            for u in shown
        ],
    }
