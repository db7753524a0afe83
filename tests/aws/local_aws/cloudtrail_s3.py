"""What CloudTrail writes of S3's calls: names of its own, and the request as it came.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

import json
from typing import Any
from xml.etree import ElementTree

from . import cloudtrail_xml
from .identify import Call

# Operations that have another name in CloudTrail.
NAMES = {
    ("s3", "DeletePublicAccessBlock"): "DeleteBucketPublicAccessBlock",
    ("s3", "PutBucketAccelerateConfiguration"): "PutAccelerateConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "PutBucketLifecycle",
    ("s3", "PutBucketNotificationConfiguration"): "PutBucketNotification",
    ("s3", "PutObjectLockConfiguration"): "PutBucketObjectLockConfiguration",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3control", "DeletePublicAccessBlock"): "DeleteAccountPublicAccessBlock",
    ("s3control", "PutPublicAccessBlock"): "PutAccountPublicAccessBlock",
}
# Headers of a request that are parameters.
HEADERS = {
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-confirm-remove-self-bucket-access",
    "x-amz-expected-bucket-owner",
    "x-amz-object-ownership",
}


def event_name(call: Call) -> str:
    """The operation as CloudTrail calls it."""
    return NAMES.get((call.service, call.operation), call.operation)


def is_management(call: Call) -> bool:
    """Whether it is about a bucket; about objects there are data events."""
    return call.service == "s3control" or "Bucket" in event_name(call) or "Accelerate" in call.operation


def parameters(call: Call, sent: dict[str, Any]) -> dict[str, Any]:
    """Bucket and host, the subresource that the query names, and the body."""
    request = call.request
    found: dict[str, Any] = {"bucketName": sent["Bucket"]} if sent.get("Bucket") else {}
    found |= {"Host": request.headers.get("Host", "")}
    found |= {name: given for name, given in request.args.items() if name != "x-id"}
    found |= {n.lower(): v for n, v in request.headers.items() if n.lower() in HEADERS}
    body = request.get_data()
    try:
        if body and call.operation == "PutBucketPolicy":
            return found | {"bucketPolicy": json.loads(body)}
        return found | (cloudtrail_xml.document(body) if body else {})
    except (ValueError, ElementTree.ParseError):
        # Refused as well.
        return found


def more(call: Call, sent: dict[str, Any]) -> dict[str, Any]:
    """What else an event of S3 has."""
    arn = f"arn:aws:s3:::{sent.get('Bucket')}"
    bucket = {"accountId": call.account, "type": "AWS::S3::Bucket", "ARN": arn}
    signed = {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader"}
    sizes = {"bytesTransferredIn": len(call.request.get_data()), "bytesTransferredOut": 0}
    extra = {"additionalEventData": {**signed, **sizes}}
    return extra | ({"resources": [bucket]} if sent.get("Bucket") else {})
