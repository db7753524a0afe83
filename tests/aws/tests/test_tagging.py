"""The Resource Groups Tagging API: everything that carries a tag, in pages."""

import pytest
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

SERVICE = "resourcegroupstaggingapi"
VIRGINIA = "us-east-1"

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, '
    '"Action": "sts:AssumeRole"}]}'
)
OURS = {"jichitai:installation": "sakura", "tenant": "chiyoda"}


def listed(key: str, value: str) -> list[dict[str, str]]:
    return [{key: k, value: v} for k, v in OURS.items()]


@pytest.fixture
def tagging(aws: LocalAws):
    return aws.client("resourcegroupstaggingapi", TENANT)


def found(client, **wanted):
    pages = client.get_paginator("get_resources").paginate(**wanted)
    return {one["ResourceARN"]: one["Tags"] for page in pages for one in page["ResourceTagMappingList"]}


def test_what_carries_a_tag_is_found_in_its_region(aws: LocalAws, tagging):
    ec2, kms = aws.client("ec2", TENANT), aws.client("kms", TENANT)
    vpc = ec2.create_vpc(
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": listed("Key", "Value")}],
    )["Vpc"]["VpcId"]
    ec2.create_vpc(CidrBlock="10.1.0.0/16")
    key = kms.create_key(Tags=listed("TagKey", "TagValue"))["KeyMetadata"]["Arn"]
    kms.create_key(Tags=[{"TagKey": "tenant", "TagValue": "minato"}])
    elsewhere = aws.client("kms", TENANT, OSAKA).create_key(Tags=listed("TagKey", "TagValue"))
    s3, there = aws.client("s3", TENANT), aws.client("s3", TENANT, OSAKA)
    for client, name, region in ((s3, "tagged-tokyo", "ap-northeast-1"), (there, "tagged-osaka", OSAKA)):
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed("Key", "Value")})
    rule = aws.client("route53resolver", TENANT).create_resolver_rule(
        CreatorRequestId="a", RuleType="SYSTEM", DomainName="a.example", Name="a", Tags=listed("Key", "Value")
    )["ResolverRule"]["Arn"]
    server = aws.client("transfer", TENANT).create_server(Tags=listed("Key", "Value"))["ServerId"]
    share = aws.client("ram", TENANT).create_resource_share(
        name="a", tags=[{"key": k, "value": v} for k, v in OURS.items()]
    )["resourceShare"]["resourceShareArn"]
    aws.client("iam", TENANT).create_role(
        RoleName="a", AssumeRolePolicyDocument=TRUST, Tags=listed("Key", "Value")
    )
    ours = [{"Key": "jichitai:installation", "Values": ["sakura", "ume"]}]
    all_of_us = {
        f"arn:aws:ec2:ap-northeast-1:{TENANT}:vpc/{vpc}",
        f"arn:aws:transfer:ap-northeast-1:{TENANT}:server/{server}",
        "arn:aws:s3:::tagged-tokyo",
        key,
        rule,
        share,
    }
    assert set(found(tagging, TagFilters=ours)) == all_of_us
    assert found(tagging, TagFilters=ours)[key] == listed("Key", "Value")
    assert set(found(tagging, TagFilters=ours, ResourcesPerPage=2)) == all_of_us
    assert not found(tagging, TagFilters=[*ours, {"Key": "tenant", "Values": ["minato"]}])
    assert len(found(tagging, TagFilters=[{"Key": "tenant"}])) == len(all_of_us) + 1
    osaka = aws.client("resourcegroupstaggingapi", TENANT, OSAKA)
    assert set(found(osaka, TagFilters=ours)) == {
        elsewhere["KeyMetadata"]["Arn"],
        "arn:aws:s3:::tagged-osaka",
    }
    ec2.delete_vpc(VpcId=vpc)
    assert len(found(tagging, TagFilters=ours)) == len(all_of_us) - 1


def test_a_region_answers_what_is_in_it(aws: LocalAws, session):
    made = {}
    for region in (VIRGINIA, TOKYO):
        ec2 = aws.client("ec2", TENANT, region)
        spec = [{"ResourceType": "vpc", "Tags": listed("Key", "Value")}]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=spec)["Vpc"]["VpcId"]
        made[region] = f"arn:aws:ec2:{region}:{TENANT}:vpc/{vpc}"
    for region, arns in ((VIRGINIA, [made[VIRGINIA]]), (TOKYO, [made[TOKYO]]), ("eu-west-1", [])):
        reader = session(SERVICE, "tag:GetResources", region=region)
        assert list(found(reader, TagFilters=[{"Key": "tenant"}])) == arns
    assert not found(session(SERVICE, "tag:GetResources", region=VIRGINIA, account=OTHER))
    error = refused("AccessDeniedException", session(SERVICE, "ec2:*", region=VIRGINIA).get_resources)
    assert "because no identity-based policy allows the tag:GetResources action" in str(error)


def test_an_organization_denies_a_region(aws: LocalAws, session):
    aws.fault(service="tagging", operation="GetResources", region=VIRGINIA, action="scp-deny")
    reader = session(SERVICE, "tag:GetResources", region=VIRGINIA)
    error = refused("AccessDeniedException", reader.get_resources)
    why = "with an explicit deny in a service control policy"
    assert f"is not authorized to perform: tag:GetResources on resource: * {why}" in str(error)
    assert not found(session(SERVICE, "tag:GetResources"))
    (rule,) = aws.side("GET", "faults")
    assert rule["acted"] == 1


def test_a_page_has_its_limits(tagging):
    refused("InvalidParameterException", lambda: tagging.get_resources(ResourcesPerPage=101))
    refused("PaginationTokenExpiredException", lambda: tagging.get_resources(PaginationToken="x"))
