"""CloudTrail: what it records of a call that changes something, whether or not it was refused.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
"""

import json
import traceback
import uuid
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from botocore.parsers import create_parser
from moto.kms.models import kms_backends

from . import clock, cloudtrail_ec2, cloudtrail_form, cloudtrail_s3, identify, sts
from .dispatch import Answer
from .identify import Call

# Services whose calls are recorded in one Region, whatever Region a client signs for.
GLOBAL = {"cloudfront": "us-east-1", "iam": "us-east-1", "organizations": "us-east-1", "route53": "us-east-1"}
SOURCES = {"s3control": "s3"}
# Operations that change data, of which there are data events.
DATA = ("dynamodb:*Item*", "lambda:Invoke*", "logs:PutLogEvents", "sns:Publish*", "sqs:SendMessage*")
# Requests and results beyond this many characters are left out.
MOST = 102_400
TLS = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}


def is_recorded(call: Call) -> bool:
    """Whether it is a management event that changes something, of somebody who is known."""
    session = identify.sessions.get(call.access_key)
    unknown = session is None and (not call.access_key or call.access_key.startswith("ASIA"))
    if unknown or (session is not None and session.expires < clock.now()):
        return False
    if call.kind == "read" or call.model is None:
        return False
    if source(call) == "s3":
        return cloudtrail_s3.is_management(call)
    return not any(fnmatchcase(f"{call.service}:{call.operation}", pattern) for pattern in DATA)


def region(call: Call) -> str:
    """Where it is recorded."""
    return GLOBAL.get(call.service, call.region)


def source(call: Call) -> str:
    """The service as CloudTrail and EventBridge name it."""
    return SOURCES.get(call.service, call.service)


def record(call: Call, answered: Answer) -> dict[str, Any]:
    """The record of an answered call."""
    sent, headers = identify.parameters(call), _small(answered[1])
    parsed = _parsed(call, answered)
    failed = parsed.get("Error") if answered[0] >= 300 else None
    code = _error_code(call, answered[0], failed["Code"]) if failed else None
    request_id = headers.get("x-amzn-requestid") or headers.get("x-amz-request-id") or str(uuid.uuid4())
    # Nobody but EC2 and S3 reads a request before it denies it.
    denied = code == "AccessDenied" and source(call) != "s3"
    asked = None if denied else _request(call, sent)
    said = None if failed else _response(call, answered, parsed, request_id)
    agent, host = (call.request.headers.get(name, "") for name in ("User-Agent", "Host"))
    more = cloudtrail_s3.more(call, sent) if source(call) == "s3" else _resources(call, sent, parsed, code)
    return {
        "eventVersion": "1.11",
        "userIdentity": user_identity(call),
        "eventTime": iso(clock.now()),
        "eventSource": f"{source(call)}.amazonaws.com",
        "eventName": cloudtrail_s3.event_name(call),
        "awsRegion": region(call),
        "sourceIPAddress": call.request.remote_addr or "127.0.0.1",
        "userAgent": f"[{agent}]" if source(call) == "s3" else agent,
        **({"errorCode": code, "errorMessage": failed.get("Message", "")} if failed else {}),
        "requestParameters": _short("requestParameters", asked),
        "responseElements": _short("responseElements", said),
        "requestID": request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        **more,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.account,
        "eventCategory": "Management",
        "tlsDetails": {**TLS, "clientProvidedHostHeader": host},
    }


def iso(seconds: float) -> str:
    """The time as CloudTrail and EventBridge write it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def user_identity(call: Call) -> dict[str, Any]:
    """Who calls: the session of a role, or the root of an account."""
    key = {"accountId": call.account, "accessKeyId": call.access_key}
    session = identify.sessions.get(call.access_key)
    if session is None:
        return {"type": "Root", "principalId": call.account, "arn": call.principal, **key}
    role = sts.find_role(session.role_arn)
    role_id = role.id if role else "AROA00000000000000000"
    issuer = {
        "type": "Role",
        "principalId": role_id,
        "arn": session.role_arn,
        "accountId": session.account,
        "userName": session.role_arn.rpartition("/")[2],
    }
    begun = {"creationDate": iso(session.begun), "mfaAuthenticated": "false"}
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session.arn.rpartition('/')[2]}",
        "arn": session.arn,
        **key,
        "sessionContext": {"sessionIssuer": issuer, "attributes": begun},
    }


def _parsed(call: Call, answered: Answer) -> dict[str, Any]:
    """The answer's members, or its error."""
    status, headers, body = answered
    # What is written of KMS is always JSON.
    parser = create_parser("json" if call.service == "kms" else call.protocol)
    try:
        response = {"status_code": status, "headers": _small(headers), "body": body}
        return parser.parse(response, call.model.output_shape)
    except Exception as error:  # noqa: BLE001 - an answer that cannot be read must not keep it from the caller
        traceback.print_exception(error)
        return {}


def _small(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _error_code(call: Call, status: int, code: str) -> str:
    if call.service == "ec2":
        theirs = status >= 500 and code != "RequestLimitExceeded"
        return f"{'Server' if theirs else 'Client'}.{code}"
    if code in ("AccessDenied", "AccessDeniedException"):
        return "AccessDenied"
    # IAM's codes are the names of its exceptions.
    known = call.service != "iam" or code.endswith("Exception") or code == "Throttling"
    return code if known else f"{code}Exception"


def _request(call: Call, sent: dict[str, Any]) -> Any:
    if call.request.environ.get("local_aws.unparsable"):
        return None
    if source(call) == "s3":
        return cloudtrail_s3.parameters(call, sent)
    if call.service == "ec2":
        return cloudtrail_ec2.parameters(call, sent)
    shape = call.model.input_shape
    return (cloudtrail_form.plain(sent, shape) or None) if shape is not None else None


def _response(call: Call, answered: Answer, parsed: dict[str, Any], request_id: str) -> Any:
    if source(call) == "s3":
        return None
    if call.service == "ec2":
        return cloudtrail_ec2.elements(call, answered[2], parsed, request_id)
    shape = call.model.output_shape
    return (cloudtrail_form.plain(parsed, shape) or None) if shape is not None else None


def _short(name: str, given: Any) -> Any:
    size = len(json.dumps(given))
    if size <= MOST:
        return given
    return {"reason": f"{name} too large", "omitted": True, "originalSize": size}


def _resources(call: Call, sent: dict[str, Any], parsed: dict[str, Any], code: str | None) -> dict[str, Any]:
    """The keys that a call of KMS was about."""
    if call.service != "kms" or code:
        return {}
    key = (parsed.get("KeyMetadata") or {}).get("Arn") or sent.get("TargetKeyId") or sent.get("KeyId")
    home = kms_backends[call.account][call.region]
    known = home.keys.get(home.any_id_to_key_id(key)) if key else None
    if known is None:
        return {}
    return {"resources": [{"accountId": known.account_id, "type": "AWS::KMS::Key", "ARN": known.arn}]}
