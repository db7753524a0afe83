"""Runs an operation in moto inside its corrections, and writes result or error in the caller's protocol."""

import base64
import json
import traceback
import uuid
import warnings
from typing import Any

from moto.core.model import OperationModel
from moto.core.responses import ActionContext, ActionResult, BaseResponse, PaginatedResult
from moto.core.serialize import (
    SERIALIZERS,
    AttributePickerContext,
    SerializationContext,
    XFormedAttributePicker,
    get_serializer_class,
)
from moto.core.utils import camelcase_to_underscores
from moto.ec2.responses import EC2Response
from moto.elbv2.responses import ELBV2Response
from moto.iam.responses import IamResponse
from moto.kms.responses import KmsResponse
from moto.rds.responses import RDSResponse
from moto.sqs.responses import SQSResponse
from moto.sts.responses import TokenResponse
from werkzeug.exceptions import HTTPException

from . import corrections, sts, validation
from .errors import AwsError
from .identify import Call, service_model

# Our refusals use the codes that AWS documents in prose; the models list only some of them.
warnings.filterwarnings("ignore", message=".*does not match an error shape.*")

Answer = tuple[int, dict[str, str], bytes]
# Services whose answers are written here; every other goes to moto's own application.
RESPONSES: dict[str, type[BaseResponse]] = {
    "ec2": EC2Response,
    "elasticloadbalancing": ELBV2Response,
    "iam": IamResponse,
    "kms": KmsResponse,
    "rds": RDSResponse,
    "sqs": SQSResponse,
    "sts": TokenResponse,
}


def run(call: Call) -> Answer:
    """The answer of one of `RESPONSES`; errors are answers too."""
    try:
        sts.check_session(call)
        validation.check(call)
        result = corrections.apply(call, lambda: base(call))
        return write(call, result)
    except Exception as error:  # noqa: BLE001 - every exception becomes an answer
        return write(call, as_aws_error(error))


def base(call: Call) -> Any:
    """moto's own result for the call, not yet written."""
    response = RESPONSES[call.service]()
    method = getattr(response, camelcase_to_underscores(call.operation), None)
    if method is None:
        raise AwsError("NotInLocalAws", f"moto has no {call.service}:{call.operation}", 400)
    automated = response.automated_parameter_parsing
    response.automated_parameter_parsing = automated and call.service not in ("ec2", "sts")
    response.setup_class(call.request)
    response.region = call.region
    if call.service in ("ec2", "sqs", "sts"):
        response.automated_parameter_parsing = True
        response.params = call.params
    elif call.service == "kms":
        response.body = json.dumps(call.params, default=_blob)
    return unwrap(method(), call, response)


class _Capture:
    """Stands where moto expects a serializer, and keeps what would have been written."""

    def __init__(self, **_: Any):
        pass

    def serialize(self, result: Any) -> dict[str, Any]:
        return {"status_code": 200, "headers": {}, "body": result}


def unwrap(answer: Any, call: Call, response: BaseResponse) -> Any:
    """What a method of moto's response class answered, as a result."""
    if isinstance(answer, PaginatedResult):
        context = ActionContext(call.model.service_model, call.model, _Capture, response)
        return answer.execute_result(context)[2]
    if isinstance(answer, ActionResult):
        return answer.result
    if isinstance(answer, tuple):
        answer = answer[-1] if len(answer) == 3 else answer[0]
    return json.loads(answer) if answer else {}


def as_aws_error(error: Exception) -> AwsError:
    """Any exception of moto as one error type. A fault of ours is visible in code and on standard error."""
    if isinstance(error, AwsError):
        return error
    if isinstance(error, HTTPException) and hasattr(error, "error_type"):
        return AwsError(error.error_type, error.message, error.code or 400)
    if hasattr(error, "code") and hasattr(error, "message"):
        return AwsError(str(error.code), str(error.message))
    traceback.print_exception(error)
    if isinstance(error, NotImplementedError):
        return AwsError("NotInLocalAws", str(error), 400)
    return AwsError("LocalAwsFault", f"{type(error).__name__}: {error}", 400)


def write(call: Call, result: Any) -> Answer:
    """Result or error in the protocol of the call."""
    model = call.model
    if isinstance(result, AwsError) and (
        service_model(call.service) is None or call.protocol not in SERIALIZERS
    ):
        text = json.dumps({"__type": result.code, "message": result.message})
        return result.status, {"x-amzn-errortype": result.code}, text.encode()
    if model is None:
        model = OperationModel({}, service_model(call.service), call.operation or "Unknown")
    request_id = str(uuid.uuid4())
    transformers = getattr(RESPONSES.get(call.service), "RESPONSE_KEY_PATH_TO_TRANSFORMER", None)
    if call.service == "kms" and not isinstance(result, Exception):
        # moto's results of KMS are JSON already, with their blobs encoded.
        known = {k: v for k, v in (result or {}).items() if v is not None}
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
        return 200, headers, json.dumps(known, default=_blob).encode()
    serializer = get_serializer_class(call.service, call.protocol)(
        operation_model=model,
        context=SerializationContext(request_id),
        value_picker=XFormedAttributePicker(response_transformers=transformers),
    )
    written = serializer.serialize(result)
    status = getattr(result, "status", None) if isinstance(result, Exception) else written["status_code"]
    headers = {k: str(v) for k, v in written["headers"].items()}
    headers["x-amzn-RequestId"] = request_id
    body = written["body"]
    return int(status or 400), headers, body.encode() if isinstance(body, str) else body


def plain(obj: Any, call: Call, *path: str) -> Any:
    """moto's object at `path` of the operation's output, as a dict with AWS's names."""
    shape = call.model.output_shape
    for name in path:
        shape = shape.members[name] if shape.type_name == "structure" else shape.member
    return to_plain(obj, shape)


_picker = XFormedAttributePicker()


def to_plain(obj: Any, shape: Any) -> Any:
    """The value of a shape, picked from moto's objects as moto's serializer would."""
    if obj is None:
        return None
    if shape.type_name == "structure":
        picked = {
            name: to_plain(_picker(AttributePickerContext(obj, name, member)), member)
            for name, member in shape.members.items()
        }
        return {name: value for name, value in picked.items() if value is not None}
    if shape.type_name == "list":
        return [to_plain(item, shape.member) for item in obj]
    return obj


def _blob(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
