"""Private hosted zones and their VPCs, in one account and over accounts."""

import pytest
from conftest import HUB, OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused


@pytest.fixture
def dns(aws: LocalAws):
    return aws.client("route53")


@pytest.fixture
def place(vpc):
    return {"VPCRegion": TOKYO, "VPCId": vpc}


@pytest.fixture
def make_zone(dns, place):
    def make(name="city.internal", reference="one", client=dns, **more):
        wanted = {"Name": name, "CallerReference": reference, "VPC": place, **more}
        return client.create_hosted_zone(**{k: v for k, v in wanted.items() if v is not None})

    return make


def short(made) -> str:
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/")


@pytest.fixture
def zone(make_zone) -> str:
    return short(make_zone())


@pytest.fixture
def second(ec2):
    made = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    return {"VPCRegion": TOKYO, "VPCId": made}


def zones(client, place, **more):
    found = client.list_hosted_zones_by_vpc(VPCId=place["VPCId"], VPCRegion=place["VPCRegion"], **more)
    return [s["HostedZoneId"] for s in found["HostedZoneSummaries"]]


def test_a_zone_with_a_vpc_is_private(dns, place, make_zone):
    made = make_zone("City.Internal", HostedZoneConfig={"Comment": "ours", "PrivateZone": True})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["HostedZone"]["Name"] == "city.internal."
    assert made["HostedZone"]["Config"] == {"Comment": "ours", "PrivateZone": True}
    assert (made["VPC"], made["ChangeInfo"]["Status"]) == (place, "PENDING")
    found = dns.get_hosted_zone(Id=short(made))
    assert (found["VPCs"], found["HostedZone"]["Config"]["PrivateZone"]) == ([place], True)
    (listed,) = dns.list_hosted_zones_by_vpc(VPCId=place["VPCId"], VPCRegion=TOKYO)["HostedZoneSummaries"]
    assert listed == {
        "HostedZoneId": short(made),
        "Name": "city.internal.",
        "Owner": {"OwningAccount": HUB},
    }
    assert short(make_zone("other.internal", "two")) in zones(dns, place)


def test_zones_that_aws_refuses(aws: LocalAws, dns, place, make_zone, zone):
    error = refused("HostedZoneAlreadyExists", make_zone, name="new.internal")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    refused("ConflictingDomainExists", make_zone, reference="two")
    refused("InvalidDomainName", make_zone, name="a..b", reference="two")
    for vpc in (
        {"VPCRegion": TOKYO, "VPCId": "vpc-00000000000000000"},
        {"VPCRegion": OSAKA, "VPCId": place["VPCId"]},
        {"VPCId": place["VPCId"]},
    ):
        refused("InvalidVPCId", make_zone, name="b.internal", reference="two", VPC=vpc)
    refused("InvalidVPCId", make_zone, name="b.internal", client=aws.client("route53", TENANT))
    wrong = {"VPCRegion": "nowhere", "VPCId": place["VPCId"]}
    refused("InvalidInput", make_zone, name="b.internal", reference="two", VPC=wrong)
    assert len(dns.list_hosted_zones()["HostedZones"]) == 1


def test_vpcs_come_and_go(dns, place, second, zone):
    names = {"HostedZoneId": zone}
    answer = dns.associate_vpc_with_hosted_zone(**names, VPC=second, Comment="more")["ChangeInfo"]
    assert (answer["Status"], answer["Comment"]) == ("PENDING", "more")
    assert dns.get_hosted_zone(Id=zone)["VPCs"] == [place, second]
    dns.associate_vpc_with_hosted_zone(**names, VPC=second)
    assert dns.get_hosted_zone(Id=zone)["VPCs"] == [place, second]
    assert zones(dns, second) == [zone]
    dns.disassociate_vpc_from_hosted_zone(**names, VPC=place)
    assert dns.get_hosted_zone(Id=zone)["VPCs"] == [second]
    assert zones(dns, place) == []
    error = refused("VPCAssociationNotFound", dns.disassociate_vpc_from_hosted_zone, **names, VPC=place)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    error = refused("LastVPCAssociation", dns.disassociate_vpc_from_hosted_zone, **names, VPC=second)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_associations_that_aws_refuses(dns, place, second, make_zone, zone):
    public = short(make_zone("public.example", "public", VPC=None))
    assert dns.get_hosted_zone(Id=public)["DelegationSet"]["NameServers"]
    refused("PublicZoneVPCAssociation", dns.associate_vpc_with_hosted_zone, HostedZoneId=public, VPC=place)
    for call in (dns.associate_vpc_with_hosted_zone, dns.disassociate_vpc_from_hosted_zone):
        error = refused("NoSuchHostedZone", call, HostedZoneId="Z0NONE", VPC=place)
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    unknown = {"VPCRegion": TOKYO, "VPCId": "vpc-00000000000000000"}
    refused("InvalidVPCId", dns.associate_vpc_with_hosted_zone, HostedZoneId=zone, VPC=unknown)
    same = short(make_zone(reference="same", VPC=second))
    refused("ConflictingDomainExists", dns.associate_vpc_with_hosted_zone, HostedZoneId=same, VPC=place)
    refused("ConflictingDomainExists", dns.associate_vpc_with_hosted_zone, HostedZoneId=zone, VPC=second)


