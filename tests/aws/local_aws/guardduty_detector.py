"""GuardDuty's detectors: one of a Region, on or suspended, with what it looks at.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListDetectors.html
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-feature-object-api-changes-march2023.html
"""

from typing import Any

from moto.guardduty.models import Detector, guardduty_backends

from . import clock
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page

# What every detector looks at as long as it is on.
BASIC = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
# What is on unless the call says otherwise, and what is off.
BY_DEFAULT = {
    "S3_DATA_EVENTS": "ENABLED",
    "EKS_AUDIT_LOGS": "ENABLED",
    "EBS_MALWARE_PROTECTION": "ENABLED",
    "RDS_LOGIN_EVENTS": "ENABLED",
    "EKS_RUNTIME_MONITORING": "DISABLED",
    "LAMBDA_NETWORK_LOGS": "ENABLED",
    "RUNTIME_MONITORING": "DISABLED",
}


def bad(why: str) -> AwsError:
    """The refusal of a request."""
    return AwsError("BadRequestException", f"The request is rejected because {why}")


def detectors(call: Call) -> dict[str, Detector]:
    """moto's detectors of the caller's account and region."""
    return guardduty_backends[call.account][call.region].detectors


def _find(call: Call) -> Detector:
    found = detectors(call).get(call.params["DetectorId"])
    if found is None:
        raise bad("the input detectorId is not owned by the current account.")
    return found


@correct("guardduty", "CreateDetector")
def create(call: Call, base: Base) -> Any:
    """The Region's only one."""
    if detectors(call):
        raise bad("a detector already exists for the current account.")
    answered = base()
    for made in detectors(call).values():
        made.created_at = made.updated_at = clock.utcnow()
        made.features = []
        _take(made, call.params)
    return answered


@correct("guardduty", "UpdateDetector")
def update(call: Call, base: Base) -> Any:
    """What the call does not name stays as it is."""
    found = _find(call)
    if call.params.get("Enable") is not None:
        found.enabled = call.params["Enable"]
    found.finding_publish_freq = call.params.get("FindingPublishingFrequency") or found.finding_publish_freq
    found.updated_at = clock.utcnow()
    _take(found, call.params)
    return {}


def _take(detector: Detector, params: dict[str, Any]) -> None:
    wanted = {f["Name"]: f for f in params.get("Features") or []}
    before = {f["Name"]: f for f in detector.features}
    new = {name: {**f, "UpdatedAt": clock.utcnow()} for name, f in wanted.items()}
    detector.features = list((before | new).values())


@correct("guardduty", "GetDetector")
def get(call: Call, base: Base) -> Any:
    """Its state, and every feature's."""
    found = _find(call)
    on = "ENABLED" if found.enabled else "DISABLED"
    told = {f["Name"]: f for f in found.features}
    features = [{"Name": name, "Status": on, "UpdatedAt": found.created_at} for name in BASIC]
    for name, status in BY_DEFAULT.items():
        features.append({"Name": name, "Status": status, "UpdatedAt": found.created_at, **told.get(name, {})})
    status = {f["Name"]: {"Status": f["Status"]} for f in features}
    sources = {
        "CloudTrail": status["CLOUD_TRAIL"],
        "DNSLogs": status["DNS_LOGS"],
        "FlowLogs": status["FLOW_LOGS"],
        "S3Logs": status["S3_DATA_EVENTS"],
        "Kubernetes": {"AuditLogs": status["EKS_AUDIT_LOGS"]},
    }
    return {
        "CreatedAt": _iso(found.created_at),
        "UpdatedAt": _iso(found.updated_at),
        "FindingPublishingFrequency": found.finding_publish_freq,
        "ServiceRole": found.service_role,
        "Status": on,
        "DataSources": sources,
        "Features": features,
        "Tags": found.tags,
    }


def _iso(time: Any) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"


@correct("guardduty", "ListDetectors")
def list_all(call: Call, base: Base) -> Any:
    """In pages of at most fifty, which one detector never fills."""
    shown, token = page(call, list(detectors(call)), 50, bad_token="BadRequestException")
    return {"DetectorIds": shown, "NextToken": token or ""}


@correct("guardduty", "DeleteDetector")
def delete(call: Call, base: Base) -> Any:
    """One that is there."""
    detectors(call).pop(_find(call).id)
    return {}
