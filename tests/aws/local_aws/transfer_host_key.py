"""Transfer Family host keys: several per server, of which clients see the oldest of each type.

https://docs.aws.amazon.com/transfer/latest/APIReference/API_ImportHostKey.html
https://docs.aws.amazon.com/transfer/latest/APIReference/API_ListHostKeys.html
https://docs.aws.amazon.com/transfer/latest/userguide/server-host-key-add.html
"""

from typing import Any

from .corrections import Base, correct
from .identify import Call
from .paging import page
from .transfer_key import HostKey, add_host_key, checked_tags, host_key, invalid, missing
from .transfer_server import Server, server_of


def _host_key_of(call: Call) -> tuple[Server, HostKey]:
    server, wanted = server_of(call), call.params["HostKeyId"]
    found = next((k for k in server.host_keys if k.id == wanted), None)
    if found is None:
        raise missing(f"Unknown host key {wanted}")
    return server, found


@correct("transfer", "ImportHostKey")
def import_host_key(call: Call, base: Base) -> Any:
    """One more host key; clients see the oldest of each type."""
    server, params = server_of(call), call.params
    tags = checked_tags(params.get("Tags"))
    key = host_key(server, params["HostKeyBody"], params.get("Description"), tags)
    add_host_key(server, key)
    return {"ServerId": server.id, "HostKeyId": key.id}


@correct("transfer", "DescribeHostKey")
def describe_host_key(call: Call, base: Base) -> Any:
    """The public half."""
    return {"HostKey": _host_key_of(call)[1].described()}


@correct("transfer", "ListHostKeys")
def list_host_keys(call: Call, base: Base) -> Any:
    """In pages, without tags."""
    server = server_of(call)
    shown, token = page(call, server.host_keys, 1000, bad_token="InvalidNextTokenException")
    return {"ServerId": server.id, "HostKeys": [k.listed() for k in shown], "NextToken": token}


@correct("transfer", "UpdateHostKey")
def update_host_key(call: Call, base: Base) -> Any:
    """The description changes."""
    server, key = _host_key_of(call)
    if "Description" in call.params:
        key.description = call.params["Description"] or None
    return {"ServerId": server.id, "HostKeyId": key.id}


@correct("transfer", "DeleteHostKey")
def delete_host_key(call: Call, base: Base) -> Any:
    """One host key stays: a server cannot be without."""
    server, key = _host_key_of(call)
    if len(server.host_keys) == 1:
        raise invalid("The last host key of a server cannot be deleted")
    server.host_keys.remove(key)
    return {}
