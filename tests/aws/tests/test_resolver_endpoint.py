"""Resolver endpoints: addresses and interfaces, protocols, states, lists, tags."""

import urllib.error

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused, soon

INVALID, GONE, EXISTS = "InvalidRequestException", "ResourceNotFoundException", "ResourceExistsException"
BAD, OVER = "InvalidParameterException", "LimitExceededException"
TAGS = [{"Key": "owner", "Value": "city"}]


@pytest.fixture
def resolver(aws: LocalAws):
    return aws.client("route53resolver")


@pytest.fixture
def group(ec2, vpc) -> str:
    return ec2.create_security_group(GroupName="dns", Description="dns", VpcId=vpc)["GroupId"]


@pytest.fixture
def wanted(subnets, group):
    return {
        "CreatorRequestId": "one",
        "Name": "from-outside",
        "Direction": "INBOUND",
        "SecurityGroupIds": [group],
        "IpAddresses": [{"SubnetId": subnets[0], "Ip": "10.20.0.10"}, {"SubnetId": subnets[1]}],
        "Tags": TAGS,
    }


@pytest.fixture
def made(resolver, wanted) -> str:
    return resolver.create_resolver_endpoint(**wanted)["ResolverEndpoint"]["Id"]


def seen(resolver, made):
    return resolver.get_resolver_endpoint(ResolverEndpointId=made)["ResolverEndpoint"]


def status(resolver, made):
    return seen(resolver, made)["Status"]


def addresses(resolver, made):
    return resolver.list_resolver_endpoint_ip_addresses(ResolverEndpointId=made)["IpAddresses"]


def by_address(resolver, made):
    return {a["Ip"]: a["Status"] for a in addresses(resolver, made)}


def test_an_endpoint_is_creating_then_operational(aws: LocalAws, resolver, vpc, group, wanted):
    aws.settings(delay={"resolverEndpoint": 0.2})
    first = resolver.create_resolver_endpoint(**wanted)["ResolverEndpoint"]
    made = first["Id"]
    assert made.startswith("rslvr-in-")
    assert first["Arn"] == f"arn:aws:route53resolver:{TOKYO}:{HUB}:resolver-endpoint/{made}"
    assert (first["Status"], first["IpAddressCount"], first["HostVPCId"]) == ("CREATING", 2, vpc)
    assert (first["Protocols"], first["ResolverEndpointType"]) == (["Do53"], "IPV4")
    assert (first["Name"], first["Direction"], first["SecurityGroupIds"]) == (
        "from-outside",
        "INBOUND",
        [group],
    )
    assert set(by_address(resolver, made).values()) == {"CREATING"}
    soon(lambda: status(resolver, made) == "OPERATIONAL")
    assert by_address(resolver, made) == {"10.20.0.10": "ATTACHED", "10.20.1.4": "ATTACHED"}
    assert seen(resolver, made)["ModificationTime"] > first["ModificationTime"]
    for other in (aws.client("route53resolver", TENANT), aws.client("route53resolver", region=OSAKA)):
        refused(GONE, other.get_resolver_endpoint, ResolverEndpointId=made)
        assert other.list_resolver_endpoints()["ResolverEndpoints"] == []


def test_its_interfaces_keep_subnets_and_groups(aws: LocalAws, resolver, ec2, subnets, group, made):
    enis = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {e["PrivateIpAddress"]: e["SubnetId"] for e in enis} == {
        "10.20.0.10": subnets[0],
        "10.20.1.4": subnets[1],
    }
    assert all(e["RequesterManaged"] and made in e["Description"] for e in enis)
    assert all([g["GroupId"] for g in e["Groups"]] == [group] for e in enis)
    aws.settings(delay={"resolverEndpoint": 0.2})
    resolver.delete_resolver_endpoint(ResolverEndpointId=made)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    soon(lambda: ec2.describe_network_interfaces()["NetworkInterfaces"] == [])
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnets[0])


