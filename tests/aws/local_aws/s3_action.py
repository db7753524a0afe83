"""S3: which actions on which resources an operation needs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from urllib.parse import unquote

from .identify import Call

# Operations whose action has another name.
NAMES = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# What a member of the request needs besides.
ALSO = {
    "PutObject": {
        "ACL": "PutObjectAcl",
        "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
        "ObjectLockMode": "PutObjectRetention",
        "Tagging": "PutObjectTagging",
    },
    "CreateBucket": {
        "ACL": "PutBucketAcl",
        "ObjectLockEnabledForBucket": "PutBucketObjectLockConfiguration",
        "ObjectOwnership": "PutBucketOwnershipControls",
    },
}


def needed(call: Call) -> list[tuple[str, str]]:
    """Actions with their resources."""
    params = call.params
    bucket = f"arn:aws:s3:::{params['Bucket']}" if params.get("Bucket") else "*"
    keys = [params["Key"]] if params.get("Key") else []
    action = NAMES.get(call.operation, call.operation)
    if call.operation == "DeleteObjects":
        objects = params["Delete"]["Objects"]
        return [
            (f"s3:DeleteObject{'Version' if o.get('VersionId') else ''}", f"{bucket}/{o['Key']}")
            for o in objects
        ]
    if params.get("VersionId") and action in ("GetObject", "DeleteObject", "GetObjectTagging"):
        action = action.replace("Object", "ObjectVersion")
    resource = f"{bucket}/{keys[0]}" if keys else bucket
    wanted = [(f"s3:{action}", resource)]
    wanted += [(f"s3:{more}", resource) for name, more in ALSO.get(action, {}).items() if params.get(name)]
    if (params.get("CreateBucketConfiguration") or {}).get("Tags"):
        wanted.append(("s3:TagResource", resource))
    if params.get("ObjectLockEnabledForBucket"):
        wanted.append(("s3:PutBucketVersioning", resource))
    source = params.get("CopySource")
    if isinstance(source, str):
        path, _, version = unquote(source).lstrip("/").partition("?versionId=")
        read = "GetObjectVersion" if version else "GetObject"
        wanted.append((f"s3:{read}", f"arn:aws:s3:::{path}"))
    return wanted
