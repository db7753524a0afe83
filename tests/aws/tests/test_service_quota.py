"""Service Quotas: an account's values of VPC and KMS, and how they are raised."""

from typing import Any
from urllib.error import HTTPError

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

READ = "servicequotas:ListServiceQuotas"
VPCS = {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}
DEFAULTS = {
    "L-F678F1CE": 5,
    "L-407747CB": 200,
    "L-589F43AA": 200,
    "L-B4A6D682": 200,
    "L-2AEEBF1A": 20,
    "L-E79EC296": 2500,
    "L-29B6F2EB": 50,
    "L-0EA8095F": 60,
    "L-C2F1777E": 100_000,
}


@pytest.fixture
def quotas(aws: LocalAws) -> Any:
    return aws.client("service-quotas", TENANT)


def values(client: Any, **wanted: Any) -> dict[str, float]:
    found = {}
    for service in ("vpc", "kms"):
        pages = client.get_paginator("list_service_quotas").paginate(ServiceCode=service, **wanted)
        found |= {q["QuotaCode"]: q["Value"] for page in pages for q in page["Quotas"]}
    return found


def test_everybody_has_awss_values_at_first(aws: LocalAws, session):
    reader = session("service-quotas", READ)
    found = values(reader)
    assert {code: found[code] for code in DEFAULTS} == DEFAULTS
    assert values(reader, PaginationConfig={"PageSize": 10}) == found
    assert len(reader.list_service_quotas(ServiceCode="vpc", MaxResults=10)["Quotas"]) == 10
    (one,) = reader.list_service_quotas(**VPCS)["Quotas"]
    assert one["QuotaArn"] == f"arn:aws:servicequotas:{TOKYO}:{TENANT}:vpc/L-F678F1CE"
    assert (one["QuotaName"], one["Adjustable"], one["Unit"]) == ("VPCs per Region", True, "None")
    refused("NoSuchResourceException", reader.list_service_quotas, ServiceCode="none")
    bad = {"ServiceCode": "vpc", "NextToken": "none"}
    refused("InvalidPaginationTokenException", reader.list_service_quotas, **bad)
    refused("AccessDeniedException", reader.get_service_quota, **VPCS)
    other = session("service-quotas", "servicequotas:GetServiceQuota")
    error = refused("AccessDeniedException", other.list_service_quotas, ServiceCode="vpc")
    assert f"is not authorized to perform: {READ} on resource" in str(error)


def test_a_value_is_raised_on_request(aws: LocalAws, quotas, session):
    aws.settings(delay={"quotaIncrease": 600})
    asked = quotas.request_service_quota_increase(**VPCS, DesiredValue=50)["RequestedQuota"]
    assert (asked["Status"], asked["DesiredValue"]) == ("PENDING", 50)
    more = {**VPCS, "DesiredValue": 60}
    refused("ResourceAlreadyExistsException", quotas.request_service_quota_increase, **more)
    reader = session("service-quotas", READ)
    assert values(reader)["L-F678F1CE"] == 5
    aws.settings(now=601)
    assert values(reader)["L-F678F1CE"] == 50
    less = {**VPCS, "DesiredValue": 50}
    refused("IllegalArgumentException", quotas.request_service_quota_increase, **less)
    for where in ({"account": OTHER}, {"region": OSAKA}):
        assert values(session("service-quotas", READ, **where))["L-F678F1CE"] == 5


def test_a_test_sets_a_value(aws: LocalAws, quotas):
    where = {"account": TENANT, "region": TOKYO, "service": "kms", "code": "L-C2F1777E"}
    aws.side("POST", "quotas", {**where, "value": 10})
    assert values(quotas)["L-C2F1777E"] == 10
    assert values(aws.client("service-quotas", TENANT, OSAKA))["L-C2F1777E"] == 100_000
    aws.side("POST", "quotas", {**where, "value": None})
    assert values(quotas)["L-C2F1777E"] == 100_000
    with pytest.raises(HTTPError):
        aws.side("POST", "quotas", {**where, "code": "L-00000000", "value": 1})
