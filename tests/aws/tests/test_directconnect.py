"""Direct Connect's connections, by both protocols that it speaks."""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

READ = "directconnect:DescribeConnections"


@pytest.fixture
def direct(aws: LocalAws) -> Any:
    return aws.client("directconnect", TENANT)


def order(direct: Any, name: str, location: str = "EqTY2", **more: Any) -> str:
    made = direct.create_connection(location=location, bandwidth="1Gbps", connectionName=name, **more)
    assert made["connectionState"] == "requested"
    return made["connectionId"]


def test_a_connection_is_available_after_a_time(aws: LocalAws, direct, session):
    aws.settings(delay={"connection": 60})
    tags = [{"key": "line", "value": "1"}]
    first, second = order(direct, "line-1", tags=tags), order(direct, "line-2", "ATOKYO3")
    reader = session("directconnect", READ)
    states = [c["connectionState"] for c in reader.describe_connections()["connections"]]
    assert states == ["requested", "requested"]
    aws.settings(now=61)
    one, two = reader.describe_connections()["connections"]
    assert (one["connectionId"], two["connectionId"]) == (first, second)
    assert (one["connectionName"], one["location"], one["region"]) == ("line-1", "EqTY2", TOKYO)
    assert (one["connectionState"], one["tags"], one["ownerAccount"]) == ("available", tags, TENANT)
    assert one["awsLogicalDeviceId"].startswith("EqTY2-")
    assert two["awsLogicalDeviceId"].startswith("ATOKYO3-")
    assert reader.describe_connections(connectionId=second)["connections"] == [two]
    assert len(reader.describe_connections(maxResults=1)["connections"]) == 1
    refused("DirectConnectClientException", reader.describe_connections, connectionId="dxcon-none")
    refused("AccessDeniedException", reader.delete_connection, connectionId=first)
    refused("AccessDeniedException", session("directconnect", "directconnect:*Lags").describe_connections)
    for where in ({"account": OTHER}, {"region": OSAKA}):
        assert session("directconnect", READ, **where).describe_connections()["connections"] == []


def test_a_test_breaks_a_connection_or_moves_it(aws: LocalAws, direct):
    first, second = order(direct, "line-1"), order(direct, "line-2")
    device = direct.describe_connections(connectionId=first)["connections"][0]["awsLogicalDeviceId"]
    where = {"account": TENANT, "region": TOKYO}
    aws.side("POST", "directconnect", {**where, "connection": first, "connectionState": "down"})
    aws.side("POST", "directconnect", {**where, "connection": second, "awsLogicalDeviceId": device})
    found = direct.describe_connections()["connections"]
    assert [c["connectionState"] for c in found] == ["down", "available"]
    assert {c["awsLogicalDeviceId"] for c in found} == {device}
    for bad in ({"connectionState": "broken"}, {"name": "x"}):
        with pytest.raises(HTTPError):
            aws.side("POST", "directconnect", {**where, "connection": first, **bad})


def test_json_is_answered_as_json(aws: LocalAws, direct):
    order(direct, "line-1")
    scope = f"Credential={TENANT}/20260101/{TOKYO}/directconnect/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "OvertureService.DescribeConnections",
    }
    with urllib.request.urlopen(urllib.request.Request(aws.endpoint, b"{}", headers)) as answer:
        assert "smithy-protocol" not in answer.headers
        (found,) = json.load(answer)["connections"]
    assert found["connectionName"] == "line-1"
