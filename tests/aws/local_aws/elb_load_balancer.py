"""Load balancers of the second generation: their scheme and states, and listeners with and without TLS.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html
"""

from typing import Any

from moto.acm.models import acm_backends
from moto.elbv2 import models
from moto.elbv2.models import FakeListener, FakeLoadBalancer, elbv2_backends
from moto.elbv2.ssl_policies import SSL_POLICIES

from . import clock, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page

PAGE = 400
SECURE = ("HTTPS", "TLS")
DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"

# moto's are active as soon as somebody has looked once.
FakeLoadBalancer.activate = lambda self: None
models.iso_8601_datetime_with_milliseconds = lambda: clock.utcnow().isoformat(timespec="milliseconds") + "Z"


def backend(call: Call) -> Any:
    """moto's load balancers of the caller's account and region."""
    return elbv2_backends[call.account][call.region]


def invalid(message: str) -> AwsError:
    """The refusal of a value."""
    return AwsError("ValidationError", message)


@correct("elasticloadbalancing", "CreateLoadBalancer")
def create(call: Call, base: Base) -> Any:
    """Provisioning first; of the internet, unless the call says otherwise."""
    params = call.params
    kind = params.get("Type") or "application"
    subnets = params.get("Subnets") or [m["SubnetId"] for m in params.get("SubnetMappings") or []]
    if kind == "application" and len(subnets) < 2:
        raise invalid("At least two subnets in two different Availability Zones must be specified")
    result = base()
    (made,) = result["LoadBalancers"]
    made.scheme = None if kind == "gateway" else params.get("Scheme") or "internet-facing"
    if kind == "application" and not made.security_groups:
        made.security_groups = [backend(call).ec2_backend.get_default_security_group(made.vpc_id).id]

    def finish() -> None:
        made.state = "active"

    clock.after(settings.delay("loadBalancer"), finish)
    return result


@correct("elasticloadbalancing", "DescribeLoadBalancers")
def describe(call: Call, base: Base) -> Any:
    """All in pages, or those of names or ARNs, each of which must be there."""
    arns, names = call.params.get("LoadBalancerArns") or [], call.params.get("Names") or []
    if arns and names:
        raise invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
    found = list(backend(call).load_balancers.values())
    if arns or names:
        known = {b.arn: b for b in found} | {b.name: b for b in found}
        if missing := [one for one in [*arns, *names] if one not in known]:
            raise AwsError("LoadBalancerNotFound", f"Load balancers '{missing}' not found")
        found = [known[one] for one in [*arns, *names]]
    shown, marker = _paged(call, found)
    return {"LoadBalancers": shown, "NextMarker": marker}


def _paged(call: Call, found: list[Any]) -> tuple[Any, str | None]:
    if not 1 <= (call.params.get("PageSize") or PAGE) <= PAGE:
        raise invalid(f"Page size must be between 1 and {PAGE}")
    return page(call, found, PAGE, "PageSize", "Marker", "ValidationError")


@correct("elasticloadbalancing", "CreateListener")
def create_listener(call: Call, base: Base) -> Any:
    """One of a port; with a certificate and a policy where there is TLS, and only there."""
    params = call.params
    balancer = backend(call).load_balancers.get(params["LoadBalancerArn"])
    if balancer is None:
        raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
    if params.get("Port") in [has.port for has in balancer.listeners.values()]:
        raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
    _check_security(call)
    result = base()
    for made in result["Listeners"]:
        _settle(made)
    return result


@correct("elasticloadbalancing", "ModifyListener")
def modify_listener(call: Call, base: Base) -> Any:
    """As at the creation."""
    if call.params.get("SslPolicy"):
        _check_policy(call.params["SslPolicy"])
    result = base()
    for changed in result["Listeners"]:
        _settle(changed)
    return result


def _check_security(call: Call) -> None:
    params, arns = call.params, [c["CertificateArn"] for c in call.params.get("Certificates") or []]
    if params.get("Protocol") not in SECURE:
        if arns or params.get("SslPolicy"):
            raise invalid(f"Certificates and policies are not for {params.get('Protocol')} listeners")
        return
    if not arns:
        raise invalid(f"A certificate must be specified for {params['Protocol']} listeners")
    _check_policy(params.get("SslPolicy") or DEFAULT_POLICY)
    known = acm_backends[call.account][call.region]._certificates
    for arn in arns:
        if ":acm:" in arn and arn not in known:
            raise AwsError("CertificateNotFound", f"Certificate '{arn}' not found")


def _check_policy(name: str) -> None:
    if name not in SSL_POLICIES:
        raise AwsError("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def _settle(listener: FakeListener) -> None:
    # moto's have a policy even without TLS.
    listener.ssl_policy = (listener.ssl_policy or DEFAULT_POLICY) if listener.protocol in SECURE else None


@correct("elasticloadbalancing", "DescribeListeners")
def describe_listeners(call: Call, base: Base) -> Any:
    """Of a load balancer in pages, or those of ARNs."""
    balancer, arns = call.params.get("LoadBalancerArn"), call.params.get("ListenerArns") or []
    if bool(balancer) == bool(arns):
        raise invalid("You must specify either listener ARNs or a load balancer ARN")
    shown, marker = _paged(call, base()["Listeners"])
    return {"Listeners": shown, "NextMarker": marker}
