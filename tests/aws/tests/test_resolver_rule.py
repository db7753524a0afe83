"""Resolver rules: forwarding, states, sharing with other accounts, associations with VPCs."""

import pytest
from conftest import HUB, OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused, soon

INVALID, GONE, EXISTS = "InvalidRequestException", "ResourceNotFoundException", "ResourceExistsException"
BAD, OVER = "InvalidParameterException", "LimitExceededException"
AUTODEFINED = "rslvr-autodefined-rr-internet-resolver"
TARGETS = [{"Ip": "10.9.0.2"}]


@pytest.fixture
def resolver(aws: LocalAws):
    return aws.client("route53resolver")


@pytest.fixture
def tenant(aws: LocalAws):
    return aws.client("route53resolver", TENANT)


@pytest.fixture
def make_endpoint(resolver, ec2, vpc, subnets):
    group = ec2.create_security_group(GroupName="dns", Description="dns", VpcId=vpc)["GroupId"]

    def make(direction="OUTBOUND", **more):
        made = resolver.create_resolver_endpoint(
            CreatorRequestId=f"{direction}{more}",
            Direction=direction,
            SecurityGroupIds=[group],
            IpAddresses=[{"SubnetId": s} for s in subnets[:2]],
            **more,
        )
        return made["ResolverEndpoint"]["Id"]

    return make


@pytest.fixture
def endpoint(make_endpoint) -> str:
    return make_endpoint()


@pytest.fixture
def wanted(endpoint):
    return {
        "CreatorRequestId": "one",
        "Name": "corp",
        "RuleType": "FORWARD",
        "DomainName": "Corp.Example",
        "ResolverEndpointId": endpoint,
        "TargetIps": TARGETS,
        "Tags": [{"Key": "owner", "Value": "city"}],
    }


@pytest.fixture
def rule(resolver, wanted) -> str:
    return resolver.create_resolver_rule(**wanted)["ResolverRule"]["Id"]


def seen(resolver, rule):
    return resolver.get_resolver_rule(ResolverRuleId=rule)["ResolverRule"]


def listed(resolver, **more):
    return resolver.list_resolver_rules(**more)["ResolverRules"]


def associations(resolver, **more):
    found = resolver.list_resolver_rule_associations(**more)["ResolverRuleAssociations"]
    return [a for a in found if a["ResolverRuleId"] != AUTODEFINED]


def share(aws: LocalAws, *accounts, rule, organization=(HUB, TENANT)):
    """The hub's share of the rule; its ARN."""
    aws.settings(ramSharingWithOrganization=list(organization))
    arn = seen(aws.client("route53resolver"), rule)["Arn"]
    made = aws.client("ram").create_resource_share(name="dns", resourceArns=[arn], principals=list(accounts))
    return made["resourceShare"]["resourceShareArn"]


def test_a_rule_has_what_it_was_made_with(resolver, endpoint, wanted):
    made = resolver.create_resolver_rule(**wanted)["ResolverRule"]
    assert made["Id"].startswith("rslvr-rr-")
    assert made["Arn"] == f"arn:aws:route53resolver:{TOKYO}:{HUB}:resolver-rule/{made['Id']}"
    assert (made["DomainName"], made["Status"], made["RuleType"]) == ("corp.example.", "COMPLETE", "FORWARD")
    assert made["TargetIps"] == [{"Ip": "10.9.0.2", "Port": 53, "Protocol": "Do53"}]
    assert (made["ResolverEndpointId"], made["OwnerId"]) == (endpoint, HUB)
    assert (made["ShareStatus"], made["Name"]) == ("NOT_SHARED", "corp")
    assert seen(resolver, made["Id"]) == made
    tags = resolver.list_tags_for_resource(ResourceArn=made["Arn"])["Tags"]
    assert tags == [{"Key": "owner", "Value": "city"}]
    refused(EXISTS, resolver.create_resolver_rule, **wanted)
    system = resolver.create_resolver_rule(
        CreatorRequestId="system", RuleType="SYSTEM", DomainName="aws.corp.example."
    )["ResolverRule"]
    assert "TargetIps" not in system
    assert "ResolverEndpointId" not in system
    root = resolver.create_resolver_rule(**{**wanted, "CreatorRequestId": "root", "DomainName": "."})
    assert root["ResolverRule"]["DomainName"] == "."


