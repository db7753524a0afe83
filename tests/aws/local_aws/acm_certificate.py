"""ACM's certificates: validated after a time, expired by the clock, in use, listed by their keys.

https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html
"""

from typing import Any

from moto.acm import models
from moto.acm.models import CertBundle, acm_backends
from moto.elbv2.models import elbv2_backends

from . import clock, settings
from .corrections import Base, correct
from .errors import AwsError
from .identify import Call
from .paging import page

models.utcnow = clock.utcnow
PAGE = 1000
SHOWN_NAMES = 100
# What a list has unless the call says of which keys.
KEY_TYPES = ("RSA_1024", "RSA_2048")
# What a certificate has only once it is issued.
ISSUED = ("NotAfter", "NotBefore", "Serial", "IssuedAt")


def _check(self: CertBundle) -> None:
    # moto's become valid after a minute, whatever the clock says.
    now = clock.utcnow()
    age = (now - self.created_at).total_seconds()
    if self._not_valid_after(self._cert) <= now:
        self.status = "EXPIRED"
    elif self.status == "PENDING_VALIDATION" and age >= settings.delay("certificate"):
        self.status = "ISSUED"


CertBundle.check = _check


def certificates(call: Call) -> dict[str, CertBundle]:
    """moto's certificates of the caller's account and region, by their ARNs."""
    return acm_backends[call.account][call.region]._certificates


def _find(call: Call) -> CertBundle:
    arn = call.params["CertificateArn"]
    if arn not in certificates(call):
        message = f"Could not find certificate {arn}"
        raise AwsError("ResourceNotFoundException", message)
    return certificates(call)[arn]


def users(call: Call, certificate: CertBundle) -> list[str]:
    """The load balancers whose listeners have it."""
    balancers = elbv2_backends[call.account][call.region].load_balancers.values()
    return [
        b.arn for b in balancers if any(certificate.arn in has.certificates for has in b.listeners.values())
    ]


def _algorithm(certificate: CertBundle) -> str:
    return str(certificate.describe()["Certificate"]["KeyAlgorithm"])


def described(call: Call, certificate: CertBundle) -> dict[str, Any]:
    """What it is; without dates and a number before it is issued."""
    certificate.check()
    found = certificate.describe()["Certificate"]
    number = f"{certificate._cert.serial_number:x}"
    number = number.zfill(len(number) + len(number) % 2)
    found["Serial"] = ":".join(number[at : at + 2] for at in range(0, len(number), 2))
    found["InUseBy"] = users(call, certificate)
    # Its model names algorithms with an underscore, and it answers them with a hyphen.
    found["KeyAlgorithm"] = found["KeyAlgorithm"].replace("_", "-", 1)
    found["KeyUsages"] = []
    eligible = certificate.type == "AMAZON_ISSUED" and certificate.status == "ISSUED" and found["InUseBy"]
    found["RenewalEligibility"] = "ELIGIBLE" if eligible else "INELIGIBLE"
    if certificate.status == "PENDING_VALIDATION":
        found = {name: value for name, value in found.items() if name not in ISSUED}
    return found


@correct("acm", "DescribeCertificate")
def describe(call: Call, base: Base) -> Any:
    """One that is there."""
    return {"Certificate": described(call, _find(call))}


@correct("acm", "ListCertificates")
def list_all(call: Call, base: Base) -> Any:
    """In pages, by state and by keys: of RSA's smaller ones unless the call says otherwise."""
    params, wanted = call.params, call.params.get("Includes") or {}
    types = wanted.get("keyTypes") or KEY_TYPES
    states, export = params.get("CertificateStatuses"), wanted.get("exportOption")
    found = []
    for certificate in certificates(call).values():
        certificate.check()
        of_state = not states or certificate.status in states
        exported = export in (None, certificate.cert_options["Export"])
        if of_state and exported and _algorithm(certificate) in types and certificate.common_name:
            found.append(certificate)
    shown, token = page(call, found, PAGE, "MaxItems", bad_token="ValidationException")
    return {"CertificateSummaryList": [_summary(call, c) for c in shown], "NextToken": token}


def _summary(call: Call, certificate: CertBundle) -> dict[str, Any]:
    found = described(call, certificate)
    names = found["SubjectAlternativeNames"]
    return {
        **{name: value for name, value in found.items() if name not in ("KeyUsages", "ExtendedKeyUsages")},
        "SubjectAlternativeNameSummaries": names[:SHOWN_NAMES],
        "HasAdditionalSubjectAlternativeNames": len(names) > SHOWN_NAMES,
        "InUse": bool(found["InUseBy"]),
        "Exported": False,
        "ExportOption": certificate.cert_options["Export"],
    }


@correct("acm", "DeleteCertificate")
def delete(call: Call, base: Base) -> Any:
    """Unless something uses it."""
    certificate = _find(call)
    if users(call, certificate):
        message = f"Certificate {certificate.arn} in account {call.account} is in use."
        raise AwsError("ResourceInUseException", message)
    return base()
