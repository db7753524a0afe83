"""S3: the settings of a bucket come back as they were put, and what S3 refuses of them.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

import re
from typing import Any

from moto.s3.models import PublicAccessBlock

from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .s3 import bucket_of, find, invalid, malformed_xml, settings_of
from .s3_bucket import BLOCKS, ENCRYPTED

KEY = re.compile(
    r"(arn:aws:kms:[a-z0-9-]+:\d{12}:(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+))"
    r"|[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+"
)


@correct("s3", "GetPublicAccessBlock")
def get_public_access_block(call: Call, base: Base) -> Any:
    """All four members, each true or false."""
    blocks = settings_of(bucket_of(call)).get("PublicAccessBlock")
    if blocks is None:
        message = "The public access block configuration was not found"
        raise AwsError("NoSuchPublicAccessBlockConfiguration", message, 404)
    return {"PublicAccessBlockConfiguration": blocks}


@correct("s3", "PutPublicAccessBlock")
def put_public_access_block(call: Call, base: Base) -> Any:
    """Replaces all four; one that is not named is off."""
    bucket, wanted = bucket_of(call), call.params["PublicAccessBlockConfiguration"]
    blocks = {name: bool(wanted.get(name)) for name in BLOCKS}
    settings_of(bucket)["PublicAccessBlock"] = blocks
    bucket.public_access_block = PublicAccessBlock(*(str(b).lower() for b in blocks.values()))
    return {}


@correct("s3", "DeletePublicAccessBlock")
def delete_public_access_block(call: Call, base: Base) -> Any:
    """Nothing is blocked any more."""
    bucket = bucket_of(call)
    settings_of(bucket).pop("PublicAccessBlock", None)
    bucket.public_access_block = None
    return 204, {}, b""


@correct("s3", "GetBucketOwnershipControls")
def get_ownership(call: Call, base: Base) -> Any:
    """The one rule."""
    rule = settings_of(bucket_of(call)).get("OwnershipControls")
    if rule is None:
        message = "The bucket ownership controls were not found"
        raise AwsError("OwnershipControlsNotFoundError", message, 404)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": rule}]}}


@correct("s3", "PutBucketOwnershipControls")
def put_ownership(call: Call, base: Base) -> Any:
    """One rule replaces the one before."""
    rules = call.params["OwnershipControls"]["Rules"]
    if len(rules) != 1:
        raise malformed_xml()
    bucket = bucket_of(call)
    settings_of(bucket)["OwnershipControls"] = bucket.ownership_rule = rules[0]["ObjectOwnership"]
    return {}


@correct("s3", "DeleteBucketOwnershipControls")
def delete_ownership(call: Call, base: Base) -> Any:
    """ACLs count again."""
    bucket = bucket_of(call)
    settings_of(bucket).pop("OwnershipControls", None)
    bucket.ownership_rule = None
    return 204, {}, b""


@correct("s3", "GetBucketEncryption")
def get_encryption(call: Call, base: Base) -> Any:
    """Every bucket encrypts; without a configuration with S3's keys."""
    rule = settings_of(bucket_of(call)).get("Encryption", ENCRYPTED)
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@correct("s3", "PutBucketEncryption")
def put_encryption(call: Call, base: Base) -> Any:
    """The key's form is checked, not whether it exists or may be used: that shows at the first object."""
    rules = call.params["ServerSideEncryptionConfiguration"]["Rules"]
    bucket = bucket_of(call)
    if len(rules) != 1:
        raise malformed_xml()
    rule = dict(rules[0])
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID")
    if key and not default.get("SSEAlgorithm", "").startswith("aws:kms"):
        message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms"
        raise AwsError("InvalidArgument", f"{message} or aws:kms:dsse")
    if key and not KEY.fullmatch(key):
        raise AwsError("KMS.NotFoundException", f"Invalid keyId '{key}'")
    if key and key.startswith("arn:") and key.split(":")[3] != bucket.region_name:
        raise AwsError("KMS.NotFoundException", f"Invalid arn {key.split(':')[3]}")
    rule.setdefault("BucketKeyEnabled", False)
    before = settings_of(bucket).get("Encryption", ENCRYPTED)
    # What is blocked stays so until a request names the types.
    if "BlockedEncryptionTypes" not in rule and "BlockedEncryptionTypes" in before:
        rule["BlockedEncryptionTypes"] = before["BlockedEncryptionTypes"]
    settings_of(bucket)["Encryption"] = rule
    return {}


