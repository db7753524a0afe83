"""Checks a request against botocore's model of the service, as AWS does before it acts.

Required members, enums, lengths, patterns, ranges, and names that the operation does not have. EC2 words its
refusals as on https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (MissingParameter,
UnknownParameter, InvalidParameterValue); the others as ValidationException
(https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html) or ValidationError (query services).
"""

import functools
import json
import re
from typing import Any

from .errors import AwsError
from .identify import Call, flat_names

QUERY_COMMON = {"Action", "Version", "DryRun"}
# Services whose code for a malformed request is another than ValidationException.
# https://docs.aws.amazon.com/ram/latest/APIReference/API_GetResourceShares.html
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html
# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
# https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html
# https://docs.aws.amazon.com/directconnect/latest/APIReference/API_CreateConnection.html
MALFORMED = {
    "directconnect": "DirectConnectClientException",
    "guardduty": "BadRequestException",
    "ram": "InvalidParameterException",
    "route53": "InvalidInput",
    "securityhub": "InvalidInputException",
}


def check(call: Call) -> None:
    """Raises the refusal of a malformed request."""
    if call.model is None:
        raise _unknown_operation(call)
    if call.request.environ.get("local_aws.unparsable"):
        if call.service == "s3":
            raise _malformed_xml()
        default = "SerializationException" if call.protocol == "json" else "MalformedQueryString"
        raise AwsError(MALFORMED.get(call.service, default), "malformed")
    shape = call.model.input_shape
    if call.service == "ec2":
        _check_ec2_names(call, shape)
    elif call.protocol == "json":
        _check_json_names(call, shape)
    if shape is not None:
        for fault in _faults(call.params, shape, "", call.service == "ec2"):
            # Of attributes' names SQS takes more than its model lists, and says its own of the rest.
            if call.service == "sqs" and fault[0] == "enum":
                continue
            raise _refusal(call, *fault)
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
    if call.service == "ec2" and call.params.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def _faults(value: Any, shape: Any, path: str, loose: bool) -> Any:
    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield "missing", name, path, None
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _faults(value[name], member, f"{path}.{name}" if path else name, loose)
    elif kind == "list":
        yield from _length(value, shape, path)
        for number, item in enumerate(value, 1):
            yield from _faults(item, shape.member, f"{path}.{number}", loose)
    elif kind == "map":
        for key, item in value.items():
            yield from _faults(key, shape.key, path, loose)
            yield from _faults(item, shape.value, path, loose)
    elif kind == "string":
        yield from _text(value, shape, path, loose)
    elif kind == "blob":
        yield from _length(value, shape, path)
    elif kind in ("integer", "long", "float", "double"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield "range", path, value, f"Member must have value greater than or equal to {low}"
        if high is not None and value > high:
            yield "range", path, value, f"Member must have value less than or equal to {high}"


def _text(value: Any, shape: Any, path: str, loose: bool) -> Any:
    if shape.enum and value not in shape.enum:
        yield "enum", path, value, f"Member must satisfy enum value set: {shape.enum}"
    yield from _length(value, shape, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not loose and not _matches(pattern, str(value)):
        yield "pattern", path, value, f"Member must satisfy regular expression pattern: {pattern}"


def _length(value: Any, shape: Any, path: str) -> Any:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield "length", path, value, f"Member must have length greater than or equal to {low}"
    if high is not None and len(value) > high:
        yield "length", path, value, f"Member must have length less than or equal to {high}"


@functools.lru_cache(maxsize=2000)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    # The models' patterns are Java's; what Python cannot read is not checked.
    for java, python in ((r"\p{L}", r"^\W\d_"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        if java in pattern and python.startswith("^"):
            return None
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


def _refusal(call: Call, kind: str, path: Any, value: Any, why: Any) -> AwsError:
    if call.service == "s3":
        return _s3_refusal(call, kind, path, value if kind == "missing" else path, why)
    if call.service == "ec2":
        if kind == "missing":
            message = f"The request must contain the parameter {path}"
            return AwsError("MissingParameter", message)
        return AwsError("InvalidParameterValue", f"Value ({value}) for parameter {path} is invalid. {why}")
    if call.service == "transfer" and path == "SshPublicKeyBody" and kind == "pattern":
        return AwsError("InvalidRequestException", "Unsupported or invalid SSH public key format")
    if call.service == "route53resolver" and path == "IpAddresses" and kind == "length" and len(value) < 2:
        message = "[RSLVR-00400] Resolver endpoint need to have at least 2 IP addresses."
        return AwsError("InvalidRequestException", message)
    if call.service == "sqs" and kind == "missing":
        return AwsError("MissingParameter", f"The request must contain the parameter {path}.")
    if kind == "missing":
        path, why = path[0].lower() + path[1:], "Member must not be null"
        value = "null"
    text = f"1 validation error detected: Value at '{path}' failed to satisfy constraint: {why}"
    default = "ValidationException" if call.protocol == "json" else "ValidationError"
    return AwsError(MALFORMED.get(call.service, default), text)


def _s3_refusal(call: Call, kind: str, name: Any, inside: Any, why: Any) -> AwsError:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    payload = call.model.input_shape.serialization.get("payload")
    place = str(inside or name).split(".", 1)[0]
    if payload and place == payload:
        return _malformed_xml()
    return AwsError("InvalidArgument", f"{name} is missing" if kind == "missing" else f"{name}: {why}")


def _malformed_xml() -> AwsError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedXML", message)


def _unknown_operation(call: Call) -> AwsError:
    if call.protocol == "json" or call.service == "kms":
        return AwsError("UnknownOperationException", call.operation)
    message = f"The action {call.operation} is not valid for this web service."
    return AwsError("InvalidAction", message)


@functools.lru_cache(maxsize=4000)
def _query_name(service: str, operation: str) -> frozenset[str]:
    from .identify import service_model

    shape = service_model(service).operation_model(operation).input_shape
    names = set(QUERY_COMMON)
    for name, member in (shape.members if shape else {}).items():
        serialized = member.serialization.get("queryName")
        if serialized is None:
            serialized = member.serialization.get("name", name)
            serialized = serialized[0].upper() + serialized[1:]
        names.add(serialized)
    return frozenset(names)


def _check_ec2_names(call: Call, _: Any) -> None:
    known = _query_name("ec2", call.operation)
    for name in flat_names(call.request):
        if name.split(".", 1)[0] not in known:
            raise AwsError("UnknownParameter", f"The parameter {name} is not recognized")


def _check_json_names(call: Call, shape: Any) -> None:
    # Stricter than AWS, whose JSON services skip members that they do not know: here it is a typo in a test.
    try:
        sent = json.loads(call.request.get_data() or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "malformed") from None
    for name in sent:
        if shape is None or name not in shape.members:
            raise AwsError("ValidationException", f"Unknown member {name} for {call.operation}")
