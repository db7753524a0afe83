"""Route tables, endpoints, flow logs, transit gateways."""

import json

import pytest
from conftest import HUB, OTHER, TENANT, TOKYO, LocalAws, by_tag, refused, soon, tagged

S3, KMS = f"com.amazonaws.{TOKYO}.s3", f"com.amazonaws.{TOKYO}.kms"


@pytest.fixture
def table(ec2, vpc) -> str:
    return ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


def interface(vpc, subnets, service=KMS, **more):
    return {"VpcId": vpc, "VpcEndpointType": "Interface", "ServiceName": service, "SubnetIds": subnets} | more


@pytest.fixture
def dns(ec2, vpc) -> None:
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})


def test_associations_conflict(ec2, vpc, table, subnets):
    first = ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])["AssociationId"]
    assert ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])["AssociationId"] == first
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=other, SubnetId=subnets[0])
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table)
    second = ec2.replace_route_table_association(AssociationId=first, RouteTableId=other)["NewAssociationId"]
    ec2.disassociate_route_table(AssociationId=second)
    ec2.delete_route_table(RouteTableId=table)
    wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    main = ec2.describe_route_tables(Filters=wanted)["RouteTables"][0]["RouteTableId"]
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=main)


def test_routes_to_a_transit_gateway_need_the_vpcs_attachment(ec2, vpc, table, subnets):
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "172.16.0.0/16", "TransitGatewayId": gateway}
    refused("InvalidTransitGatewayID.NotFound", ec2.create_route, **route)
    attachment = attach(ec2, vpc, subnets[:1], gateway)
    ec2.create_route(**route)
    refused("RouteAlreadyExists", ec2.create_route, **route)
    refused("RouteAlreadyExists", ec2.create_route, **(route | {"DestinationCidrBlock": "10.20.0.0/16"}))
    local = {"RouteTableId": table, "DestinationCidrBlock": "10.20.0.0/16"}
    refused("InvalidParameterValue", ec2.delete_route, **local)

    def state():
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return next(r["State"] for r in routes if r["DestinationCidrBlock"] == "172.16.0.0/16")

    assert state() == "active"
    ec2.delete_transit_gateway_vpc_attachment(
        TransitGatewayAttachmentId=attachment["TransitGatewayAttachmentId"]
    )
    assert state() == "blackhole"
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="172.16.0.0/16")
    refused(
        "InvalidRoute.NotFound", ec2.delete_route, RouteTableId=table, DestinationCidrBlock="172.16.0.0/16"
    )


def attach(ec2, vpc, subnets, gateway, **more):
    wanted = {"VpcId": vpc, "SubnetIds": subnets, "TransitGatewayId": gateway}
    return ec2.create_transit_gateway_vpc_attachment(**wanted, **more)["TransitGatewayVpcAttachment"]


def test_attachments(aws: LocalAws, ec2, vpc, subnets):
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    aws.settings(delay={"attachment": 10})
    refused(
        "DuplicateSubnetsInSameZone",
        attach,
        ec2=ec2,
        vpc=vpc,
        subnets=[subnets[0], subnets[2]],
        gateway=gateway,
    )
    refused(
        "InvalidTransitGatewayID.NotFound", attach, ec2=ec2, vpc=vpc, subnets=subnets[:1], gateway="tgw-0"
    )
    tags = tagged("transit-gateway-attachment", a="b")
    made = attach(ec2, vpc, subnets[:1], gateway, TagSpecifications=tags)
    assert (made["State"], made["Tags"]) == ("pending", [{"Key": "a", "Value": "b"}])
    wanted = {"TransitGatewayAttachmentId": made["TransitGatewayAttachmentId"]}
    refused("IncorrectState", ec2.modify_transit_gateway_vpc_attachment, **wanted, AddSubnetIds=[subnets[1]])
    aws.settings(now=11)
    refused(
        "DuplicateTransitGatewayAttachment", attach, ec2=ec2, vpc=vpc, subnets=subnets[:1], gateway=gateway
    )
    refused(
        "DuplicateSubnetsInSameZone",
        ec2.modify_transit_gateway_vpc_attachment,
        **wanted,
        AddSubnetIds=[subnets[2]],
    )
    ec2.modify_transit_gateway_vpc_attachment(**wanted, AddSubnetIds=[subnets[1]])
    aws.settings(now=22)
    found = ec2.describe_transit_gateway_vpc_attachments(Filters=by_tag(a="b"))[
        "TransitGatewayVpcAttachments"
    ]
    assert (found[0]["State"], found[0]["SubnetIds"]) == ("available", subnets[:2])
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    refused("IncorrectState", ec2.delete_transit_gateway, TransitGatewayId=gateway)
    ec2.delete_transit_gateway_vpc_attachment(**wanted)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    aws.settings(now=33)
    ec2.delete_subnet(SubnetId=subnets[0])