def test_an_endpoint_is_to_be_seen_while_it_is_deleting(aws: LocalAws, resolver, made):
    arn = seen(resolver, made)["Arn"]
    aws.settings(delay={"resolverEndpoint": 0.2})
    answer = resolver.delete_resolver_endpoint(ResolverEndpointId=made)["ResolverEndpoint"]
    assert answer["Status"] == status(resolver, made) == "DELETING"
    (listed,) = resolver.list_resolver_endpoints()["ResolverEndpoints"]
    assert listed["Status"] == "DELETING"
    refused(INVALID, resolver.delete_resolver_endpoint, ResolverEndpointId=made)
    refused(INVALID, resolver.update_resolver_endpoint, ResolverEndpointId=made, Name="x")
    soon(lambda: resolver.list_resolver_endpoints()["ResolverEndpoints"] == [])
    for call in (resolver.get_resolver_endpoint, resolver.delete_resolver_endpoint):
        refused(GONE, call, ResolverEndpointId=made)
    refused(GONE, resolver.list_resolver_endpoint_ip_addresses, ResolverEndpointId=made)
    refused(GONE, resolver.list_tags_for_resource, ResourceArn=arn)


def test_endpoints_that_aws_refuses(aws: LocalAws, resolver, ec2, subnets, group, wanted):
    far = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    far_subnet = ec2.create_subnet(VpcId=far, CidrBlock="10.30.0.0/24")["Subnet"]["SubnetId"]
    far_group = ec2.create_security_group(GroupName="far", Description="far", VpcId=far)["GroupId"]
    ec2.create_network_interface(SubnetId=subnets[0], PrivateIpAddress="10.20.0.99")
    a, b = {"SubnetId": subnets[0], "Ip": "10.20.0.10"}, {"SubnetId": subnets[1]}
    for code, changes in (
        (INVALID, {"IpAddresses": [a, {"SubnetId": far_subnet}]}),
        (INVALID, {"IpAddresses": [a, a]}),
        (INVALID, {"IpAddresses": [b, {**a, "Ip": "10.20.0.99"}]}),
        (INVALID, {"IpAddresses": [b, {**a, "Ip": "10.20.0.3"}]}),
        (INVALID, {"IpAddresses": [b, {**a, "Ip": "10.20.0.255"}]}),
        (INVALID, {"IpAddresses": [b, {**a, "Ip": "10.20.1.10"}]}),
        (BAD, {"IpAddresses": [b, {**a, "Ip": "10.20.0.256"}]}),
        (BAD, {"IpAddresses": [b, {"SubnetId": "subnet-00000000000000000"}]}),
        (OVER, {"IpAddresses": [b] * 7}),
        (INVALID, {"SecurityGroupIds": [far_group]}),
        (GONE, {"SecurityGroupIds": ["sg-00000000000000000"]}),
        (BAD, {"SecurityGroupIds": []}),
        ("ValidationException", {"Direction": "SIDEWAYS"}),
        ("ValidationException", {"Name": "4711"}),
        ("ValidationException", {"Name": "x" * 65}),
        ("InvalidTagException", {"Tags": [{"Key": "aws:x", "Value": "1"}]}),
    ):
        refused(code, resolver.create_resolver_endpoint, **{**wanted, **changes})
    one = {**wanted, "IpAddresses": [a]}
    assert "[RSLVR-00400]" in str(refused(INVALID, resolver.create_resolver_endpoint, **one))
    assert resolver.list_resolver_endpoints()["ResolverEndpoints"] == []
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1


def test_a_creator_request_id_makes_one_endpoint(resolver, wanted, made):
    assert "[RSLVR-00302]" in str(refused(EXISTS, resolver.create_resolver_endpoint, **wanted))
    assert [e["Id"] for e in resolver.list_resolver_endpoints()["ResolverEndpoints"]] == [made]


def test_the_number_of_endpoints_is_limited(aws: LocalAws, resolver, subnets, wanted):
    wanted["IpAddresses"] = [{"SubnetId": s} for s in subnets[:2]]
    for number in range(4):
        resolver.create_resolver_endpoint(**{**wanted, "CreatorRequestId": str(number)})
    refused(OVER, resolver.create_resolver_endpoint, **wanted)
    aws.settings(quota={"resolverEndpoints": 5})
    resolver.create_resolver_endpoint(**wanted)


@pytest.mark.parametrize(
    ("direction", "protocols", "allowed"),
    [
        ("INBOUND", ["Do53"], True),
        ("INBOUND", ["DoH"], True),
        ("INBOUND", ["DoH-FIPS"], True),
        ("INBOUND", ["Do53", "DoH-FIPS"], True),
        ("INBOUND", ["DoH", "DoH-FIPS"], False),
        ("OUTBOUND", ["DoH", "Do53"], True),
        ("OUTBOUND", ["DoH"], True),
        ("OUTBOUND", ["DoH-FIPS"], False),
        ("OUTBOUND", ["Do53", "DoH-FIPS"], False),
        ("OUTBOUND", ["Do53", "Do53"], False),
    ],
)
def test_protocols_by_direction(resolver, wanted, direction, protocols, allowed):
    wanted.update(Direction=direction, Protocols=protocols)
    if allowed:
        made = resolver.create_resolver_endpoint(**wanted)["ResolverEndpoint"]
        assert made["Protocols"] == protocols
        assert made["Id"].startswith("rslvr-in-" if direction == "INBOUND" else "rslvr-out-")
    else:
        refused(INVALID, resolver.create_resolver_endpoint, **wanted)


