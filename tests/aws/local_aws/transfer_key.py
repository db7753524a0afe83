"""Transfer Family: SSH keys of users, host keys of servers, tags.

https://docs.aws.amazon.com/transfer/latest/APIReference/API_ImportHostKey.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_DescribedHostKey.html
https://docs.aws.amazon.com/transfer/latest/userguide/server-host-key-add.html
https://docs.aws.amazon.com/transfer/latest/userguide/key-management.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_TagResource.html
"""

import base64
import hashlib
import secrets
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from . import clock
from .errors import AwsError

TYPES = ("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
HOST_KEYS = 10
TAGS = 50


def invalid(message: str) -> AwsError:
    """The refusal of a request that Transfer Family does not take."""
    return AwsError("InvalidRequestException", message)


def missing(message: str) -> AwsError:
    """The refusal of what does not exist."""
    return AwsError("ResourceNotFoundException", message, 404)


def taken(message: str) -> AwsError:
    """The refusal of what exists already."""
    return AwsError("ResourceExistsException", message, 409)


def today() -> datetime:
    """Now, as answers carry it."""
    return datetime.fromtimestamp(clock.now(), UTC)


def new_id(prefix: str) -> str:
    """An id as Transfer Family makes them."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


@dataclass
class HostKey:
    """A host key; the private half is not kept."""

    id: str
    arn: str
    type: str
    fingerprint: str
    description: str | None
    imported: datetime
    tags: dict[str, str] = field(default_factory=dict)

    def listed(self) -> dict[str, Any]:
        """As ListHostKeys answers it."""
        return {
            "Arn": self.arn,
            "HostKeyId": self.id,
            "Fingerprint": self.fingerprint,
            "Description": self.description,
            "Type": self.type,
            "DateImported": self.imported,
        }

    def described(self) -> dict[str, Any]:
        """As DescribeHostKey answers it."""
        whole = {k: v for k, v in self.listed().items() if k != "Fingerprint"}
        return {**whole, "HostKeyFingerprint": self.fingerprint, "Tags": tag_list(self.tags)}


def host_key(server: Any, body: str | None, description: str | None, tags: dict[str, str]) -> HostKey:
    """A host key of a private key, or of one that the service makes."""
    kind, blob = _public_half(body)
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    made = new_id("hostkey")
    arn = server.arn.replace(":server/", ":host-key/") + f"/{made}"
    return HostKey(made, arn, kind, f"SHA256:{digest}", description, today(), tags)


def _public_half(body: str | None) -> tuple[str, bytes]:
    if body is None:
        key: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        data = body.strip().encode() + b"\n"
        load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
        try:
            key = load(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise invalid("Unsupported or invalid private key format") from None
    try:
        kind, blob = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[:2]
    except (ValueError, AttributeError, UnsupportedAlgorithm):
        raise invalid("Unsupported host key type") from None
    if kind.decode() not in TYPES:
        raise invalid(f"Unsupported host key type {kind.decode()}")
    return kind.decode(), base64.b64decode(blob)


def add_host_key(server: Any, key: HostKey) -> None:
    """Adds a host key that the server does not have, within the limit."""
    if any(k.fingerprint == key.fingerprint for k in server.host_keys):
        raise taken("The host key exists already")
    if len(server.host_keys) >= HOST_KEYS:
        raise invalid(f"A server has at most {HOST_KEYS} host keys")
    server.host_keys.append(key)


def public_key(body: str) -> bytes:
    """What makes a user's public key the same as another: its type and numbers, without its comment."""
    parts = body.split()
    try:
        kind, blob = parts[0], base64.b64decode(parts[1], validate=True)
        length = struct.unpack(">I", blob[:4])[0]
        if kind not in TYPES or blob[4 : 4 + length].decode() != kind:
            raise ValueError("another type inside")
        if kind != "ssh-ed25519" or len(blob) != 51:
            load_ssh_public_key(f"{kind} {parts[1]}".encode())
    except (ValueError, IndexError, struct.error, UnsupportedAlgorithm):
        raise invalid("Unsupported or invalid SSH public key format") from None
    return blob


def checked_tags(tags: list[dict[str, str]] | None, before: dict[str, str] | None = None) -> dict[str, str]:
    """Tags as a map, joined with those that are there."""
    given = {t["Key"]: t["Value"] for t in tags or []}
    if len(given) != len(tags or []):
        raise invalid("Duplicate tag keys")
    if any(k.lower().startswith("aws:") for k in given):
        raise invalid("Tag keys that begin with aws: are reserved")
    whole = {**(before or {}), **given}
    if len(whole) > TAGS:
        raise invalid(f"A resource has at most {TAGS} tags")
    return whole


def tag_list(tags: dict[str, str]) -> list[dict[str, str]] | None:
    """Tags as answers carry them."""
    return [{"Key": k, "Value": v} for k, v in tags.items()] or None