def test_a_shared_gateway_waits_for_its_owner(aws: LocalAws):
    owner, tenant = aws.client("ec2", OTHER), aws.client("ec2", TENANT)
    gateway = owner.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    vpc = tenant.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = tenant.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    refused(
        "InvalidTransitGatewayID.NotFound", attach, ec2=tenant, vpc=vpc, subnets=[subnet], gateway=gateway
    )
    aws.settings(sharedTransitGateways=[{"id": gateway, "owner": OTHER, "accounts": [TENANT]}])
    assert (
        tenant.describe_transit_gateways(TransitGatewayIds=[gateway])["TransitGateways"][0]["OwnerId"]
        == OTHER
    )
    tags = tagged("transit-gateway-attachment", a="b")
    made = attach(tenant, vpc, [subnet], gateway, TagSpecifications=tags)
    assert (made["State"], made["VpcOwnerId"]) == ("pendingAcceptance", TENANT)
    wanted = {"TransitGatewayAttachmentId": made["TransitGatewayAttachmentId"]}
    refused("UnauthorizedOperation", tenant.accept_transit_gateway_vpc_attachment, **wanted)
    seen = owner.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
    assert "Tags" not in seen[0]
    owner.accept_transit_gateway_vpc_attachment(**wanted)
    ids = {"TransitGatewayAttachmentIds": list(wanted.values())}
    found = tenant.describe_transit_gateway_vpc_attachments(**ids)["TransitGatewayVpcAttachments"]
    assert found[0]["State"] == "available"
    assert (
        aws.client("ec2", HUB).describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
        == []
    )


def test_a_share_may_name_a_gateway_that_no_test_made(aws: LocalAws, ec2, vpc, subnets):
    share = {"id": "tgw-0123456789abcdef0", "owner": OTHER, "accounts": [HUB], "autoAccept": True}
    aws.settings(sharedTransitGateways=[share])
    made = attach(ec2, vpc, subnets[:1], share["id"])
    ids = {"TransitGatewayAttachmentIds": [made["TransitGatewayAttachmentId"]]}
    assert (
        ec2.describe_transit_gateway_vpc_attachments(**ids)["TransitGatewayVpcAttachments"][0]["State"]
        == "available"
    )


def test_endpoint_checks(ec2, vpc, subnets, dns):
    create = ec2.create_vpc_endpoint
    refused("DuplicateSubnetsInSameZone", create, **interface(vpc, [subnets[0], subnets[2]]))
    refused("InvalidServiceName", create, **interface(vpc, subnets[:1], f"com.amazonaws.{TOKYO}.nothing"))
    refused(
        "InvalidSecurityGroupID.NotFound", create, **interface(vpc, subnets[:1], SecurityGroupIds=["sg-0"])
    )
    refused("InvalidPolicyDocument", create, **interface(vpc, subnets[:1], PolicyDocument="{}"))
    create(**interface(vpc, subnets[:1], PrivateDnsEnabled=True))
    refused("InvalidParameter", create, **interface(vpc, subnets[:1], PrivateDnsEnabled=True))
    create(**interface(vpc, subnets[:1], PrivateDnsEnabled=False))


def test_private_dns_needs_the_vpcs_host_names(ec2, vpc, subnets):
    refused(
        "InvalidParameter", ec2.create_vpc_endpoint, **interface(vpc, subnets[:1], PrivateDnsEnabled=True)
    )


def test_endpoint_tokens(ec2, vpc, subnets):
    wanted = interface(vpc, subnets[:1], PrivateDnsEnabled=False, ClientToken="t")
    first = ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"]
    assert ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"] == first
    refused("IdempotentParameterMismatch", ec2.create_vpc_endpoint, **(wanted | {"SubnetIds": subnets[1:2]}))
    assert len(ec2.describe_vpc_endpoints()["VpcEndpoints"]) == 1


def test_tables_and_acls_are_made_once_by_token(ec2, vpc):
    for create, name, key in (
        (ec2.create_route_table, "RouteTable", "RouteTableId"),
        (ec2.create_network_acl, "NetworkAcl", "NetworkAclId"),
    ):
        first = create(VpcId=vpc, ClientToken="t")[name][key]
        assert create(VpcId=vpc, ClientToken="t")[name][key] == first
        assert create(VpcId=vpc, ClientToken="u")[name][key] != first


