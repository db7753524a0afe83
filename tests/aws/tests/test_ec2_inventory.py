"""EC2: what an account has in a Region, read whole, by a role that may do no more."""

from typing import Any

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

VIRGINIA = "us-east-1"
# Operation → the list that it answers.
LISTS = {
    "describe_vpcs": "Vpcs",
    "describe_security_groups": "SecurityGroups",
    "describe_internet_gateways": "InternetGateways",
    "describe_nat_gateways": "NatGateways",
    "describe_egress_only_internet_gateways": "EgressOnlyInternetGateways",
    "describe_flow_logs": "FlowLogs",
    "describe_addresses": "Addresses",
}


def action(operation: str) -> str:
    return "ec2:" + "".join(part.capitalize() for part in operation.split("_"))


def read(client: Any, operation: str) -> list[dict[str, Any]]:
    if client.can_paginate(operation):
        return [i for page in client.get_paginator(operation).paginate() for i in page[LISTS[operation]]]
    return getattr(client, operation)()[LISTS[operation]]


def build(ec2: Any, zone: str) -> dict[str, str]:
    """One of each."""
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    inside = {"VpcId": vpc, "CidrBlock": "10.30.1.0/24", "AvailabilityZone": zone}
    subnet = ec2.create_subnet(**inside)["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    return {
        "describe_vpcs": vpc,
        "describe_security_groups": ec2.create_security_group(GroupName="a", Description="a", VpcId=vpc)[
            "GroupId"
        ],
        "describe_internet_gateways": gateway,
        "describe_nat_gateways": nat,
        "describe_egress_only_internet_gateways": egress["EgressOnlyInternetGatewayId"],
        "describe_flow_logs": ec2.create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination="arn:aws:s3:::flow-logs",
        )["FlowLogIds"][0],
        "describe_addresses": address,
    }


@pytest.mark.parametrize("region", [TOKYO, OSAKA, VIRGINIA])
def test_every_region_answers_its_own(aws: LocalAws, session, region):
    place = {"LocationConstraint": TOKYO}
    aws.client("s3", TENANT).create_bucket(Bucket="flow-logs", CreateBucketConfiguration=place)
    made = build(aws.client("ec2", TENANT, region), f"{region}a")
    elsewhere = OSAKA if region == TOKYO else TOKYO
    for operation, wanted in made.items():
        client = session("ec2", action(operation), region=region)
        assert f"'{wanted}'" in str(read(client, operation)), operation
        others = [op for op in made if op != operation]
        refused("UnauthorizedOperation", getattr(client, others[0]))
        for place in ({"region": elsewhere}, {"region": region, "account": OTHER}):
            assert wanted not in str(read(session("ec2", action(operation), **place), operation))


def test_what_lies_open_is_seen(aws: LocalAws, session):
    ec2 = aws.client("ec2", TENANT)
    group = ec2.create_security_group(GroupName="open", Description="open")["GroupId"]
    world = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    world |= {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[world])
    groups = read(session("ec2", "ec2:DescribeSecurityGroups"), "describe_security_groups")
    (rule,) = next(g["IpPermissions"] for g in groups if g["GroupId"] == group)
    assert (rule["IpRanges"], rule["Ipv6Ranges"]) == ([{"CidrIp": "0.0.0.0/0"}], [{"CidrIpv6": "::/0"}])
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (22, 22, "tcp")


def test_lists_come_in_pages(aws: LocalAws, session):
    ec2 = aws.client("ec2", TENANT)
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    for number in range(12):
        ec2.create_security_group(GroupName=f"g-{number}", Description="a", VpcId=vpc)
        ec2.create_internet_gateway()
        ec2.create_egress_only_internet_gateway(VpcId=vpc)
    for operation in (
        "describe_security_groups",
        "describe_internet_gateways",
        "describe_egress_only_internet_gateways",
    ):
        client = session("ec2", action(operation))
        pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 5})
        sizes = [len(page[LISTS[operation]]) for page in pages]
        assert len(sizes) >= 3
        assert set(sizes[:-1]) == {5}
        assert sum(sizes) == len(read(client, operation))


def test_regions_say_whether_they_are_on(session):
    found = session("ec2", "ec2:DescribeRegions").describe_regions()["Regions"]
    names = {r["RegionName"]: r["OptInStatus"] for r in found}
    assert names[TOKYO] == names[OSAKA] == names[VIRGINIA] == "opt-in-not-required"
    refused("UnauthorizedOperation", session("ec2", "ec2:DescribeVpcs").describe_regions)
