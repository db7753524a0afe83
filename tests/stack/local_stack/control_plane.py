"""etcd and kube-apiserver: their flags, their readiness, and a kubeconfig for them."""

from __future__ import annotations

import base64
import http.client
import ssl
from pathlib import Path

import yaml

from .certificates import write_certificates
from .process import Process, free_port

# What ServiceAccounts ask for, in the stack's folder: that they have the rights they need, and no other, is checked by it.
AUDIT_LOG = "audit.log"
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ],
}


class ControlPlane:
    """One etcd and one kube-apiserver with RBAC, both on loopback ports chosen at random."""

    def __init__(self, folder: Path, etcd: str, apiserver: str) -> None:
        self._folder = folder
        self._etcd_binary = etcd
        self._apiserver_binary = apiserver
        self._certificates = folder / "certificates"
        write_certificates(self._certificates)
        self._tls = ssl.create_default_context(cafile=str(self._certificates / "ca.crt"))
        self._tls.load_cert_chain(
            self._certificates / "admin.crt", self._certificates / "admin.key"
        )
        self.etcd: Process | None = None
        self.apiserver: Process | None = None

    @property
    def kubeconfig(self) -> Path:
        return self._folder / "kubeconfig"

    def start(self, attempt: int) -> None:
        """Starts both on new ports and in a new data folder."""
        self._port, etcd_port, peer_port = free_port(), free_port(), free_port()
        client, peer = f"http://127.0.0.1:{etcd_port}", f"http://127.0.0.1:{peer_port}"
        self._etcd_url = client
        self.etcd = Process(
            "etcd",
            [
                self._etcd_binary,
                f"--data-dir={self._folder / f'etcd-{attempt}'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                # The data does not outlive the stack, so it need not survive a power cut.
                "--unsafe-no-fsync",
                "--log-level=warn",
            ],
            self._folder,
        )
        self.start_apiserver()

    def start_apiserver(self) -> None:
        """Starts the API server on the port and data it had, or has just been given."""
        certificates = self._certificates
        audit_policy = self._folder / "audit-policy.yaml"
        audit_policy.write_text(yaml.safe_dump(AUDIT_POLICY))
        self.apiserver = Process(
            "kube-apiserver",
            [
                self._apiserver_binary,
                f"--etcd-servers={self._etcd_url}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                f"--secure-port={self._port}",
                f"--tls-cert-file={certificates / 'server.crt'}",
                f"--tls-private-key-file={certificates / 'server.key'}",
                f"--client-ca-file={certificates / 'ca.crt'}",
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={certificates / 'service-accounts.key'}",
                f"--service-account-signing-key-file={certificates / 'service-accounts.key'}",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--allow-privileged=true",
                f"--audit-policy-file={audit_policy}",
                f"--audit-log-path={self._folder / AUDIT_LOG}",
                # No endpoint of the `kubernetes` Service: nothing here uses it, and the
                # reconciler refuses loopback addresses.
                "--endpoint-reconciler-type=none",
                # It waits for a controller manager to make the default service accounts.
                "--disable-admission-plugins=ServiceAccount",
            ],
            self._folder,
        )

    def ready(self) -> bool:
        """Whether the API server reports every one of its checks as passed."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._port, context=self._tls, timeout=2
        )
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def write_kubeconfig(self) -> None:
        certificates = self._certificates
        user = {
            "client-certificate-data": _encoded(certificates / "admin.crt"),
            "client-key-data": _encoded(certificates / "admin.key"),
        }
        content = kubeconfig(
            f"https://127.0.0.1:{self._port}", _encoded(certificates / "ca.crt"), "admin", user
        )
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(content)


def kubeconfig(server: str, authority: str, user_name: str, user: dict) -> str:
    """A kubeconfig with one cluster, one user and one context."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "local-stack",
                    "cluster": {"server": server, "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": user_name, "user": user}],
            "contexts": [
                {
                    "name": "local-stack",
                    "context": {"cluster": "local-stack", "user": user_name},
                }
            ],
            "current-context": "local-stack",
        },
        sort_keys=False,
    )


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