def test_an_endpoint_lives_and_occupies_its_subnets(aws: LocalAws, ec2, vpc, subnets, dns):
    aws.settings(delay={"vpcEndpoint": 10})
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    tags = tagged("vpc-endpoint", a="b")
    made = ec2.create_vpc_endpoint(
        **interface(vpc, subnets[:1], SecurityGroupIds=[group], TagSpecifications=tags)
    )
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    assert made["VpcEndpoint"]["State"] == "pending"

    def now() -> dict:
        return ec2.describe_vpc_endpoints(Filters=by_tag(a="b"))["VpcEndpoints"][0]

    aws.settings(now=11)
    assert (now()["State"], now()["PrivateDnsEnabled"]) == ("available", True)
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    modify = ec2.modify_vpc_endpoint
    modify(VpcEndpointId=endpoint, AddSubnetIds=[subnets[1]], PrivateDnsEnabled=False, PolicyDocument=policy)
    assert (now()["SubnetIds"], now()["PrivateDnsEnabled"]) == (subnets[:2], False)
    assert json.loads(now()["PolicyDocument"]) == json.loads(policy)
    assert len(now()["NetworkInterfaceIds"]) == 2
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[1])
    modify(VpcEndpointId=endpoint, RemoveSubnetIds=[subnets[1]])
    ec2.delete_subnet(SubnetId=subnets[1])
    refused("InvalidParameter", modify, VpcEndpointId=endpoint, RemoveSecurityGroupIds=[group])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    ids = [endpoint, "vpce-0"]
    assert [f["ResourceId"] for f in ec2.delete_vpc_endpoints(VpcEndpointIds=ids)["Unsuccessful"]] == [
        "vpce-0"
    ]
    assert now()["State"] == "deleting"
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    aws.settings(now=22)
    ec2.delete_subnet(SubnetId=subnets[0])
    ec2.delete_security_group(GroupId=group)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_a_gateway_endpoint_routes(aws: LocalAws, ec2, vpc, table):
    wanted = {"VpcId": vpc, "ServiceName": S3, "RouteTableIds": [table]}
    made = ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]
    assert made["VpcEndpointType"] == "Gateway"
    refused("RouteAlreadyExists", ec2.create_vpc_endpoint, **wanted)
    refused("InvalidParameter", ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=KMS)

    def routes():
        return [
            r
            for r in ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
            if "DestinationPrefixListId" in r
        ]

    assert routes()
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    soon(lambda: not routes())


def test_flow_logs(aws: LocalAws, ec2, vpc):
    bucket = "logs-of-another-account"
    where = {"LocationConstraint": TOKYO}
    aws.client("s3", TENANT).create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    wanted = {
        "ResourceIds": [vpc],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{bucket}/prefix",
        "ClientToken": "t",
        "TagSpecifications": tagged("vpc-flow-log", a="b"),
    }
    made = ec2.create_flow_logs(**wanted)["FlowLogIds"]
    assert ec2.create_flow_logs(**wanted)["FlowLogIds"] == made
    refused("FlowLogAlreadyExists", ec2.create_flow_logs, **(wanted | {"ClientToken": "u"}))
    gone = wanted | {"ClientToken": "v", "LogDestination": "arn:aws:s3:::not-there"}
    assert ec2.create_flow_logs(**gone)["Unsuccessful"][0]["ResourceId"] == vpc
    unknown = wanted | {"ClientToken": "w", "ResourceIds": ["vpc-00000000000000000"]}
    refused("InvalidVpcID.NotFound", ec2.create_flow_logs, **unknown)
    filters = [{"Name": "resource-id", "Values": [vpc]}, *by_tag(a="b")]
    assert [f["FlowLogId"] for f in ec2.describe_flow_logs(Filters=filters)["FlowLogs"]] == made
    assert [f["ResourceId"] for f in ec2.delete_flow_logs(FlowLogIds=["fl-0"])["Unsuccessful"]] == ["fl-0"]
    assert ec2.delete_flow_logs(FlowLogIds=made)["Unsuccessful"] == []


def test_every_creation_takes_tags(ec2, vpc, subnets):
    made = {
        "route_tables": ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", a="b")),
        "network_acls": ec2.create_network_acl(VpcId=vpc, TagSpecifications=tagged("network-acl", a="b")),
        "subnets": ec2.create_subnet(
            VpcId=vpc, CidrBlock="10.20.9.0/24", TagSpecifications=tagged("subnet", a="b")
        ),
    }
    for name in made:
        answer = getattr(ec2, f"describe_{name}")(Filters=by_tag(a="b"))
        answer.pop("ResponseMetadata")
        assert [len(v) for v in answer.values()] == [1], name
