"""ACM and the load balancers that use its certificates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

READS = ("acm:ListCertificates", "acm:DescribeCertificate")
BALANCERS = ("elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeListeners")
DAY = 86_400


@pytest.fixture
def acm(aws: LocalAws) -> Any:
    return aws.client("acm", TENANT)


def imported(acm: Any, domain: str, days: int = 30, key: Any = None, more: tuple[str, ...] = ()) -> str:
    """A certificate of another authority that ends in so many days."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name(domain))
        .issuer_name(name("Town CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(d) for d in (domain, *more)]), False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, form, serialization.NoEncryption())
    return acm.import_certificate(Certificate=made.public_bytes(pem), PrivateKey=private)["CertificateArn"]


def described(acm: Any, arn: str) -> dict[str, Any]:
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]


def listed(acm: Any, **wanted: Any) -> list[str]:
    pages = acm.get_paginator("list_certificates").paginate(**wanted)
    return [c["CertificateArn"] for page in pages for c in page["CertificateSummaryList"]]


def test_an_imported_certificate_says_when_it_ends(aws: LocalAws, acm, session):
    arn = imported(acm, "www.example.jp", more=("example.jp",))
    reader = session("acm", *READS)
    found = described(reader, arn)
    assert (found["DomainName"], found["Issuer"], found["Status"]) == ("www.example.jp", "Town CA", "ISSUED")
    assert (found["Type"], found["InUseBy"]) == ("IMPORTED", [])
    assert found["SubjectAlternativeNames"] == ["www.example.jp", "example.jp"]
    assert 29 <= (found["NotAfter"] - datetime.now(UTC)).days <= 30
    (summary,) = reader.list_certificates()["CertificateSummaryList"]
    assert (summary["NotAfter"], summary["InUse"]) == (found["NotAfter"], False)
    assert summary["SubjectAlternativeNameSummaries"] == ["www.example.jp", "example.jp"]
    for where in ({"account": OTHER}, {"region": OSAKA}):
        other = session("acm", *READS, **where)
        assert listed(other) == []
        refused("ResourceNotFoundException", described, acm=other, arn=arn)
    refused("AccessDeniedException", session("acm", READS[0]).describe_certificate, CertificateArn=arn)
    refused("AccessDeniedException", listed, acm=session("acm", READS[1]))
    aws.settings(now=31 * DAY)
    assert described(acm, arn)["Status"] == "EXPIRED"
    assert listed(acm, CertificateStatuses=["EXPIRED"]) == [arn]
    assert listed(acm, CertificateStatuses=["ISSUED"]) == []


def test_a_requested_one_has_no_end_before_it_is_issued(aws: LocalAws, acm):
    aws.settings(delay={"certificate": 600})
    wanted = {"DomainName": "www.example.jp", "ValidationMethod": "DNS"}
    arn = acm.request_certificate(**wanted)["CertificateArn"]
    pending = described(acm, arn)
    assert (pending["Status"], pending["Type"]) == ("PENDING_VALIDATION", "AMAZON_ISSUED")
    assert not {"NotAfter", "NotBefore", "Serial", "IssuedAt"} & set(pending)
    assert pending["DomainValidationOptions"][0]["ValidationStatus"] == "PENDING_VALIDATION"
    aws.settings(now=601)
    issued = described(acm, arn)
    assert (issued["Status"], issued["Issuer"], "NotAfter" in issued) == ("ISSUED", "Amazon", True)


def test_lists_leave_out_other_keys_unless_they_are_asked_for(acm):
    small = imported(acm, "small.example.jp")
    big = imported(acm, "big.example.jp", key=rsa.generate_private_key(public_exponent=65537, key_size=3072))
    curve = imported(acm, "curve.example.jp", key=ec.generate_private_key(ec.SECP256R1()))
    assert listed(acm) == [small]
    everything = {"keyTypes": ["RSA_2048", "RSA_3072", "EC_prime256v1"]}
    assert listed(acm, Includes=everything) == [small, big, curve]
    pages = acm.get_paginator("list_certificates").paginate(
        Includes=everything, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["CertificateSummaryList"]) for page in pages] == [2, 1]


