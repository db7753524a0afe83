"""Service Quotas of VPC and KMS: an account's values in a Region, in pages, raised on request.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
"""

import json
import secrets
from typing import Any

from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS

from . import clock, settings
from .corrections import Base, correct, on_reset
from .errors import AwsError
from .identify import Call
from .paging import page

PAGE = 100
NAMES = {
    "vpc": "Amazon Virtual Private Cloud (Amazon VPC)",
    "kms": "AWS Key Management Service (AWS KMS)",
}
# Service and code → name, value, whether it can be raised.
QUOTAS: dict[tuple[str, str], tuple[str, float, bool]] = {
    ("vpc", q["QuotaCode"]): (q["QuotaName"], float(q["Value"]), q["Adjustable"]) for q in VPC_DEFAULT_QUOTAS
} | {
    ("kms", "L-C2F1777E"): ("Customer Master Keys (CMKs)", 100_000.0, True),
    ("kms", "L-2601EE20"): ("Aliases per CMK", 50.0, True),
    ("kms", "L-2AC98190"): ("Cryptographic operations (RSA) request rate", 1000.0, True),
}
Place = tuple[str, str]
# Account and Region → the values that are not AWS's, and the codes of which more is asked for.
_values: dict[Place, dict[str, float]] = {}
_pending: dict[Place, set[str]] = {}


@on_reset
def forget() -> None:
    """Everybody has what AWS gives everybody."""
    _values.clear()
    _pending.clear()


def _none() -> AwsError:
    message = "The request failed because the specified service or quota does not exist."
    return AwsError("NoSuchResourceException", message)


def _described(call: Call, service: str, code: str, default: bool = False) -> dict[str, Any]:
    name, value, adjustable = QUOTAS[service, code]
    account = "" if default else call.account
    applied = value if default else _values.get((call.account, call.region), {}).get(code, value)
    return {
        "ServiceCode": service,
        "ServiceName": NAMES[service],
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{account}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": applied,
        "Unit": "None",
        "Adjustable": adjustable,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


@correct("servicequotas", "ListServiceQuotas", "ListAWSDefaultServiceQuotas")
def list_quotas(call: Call, base: Base) -> Any:
    """Of one service in pages of at most a hundred; the account's values, or AWS's."""
    service, only = call.params["ServiceCode"], call.params.get("QuotaCode")
    if service not in NAMES:
        raise _none()
    if only and (service, only) not in QUOTAS:
        raise _none()
    codes = [code for of, code in QUOTAS if of == service and only in (None, code)]
    shown, token = page(call, codes, PAGE, bad_token="InvalidPaginationTokenException")
    default = call.operation != "ListServiceQuotas"
    return {"Quotas": [_described(call, service, code, default) for code in shown], "NextToken": token}


def _named(call: Call) -> tuple[str, str]:
    found = (call.params["ServiceCode"], call.params["QuotaCode"])
    if found not in QUOTAS:
        raise _none()
    return found


@correct("servicequotas", "GetServiceQuota")
def get(call: Call, base: Base) -> Any:
    """One of the account's values."""
    return {"Quota": _described(call, *_named(call))}


@correct("servicequotas", "RequestServiceQuotaIncrease")
def request(call: Call, base: Base) -> Any:
    """More of what can be raised; it is given after a time, and until then nothing else is asked for."""
    service, code = _named(call)
    quota, wanted = _described(call, service, code), call.params["DesiredValue"]
    place = (call.account, call.region)
    if not quota["Adjustable"]:
        raise AwsError("IllegalArgumentException", f"The quota {code} is not adjustable.")
    if wanted <= quota["Value"]:
        message = "You must provide a quota value greater than the current or default quota value."
        raise AwsError("IllegalArgumentException", message)
    if code in _pending.setdefault(place, set()):
        message = "Only one open service quota increase request is allowed per quota."
        raise AwsError("ResourceAlreadyExistsException", message)
    _pending[place].add(code)

    def give() -> None:
        _pending.get(place, set()).discard(code)
        _values.setdefault(place, {})[code] = wanted

    clock.after(settings.delay("quotaIncrease"), give)
    shown = ("ServiceCode", "ServiceName", "QuotaArn", "QuotaCode", "QuotaName", "GlobalQuota", "Unit")
    caller = {"accountId": call.account, "callerArn": call.principal}
    return {
        "RequestedQuota": {
            **{name: quota[name] for name in shown},
            "Id": secrets.token_hex(20),
            "DesiredValue": wanted,
            "Status": "PENDING",
            "Created": clock.utcnow(),
            "Requester": json.dumps(caller, separators=(",", ":")),
            "QuotaRequestedAtLevel": "ACCOUNT",
        }
    }


def change(account: str, region: str, service: str, code: str, value: float | None) -> dict[str, Any]:
    """What the side API makes of a value; none is AWS's again."""
    if (service, code) not in QUOTAS:
        raise ValueError(f"unknown: {service} {code}; known: {sorted(QUOTAS)}")
    mine = _values.setdefault((account, region), {})
    mine.pop(code, None)
    if value is not None:
        mine[code] = float(value)
    return mine
