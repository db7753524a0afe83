"""The side API under `/local-aws/`: what tests ask and set. Its calls are neither counted nor faulted."""

import json
from typing import Any
from urllib.parse import parse_qs

from moto.core.base_backend import BackendDict

from . import calls, clock, corrections, faults, identify, settings


def answer(environ: dict[str, Any]) -> tuple[int, Any]:
    """Status and JSON of a side API request."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    text = environ["wsgi.input"].read(length) if length else b""
    query = {k: v[-1] for k, v in parse_qs(environ.get("QUERY_STRING", "")).items()}
    route = (environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/local-aws/").rstrip("/"))
    handler = ROUTES.get(route)
    if handler is None:
        return 404, {"error": f"no such route; known: {[' '.join(r) for r in ROUTES]}"}
    try:
        return 200, handler(json.loads(text) if text else {}, query)
    except (ValueError, TypeError, KeyError) as error:
        return 400, {"error": f"{type(error).__name__}: {error}"}


def _calls(_: Any, query: dict[str, str]) -> Any:
    if query.get("log") in (None, "0"):
        return calls.counts()
    since = int(query.get("since", 0))
    wanted = {k: v for k, v in query.items() if k in ("account", "region", "service", "operation", "kind")}
    return [e for e in calls.log() if e["sequence"] > since and all(e[k] == v for k, v in wanted.items())]


def _reset_calls(*_: Any) -> Any:
    calls.reset()
    return {}


def reset(*_: Any) -> Any:
    """Everything as at the start."""
    BackendDict.reset()
    corrections.reset()
    faults.clear()
    settings.reset()
    clock.reset()
    identify.sessions.clear()
    calls.reset()
    return {}


def _faults(body: Any, _: Any) -> Any:
    return {"rules": faults.add(body if isinstance(body, list) else [body])}


def _clear_faults(*_: Any) -> Any:
    faults.clear()
    return {}


def _accounts(body: Any, _: Any) -> Any:
    from .accounts import create_roles

    return create_roles(body)


def _actions(*_: Any) -> Any:
    from .authorize import used

    return {name: sorted(actions) for name, actions in sorted(used.items())}


def _resolver(body: Any, _: Any) -> Any:
    from .resolver_address import set_status

    return set_status(**body)


def _connection(body: Any, _: Any) -> Any:
    from .directconnect_connection import change

    return change(**body)


def _quota(body: Any, _: Any) -> Any:
    from .service_quota import change

    return change(**body)


def _events(body: Any, _: Any) -> Any:
    from .events import start

    return start(**body)


def _events_seen(*_: Any) -> Any:
    from .events import seen

    return seen()


def _stop_events(*_: Any) -> Any:
    from .events import stop

    return stop()


ROUTES = {
    ("GET", "calls"): _calls,
    ("POST", "calls/reset"): _reset_calls,
    ("POST", "reset"): reset,
    ("GET", "actions"): _actions,
    ("GET", "faults"): lambda *_: faults.listed(),
    ("POST", "faults"): _faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "settings"): lambda *_: settings.current(),
    ("POST", "settings"): lambda body, _: settings.change(body),
    ("POST", "accounts"): _accounts,
    ("GET", "events"): _events_seen,
    ("POST", "events"): _events,
    ("DELETE", "events"): _stop_events,
    ("POST", "resolver"): _resolver,
    ("POST", "directconnect"): _connection,
    ("POST", "quotas"): _quota,
}
