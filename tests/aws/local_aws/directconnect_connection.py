"""Direct Connect's connections: ordered, available after a time, or down when a test says so.

https://docs.aws.amazon.com/directconnect/latest/APIReference/API_CreateConnection.html
https://docs.aws.amazon.com/directconnect/latest/APIReference/API_DescribeConnections.html
https://docs.aws.amazon.com/directconnect/latest/APIReference/API_Connection.html
"""

import secrets
import string
from typing import Any

from . import clock, settings
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call, service_model
from .paging import page

PAGE = 100
# Account and region → its connections, by their ids.
_connections: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}


@on_reset
def forget() -> None:
    """Nobody has a connection."""
    _connections.clear()


def bad(message: str) -> AwsError:
    """The refusal of a request."""
    return AwsError("DirectConnectClientException", message)


def connections(account: str, region: str) -> dict[str, dict[str, Any]]:
    """The connections of an account and region."""
    return _connections.setdefault((account, region), {})


def _find(account: str, region: str, connection: str) -> dict[str, Any]:
    found = connections(account, region).get(connection)
    if found is None:
        raise bad(f"Connection ID {connection} not found in Region {region}")
    return found


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(count))


@correct("directconnect", "CreateConnection")
def create(call: Call, base: Base) -> Any:
    """Requested first; on a device of its own at the location."""
    params = call.params
    made = {
        "ownerAccount": call.account,
        "connectionId": f"dxcon-{_letters(8)}",
        "connectionName": params["connectionName"],
        "connectionState": "requested",
        "region": call.region,
        "location": params["location"],
        "bandwidth": params["bandwidth"],
        "jumboFrameCapable": True,
        "hasLogicalRedundancy": "unknown",
        "tags": list(params.get("tags") or []),
        "macSecCapable": bool(params.get("requestMACSec")),
        "macSecKeys": [],
    }
    if params.get("providerName"):
        made["providerName"] = params["providerName"]
    connections(call.account, call.region)[made["connectionId"]] = made
    device = f"{params['location']}-{_letters(13)}"

    def finish() -> None:
        if made["connectionState"] == "requested":
            made.update(dict.fromkeys(("awsDevice", "awsDeviceV2", "awsLogicalDeviceId"), device))
            made.update(connectionState="available", portEncryptionStatus="Encryption Down")

    answer = dict(made)
    clock.after(settings.delay("connection"), finish)
    return answer


@correct("directconnect", "DescribeConnections")
def describe(call: Call, base: Base) -> Any:
    """All of the account in the Region, in pages; or the one of an id."""
    if wanted := call.params.get("connectionId"):
        return {"connections": [_find(call.account, call.region, wanted)]}
    found = list(connections(call.account, call.region).values())
    shown, token = page(call, found, PAGE, "maxResults", "nextToken", "DirectConnectClientException")
    return {"connections": shown, "nextToken": token}


@correct("directconnect", "DeleteConnection")
def delete(call: Call, base: Base) -> Any:
    """It is seen as deleted from then on."""
    found = _find(call.account, call.region, call.params["connectionId"])
    found["connectionState"] = "deleted"
    return found


def change(account: str, region: str, connection: str, **changes: str) -> dict[str, Any]:
    """What the side API makes of a connection: its state, or the device that it ends on."""
    members = service_model("directconnect").shape_for("Connection").members
    states = members["connectionState"].enum
    unknown = set(changes) - {"connectionState", "awsLogicalDeviceId", "location"}
    if unknown or changes.get("connectionState", "available") not in states:
        raise ValueError(f"unknown: {sorted(unknown) or changes['connectionState']}; states: {states}")
    if connection not in connections(account, region):
        raise ValueError(f"{connection} is not in {account} and {region}")
    found = connections(account, region)[connection]
    found.update(changes)
    return found