def test_a_vpc_of_another_account_needs_an_authorization(aws: LocalAws, dns, place, zone):
    other = aws.client("route53", TENANT)
    made = aws.client("ec2", TENANT).create_vpc(CidrBlock="10.80.0.0/16")["Vpc"]["VpcId"]
    foreign = {"HostedZoneId": zone, "VPC": {"VPCRegion": TOKYO, "VPCId": made}}
    for client in (dns, other):
        error = refused("NotAuthorizedException", client.associate_vpc_with_hosted_zone, **foreign)
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 401
    answer = dns.create_vpc_association_authorization(**foreign)
    assert (answer["HostedZoneId"], answer["VPC"]) == (zone, foreign["VPC"])
    assert dns.list_vpc_association_authorizations(HostedZoneId=zone)["VPCs"] == [foreign["VPC"]]
    refused("NotAuthorizedException", dns.associate_vpc_with_hosted_zone, **foreign)
    other.associate_vpc_with_hosted_zone(**foreign)
    dns.delete_vpc_association_authorization(**foreign)
    error = refused(
        "VPCAssociationAuthorizationNotFound", dns.delete_vpc_association_authorization, **foreign
    )
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    (seen,) = other.list_hosted_zones_by_vpc(VPCId=made, VPCRegion=TOKYO)["HostedZoneSummaries"]
    assert (seen["HostedZoneId"], seen["Owner"]) == (zone, {"OwningAccount": HUB})
    refused("NoSuchHostedZone", other.get_hosted_zone, Id=zone)
    refused("NoSuchHostedZone", other.create_vpc_association_authorization, **foreign)
    refused("NoSuchHostedZone", aws.client("route53", OTHER).disassociate_vpc_from_hosted_zone, **foreign)
    other.disassociate_vpc_from_hosted_zone(**foreign)
    assert dns.get_hosted_zone(Id=zone)["VPCs"] == [place]


def test_zones_of_a_vpc_come_in_pages(aws: LocalAws, dns, place, make_zone):
    made = [short(make_zone(f"z{n}.internal", str(n))) for n in range(3)]
    first = dns.list_hosted_zones_by_vpc(VPCId=place["VPCId"], VPCRegion=TOKYO, MaxItems="2")
    assert (first["MaxItems"], len(first["HostedZoneSummaries"])) == ("2", 2)
    rest = dns.list_hosted_zones_by_vpc(VPCId=place["VPCId"], VPCRegion=TOKYO, NextToken=first["NextToken"])
    assert (rest["MaxItems"], "NextToken" in rest) == ("100", False)
    both = first["HostedZoneSummaries"] + rest["HostedZoneSummaries"]
    assert [s["HostedZoneId"] for s in both] == made
    refused("InvalidPaginationToken", zones, client=dns, place=place, NextToken="x")
    for size in ("0", "101", "many"):
        refused("InvalidInput", zones, client=dns, place=place, MaxItems=size)
    assert zones(dns, {**place, "VPCRegion": OSAKA}) == []
    aws.settings(lag=30)
    make_zone("late.internal", "late")
    assert zones(dns, place) == made
    aws.settings(now=31)
    assert len(zones(dns, place)) == 4


def test_calls_are_counted_in_one_region(aws: LocalAws, dns, place, zone):
    aws.side("POST", "calls/reset")
    aws.client("route53", TENANT, OSAKA).list_hosted_zones_by_vpc(VPCId=place["VPCId"], VPCRegion=TOKYO)
    dns.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=place)
    counts = {
        (c["account"], c["region"], c["service"], c["operation"], c["kind"], c["outcome"])
        for c in aws.side("GET", "calls")
    }
    assert counts == {
        (TENANT, "us-east-1", "route53", "ListHostedZonesByVPC", "read", "ok"),
        (HUB, "us-east-1", "route53", "AssociateVPCWithHostedZone", "write", "ok"),
    }
