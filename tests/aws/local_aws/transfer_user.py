"""Transfer Family users: their keys, directories and tags, and the tags of everything else.

https://docs.aws.amazon.com/transfer/latest/APIReference/API_CreateUser.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_UpdateUser.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_ImportSshPublicKey.html
https://docs.aws.amazon.com/transfer/latest/userguide/transfer-quotas.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_ListTagsForResource.html
"""

from dataclasses import dataclass, field
from typing import Any

from .corrections import Base, correct
from .identify import Call
from .paging import page
from .transfer_key import checked_tags, invalid, missing, new_id, public_key, tag_list, taken, today
from .transfer_server import Server, server_of, servers

SSH_KEYS = 10
PLAIN = ("HomeDirectory", "HomeDirectoryMappings", "HomeDirectoryType", "Policy", "PosixProfile", "Role")


@dataclass
class User:
    """A user; keys by id, each with what makes it the same as another."""

    name: str
    arn: str
    values: dict[str, Any]
    keys: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def listed(self) -> dict[str, Any]:
        """As ListUsers answers it."""
        names = ("HomeDirectory", "HomeDirectoryType", "Role")
        return {
            "Arn": self.arn,
            "UserName": self.name,
            "SshPublicKeyCount": len(self.keys),
            **{n: self.values[n] for n in names if n in self.values},
        }

    def described(self) -> dict[str, Any]:
        """As DescribeUser answers it."""
        return {
            **self.values,
            "Arn": self.arn,
            "UserName": self.name,
            "SshPublicKeys": [shown for _, shown in self.keys.values()],
            "Tags": tag_list(self.tags),
        }


def user_of(call: Call) -> tuple[Server, User]:
    """The user that the call names, and the server."""
    server, wanted = server_of(call), call.params["UserName"]
    user = server.users.get(wanted)
    if user is None:
        raise missing(f"Unknown user {wanted}")
    return server, user


@correct("transfer", "CreateUser")
def create_user(call: Call, base: Base) -> Any:
    """One of a name; the role is not looked for."""
    server, params = server_of(call), call.params
    name = params["UserName"]
    if server.values["IdentityProviderType"] != "SERVICE_MANAGED":
        raise invalid("Users are managed by the server's identity provider")
    if name in server.users:
        raise taken(f"User {name} exists already")
    values = {"HomeDirectoryType": "PATH", **{n: params[n] for n in PLAIN if n in params}}
    _check(values)
    arn = server.arn.replace(":server/", ":user/") + f"/{name}"
    user = User(name, arn, _kept(values), tags=checked_tags(params.get("Tags")))
    if params.get("SshPublicKeyBody"):
        _add_key(user, params["SshPublicKeyBody"])
    server.users[name] = user
    return {"ServerId": server.id, "UserName": name}


def _check(values: dict[str, Any]) -> None:
    mappings = values.get("HomeDirectoryMappings") or []
    if values["HomeDirectoryType"] == "LOGICAL":
        if not mappings:
            raise invalid("HomeDirectoryMappings must be set where HomeDirectoryType is LOGICAL")
        if values.get("HomeDirectory"):
            raise invalid("HomeDirectory cannot be set where HomeDirectoryType is LOGICAL")
    elif mappings:
        raise invalid("HomeDirectoryMappings can only be set where HomeDirectoryType is LOGICAL")
    entries = [m["Entry"] for m in mappings]
    if len(entries) != len(set(entries)):
        raise invalid("Two home directory mappings have the same entry")
    if any(not m[name].startswith("/") for m in mappings for name in ("Entry", "Target")):
        raise invalid("Entry and Target of a home directory mapping begin with /")


def _kept(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v not in ("", [], None)}


@correct("transfer", "DescribeUser")
def describe_user(call: Call, base: Base) -> Any:
    """With keys and tags."""
    server, user = user_of(call)
    return {"ServerId": server.id, "User": user.described()}


@correct("transfer", "ListUsers")
def list_users(call: Call, base: Base) -> Any:
    """In pages, without tags and keys."""
    server = server_of(call)
    users = sorted(server.users.values(), key=lambda u: u.name)
    shown, token = page(call, users, 1000, bad_token="InvalidNextTokenException")
    return {"ServerId": server.id, "Users": [u.listed() for u in shown], "NextToken": token}


@correct("transfer", "UpdateUser")
def update_user(call: Call, base: Base) -> Any:
    """What is not named stays; another kind of home directory takes the old kind's away."""
    server, user = user_of(call)
    changes = {n: call.params[n] for n in PLAIN if n in call.params}
    kind = changes.get("HomeDirectoryType", user.values["HomeDirectoryType"])
    values = dict(user.values)
    if kind != user.values["HomeDirectoryType"]:
        values.pop("HomeDirectory", None)
        values.pop("HomeDirectoryMappings", None)
    values.update(changes)
    _check(values)
    user.values = _kept(values)
    return {"ServerId": server.id, "UserName": user.name}


@correct("transfer", "DeleteUser")
def delete_user(call: Call, base: Base) -> Any:
    """The user's keys go too."""
    server, user = user_of(call)
    del server.users[user.name]
    return {}


def _add_key(user: User, body: str) -> str:
    same = public_key(body)
    if any(known == same for known, _ in user.keys.values()):
        raise taken(f"The key exists already for user {user.name}")
    if len(user.keys) >= SSH_KEYS:
        raise invalid(f"A user has at most {SSH_KEYS} SSH public keys")
    made = new_id("key")
    shown = {"SshPublicKeyId": made, "SshPublicKeyBody": body.strip(), "DateImported": today()}
    user.keys[made] = (same, shown)
    return made


@correct("transfer", "ImportSshPublicKey")
def import_key(call: Call, base: Base) -> Any:
    """A key that is well formed, new, and within the limit."""
    server, user = user_of(call)
    made = _add_key(user, call.params["SshPublicKeyBody"])
    return {"ServerId": server.id, "UserName": user.name, "SshPublicKeyId": made}


@correct("transfer", "DeleteSshPublicKey")
def delete_key(call: Call, base: Base) -> Any:
    """Only a key that is there is deleted."""
    _, user = user_of(call)
    wanted = call.params["SshPublicKeyId"]
    if user.keys.pop(wanted, None) is None:
        raise missing(f"Unknown SSH public key {wanted}")
    return {}


def _tagged(call: Call) -> Any:
    wanted = call.params["Arn"]
    for server in servers(call).values():
        for thing in (server, *server.host_keys, *server.users.values()):
            if thing.arn == wanted:
                return thing
    raise missing(f"Unknown resource {wanted}")


@correct("transfer", "TagResource")
def tag_resource(call: Call, base: Base) -> Any:
    """Adds to the tags of a server, user or host key."""
    thing = _tagged(call)
    thing.tags = checked_tags(call.params["Tags"], thing.tags)
    return {}


@correct("transfer", "UntagResource")
def untag_resource(call: Call, base: Base) -> Any:
    """Takes tags away; one that is not there need not go."""
    thing = _tagged(call)
    thing.tags = {k: v for k, v in thing.tags.items() if k not in call.params["TagKeys"]}
    return {}


@correct("transfer", "ListTagsForResource")
def list_tags(call: Call, base: Base) -> Any:
    """In pages."""
    thing = _tagged(call)
    shown, token = page(call, tag_list(thing.tags) or [], 1000, bad_token="InvalidNextTokenException")
    return {"Arn": thing.arn, "Tags": shown, "NextToken": token}
