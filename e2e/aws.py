"""The local AWS, whatever proxy the environment names: its side API, and its accounts as their root."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from local_stack.supervisor import AWS_REGION, AWS_SECRET_ACCESS_KEY

from cluster import Failure

# Nothing is called for this long: the operator has come to rest.
QUIET_SECONDS = 3
POLL_SECONDS = 0.5
ANSWER_SECONDS = 60


def ask(request: str | urllib.request.Request, timeout: float = ANSWER_SECONDS) -> HTTPResponse:
    """The answer of a server of this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=timeout)


def root_of(account: str, service: str, endpoint: str, region: str = AWS_REGION) -> BaseClient:
    """A client with every right in an account."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        # The local AWS takes an account's id for its access key.
        aws_access_key_id=account,
        aws_secret_access_key=AWS_SECRET_ACCESS_KEY,
        config=Config(proxies={}, retries={"max_attempts": 0}),
    )


def post(endpoint: str, path: str, body: dict) -> None:
    """Asks the side API for something."""
    request = urllib.request.Request(
        f"{endpoint}/local-aws/{path}",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    try:
        ask(request).close()
    except urllib.error.HTTPError as error:
        raise Failure(f"the local AWS refused {path}: {error.read().decode()}") from error
    except OSError as error:
        raise Failure(f"the local AWS did not answer {path}: {error}") from error


def calls(endpoint: str) -> list[dict]:
    """How often each operation was called, by account and outcome, since the counts were reset."""
    return _get(endpoint, "calls", {})


def number_of_calls(endpoint: str) -> int:
    """All of them together; the number of the last one in the log, too."""
    return sum(call["count"] for call in calls(endpoint))


def writes(endpoint: str, account: str, since: int) -> list[dict]:
    """The writes in an account after the call of that number, as far as the log goes back."""
    return _get(endpoint, "calls", {"log": 1, "kind": "write", "account": account, "since": since})


def rest(endpoint: str, seconds: float, accounts: frozenset[str] | set[str] = frozenset()) -> None:
    """Waits until the operator has called something in each of the accounts, and has been quiet for a while."""
    deadline = time.monotonic() + seconds
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS or accounts - accounts_called(endpoint):
        if time.monotonic() > deadline:
            raise Failure(f"the operator did not come to rest within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
        called = number_of_calls(endpoint)
        if called != seen:
            seen, since = called, time.monotonic()


def accounts_called(endpoint: str) -> set[str]:
    return {call["account"] for call in calls(endpoint)}


def _get(endpoint: str, path: str, query: dict[str, Any]) -> Any:
    with ask(f"{endpoint}/local-aws/{path}?{urllib.parse.urlencode(query)}") as answer:
        return json.load(answer)
