"""Security Hub: on or off in a Region; what is off answers nothing but that.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DisableSecurityHub.html
"""

from typing import Any

from moto.securityhub.models import securityhub_backends

from . import clock
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call


@correct("securityhub", "EnableSecurityHub")
def enable(call: Call, base: Base) -> Any:
    """Once."""
    home = securityhub_backends[call.account][call.region]
    if home.enabled:
        raise AwsError("ResourceConflictException", "Account is already subscribed to Security Hub", 409)
    answered = base()
    now = clock.utcnow()
    home.enabled_at = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
    vars(home)["local_aws"] = {"ControlFindingGenerator": call.params.get("ControlFindingGenerator")}
    return answered


@correct("securityhub", "DisableSecurityHub")
def disable(call: Call, base: Base) -> Any:
    """Only where it is on."""
    _check(call)
    return base()


@correct("securityhub", "DescribeHub")
def describe(call: Call, base: Base) -> Any:
    """The account's only hub."""
    _check(call)
    home = securityhub_backends[call.account][call.region]
    arn = f"arn:aws:securityhub:{call.region}:{call.account}:hub/default"
    if call.params.get("HubArn") not in (None, arn):
        message = f"The hub {call.params['HubArn']} does not exist"
        raise AwsError("ResourceNotFoundException", message, 404)
    generator = vars(home).get("local_aws", {}).get("ControlFindingGenerator") or "SECURITY_CONTROL"
    return {
        "HubArn": arn,
        "SubscribedAt": home.enabled_at,
        "AutoEnableControls": True,
        "ControlFindingGenerator": generator,
    }


def _check(call: Call) -> None:
    if not securityhub_backends[call.account][call.region].enabled:
        message = f"Account {call.account} is not subscribed to AWS Security Hub"
        raise AwsError("InvalidAccessException", message, 401)
