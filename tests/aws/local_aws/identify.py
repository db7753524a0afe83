"""Says of a request who calls which operation of which service, in which account and region.

Service and region come from the SigV4 credential scope, the account from the access key, the operation from
the protocol: `Action=` (EC2 query, query), `X-Amz-Target` (JSON), or method and path (REST).
"""

import io
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.utils import get_service_model

READS = (
    "Describe",
    "Get",
    "List",
    "Head",
    "Search",
    "Lookup",
    "BatchGet",
    "Simulate",
    "Select",
    "Query",
    "Check",
)
# Cryptographic calls, a credential report and AssumeRole change nothing that a test would count as a write.
READ_CALLS = {"Encrypt", "Decrypt", "ReEncrypt", "Sign", "Verify", "AssumeRole", "AssumeRoleWithWebIdentity"}
READ_CALLS.add("GenerateCredentialReport")
# What a reader of a queue does to its messages changes no environment: to CloudTrail it is about data.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-logging-using-cloudtrail.html
READ_CALLS |= {
    "ReceiveMessage",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
}
READ_PREFIXES = ("GenerateDataKey", "GenerateRandom", "GenerateMac", "VerifyMac")
# Services without regions: CloudTrail notes their calls in this one, whatever region a client signs for.
GLOBAL = {"route53": "us-east-1"}
# Services that sign with another name than botocore's.
MODELS = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "servicequotas": "service-quotas",
    "tagging": "resourcegroupstaggingapi",
}
# Actions begin with the name that a service signs with, but for these.
PREFIXES = {"tagging": "tag"}
SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
ACCOUNT_KEY = re.compile(r"(?:AKIA0000)?(\d{12})")


@dataclass
class Session:
    """What a temporary access key stands for."""

    account: str
    role_arn: str
    arn: str
    expires: float
    tags: dict[str, str] = field(default_factory=dict)
    begun: float = 0.0


# Access keys that AssumeRole gave out.
sessions: dict[str, Session] = {}


@dataclass
class Call:
    """One request to AWS."""

    service: str
    region: str
    account: str
    operation: str
    access_key: str
    request: Request
    params: dict[str, Any] = field(default_factory=dict)
    model: OperationModel | None = None
    protocol: str = "rest-xml"

    @property
    def kind(self) -> str:
        """`read` or `write`, from the operation's name."""
        return "read" if is_read(self.operation) else "write"

    @property
    def action(self) -> str:
        """What policies call the operation; SQS's for many messages are called as those for one."""
        operation = self.operation.removesuffix("Batch") if self.service == "sqs" else self.operation
        return f"{PREFIXES.get(self.service, self.service)}:{operation}"

    @property
    def principal(self) -> str:
        """The caller's ARN."""
        session = sessions.get(self.access_key)
        return session.arn if session else f"arn:aws:iam::{self.account}:root"

    @property
    def role_arn(self) -> str | None:
        """The role whose session calls, if one does."""
        session = sessions.get(self.access_key)
        return session.role_arn if session else None


def is_read(operation: str) -> bool:
    """Whether an operation changes nothing."""
    return operation.startswith(READS + READ_PREFIXES) or operation in READ_CALLS


def identify(environ: dict[str, Any]) -> Call:
    """Reads the request whole and says what it is. An unsigned request counts as S3's."""
    body = read_body(environ)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    key, region, service = scope_of(environ)
    region = GLOBAL.get(service, region)
    account = account_of(key)
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    if service == "s3" and environ["PATH_INFO"].startswith("/v20180820/"):
        # S3 Control signs as S3.
        service = "s3control"
    request = MotoRequest(environ)
    call = Call(service, region, account, "", key, request)
    model = service_model(service)
    if model is None:
        return call
    call.operation = _operation(request, service)
    if call.operation in model.operation_names:
        call.model = model.operation_model(call.operation)
        call.protocol = protocol_of(model, request)
        call.params = parameters(call)
    return call


def protocol_of(model: ServiceModel, request: Request) -> str:
    """The protocol of a request."""
    try:
        return str(determine_request_protocol(model, request.content_type))
    except NotImplementedError:
        return str(model.protocol)


class MotoRequest(Request):
    """moto's request; it comes from a real server."""

    from_wsgi_server = True


def account_of(key: str) -> str:
    """The account of an access key: a session's; or, for fixtures, the one that the key itself names."""
    if key in sessions:
        return sessions[key].account
    named = ACCOUNT_KEY.fullmatch(key)
    return named.group(1) if named else DEFAULT_ACCOUNT_ID


@lru_cache
def service_model(service: str) -> ServiceModel | None:
    """botocore's model of a service, by its signing name."""
    try:
        return get_service_model(MODELS.get(service, service))
    except Exception:  # noqa: BLE001 - botocore's loader has several exceptions for an unknown service
        return None


def read_body(environ: dict[str, Any]) -> bytes:
    """What the client has sent; it can be read once."""
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"].read()
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return environ["wsgi.input"].read(length) if length else b""


def scope_of(environ: dict[str, Any]) -> tuple[str, str, str]:
    """Access key, region and service, as the request is signed."""
    text = environ.get("HTTP_AUTHORIZATION") or unquote(environ.get("QUERY_STRING", ""))
    found = SCOPE.search(text.replace("X-Amz-Credential=", "Credential="))
    return found.groups() if found else ("", "us-east-1", "s3")


def _operation(request: Request, service: str) -> str:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rsplit(".", 1)[-1]
    content = request.content_type or ""
    if content.startswith("application/x-www-form-urlencoded") and service != "s3":
        return request.values.get("Action", "")
    if service != "s3" and "Action" in request.args:
        return request.args["Action"]
    try:
        operation, uri = get_service_router(MODELS.get(service, service)).match(request)
        request.environ["local_aws.uri"] = uri
        return operation.name
    except (NotFound, NotImplementedError):
        return ""


def parameters(call: Call) -> dict[str, Any]:
    """The parameters as they were sent."""
    if call.protocol not in PROTOCOL_PARSERS:
        return {}
    request = call.request
    parser = PROTOCOL_PARSERS[call.protocol](call.model, map_type=dict)
    parts = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": b"" if call.operation in ("PutObject", "UploadPart") else request.get_data(),
        "url_path": request.path,
        "url_params": request.environ.get("local_aws.uri", {}),
    }
    try:
        return parser.parse(parts)
    except Exception:  # noqa: BLE001 - a body that is not what the protocol says; validation answers for it
        request.environ["local_aws.unparsable"] = True
        return {}


def flat_names(request: Request) -> list[str]:
    """The names of a query request as they were sent."""
    return list(request.values)