def test_rules_that_aws_refuses(aws: LocalAws, resolver, make_endpoint, wanted):
    inbound = make_endpoint("INBOUND")
    without = {k: v for k, v in wanted.items() if k not in ("ResolverEndpointId", "TargetIps")}
    for code, request in (
        (INVALID, {**wanted, "ResolverEndpointId": inbound}),
        (GONE, {**wanted, "ResolverEndpointId": "rslvr-out-none"}),
        (INVALID, without),
        (INVALID, {**without, "TargetIps": TARGETS}),
        (INVALID, {**wanted, "RuleType": "SYSTEM"}),
        (INVALID, {**without, "RuleType": "SYSTEM", "TargetIps": TARGETS}),
        (BAD, {**wanted, "RuleType": "RECURSIVE"}),
        (BAD, {**wanted, "DomainName": "a..b"}),
        (BAD, {**wanted, "DomainName": "-a.example"}),
        (BAD, {**wanted, "TargetIps": [{"Ip": "10.9.0.256"}]}),
        (OVER, {**wanted, "TargetIps": [{"Ip": f"10.9.0.{n}"} for n in range(1, 8)]}),
        (INVALID, {**wanted, "TargetIps": [{"Ip": "10.9.0.2", "Protocol": "DoH"}]}),
        ("ValidationException", {**wanted, "TargetIps": []}),
        ("ValidationException", {**wanted, "TargetIps": [{"Ip": "10.9.0.2", "Port": 65536}]}),
        ("ValidationException", {**wanted, "Name": "12"}),
        ("ValidationException", {**wanted, "Name": "no.dots"}),
    ):
        refused(code, resolver.create_resolver_rule, **request)
    aws.settings(quota={"resolverRules": 0})
    refused(OVER, resolver.create_resolver_rule, **wanted)
    assert [r["Id"] for r in listed(resolver)] == [AUTODEFINED]


def test_targets_speak_what_the_endpoint_speaks(resolver, make_endpoint, wanted):
    wanted["ResolverEndpointId"] = make_endpoint(Protocols=["DoH", "Do53"])
    target = {"Ip": "10.9.0.2", "Port": 443, "Protocol": "DoH", "ServerNameIndication": "dns.corp.example"}
    wanted["TargetIps"] = [target]
    assert resolver.create_resolver_rule(**wanted)["ResolverRule"]["TargetIps"] == [target]


def test_a_rule_is_updating_then_complete(aws: LocalAws, resolver, make_endpoint, endpoint, rule):
    aws.settings(delay={"resolverRule": 0.2})
    before = seen(resolver, rule)

    def update(**config):
        return resolver.update_resolver_rule(ResolverRuleId=rule, Config=config)["ResolverRule"]

    answer = update(TargetIps=[{"Ip": "10.9.0.3", "Port": 5353}])
    assert answer["Status"] == "UPDATING"
    assert answer["ModificationTime"] > before["ModificationTime"]
    error = refused("ResourceUnavailableException", update, Name="x")
    assert "[RSLVR-00705]" in str(error)
    soon(lambda: seen(resolver, rule)["Status"] == "COMPLETE")
    assert seen(resolver, rule)["TargetIps"] == [{"Ip": "10.9.0.3", "Port": 5353, "Protocol": "Do53"}]
    assert (seen(resolver, rule)["Name"], seen(resolver, rule)["ResolverEndpointId"]) == ("corp", endpoint)
    aws.settings(delay={"resolverRule": 0})
    other = make_endpoint(Name="other")
    update(ResolverEndpointId=other, Name="new")
    found = seen(resolver, rule)
    assert (found["Name"], found["ResolverEndpointId"], found["TargetIps"][0]["Port"]) == ("new", other, 5353)
    refused(GONE, update, ResolverEndpointId="rslvr-out-none")
    refused(INVALID, update, ResolverEndpointId=make_endpoint("INBOUND"))
    refused(BAD, update, TargetIps=[{"Ip": "10.9.0.x"}])
    refused(OVER, update, TargetIps=[{"Ip": f"10.9.0.{n}"} for n in range(1, 8)])
    refused("ValidationException", update, Name="12")
    system = resolver.create_resolver_rule(CreatorRequestId="s", RuleType="SYSTEM", DomainName="a.b")
    names = {"ResolverRuleId": system["ResolverRule"]["Id"]}
    for config in ({"TargetIps": TARGETS}, {"ResolverEndpointId": endpoint}):
        refused(INVALID, resolver.update_resolver_rule, **names, Config=config)
    resolver.update_resolver_rule(**names, Config={"Name": "system"})
    refused(GONE, resolver.update_resolver_rule, ResolverRuleId="rslvr-rr-none", Config={"Name": "x"})