def test_updates_come_one_after_the_other(aws: LocalAws, resolver, made):
    aws.settings(delay={"resolverEndpoint": 0.2})
    before = seen(resolver, made)
    names = {"ResolverEndpointId": made}
    answer = resolver.update_resolver_endpoint(**names, Name="new")["ResolverEndpoint"]
    assert (answer["Status"], answer["Name"], answer["Protocols"]) == ("UPDATING", "new", ["Do53"])
    assert answer["ModificationTime"] > before["ModificationTime"]
    assert answer["CreationTime"] == before["CreationTime"]
    refused(INVALID, resolver.update_resolver_endpoint, **names, Name="newer")
    soon(lambda: status(resolver, made) == "OPERATIONAL")
    refused(INVALID, resolver.update_resolver_endpoint, **names, Protocols=["DoH"])
    refused(INVALID, resolver.update_resolver_endpoint, **names, Protocols=["DoH", "DoH-FIPS"])
    for protocols in (["Do53", "DoH"], ["DoH"]):
        resolver.update_resolver_endpoint(**names, Protocols=protocols)
        soon(lambda: status(resolver, made) == "OPERATIONAL")
        assert (seen(resolver, made)["Protocols"], seen(resolver, made)["Name"]) == (protocols, "new")
    refused(GONE, resolver.update_resolver_endpoint, ResolverEndpointId="rslvr-in-none", Name="x")
    refused("ValidationException", resolver.update_resolver_endpoint, **names, Name="no/slash")


def test_addresses_come_and_go(aws: LocalAws, resolver, ec2, subnets, made):
    aws.settings(delay={"resolverIp": 0.2})
    names, ip = {"ResolverEndpointId": made}, {"SubnetId": subnets[2], "Ip": "10.20.2.77"}
    answer = resolver.associate_resolver_endpoint_ip_address(**names, IpAddress=ip)["ResolverEndpoint"]
    assert (answer["Status"], answer["IpAddressCount"]) == ("UPDATING", 3)
    assert by_address(resolver, made)["10.20.2.77"] == "CREATING"
    other = {"SubnetId": subnets[2]}
    for call in (
        resolver.associate_resolver_endpoint_ip_address,
        resolver.disassociate_resolver_endpoint_ip_address,
    ):
        refused(INVALID, call, **names, IpAddress={**ip, "Ip": "10.20.0.10", "SubnetId": subnets[0]})
    refused(INVALID, resolver.associate_resolver_endpoint_ip_address, **names, IpAddress=other)
    soon(lambda: status(resolver, made) == "OPERATIONAL")
    assert by_address(resolver, made)["10.20.2.77"] == "ATTACHED"
    refused(EXISTS, resolver.associate_resolver_endpoint_ip_address, **names, IpAddress=ip)
    answer = resolver.disassociate_resolver_endpoint_ip_address(**names, IpAddress=ip)["ResolverEndpoint"]
    assert (answer["Status"], answer["IpAddressCount"]) == ("UPDATING", 2)
    assert by_address(resolver, made)["10.20.2.77"] == "DELETING"
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[2])
    soon(lambda: status(resolver, made) == "OPERATIONAL")
    assert "10.20.2.77" not in by_address(resolver, made)
    ec2.delete_subnet(SubnetId=subnets[2])
    refused(GONE, resolver.disassociate_resolver_endpoint_ip_address, **names, IpAddress=ip)
    for incomplete in ({"SubnetId": subnets[0]}, {"Ip": "10.20.0.10"}):
        refused(INVALID, resolver.disassociate_resolver_endpoint_ip_address, **names, IpAddress=incomplete)


