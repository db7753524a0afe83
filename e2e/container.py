"""The operator as the chart's Deployment would run it, without a container runtime.

The root has the image's two files in it, the binary and the certificates of authorities; what the kubelet mounts, the
configuration and the ServiceAccount's token; and three of the devices that each runtime makes. Arguments, environment and
user are those of the rendered Deployment. Nothing else is there: no shell, no library, no /proc, no time zones.
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from cluster import Failure

# Where the image has them (Dockerfile).
BINARY = "jichitai"
AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"
SERVICE_ACCOUNT = "var/run/secrets/kubernetes.io/serviceaccount"
# Of those that the OCI runtime specification wants in each container.
DEVICES = ("null", "random", "urandom")
POD_NAME = "jichitai-operator-5d9c7b6f4-x2x7k"


@dataclass(frozen=True)
class Launch:
    """How a process is started."""

    command: list[str]
    environment: dict[str, str]


def launch(
    root: Path, binary: Path, authority: Path, chart: list[dict], kubeconfig: Path, namespace: str
) -> Launch:
    """Makes the root, and says how the container is started in it."""
    deployment = next(document for document in chart if document["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    shutil.rmtree(root, ignore_errors=True)
    put(root / BINARY, binary.read_bytes(), mode=0o755)
    put(root / AUTHORITIES, authority.read_bytes())
    for mount in container["volumeMounts"]:
        volume = next(volume for volume in pod["volumes"] if volume["name"] == mount["name"])
        name = volume["configMap"]["name"]
        data = next(d for d in chart if d["kind"] == "ConfigMap" and d["metadata"]["name"] == name)["data"]
        for file, text in data.items():
            put(root / mount["mountPath"].lstrip("/") / file, text.encode())
    for device in DEVICES:
        put(root / "dev" / device, b"")
    access = yaml.safe_load(kubeconfig.read_text())
    put(root / SERVICE_ACCOUNT / "token", access["users"][0]["user"]["token"].encode())
    put(root / SERVICE_ACCOUNT / "namespace", namespace.encode())
    put(root / SERVICE_ACCOUNT / "ca.crt", authority.read_bytes())
    server = urlsplit(access["clusters"][0]["cluster"]["server"])
    environment = {variable["name"]: value(variable, namespace) for variable in container["env"]}
    environment |= {
        "KUBERNETES_SERVICE_HOST": server.hostname,
        "KUBERNETES_SERVICE_PORT": str(server.port),
        # Nothing is found by its name there.
        "PATH": os.environ.get("PATH", os.defpath),
    }
    user = pod["securityContext"]["runAsUser"]
    return Launch([*inside(root, user), f"/{BINARY}", *container["args"]], environment)


def value(variable: dict, namespace: str) -> str:
    if "value" in variable:
        # Here nothing listens but on loopback.
        return variable["value"].replace("0.0.0.0:", "127.0.0.1:")
    field = variable["valueFrom"]["fieldRef"]["fieldPath"]
    fields = {"metadata.namespace": namespace, "metadata.name": POD_NAME}
    if field not in fields:
        raise Failure(f"the Deployment asks for {field}, which is unknown here")
    return fields[field]


def inside(root: Path, user: int) -> list[str]:
    """How a command is run with another root: as the container's user where that may be chosen."""
    is_root = os.geteuid() == 0
    chroot = [shutil.which("chroot") or "/usr/sbin/chroot"]
    chroot += [f"--userspec={user}:{user}"] if is_root else []
    # Devices cannot be made by everybody, but shown in a mount namespace of its own.
    mounts = [
        f"mount --bind /dev/{device} {shlex.quote(str(root / 'dev' / device))}" for device in DEVICES
    ]
    script = " && ".join([*mounts, f'exec {shlex.join([*chroot, str(root)])} "$@"'])
    return ["unshare", "--mount", *([] if is_root else ["--map-root-user"]), "sh", "-c", script, "sh"]


def put(path: Path, content: bytes, mode: int = 0o444) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