def test_a_rule_is_deleting_then_gone(aws: LocalAws, resolver, endpoint, rule):
    error = refused(INVALID, resolver.delete_resolver_endpoint, ResolverEndpointId=endpoint)
    assert "[RSLVR-00600]" in str(error)
    assert rule in str(error)
    aws.settings(delay={"resolverRule": 0.2})
    assert resolver.delete_resolver_rule(ResolverRuleId=rule)["ResolverRule"]["Status"] == "DELETING"
    assert seen(resolver, rule)["Status"] == "DELETING"
    refused(INVALID, resolver.delete_resolver_rule, ResolverRuleId=rule)
    refused(INVALID, resolver.delete_resolver_endpoint, ResolverEndpointId=endpoint)
    soon(lambda: [r["Id"] for r in listed(resolver)] == [AUTODEFINED])
    refused(GONE, resolver.get_resolver_rule, ResolverRuleId=rule)
    refused(GONE, resolver.delete_resolver_rule, ResolverRuleId=rule)
    resolver.delete_resolver_endpoint(ResolverEndpointId=endpoint)


def test_the_autodefined_rule_is_everybodys(aws: LocalAws, resolver, vpc):
    for client in (resolver, aws.client("route53resolver", TENANT, OSAKA)):
        (found,) = listed(client)
        assert {n: found[n] for n in ("Id", "DomainName", "RuleType", "OwnerId", "Name")} == {
            "Id": AUTODEFINED,
            "DomainName": ".",
            "RuleType": "RECURSIVE",
            "OwnerId": "Route 53 Resolver",
            "Name": "Internet Resolver",
        }
        assert (found["Status"], found["ShareStatus"], found["CreatorRequestId"]) == (
            "COMPLETE",
            "NOT_SHARED",
            "",
        )
        assert seen(client, AUTODEFINED) == found
    of_vpc = [{"Name": "VPCId", "Values": [vpc]}]
    (found,) = resolver.list_resolver_rule_associations(Filters=of_vpc)["ResolverRuleAssociations"]
    assert (found["Id"], found["ResolverRuleId"]) == (
        f"rslvr-autodefined-assoc-{vpc}-internet-resolver",
        AUTODEFINED,
    )
    assert (found["Name"], found["Status"]) == ("System Rule Association", "COMPLETE")
    names = {"ResolverRuleId": AUTODEFINED}
    refused(INVALID, resolver.delete_resolver_rule, **names)
    refused(INVALID, resolver.update_resolver_rule, **names, Config={"Name": "x"})
    refused(INVALID, resolver.associate_resolver_rule, **names, VPCId=vpc)
    refused(INVALID, resolver.disassociate_resolver_rule, **names, VPCId=vpc)