@pytest.fixture
def balancer(aws: LocalAws) -> dict[str, Any]:
    """A load balancer of the internet with a target group."""
    ec2, elb = aws.client("ec2", TENANT), aws.client("elbv2", TENANT)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=f"{TOKYO}{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("ac")
    ]
    made = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]
    group = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
    target = elb.create_target_group(**group)["TargetGroups"][0]["TargetGroupArn"]
    actions = [{"Type": "forward", "TargetGroupArn": target}]
    return {"elb": elb, "arn": made["LoadBalancerArn"], "vpc": vpc, "subnets": subnets, "actions": actions}


def listen(balancer: dict[str, Any], port: int, protocol: str, **more: Any) -> Any:
    whole = {"LoadBalancerArn": balancer["arn"], "DefaultActions": balancer["actions"]}
    return balancer["elb"].create_listener(**whole, Port=port, Protocol=protocol, **more)["Listeners"][0]


def test_a_load_balancer_says_where_it_is(aws: LocalAws, balancer, session):
    aws.settings(delay={"loadBalancer": 60})
    inside = {"Name": "inside", "Subnets": balancer["subnets"], "Scheme": "internal"}
    balancer["elb"].create_load_balancer(**inside)
    reader = session("elbv2", *BALANCERS)
    front, inner = reader.describe_load_balancers()["LoadBalancers"]
    assert (front["Scheme"], front["VpcId"], front["Type"]) == (
        "internet-facing",
        balancer["vpc"],
        "application",
    )
    assert (inner["Scheme"], inner["State"]["Code"]) == ("internal", "provisioning")
    aws.settings(now=61)
    assert reader.describe_load_balancers(Names=["inside"])["LoadBalancers"][0]["State"]["Code"] == "active"
    pages = reader.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 1})
    assert [[b["LoadBalancerName"] for b in page["LoadBalancers"]] for page in pages] == [
        ["front"],
        ["inside"],
    ]
    refused("LoadBalancerNotFound", reader.describe_load_balancers, Names=["none"])
    for where in ({"account": OTHER}, {"region": OSAKA}):
        assert session("elbv2", *BALANCERS, **where).describe_load_balancers()["LoadBalancers"] == []
    error = refused("AccessDenied", session("elbv2", BALANCERS[1]).describe_load_balancers)
    assert "is not authorized to perform: elasticloadbalancing:DescribeLoadBalancers on" in str(error)


def test_a_listener_says_how_it_is_encrypted(aws: LocalAws, acm, balancer, session):
    certificate = [{"CertificateArn": imported(acm, "www.example.jp")}]
    listen(balancer, 80, "HTTP")
    listen(balancer, 443, "HTTPS", Certificates=certificate)
    policy = {"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
    listen(balancer, 8443, "HTTPS", Certificates=certificate, **policy)
    reader = session("elbv2", *BALANCERS)
    found = reader.describe_listeners(LoadBalancerArn=balancer["arn"])["Listeners"]
    assert [(one["Port"], one["Protocol"], one.get("SslPolicy")) for one in found] == [
        (80, "HTTP", None),
        (443, "HTTPS", "ELBSecurityPolicy-2016-08"),
        (8443, "HTTPS", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
    ]
    assert found[1]["Certificates"] == certificate
    whole = {"LoadBalancerArn": balancer["arn"], "PaginationConfig": {"PageSize": 2}}
    pages = reader.get_paginator("describe_listeners").paginate(**whole)
    assert [len(page["Listeners"]) for page in pages] == [2, 1]
    assert described(acm, certificate[0]["CertificateArn"])["InUseBy"] == [balancer["arn"]]
    assert acm.list_certificates()["CertificateSummaryList"][0]["InUse"]
    refused("ResourceInUseException", acm.delete_certificate, **certificate[0])
    refused("DuplicateListener", listen, balancer=balancer, port=80, protocol="HTTP")
    refused("ValidationError", listen, balancer=balancer, port=444, protocol="HTTPS")
    refused("ValidationError", reader.describe_listeners)
    bad = {"Certificates": certificate, "SslPolicy": "none"}
    refused("SSLPolicyNotFound", listen, balancer=balancer, port=444, protocol="HTTPS", **bad)
    refused("LoadBalancerNotFound", reader.describe_listeners, LoadBalancerArn=f"{balancer['arn']}x")
    only = session("elbv2", BALANCERS[0])
    refused("AccessDenied", only.describe_listeners, LoadBalancerArn=balancer["arn"])
