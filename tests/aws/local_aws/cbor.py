"""Requests in CBOR: turned into JSON at the door, and their answers back, for services that speak both.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import io
import json
import re
from datetime import datetime
from typing import Any

from botocore.model import DenormalizedStructureBuilder
from botocore.parsers import RpcV2CBORParser, create_parser
from botocore.serialize import RpcV2CBORSerializer

from .dispatch import Answer
from .identify import Call, read_body, scope_of, service_model

TYPE = "application/cbor"
PATH = re.compile(r"/service/[^/]+/operation/([^/]+)")
ERROR = (
    DenormalizedStructureBuilder()
    .with_members({"__type": {"type": "string"}, "message": {"type": "string"}})
    .build_model()
)


def as_json(environ: dict[str, Any]) -> dict[str, Any]:
    """The request in JSON; any other as it is."""
    path = PATH.fullmatch(environ["PATH_INFO"])
    model = service_model(scope_of(environ)[2]) if path else None
    if model is None or "targetPrefix" not in model.metadata or environ.get("CONTENT_TYPE", TYPE) != TYPE:
        return environ
    body, parser = read_body(environ), RpcV2CBORParser(None)
    value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}
    environ["HTTP_X_AMZ_TARGET"] = f"{model.metadata['targetPrefix']}.{path.group(1)}"
    environ |= {"CONTENT_TYPE": "application/x-amz-json-1.1", "PATH_INFO": "/", "local_aws.cbor": True}
    body = json.dumps(value, default=_time).encode()
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ.pop("wsgi.input_terminated", None)
    return environ


def _time(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} in a request")


def as_asked(call: Call, answered: Answer) -> Answer:
    """The answer in the form that the request had."""
    if not call.request.environ.get("local_aws.cbor"):
        return answered
    status, headers, body = answered
    kept = {k: v for k, v in headers.items() if k.lower() not in ("content-length", "content-type")}
    small = {k.lower(): v for k, v in headers.items()}
    shape = call.model.output_shape if call.model is not None else None
    parsed = create_parser("json").parse({"status_code": status, "headers": small, "body": body}, shape)
    if status >= 300:
        shape = ERROR
        parsed = {"__type": parsed["Error"]["Code"], "message": parsed["Error"]["Message"]}
    parsed.pop("ResponseMetadata", None)
    written = bytearray()
    if shape is not None:
        RpcV2CBORSerializer()._serialize_data_item(written, parsed, shape)
    return status, {**kept, "Content-Type": TYPE, "smithy-protocol": "rpc-v2-cbor"}, bytes(written)
