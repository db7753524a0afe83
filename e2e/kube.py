"""The Kubernetes API without kubectl: loading a thousand objects by it would cost more than what is measured. Lists come in
pages, and watches one event at a time: nothing here holds more than some hundreds of objects."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from cluster import Failure

GROUP = "/apis/jichitai.dev/v1alpha1"
PAGE = 250
ATTEMPTS = 30
# A connection that was idle for longer is not used again: the API server closes it after 90 seconds.
IDLE_SECONDS = 45
PLURALS = {
    "Namespace": "namespaces",
    "Municipality": "municipalities",
    "FileLinkBucket": "filelinkbuckets",
    "OsakaBackupPolicy": "osakabackuppolicies",
    "ResolverEndpoint": "resolverendpoints",
}


class Api:
    """One connection with the administrator's rights."""

    def __init__(self, kubeconfig: Path, patience: float | None = 60) -> None:
        access = yaml.safe_load(kubeconfig.read_text())
        user, cluster = access["users"][0]["user"], access["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile() as pem:
            for field in ("client-certificate-data", "client-key-data"):
                pem.write(base64.b64decode(user[field]))
            pem.flush()
            context.load_cert_chain(pem.name)
        server = urlsplit(cluster["server"])
        self._connection = http.client.HTTPSConnection(
            server.hostname, server.port, context=context, timeout=patience
        )
        self._used = time.monotonic()

    def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """Asks, and gives the answer."""
        return json.loads(self._send(method, path, body, kind).read())

    def create(self, document: dict) -> dict:
        return self.request("POST", folder_of(document), document)

    def merge(self, document: dict, patch: dict) -> dict:
        path = f"{folder_of(document)}/{document['metadata']['name']}"
        return self.request("PATCH", path, patch, "application/merge-patch+json")

    def get(self, kind: str, namespace: str, name: str) -> dict:
        return self.request("GET", f"{GROUP}/namespaces/{namespace}/{PLURALS[kind]}/{name}")

    def each(self, kind: str, tell: Callable[[dict], None]) -> str:
        """Tells of every object of a kind; gives the version from which on it can be watched."""
        query: dict[str, Any] = {"limit": PAGE}
        while True:
            page = self.request("GET", f"{GROUP}/{PLURALS[kind]}?{urlencode(query)}")
            for thing in page["items"]:
                tell(thing)
            if not page["metadata"].get("continue"):
                return page["metadata"]["resourceVersion"]
            query["continue"] = page["metadata"]["continue"]

    def watch(self, kind: str, version: str) -> Iterator[dict]:
        """Every change of a kind's objects after a version, until the API server ends it; the connection is taken."""
        query = urlencode({"watch": 1, "resourceVersion": version})
        for line in self._send("GET", f"{GROUP}/{PLURALS[kind]}?{query}"):
            yield json.loads(line)

    def _send(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> http.client.HTTPResponse:
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()
        for _ in range(ATTEMPTS):
            self._connection.request(method, path, json.dumps(body) if body else None, {"content-type": kind})
            answer = self._connection.getresponse()
            if answer.status != http.client.TOO_MANY_REQUESTS:
                break
            # As of a kind whose definition is new: the API server says when to ask again.
            answer.read()
            time.sleep(int(answer.getheader("retry-after", "1")))
        self._used = time.monotonic()
        if answer.status >= 400:
            raise Failure(f"{method} {path}: {answer.read().decode()[:500]}")
        return answer


def folder_of(document: dict) -> str:
    plural = PLURALS[document["kind"]]
    if document["kind"] == "Namespace":
        return f"/api/v1/{plural}"
    namespace = document["metadata"]["namespace"]
    return f"/apis/{document['apiVersion']}/namespaces/{namespace}/{plural}"