def test_rules_are_listed_in_pages_and_by_filters(aws: LocalAws, resolver, endpoint, wanted):
    wanted["Name"] = "many"
    for number in range(11):
        request = {"CreatorRequestId": f"c{number}", "DomainName": f"d{number}.example"}
        resolver.create_resolver_rule(**{**wanted, **request})
    first = resolver.list_resolver_rules()
    rest = resolver.list_resolver_rules(NextToken=first["NextToken"])
    assert (len(first["ResolverRules"]), len(rest["ResolverRules"])) == (10, 2)
    assert len({r["Id"] for r in first["ResolverRules"] + rest["ResolverRules"]}) == 12
    refused("InvalidNextTokenException", resolver.list_resolver_rules, NextToken="x")

    def found(*filters):
        named = [{"Name": n, "Values": list(v)} for n, *v in filters]
        return len(listed(resolver, Filters=named, MaxResults=100))

    assert found(("TYPE", "FORWARD")) == found(("ResolverEndpointId", endpoint)) == 11
    assert found(("Type", "RECURSIVE")) == found(("DomainName", "d3.example.")) == 1
    assert found(("CreatorRequestId", "c1", "c2"), ("Name", "many"), ("Status", "COMPLETE")) == 2
    refused(BAD, resolver.list_resolver_rules, Filters=[{"Name": "OwnerId", "Values": [HUB]}])
    aws.settings(lag=30)
    late = {**wanted, "CreatorRequestId": "late"}
    made = resolver.create_resolver_rule(**late)["ResolverRule"]["Id"]
    assert found(("TYPE", "FORWARD")) == 11
    assert seen(resolver, made)
    aws.settings(now=31)
    assert found(("TYPE", "FORWARD")) == 12


def test_an_association_is_creating_then_complete_and_goes_slowly_too(aws: LocalAws, resolver, vpc, rule):
    aws.settings(delay={"resolverAssociation": 0.2})
    names = {"ResolverRuleId": rule, "VPCId": vpc}
    made = resolver.associate_resolver_rule(**names, Name="corp")["ResolverRuleAssociation"]
    assert made["Id"].startswith("rslvr-rrassoc-")
    assert (made["Status"], made["VPCId"], made["Name"]) == ("CREATING", vpc, "corp")
    assert set(made) <= {"Id", "ResolverRuleId", "Name", "VPCId", "Status", "StatusMessage"}

    def status():
        found = resolver.get_resolver_rule_association(ResolverRuleAssociationId=made["Id"])
        return found["ResolverRuleAssociation"]["Status"]

    refused("ResourceInUseException", resolver.delete_resolver_rule, ResolverRuleId=rule)
    soon(lambda: status() == "COMPLETE")
    refused(EXISTS, resolver.associate_resolver_rule, **names)
    answer = resolver.disassociate_resolver_rule(**names)["ResolverRuleAssociation"]
    assert answer["Status"] == status() == "DELETING"
    assert [a["Status"] for a in associations(resolver)] == ["DELETING"]
    refused("ResourceInUseException", resolver.delete_resolver_rule, ResolverRuleId=rule)
    soon(lambda: associations(resolver) == [])
    refused(GONE, status)
    refused(GONE, resolver.disassociate_resolver_rule, **names)
    resolver.delete_resolver_rule(ResolverRuleId=rule)


def test_associations_that_aws_refuses(
    aws: LocalAws, resolver, tenant, ec2, vpc, wanted, rule, make_endpoint
):
    resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc)
    again = resolver.create_resolver_rule(
        **{**wanted, "CreatorRequestId": "2", "DomainName": "corp.example."}
    )
    names = {"ResolverRuleId": again["ResolverRule"]["Id"], "VPCId": vpc}
    error = refused(INVALID, resolver.associate_resolver_rule, **names)
    assert "Cannot associate rules with same domain name with same VPC." in str(error)
    assert f"Conflict with resolver rule '{rule}'" in str(error)
    refused(BAD, resolver.associate_resolver_rule, ResolverRuleId=rule, VPCId="vpc-00000000000000000")
    refused(GONE, resolver.associate_resolver_rule, ResolverRuleId="rslvr-rr-none", VPCId=vpc)
    foreign = aws.client("ec2", TENANT).create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    refused(BAD, resolver.associate_resolver_rule, ResolverRuleId=rule, VPCId=foreign)
    refused(GONE, tenant.associate_resolver_rule, ResolverRuleId=rule, VPCId=foreign)
    other = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    aws.settings(quota={"resolverRuleAssociations": 1})
    refused(OVER, resolver.associate_resolver_rule, ResolverRuleId=rule, VPCId=other)


