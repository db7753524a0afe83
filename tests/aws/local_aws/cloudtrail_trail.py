"""CloudTrail's trails: seen in every Region where they record, changed in their own, an organization's too.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
"""

from typing import Any

from moto.cloudtrail import models
from moto.cloudtrail.models import Trail, cloudtrail_backends

from . import clock, kms_key, s3, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call

MOST = 5
EVERYTHING = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


def _check_bucket(self: Trail) -> None:
    # moto knows of the account's own buckets only; a trail may write into any that lets it.
    if s3.find(self.bucket_name) is None:
        raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {self.bucket_name} does not exist!")


models.utcnow = clock.utcnow
Trail.check_bucket_exists = _check_bucket


def described(trail: Trail) -> dict[str, Any]:
    """What it is, with nothing that it has not."""
    found = trail.description(include_region=True)
    custom = bool(trail.event_selectors or trail.advanced_event_selectors)
    found |= {"HasCustomEventSelectors": custom, "HasInsightSelectors": bool(trail.insight_selectors)}
    return {name: value for name, value in found.items() if value is not None}


def visible(call: Call) -> list[Trail]:
    """The account's trails and its organization's that record in the call's Region, those made here first."""
    organization = settings.get("organization")
    owners = [call.account, *(organization[:1] if call.account in organization[1:] else [])]
    found = [
        trail
        for account in owners
        for home in cloudtrail_backends[account].values()
        for trail in home.trails.values()
        if (account == call.account or trail.is_org_trail)
        and (trail.is_multi_region or trail.region_name == call.region)
    ]
    return sorted(found, key=lambda trail: trail.region_name != call.region)


def _own(trail: Trail, call: Call) -> bool:
    return (trail.account_id, trail.region_name) == (call.account, call.region)


def find(call: Call, name: str) -> Trail:
    """The trail of an ARN; or of a name, if it was made in this account and Region."""
    for trail in visible(call):
        if trail.arn == name or (trail.trail_name == name and _own(trail, call)):
            return trail
    home = f"arn:aws:cloudtrail:{call.region}:{call.account}:trail/"
    arn = name if name.startswith("arn:") else home + name
    raise AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {call.account}")


@correct("cloudtrail", "CreateTrail")
def create(call: Call, base: Base) -> Any:
    """A new one, of at most five, which the management account alone makes for its organization."""
    params, name = call.params, call.params["Name"]
    if any(trail.trail_name == name for trail in visible(call) if _own(trail, call)):
        message = f"Trail {name} already exists for customer: {call.account}"
        raise AwsError("TrailAlreadyExistsException", message)
    if len(visible(call)) >= MOST:
        message = f"User: {call.account} already has {MOST} trails in {call.region}."
        raise AwsError("MaximumNumberOfTrailsExceededException", message)
    _check_organization(call)
    key = _key(call)
    answered = base()
    if answered[0] >= 400:
        return answered
    made = cloudtrail_backends[call.account][call.region].trails[name]
    made.kms_key_id = key
    return {**params, **described(made)}


@correct("cloudtrail", "UpdateTrail")
def update(call: Call, base: Base) -> Any:
    """With what the call names."""
    _check_organization(call)
    trail, key = _changeable(call, call.params["Name"]), _key(call)
    answered = base()
    if answered[0] >= 400:
        return answered
    trail.kms_key_id = key or (None if call.params.get("KmsKeyId") == "" else trail.kms_key_id)
    return described(trail)


def _check_organization(call: Call) -> None:
    if not call.params.get("IsOrganizationTrail"):
        return
    organization = settings.get("organization")
    if call.account not in organization:
        message = "The account is not a member of an organization."
        raise AwsError("OrganizationsNotInUseException", message)
    if call.account != organization[0]:
        message = "The account is not the management account of the organization."
        raise AwsError("NotOrganizationMasterAccountException", message)


def _key(call: Call) -> str | None:
    wanted = call.params.get("KmsKeyId")
    if not wanted:
        return None
    try:
        key = kms_key.find(call, wanted)
    except AwsError as error:
        raise AwsError("KmsKeyNotFoundException", error.message) from None
    if key.key_state != "Enabled":
        raise AwsError("KmsException", f"The key {key.arn} is not enabled")
    return key.arn


@correct("cloudtrail", "DescribeTrails")
def describe(call: Call, base: Base) -> Any:
    """Those of other Regions too, if not refused, and by ARN; a name that nothing has is left out."""
    shadows = call.params.get("includeShadowTrails", True)
    names = call.params.get("trailNameList") or []
    found = [trail for trail in visible(call) if shadows or _own(trail, call)]
    if names:
        found = [t for t in found if t.arn in names or (t.trail_name in names and _own(t, call))]
    return {"trailList": [described(trail) for trail in found]}


@correct("cloudtrail", "GetTrail")
def get(call: Call, base: Base) -> Any:
    """One, by ARN if it is from elsewhere."""
    return {"Trail": described(find(call, call.params["Name"]))}


@correct("cloudtrail", "GetTrailStatus")
def get_status(call: Call, base: Base) -> Any:
    """Whether it records, and why nothing is delivered where the bucket has gone."""
    trail = find(call, call.params["Name"])
    status = trail.status.description()
    times = {"StartLoggingTime": trail.status.started, "StopLoggingTime": trail.status.stopped}
    if trail.status.is_logging and s3.find(trail.bucket_name) is None:
        status["LatestDeliveryError"] = "NoSuchBucket"
    delivered = {"LatestDeliveryTime": clock.utcnow()} if trail.status.is_logging else {}
    if delivered and trail.log_validation:
        delivered["LatestDigestDeliveryTime"] = clock.utcnow()
    return {**status, **delivered, **{name: time for name, time in times.items() if time}}


@correct("cloudtrail", "StartLogging", "StopLogging", "PutEventSelectors", "PutInsightSelectors")
def change(call: Call, base: Base) -> Any:
    """Only where it was made."""
    _changeable(call, call.params.get("Name") or call.params.get("TrailName") or "")
    return base()


@correct("cloudtrail", "DeleteTrail")
def delete(call: Call, base: Base) -> Any:
    """By name or ARN."""
    trail = _changeable(call, call.params["Name"])
    del cloudtrail_backends[call.account][call.region].trails[trail.trail_name]
    return {}


@correct("cloudtrail", "GetEventSelectors")
def get_selectors(call: Call, base: Base) -> Any:
    """All management events, until others are chosen."""
    trail = find(call, call.params["TrailName"])
    if trail.advanced_event_selectors and not trail.event_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or [EVERYTHING]}


def _changeable(call: Call, name: str) -> Trail:
    trail = find(call, name)
    if trail.account_id != call.account:
        message = f"The trail {trail.arn} is the organization's, and is changed by its management account."
        raise AwsError("NotOrganizationMasterAccountException", message)
    if trail.region_name != call.region:
        message = f"Trail {trail.arn} is changed in its home Region: {trail.region_name}"
        raise AwsError("InvalidHomeRegionException", message)
    return trail
