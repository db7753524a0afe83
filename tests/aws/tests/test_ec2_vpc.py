"""VPCs, subnets, tags, pages."""

import pytest
from conftest import HUB, TOKYO, LocalAws, by_tag, refused, tagged


def test_sizes_and_quota(aws: LocalAws, ec2):
    for bad in ("10.0.0.0/15", "10.0.0.0/29"):
        refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock=bad)
    refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="banana")
    assert ec2.create_vpc(CidrBlock="10.0.3.7/16")["Vpc"]["CidrBlock"] == "10.0.0.0/16"
    aws.settings(quota={"vpcs": 2})
    refused("VpcLimitExceeded", ec2.create_vpc, CidrBlock="10.0.0.0/16")


def test_states_settle(aws: LocalAws, ec2):
    aws.settings(delay={"vpc": 10, "subnet": 20})
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24")["Subnet"]
    assert (vpc["State"], subnet["State"]) == ("pending", "pending")
    aws.settings(now=11)
    assert ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["State"] == "available"
    assert ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]["State"] == "pending"
    aws.settings(now=21)
    assert ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]["State"] == "available"


def test_secondary_blocks(ec2, vpc):
    refused("CidrConflict", ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.20.5.0/24")
    refused("InvalidVpc.Range", ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="192.168.0.0/16")
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.30.0.0/16")["CidrBlockAssociation"]
    assert made["CidrBlockState"]["State"] == "associating"
    have = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
    assert {a["CidrBlock"]: a["CidrBlockState"]["State"] for a in have}["10.30.0.0/16"] == "associated"
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/24")["Subnet"]["SubnetId"]
    wanted = made["AssociationId"]
    refused("DependencyViolation", ec2.disassociate_vpc_cidr_block, AssociationId=wanted)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.disassociate_vpc_cidr_block(AssociationId=wanted)
    refused("OperationNotPermitted", ec2.disassociate_vpc_cidr_block, AssociationId=have[0]["AssociationId"])


def test_subnet_ranges_and_zones(ec2, vpc, subnets):
    refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.0.128/25")
    refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.99.0.0/24")
    refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.9.0/29")
    bad = {"VpcId": vpc, "CidrBlock": "10.20.9.0/24", "AvailabilityZone": "us-east-1a"}
    refused("InvalidParameterValue", ec2.create_subnet, **bad)
    assert not ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["MapPublicIpOnLaunch"]


def test_attributes(ec2, vpc, subnets):
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    attribute = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"]["Value"] is True
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["MapPublicIpOnLaunch"]


def test_zones_have_ids(ec2):
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert {z["ZoneName"] for z in zones} == {f"{TOKYO}{z}" for z in "acd"}
    assert all(z["ZoneId"].startswith("apne1-az") for z in zones)


def test_delete_vpc_needs_it_empty(ec2, vpc, subnets):
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    ec2.delete_security_group(GroupId=group)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    ec2.delete_network_acl(NetworkAclId=acl)
    ec2.delete_vpc(VpcId=vpc)
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])
    left = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    assert left == []


def test_a_deleted_subnet_leaves_no_association(ec2, vpc, subnets):
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    ec2.delete_subnet(SubnetId=subnets[0])
    ec2.delete_route_table(RouteTableId=table)
    wanted = [{"Name": "association.subnet-id", "Values": [subnets[0]]}]
    assert ec2.describe_network_acls(Filters=wanted)["NetworkAcls"] == []


def test_describes_page_filter_and_refuse_unknown_ids(ec2):
    made = [
        ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", owner="me", n=str(n)))["Vpc"][
            "VpcId"
        ]
        for n in range(7)
    ]
    mine = by_tag(owner="me")
    first = ec2.describe_vpcs(Filters=mine, MaxResults=5)
    second = ec2.describe_vpcs(Filters=mine, MaxResults=5, NextToken=first["NextToken"])
    assert [v["VpcId"] for v in first["Vpcs"] + second["Vpcs"]] == made
    assert "NextToken" not in second
    assert len(ec2.describe_vpcs(Filters=[*mine, *by_tag(n="[3-5]")])["Vpcs"]) == 0
    assert len(ec2.describe_vpcs(Filters=by_tag(owner="m?"))["Vpcs"]) == 7
    assert len(ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["own*"]}])["Vpcs"]) == 7
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
    refused("InvalidParameterCombination", ec2.describe_vpcs, VpcIds=made, MaxResults=5)
    refused("InvalidNextToken", ec2.describe_vpcs, NextToken="nonsense")


@pytest.mark.parametrize(
    ("describe", "ids", "unknown", "code"),
    [
        ("subnets", "SubnetIds", "subnet-0", "InvalidSubnetID.NotFound"),
        ("route_tables", "RouteTableIds", "rtb-0", "InvalidRouteTableID.NotFound"),
        ("network_acls", "NetworkAclIds", "acl-0", "InvalidNetworkAclID.NotFound"),
        ("security_groups", "GroupIds", "sg-0", "InvalidGroup.NotFound"),
        ("security_group_rules", "SecurityGroupRuleIds", "sgr-0", "InvalidSecurityGroupRuleId.NotFound"),
        ("vpc_endpoints", "VpcEndpointIds", "vpce-0", "InvalidVpcEndpointId.NotFound"),
        ("flow_logs", "FlowLogIds", "fl-0", "InvalidFlowLogId.NotFound"),
        ("internet_gateways", "InternetGatewayIds", "igw-0", "InvalidInternetGatewayID.NotFound"),
        ("nat_gateways", "NatGatewayIds", "nat-0", "NatGatewayNotFound"),
        (
            "transit_gateway_vpc_attachments",
            "TransitGatewayAttachmentIds",
            "tgw-attach-0",
            "InvalidTransitGatewayAttachmentID.NotFound",
        ),
    ],
)
def test_unknown_ids(ec2, describe, ids, unknown, code):
    refused(code, getattr(ec2, f"describe_{describe}"), **{ids: [unknown]})


def test_tags_have_limits(ec2, vpc):
    create = ec2.create_vpc
    refused(
        "InvalidParameterValue", create, CidrBlock="10.0.0.0/16", TagSpecifications=tagged("subnet", a="b")
    )
    reserved = tagged("vpc", **{"aws:x": "1"})
    refused("InvalidParameterValue", create, CidrBlock="10.0.0.0/16", TagSpecifications=reserved)
    many = [{"Key": f"k{n}", "Value": ""} for n in range(51)]
    refused("TagLimitExceeded", ec2.create_tags, Resources=[vpc], Tags=many)
    refused(
        "InvalidParameterValue", ec2.create_tags, Resources=[vpc], Tags=[{"Key": "x", "Value": "y" * 257}]
    )
    gone = "vpc-00000000000000000"
    refused("InvalidVpcID.NotFound", ec2.create_tags, Resources=[gone], Tags=[{"Key": "x", "Value": "y"}])
    assert HUB