def test_addresses_that_aws_refuses(aws: LocalAws, resolver, ec2, subnets, made):
    names = {"ResolverEndpointId": made}
    far = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    far_subnet = ec2.create_subnet(VpcId=far, CidrBlock="10.30.0.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnets[0], PrivateIpAddress="10.20.0.99")
    for code, ip in (
        (INVALID, {"SubnetId": far_subnet}),
        (INVALID, {"SubnetId": subnets[0], "Ip": "10.20.0.99"}),
        (INVALID, {"SubnetId": subnets[0], "Ip": "10.20.7.7"}),
        (BAD, {"SubnetId": "subnet-00000000000000000"}),
        (BAD, {"Ip": "10.20.0.98"}),
    ):
        refused(code, resolver.associate_resolver_endpoint_ip_address, **names, IpAddress=ip)
    for _ in range(4):
        resolver.associate_resolver_endpoint_ip_address(**names, IpAddress={"SubnetId": subnets[0]})
    refused(
        OVER,
        resolver.associate_resolver_endpoint_ip_address,
        **names,
        IpAddress={"SubnetId": subnets[0]},
    )
    assert seen(resolver, made)["IpAddressCount"] == len(addresses(resolver, made)) == 6


def test_two_addresses_stay_and_one_that_works(aws: LocalAws, resolver, subnets, made):
    names = {"ResolverEndpointId": made}
    take, give = (
        resolver.disassociate_resolver_endpoint_ip_address,
        resolver.associate_resolver_endpoint_ip_address,
    )
    first, second = addresses(resolver, made)
    error = refused(INVALID, take, **names, IpAddress={"IpId": first["IpId"]})
    assert "[RSLVR-00506]" in str(error)
    give(**names, IpAddress={"SubnetId": subnets[2]})
    broken = {"account": HUB, "region": TOKYO, "endpoint": made, "status": "FAILED_RESOURCE_GONE"}
    for address in (second["Ip"], addresses(resolver, made)[2]["IpId"]):
        aws.side("POST", "resolver", {**broken, "ip": address})
    assert status(resolver, made) == "ACTION_NEEDED"
    refused(INVALID, resolver.update_resolver_endpoint, **names, Name="x")
    error = refused(INVALID, take, **names, IpAddress={"IpId": first["IpId"]})
    assert "[RSLVR-00506]" in str(error)
    take(**names, IpAddress={"IpId": second["IpId"]})
    assert status(resolver, made) == "ACTION_NEEDED"
    give(**names, IpAddress={"SubnetId": subnets[1]})
    third = addresses(resolver, made)[1]
    assert third["Status"] == "FAILED_RESOURCE_GONE"
    take(**names, IpAddress={"SubnetId": third["SubnetId"], "Ip": third["Ip"]})
    assert status(resolver, made) == "OPERATIONAL"


def test_the_side_api_breaks_and_mends(aws: LocalAws, resolver, made):
    place = {"account": HUB, "region": TOKYO, "endpoint": made}
    ip = addresses(resolver, made)[0]["Ip"]
    aws.side("POST", "resolver", {**place, "ip": ip, "status": "ISOLATED"})
    assert (by_address(resolver, made)[ip], status(resolver, made)) == ("ISOLATED", "ACTION_NEEDED")
    aws.side("POST", "resolver", {**place, "ip": ip, "status": "ATTACHED"})
    assert (by_address(resolver, made)[ip], status(resolver, made)) == ("ATTACHED", "OPERATIONAL")
    aws.side("POST", "resolver", {**place, "status": "AUTO_RECOVERING"})
    assert status(resolver, made) == "AUTO_RECOVERING"
    for wrong in ({"status": "BROKEN"}, {"status": "ATTACHED", "ip": "10.0.0.1"}, {"endpoint": "none"}):
        with pytest.raises(urllib.error.HTTPError):
            aws.side("POST", "resolver", {**place, "ip": ip, "status": "ATTACHED", **wrong})


def test_endpoints_are_listed_in_pages_and_by_filters(resolver, vpc, group, wanted, made, subnets):
    wanted.update(
        CreatorRequestId="two",
        Name="to-outside",
        Direction="OUTBOUND",
        IpAddresses=[{"SubnetId": s} for s in subnets],
    )
    out = resolver.create_resolver_endpoint(**wanted)["ResolverEndpoint"]["Id"]
    first = resolver.list_resolver_endpoints(MaxResults=1)
    rest = resolver.list_resolver_endpoints(MaxResults=1, NextToken=first["NextToken"])
    assert (first["MaxResults"], "NextToken" in rest) == (1, False)
    assert [e["Id"] for e in first["ResolverEndpoints"] + rest["ResolverEndpoints"]] == [made, out]
    refused("InvalidNextTokenException", resolver.list_resolver_endpoints, NextToken="x")
    refused("ValidationException", resolver.list_resolver_endpoints, MaxResults=101)

    def found(*filters):
        named = [{"Name": n, "Values": list(v)} for n, *v in filters]
        return [e["Id"] for e in resolver.list_resolver_endpoints(Filters=named)["ResolverEndpoints"]]

    assert found(("Direction", "OUTBOUND")) == [out]
    assert found(("Name", "from-outside", "to-outside")) == [made, out]
    assert found(("Name", "from-outside"), ("Direction", "OUTBOUND")) == []
    assert found(("CreatorRequestId", "two")) == found(("IpAddressCount", "3")) == [out]
    assert found(("HostVPCId", vpc), ("SecurityGroupIds", group)) == [made, out]
    assert found(("HOST_VPC_ID", "vpc-none")) == []
    assert found(("Status", "OPERATIONAL")) == [made, out]
    refused(BAD, resolver.list_resolver_endpoints, Filters=[{"Name": "Color", "Values": ["red"]}])
    first = resolver.list_resolver_endpoint_ip_addresses(ResolverEndpointId=out, MaxResults=2)
    rest = resolver.list_resolver_endpoint_ip_addresses(ResolverEndpointId=out, NextToken=first["NextToken"])
    assert (len(first["IpAddresses"]), len(rest["IpAddresses"])) == (2, 1)


def test_new_endpoints_and_addresses_are_missing_from_lists_for_a_while(
    aws: LocalAws, resolver, subnets, wanted, made
):
    aws.settings(lag=30)
    late = resolver.create_resolver_endpoint(**{**wanted, "CreatorRequestId": "2", "IpAddresses": [
        {"SubnetId": s} for s in subnets
    ]})["ResolverEndpoint"]["Id"]  # fmt: skip
    ip = {"SubnetId": subnets[2]}
    resolver.associate_resolver_endpoint_ip_address(ResolverEndpointId=made, IpAddress=ip)
    assert [e["Id"] for e in resolver.list_resolver_endpoints()["ResolverEndpoints"]] == [made]
    assert len(addresses(resolver, made)) == 2
    assert seen(resolver, late)["IpAddressCount"] == seen(resolver, made)["IpAddressCount"] == 3
    aws.settings(now=31)
    assert len(resolver.list_resolver_endpoints()["ResolverEndpoints"]) == 2
    assert len(addresses(resolver, made)) == 3


def test_tags_come_with_the_endpoint_change_and_come_in_pages(aws: LocalAws, resolver, made):
    arn = seen(resolver, made)["Arn"]

    def tags(**page):
        return resolver.list_tags_for_resource(ResourceArn=arn, **page)

    assert tags()["Tags"] == TAGS
    resolver.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": ""}, {"Key": "owner", "Value": "x"}])
    first = tags(MaxResults=1)
    assert first["Tags"] == [{"Key": "owner", "Value": "x"}]
    assert tags(NextToken=first["NextToken"])["Tags"] == [{"Key": "a", "Value": ""}]
    resolver.untag_resource(ResourceArn=arn, TagKeys=["owner", "none"])
    assert tags()["Tags"] == [{"Key": "a", "Value": ""}]
    reserved = [{"Key": "AWS:x", "Value": "1"}]
    refused("InvalidTagException", resolver.tag_resource, ResourceArn=arn, Tags=reserved)
    for client, name in ((resolver, arn + "x"), (aws.client("route53resolver", TENANT), arn)):
        refused(GONE, client.list_tags_for_resource, ResourceArn=name)
        refused(GONE, client.tag_resource, ResourceArn=name, Tags=TAGS)
        refused(GONE, client.untag_resource, ResourceArn=name, TagKeys=["a"])


def test_calls_are_counted(aws: LocalAws, resolver, made):
    aws.side("POST", "calls/reset")
    resolver.update_resolver_endpoint(ResolverEndpointId=made, Name="new")
    aws.client("route53resolver", TENANT, OSAKA).list_resolver_endpoints()
    counts = {
        (c["account"], c["region"], c["service"], c["operation"], c["kind"]) for c in aws.side("GET", "calls")
    }
    assert counts == {
        (HUB, TOKYO, "route53resolver", "UpdateResolverEndpoint", "write"),
        (TENANT, OSAKA, "route53resolver", "ListResolverEndpoints", "read"),
    }
