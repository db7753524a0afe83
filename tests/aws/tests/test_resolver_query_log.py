"""Resolver query logging: configurations, VPCs, states, lists."""

import pytest
from conftest import HUB, TENANT, TOKYO, LocalAws, refused, soon

INVALID, GONE, EXISTS = "InvalidRequestException", "ResourceNotFoundException", "ResourceExistsException"
BAD, OVER = "InvalidParameterException", "LimitExceededException"
LOG_GROUP = f"arn:aws:logs:{TOKYO}:{HUB}:log-group:/dns/queries"


@pytest.fixture
def resolver(aws: LocalAws):
    return aws.client("route53resolver")


@pytest.fixture
def wanted():
    return {
        "Name": "queries",
        "DestinationArn": LOG_GROUP,
        "CreatorRequestId": "one",
        "Tags": [{"Key": "owner", "Value": "city"}],
    }


@pytest.fixture
def config(resolver, wanted) -> str:
    return resolver.create_resolver_query_log_config(**wanted)["ResolverQueryLogConfig"]["Id"]


def seen(resolver, config):
    found = resolver.get_resolver_query_log_config(ResolverQueryLogConfigId=config)
    return found["ResolverQueryLogConfig"]


def associations(resolver, **more):
    found = resolver.list_resolver_query_log_config_associations(**more)
    return found["ResolverQueryLogConfigAssociations"]


def test_a_configuration_is_creating_then_created_and_goes_slowly_too(aws: LocalAws, resolver, wanted):
    aws.settings(delay={"resolverQueryLog": 0.2})
    made = resolver.create_resolver_query_log_config(**wanted)["ResolverQueryLogConfig"]
    assert made["Id"].startswith("rqlc-")
    assert made["Arn"] == f"arn:aws:route53resolver:{TOKYO}:{HUB}:resolver-query-log-config/{made['Id']}"
    assert (made["Status"], made["ShareStatus"], made["AssociationCount"]) == ("CREATING", "NOT_SHARED", 0)
    assert (made["DestinationArn"], made["OwnerId"], made["Name"]) == (LOG_GROUP, HUB, "queries")
    soon(lambda: seen(resolver, made["Id"])["Status"] == "CREATED")
    tags = resolver.list_tags_for_resource(ResourceArn=made["Arn"])["Tags"]
    assert tags == wanted["Tags"]
    names = {"ResolverQueryLogConfigId": made["Id"]}
    answer = resolver.delete_resolver_query_log_config(**names)["ResolverQueryLogConfig"]
    assert answer["Status"] == seen(resolver, made["Id"])["Status"] == "DELETING"
    refused(INVALID, resolver.delete_resolver_query_log_config, **names)
    soon(lambda: resolver.list_resolver_query_log_configs()["ResolverQueryLogConfigs"] == [])
    refused(GONE, resolver.get_resolver_query_log_config, **names)
    refused(GONE, resolver.delete_resolver_query_log_config, **names)


def test_configurations_that_aws_refuses(aws: LocalAws, resolver, wanted, config):
    refused(EXISTS, resolver.create_resolver_query_log_config, **wanted)
    other = {**wanted, "CreatorRequestId": "two"}
    for code, changes in (
        (BAD, {"DestinationArn": "log-group"}),
        (BAD, {"DestinationArn": f"arn:aws:sqs:{TOKYO}:{HUB}:queue"}),
        ("ValidationException", {"Name": "12"}),
    ):
        refused(code, resolver.create_resolver_query_log_config, **{**other, **changes})
    aws.settings(quota={"resolverQueryLogConfigs": 1})
    refused(OVER, resolver.create_resolver_query_log_config, **other)
    refused(GONE, aws.client("route53resolver", TENANT).get_resolver_query_log_config,
            ResolverQueryLogConfigId=config)  # fmt: skip


@pytest.mark.parametrize(
    "destination",
    [
        LOG_GROUP + ":*",
        "arn:aws:s3:::queries",
        "arn:aws:s3:::queries/dns/",
        f"arn:aws:firehose:{TOKYO}:{HUB}:deliverystream/dns",
    ],
)
def test_destinations(resolver, wanted, destination):
    made = resolver.create_resolver_query_log_config(**{**wanted, "DestinationArn": destination})
    assert made["ResolverQueryLogConfig"]["DestinationArn"] == destination