@correct("s3", "DeleteBucketEncryption")
def delete_encryption(call: Call, base: Base) -> Any:
    """Back to S3's keys."""
    settings_of(bucket_of(call))["Encryption"] = ENCRYPTED
    return 204, {}, b""


@correct("s3", "PutBucketVersioning")
def put_versioning(call: Call, base: Base) -> Any:
    """Object lock and replication hold versioning on."""
    bucket, wanted = bucket_of(call), call.params["VersioningConfiguration"]
    if "Status" not in wanted:
        message = "The Versioning element must be specified"
        raise AwsError("IllegalVersioningConfigurationException", message)
    if wanted["Status"] == "Suspended":
        if bucket.object_lock_enabled:
            message = "An Object Lock configuration is present on this bucket, so the versioning state"
            raise AwsError("InvalidBucketState", f"{message} cannot be changed.", 409)
        if "Replication" in settings_of(bucket):
            message = "A replication configuration is present on this bucket, so the versioning state"
            raise AwsError("InvalidBucketState", f"{message} cannot be changed.", 409)
    bucket.versioning_status = wanted["Status"]
    return {}


@correct("s3", "GetObjectLockConfiguration")
def get_object_lock(call: Call, base: Base) -> Any:
    """Whether objects can be locked, and the default retention."""
    bucket = bucket_of(call)
    if not bucket.object_lock_enabled:
        message = "Object Lock configuration does not exist for this bucket"
        raise AwsError("ObjectLockConfigurationNotFoundError", message, 404)
    rule = settings_of(bucket).get("ObjectLock")
    found = {"ObjectLockEnabled": "Enabled"}
    return {"ObjectLockConfiguration": {**found, "Rule": rule} if rule else found}


@correct("s3", "PutObjectLockConfiguration")
def put_object_lock(call: Call, base: Base) -> Any:
    """Any versioned bucket can be locked, and never unlocked; the default retention can change."""
    bucket, wanted = bucket_of(call), call.params.get("ObjectLockConfiguration") or {}
    if wanted.get("ObjectLockEnabled") != "Enabled":
        raise malformed_xml()
    if bucket.versioning_status != "Enabled":
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise AwsError("InvalidBucketState", message, 409)
    rule = wanted.get("Rule")
    retention = (rule or {}).get("DefaultRetention") or {}
    if rule is not None:
        periods = [retention[n] for n in ("Days", "Years") if n in retention]
        if "Mode" not in retention or len(periods) != 1:
            raise malformed_xml()
        if periods[0] <= 0:
            message = "Default retention period must be a positive integer value"
            raise AwsError("InvalidArgument", message)
        if periods[0] > (36_500 if "Days" in retention else 100):
            raise AwsError("InvalidArgument", "Default retention period too large")
    settings_of(bucket)["ObjectLock"] = rule
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = retention.get("Mode", "")
    bucket.default_lock_days = retention.get("Days", 0)
    bucket.default_lock_years = retention.get("Years", 0)
    return {}


@correct("s3", "GetBucketLogging")
def get_logging(call: Call, base: Base) -> Any:
    """Empty where nothing is logged."""
    return {"LoggingEnabled": settings_of(bucket_of(call)).get("Logging")}


@correct("s3", "PutBucketLogging")
def put_logging(call: Call, base: Base) -> Any:
    """Logs go to a bucket of the same account and region; an empty status turns them off."""
    bucket, wanted = bucket_of(call), call.params["BucketLoggingStatus"].get("LoggingEnabled")
    if wanted is None:
        settings_of(bucket).pop("Logging", None)
        return {}
    target = find(wanted["TargetBucket"])
    if target is None:
        raise _bad_target("The target bucket for logging does not exist")
    if target.account_id != bucket.account_id:
        raise _bad_target("The owner for the bucket to be logged and the target bucket must be the same.")
    if target.region_name != bucket.region_name:
        message = "The target bucket for logging must be in the same Region as the bucket to be logged"
        raise AwsError("CrossLocationLoggingProhibited", message, 403)
    if wanted.get("TargetGrants") and settings_of(target).get("OwnershipControls") == "BucketOwnerEnforced":
        raise invalid("TargetGrants cannot be set where the target bucket takes no ACLs")
    settings_of(bucket)["Logging"] = wanted
    return {}


def _bad_target(message: str) -> AwsError:
    return AwsError("InvalidTargetBucketForLogging", message)
