"""The Kubernetes API without kubectl: loading a thousand objects by it would cost more than what is measured."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from cluster import Failure

PLURALS = {
    "Namespace": "namespaces",
    "Municipality": "municipalities",
    "FileLinkBucket": "filelinkbuckets",
    "OsakaBackupPolicy": "osakabackuppolicies",
    "ResolverEndpoint": "resolverendpoints",
}


class Api:
    """One connection with the administrator's rights."""

    def __init__(self, kubeconfig: Path) -> None:
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
            server.hostname, server.port, context=context, timeout=60
        )

    def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """Asks, and gives the answer."""
        self._connection.request(method, path, json.dumps(body) if body else None, {"content-type": kind})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise Failure(f"{method} {path}: {text[:500]}")
        return json.loads(text)

    def create(self, document: dict) -> None:
        self.request("POST", folder_of(document), document)

    def merge(self, document: dict, patch: dict) -> None:
        path = f"{folder_of(document)}/{document['metadata']['name']}"
        self.request("PATCH", path, patch, "application/merge-patch+json")

    def list(self, kind: str) -> list[dict]:
        return self.request("GET", f"/apis/jichitai.dev/v1alpha1/{PLURALS[kind]}")["items"]


def folder_of(document: dict) -> str:
    plural = PLURALS[document["kind"]]
    if document["kind"] == "Namespace":
        return f"/api/v1/{plural}"
    namespace = document["metadata"]["namespace"]
    return f"/apis/{document['apiVersion']}/namespaces/{namespace}/{plural}"