def test_a_vpc_forwards_nothing_to_its_own_inbound_endpoint(resolver, vpc, make_endpoint, wanted):
    inbound = make_endpoint("INBOUND")
    ips = resolver.list_resolver_endpoint_ip_addresses(ResolverEndpointId=inbound)["IpAddresses"]
    wanted["TargetIps"] = [{"Ip": ips[0]["Ip"]}]
    loop = resolver.create_resolver_rule(**wanted)["ResolverRule"]["Id"]
    error = refused(INVALID, resolver.associate_resolver_rule, ResolverRuleId=loop, VPCId=vpc)
    assert "[RSLVR-00804]" in str(error)


def test_associations_are_listed_in_pages_and_by_filters(aws: LocalAws, resolver, tenant, ec2, vpc, rule):
    vpcs = [vpc] + [ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (60, 61)]
    for number, each in enumerate(vpcs):
        resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=each, Name=f"n{number}")
    of_rule = [{"Name": "ResolverRuleId", "Values": [rule]}]
    first = resolver.list_resolver_rule_associations(Filters=of_rule, MaxResults=2)
    rest = resolver.list_resolver_rule_associations(Filters=of_rule, NextToken=first["NextToken"])
    found = first["ResolverRuleAssociations"] + rest["ResolverRuleAssociations"]
    assert [a["VPCId"] for a in found] == vpcs
    for name, value, count in (("VPCId", vpc, 1), ("VPC_ID", vpc, 1), ("Name", "n1", 1), ("Status", "x", 0)):
        assert len(associations(resolver, Filters=[{"Name": name, "Values": [value]}])) == count
    refused(BAD, resolver.list_resolver_rule_associations, Filters=[{"Name": "Id", "Values": ["x"]}])
    assert associations(tenant) == []


def test_a_shared_rule_is_used_by_another_account(aws: LocalAws, resolver, tenant, rule):
    vpc = aws.client("ec2", TENANT).create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    refused(GONE, tenant.get_resolver_rule, ResolverRuleId=rule)
    arn = share(aws, TENANT, rule=rule)
    soon(lambda: len(listed(tenant)) == 2)
    shared = seen(tenant, rule)
    assert (shared["ShareStatus"], shared["OwnerId"]) == ("SHARED_WITH_ME", HUB)
    assert seen(resolver, rule)["ShareStatus"] == "SHARED_BY_ME"
    refused(GONE, tenant.list_tags_for_resource, ResourceArn=shared["Arn"])
    for call, more in ((tenant.delete_resolver_rule, {}), (tenant.update_resolver_rule, {"Config": {}})):
        refused("AccessDeniedException", call, ResolverRuleId=rule, **more)
    tenant.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc)
    assert [a["VPCId"] for a in associations(tenant)] == [vpc]
    assert associations(resolver) == []
    refused("ResourceInUseException", resolver.delete_resolver_rule, ResolverRuleId=rule)
    assert len(listed(aws.client("route53resolver", OTHER))) == 1
    aws.client("ram").delete_resource_share(resourceShareArn=arn)
    assert seen(resolver, rule)["ShareStatus"] == "NOT_SHARED"
    refused(GONE, tenant.get_resolver_rule, ResolverRuleId=rule)
    tenant.disassociate_resolver_rule(ResolverRuleId=rule, VPCId=vpc)
    resolver.delete_resolver_rule(ResolverRuleId=rule)


def test_a_rule_is_shared_once_the_invitation_is_accepted(aws: LocalAws, resolver, rule):
    other, ram = aws.client("route53resolver", OTHER), aws.client("ram", OTHER)
    share(aws, OTHER, rule=rule)
    refused(GONE, other.get_resolver_rule, ResolverRuleId=rule)
    (invitation,) = ram.get_resource_share_invitations()["resourceShareInvitations"]
    ram.accept_resource_share_invitation(resourceShareInvitationArn=invitation["resourceShareInvitationArn"])
    assert seen(other, rule)["ShareStatus"] == "SHARED_WITH_ME"