def test_a_vpc_is_logged_once_and_lets_go(aws: LocalAws, resolver, vpc, config):
    aws.settings(delay={"resolverQueryLog": 0.2})
    names = {"ResolverQueryLogConfigId": config, "ResourceId": vpc}
    made = resolver.associate_resolver_query_log_config(**names)["ResolverQueryLogConfigAssociation"]
    assert made["Id"].startswith("rqlca-")
    assert (made["Status"], made["Error"], made["ResourceId"]) == ("CREATING", "NONE", vpc)
    assert seen(resolver, config)["AssociationCount"] == 1

    def status():
        found = resolver.get_resolver_query_log_config_association(
            ResolverQueryLogConfigAssociationId=made["Id"]
        )
        return found["ResolverQueryLogConfigAssociation"]["Status"]

    soon(lambda: status() == "ACTIVE")
    refused(EXISTS, resolver.associate_resolver_query_log_config, **names)
    only = {"ResolverQueryLogConfigId": config}
    refused(INVALID, resolver.delete_resolver_query_log_config, **only)
    refused(BAD, resolver.associate_resolver_query_log_config, **only, ResourceId="vpc-00000000000000000")
    nobodys = {"ResolverQueryLogConfigId": "rqlc-none", "ResourceId": vpc}
    refused(GONE, resolver.associate_resolver_query_log_config, **nobodys)
    answer = resolver.disassociate_resolver_query_log_config(**names)["ResolverQueryLogConfigAssociation"]
    assert answer["Status"] == status() == "DELETING"
    refused(INVALID, resolver.delete_resolver_query_log_config, **only)
    soon(lambda: associations(resolver) == [])
    refused(GONE, status)
    refused(GONE, resolver.disassociate_resolver_query_log_config, **names)
    resolver.delete_resolver_query_log_config(**only)


def test_lists_come_in_pages_by_filters_and_sorted(aws: LocalAws, resolver, ec2, vpc, wanted, config):
    bucket = {**wanted, "CreatorRequestId": "two", "Name": "a-bucket", "DestinationArn": "arn:aws:s3:::b-b-b"}
    other = resolver.create_resolver_query_log_config(**bucket)["ResolverQueryLogConfig"]["Id"]
    first = resolver.list_resolver_query_log_configs(MaxResults=1)
    rest = resolver.list_resolver_query_log_configs(MaxResults=1, NextToken=first["NextToken"])
    pages = first["ResolverQueryLogConfigs"] + rest["ResolverQueryLogConfigs"]
    assert [c["Id"] for c in pages] == [config, other]
    assert (first["TotalCount"], first["TotalFilteredCount"]) == (2, 2)
    refused("InvalidNextTokenException", resolver.list_resolver_query_log_configs, NextToken="x")

    def found(**more):
        return [c["Id"] for c in resolver.list_resolver_query_log_configs(**more)["ResolverQueryLogConfigs"]]

    assert found(SortBy="Name") == [other, config]
    assert found(SortBy="Name", SortOrder="DESCENDING") == [config, other]
    for name, value in (("Destination", "S3"), ("Name", "a-bucket"), ("CreatorRequestId", "two")):
        assert found(Filters=[{"Name": name, "Values": [value]}]) == [other]
    refused(BAD, resolver.list_resolver_query_log_configs, Filters=[{"Name": "VPCId", "Values": [vpc]}])
    vpcs = [vpc, ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]]
    for each in vpcs:
        resolver.associate_resolver_query_log_config(ResolverQueryLogConfigId=config, ResourceId=each)
    listed = resolver.list_resolver_query_log_config_associations(MaxResults=1)
    token = {"NextToken": listed["NextToken"]}
    both = listed["ResolverQueryLogConfigAssociations"] + associations(resolver, **token)
    assert [a["ResourceId"] for a in both] == vpcs
    by_vpc = associations(resolver, Filters=[{"Name": "ResourceId", "Values": [vpc]}])
    assert [a["ResourceId"] for a in by_vpc] == [vpc]
    assert associations(resolver, Filters=[{"Name": "Status", "Values": ["FAILED"]}]) == []
    aws.settings(lag=30)
    late = {**wanted, "CreatorRequestId": "late"}
    resolver.create_resolver_query_log_config(**late)
    assert len(found()) == 2
    aws.settings(now=31)
    assert len(found()) == 3
