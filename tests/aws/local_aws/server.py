"""The WSGI application and its threaded server."""

import json
import re
import traceback
import uuid
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from . import (
    calls,
    cbor,
    clock,
    corrections,
    dispatch,
    events,
    faults,
    services,
    sideapi,
    sts,
    validation,
    waiting,
)
from .errors import AwsError
from .identify import Call, identify

ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\":\s*\"([^\"]+)\"")
# Services whose answers moto's application writes, and whose requests are checked first.
CHECKED = (
    "acm",
    "cloudtrail",
    "config",
    "directconnect",
    "guardduty",
    "ram",
    "route53",
    "route53resolver",
    "s3",
    "secretsmanager",
    "securityhub",
    "servicequotas",
    "transfer",
)


class Application:
    """Answers the side API and AWS."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        services.load()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"].startswith("/local-aws/"):
            with waiting.lock:
                status, value = sideapi.answer(environ)
                waiting.changed()
            return _send(
                start_response, status, {"Content-Type": "application/json"}, json.dumps(value).encode()
            )
        try:
            call = identify(cbor.as_json(environ))
        except Exception as error:  # noqa: BLE001 - a request that nobody can read must not end the connection
            traceback.print_exception(error)
            return _send(start_response, 400, {}, f"LocalAwsFault: {error}".encode())
        status, headers, body = cbor.as_asked(call, self.answer(call, environ))
        if call.request.method == "HEAD":
            headers.setdefault("Content-Length", "0")
            body = b""
        return _send(start_response, status, headers, body)

    def answer(self, call: Call, environ: dict[str, Any]) -> dispatch.Answer:
        """The call's answer with the faults around it; notes the call."""
        refusal = faults.before(call)
        if refusal is not None:
            answered = dispatch.write(call, refusal)
        else:
            with waiting.lock:
                clock.settle()
                answered = _numbered(self.effect(call, environ))
            if answered[0] < 400:
                failure = faults.after_success(call)
                answered = dispatch.write(call, failure) if failure else answered
        events.note(call, answered)
        if answered[0] < 400:
            answered = self.garbled(call, answered)
        calls.record(call, answered[0], _error_code(*answered))
        return answered

    def garbled(self, call: Call, answered: dispatch.Answer) -> dispatch.Answer:
        """The answer as a rule changes it."""
        status, headers, body = answered
        changed = faults.garbled(call, body)
        if changed is body:
            return answered
        headers = {k: v for k, v in headers.items() if k.lower() != "content-length"}
        return status, headers, changed

    def effect(self, call: Call, environ: dict[str, Any]) -> dispatch.Answer:
        """The call's effect and answer, without faults."""
        if call.service in dispatch.RESPONSES:
            return dispatch.run(call)
        try:
            sts.check_session(call)
            if call.service in CHECKED and call.model is not None:
                validation.check(call)
            result = corrections.apply(call, lambda: self.through_moto(call, environ))
            return result if isinstance(result, tuple) else dispatch.write(call, result)
        except AwsError as error:
            return dispatch.write(call, error)
        except Exception as error:  # noqa: BLE001 - moto's refusals, and faults of ours
            return dispatch.write(call, dispatch.as_aws_error(error))

    def through_moto(self, call: Call, environ: dict[str, Any]) -> dispatch.Answer:
        """The answer of moto's own application."""
        environ["wsgi.input"].seek(0)
        got: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            got.update(status=int(status.split()[0]), headers=dict(headers))

        try:
            body = b"".join(self.moto(environ, start))
        except NotImplementedError as error:
            return dispatch.write(call, AwsError("NotInLocalAws", str(error)))
        except Exception as error:  # noqa: BLE001 - a fault of moto's must not end the server
            traceback.print_exception(error)
            return 500, {}, f"<Error><Code>LocalAwsFault</Code><Message>{error}</Message></Error>".encode()
        return got["status"], got["headers"], body


def serve(port: int) -> BaseWSGIServer:
    """A server on 127.0.0.1 that is ready to accept; port 0 takes a free one."""
    return make_server("127.0.0.1", port, Application(), threaded=True, request_handler=_Handler)


def serve_plain(port: int) -> BaseWSGIServer:
    """moto's own server: what our corrections could be wrong about, it does its own way."""
    application = DomainDispatcherApplication(create_backend_app)
    return make_server("127.0.0.1", port, application, threaded=True, request_handler=_Handler)


class _Handler(MotoRequestHandler):
    # Connections are kept, as the SDKs expect, and small answers are not held back.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        """Runs the application and writes the answer whole.

        Werkzeug's own closes each connection, as an application may leave a body unread; ours never does.
        """
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        self.environ = self.make_environ()
        started: list[Any] = []
        body = b"".join(
            self.server.app(self.environ, lambda *status_and_headers: started.extend(status_and_headers))
        )
        self.send_response(int(started[0].split()[0]))
        for name, value in started[1]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, *_: Any) -> None:
        """Calls are logged by `/local-aws/calls`."""


def _numbered(answered: dispatch.Answer) -> dispatch.Answer:
    """The answer with a request id: AWS never answers without one."""
    status, headers, body = answered
    names = {name.lower() for name in headers}
    if names & {"x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"}:
        return answered
    return status, headers | {"x-amz-request-id": uuid.uuid4().hex[:16].upper()}, body


def _send(start_response: Any, status: int, headers: dict[str, str], body: bytes) -> list[bytes]:
    headers = {k: v for k, v in headers.items() if k.lower() not in ("connection", "transfer-encoding")}
    if not any(k.lower() == "content-length" for k in headers):
        headers["Content-Length"] = str(len(body))
    start_response(f"{status} -", list(headers.items()))
    return [body]


def _error_code(status: int, headers: dict[str, str], body: bytes) -> str | None:
    if status < 400:
        return None
    found = ERROR_CODE.search(body or b"")
    code = (
        (found.group(1) or found.group(2)).decode() if found else headers.get("X-Amzn-Errortype", str(status))
    )
    return code.rsplit("#", 1)[-1]
