"""CloudFormation: stacks with parameters, tags and capabilities, their templates, resources and states."""

import json
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import OSAKA, OTHER, TENANT, TOKYO, LocalAws, refused

INVALID, NEEDS = "ValidationError", "InsufficientCapabilitiesException"
TAGS = [{"Key": "tenant", "Value": "sakura"}]
YAML = """\
AWSTemplateFormatVersion: '2010-09-09'
Description: a town's bucket
Parameters:
  Name: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: 'a,c'}
  Size: {Type: Number, Default: 20}
  Password: {Type: String, NoEcho: true}
  Secret: {Type: String, NoEcho: 'true', Default: hidden}
  Open: {Type: String, NoEcho: false, Default: shown}
Conditions:
  Never: !Equals [a, b]
Resources:
  # What moto has, what it lacks, and what is not wanted.
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Ref Name}
  Plan:
    Type: AWS::Unheard::Of
  Other:
    Type: AWS::S3::Bucket
    Condition: Never
Outputs:
  Made: {Value: !Ref Bucket, Description: the bucket, Export: {Name: bucket}}
"""
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "town-json"}}
JSON = '{ "Resources":\n  {"Bucket":  ' + json.dumps(BUCKET) + "}}\n"


@pytest.fixture
def stacks(aws: LocalAws):
    return aws.client("cloudformation", TENANT)


def parameters(**values):
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]


GIVEN = {"TemplateBody": YAML, "Parameters": parameters(Name="town-yaml", Password="pa55word")}


def create(stacks, name="town", **more):
    return stacks.create_stack(StackName=name, **(GIVEN | {"Tags": TAGS} | more))["StackId"]


def one(stacks, name="town"):
    (found,) = stacks.describe_stacks(StackName=name)["Stacks"]
    return found


def template_with(**resources):
    return {"TemplateBody": json.dumps({"Resources": resources}), "Parameters": []}


def raw_template(aws: LocalAws, name):
    """GetTemplate's XML, as boto3 reads JSON templates itself."""
    body = f"Action=GetTemplate&Version=2010-05-15&StackName={name}&TemplateStage=Original"
    request = AWSRequest("POST", aws.endpoint + "/", {"Host": aws.endpoint[7:]}, body)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials(TENANT, "x"), "cloudformation", TOKYO).add_auth(request)
    sent = urllib.request.Request(request.url, body.encode(), dict(request.headers.items()))
    with urllib.request.urlopen(sent) as answer:
        return answer.read().decode()


def test_a_stack_is_described_without_its_secrets(aws: LocalAws, stacks):
    aws.settings(now=86_400)
    made = create(stacks, Capabilities=["CAPABILITY_IAM"])
    for wanted in ("town", made):
        found = one(stacks, wanted)
    shown = {p["ParameterKey"]: p["ParameterValue"] for p in found["Parameters"]}
    assert shown == {
        "Name": "town-yaml",
        "Zones": "a,c",
        "Size": "20",
        "Password": "****",
        "Secret": "****",
        "Open": "shown",
    }
    assert (found["StackId"], found["StackStatus"]) == (made, "CREATE_COMPLETE")
    assert (found["Tags"], found["Capabilities"]) == (TAGS, ["CAPABILITY_IAM"])
    assert found["Description"] == "a town's bucket"
    (output,) = found["Outputs"]
    assert (output["OutputKey"], output["OutputValue"]) == ("Made", "town-yaml")
    assert (output["Description"], output["ExportName"]) == ("the bucket", "bucket")
    assert "LastUpdatedTime" not in found
    create(stacks, "next", TemplateBody=JSON, Parameters=[])
    assert [s["StackName"] for s in stacks.describe_stacks()["Stacks"]] == ["town", "next"]
    aws.settings(now=0)
    earlier = stacks.create_stack(StackName="now", **template_with(Plan={"Type": "AWS::Unheard::Of"}))
    apart = found["CreationTime"] - one(stacks, earlier["StackId"])["CreationTime"]
    assert 86_000 < apart.total_seconds() < 87_000
    for other in (aws.client("cloudformation", OTHER), aws.client("cloudformation", TENANT, OSAKA)):
        assert other.describe_stacks()["Stacks"] == []


def test_an_unknown_stack_is_refused(stacks):
    for call in (stacks.describe_stacks, stacks.get_template, stacks.list_stack_resources):
        error = refused(INVALID, call, StackName="none")
        assert error.response["Error"]["Message"] == "Stack with id none does not exist"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_template_is_given_back_as_it_was_given(aws: LocalAws, stacks):
    windows = YAML.replace("\n", "\r\n").replace("town's bucket", "town's <bucket> & 町")
    create(stacks)
    create(stacks, "json", TemplateBody=JSON, Parameters=[])
    stacks.delete_stack(StackName="town")
    create(stacks, "windows", TemplateBody=windows)
    for stage in ("Original", "Processed"):
        found = stacks.get_template(StackName="windows", TemplateStage=stage)
        assert (found["TemplateBody"], found["StagesAvailable"]) == (windows, ["Original", "Processed"])
    assert json.loads(JSON) == stacks.get_template(StackName="json")["TemplateBody"]
    assert f"<TemplateBody>{JSON}</TemplateBody>" in raw_template(aws, "json").replace("&quot;", '"')


def test_a_deleted_stack_is_known_by_its_id(stacks):
    made = create(stacks)
    stacks.delete_stack(StackName="town")
    refused(INVALID, stacks.describe_stacks, StackName="town")
    assert one(stacks, made)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.get_template(StackName=made)["TemplateBody"] == YAML
    found = stacks.list_stack_resources(StackName=made)["StackResourceSummaries"]
    assert {r["ResourceStatus"] for r in found} == {"DELETE_COMPLETE"}


def test_resources_are_listed_also_those_of_unknown_types(stacks):
    create(stacks)
    found = stacks.list_stack_resources(StackName="town")["StackResourceSummaries"]
    names = [(r["LogicalResourceId"], r["ResourceType"], r.get("PhysicalResourceId")) for r in found]
    assert names == [("Bucket", "AWS::S3::Bucket", "town-yaml"), ("Plan", "AWS::Unheard::Of", None)]
    assert {r["ResourceStatus"] for r in found} == {"CREATE_COMPLETE"}


def test_a_stack_that_aws_refuses(stacks):
    create(stacks)
    refused("AlreadyExistsException", create, stacks=stacks)
    for changes in (
        {"name": "1town"},
        {"name": "the_town"},
        {"TemplateBody": ""},
        {"TemplateBody": "{{{"},
        {"TemplateBody": "a text"},
        {"TemplateBody": '{"Resources": {}}'},
        {"TemplateBody": YAML + "#" * 51_200},
        {"TemplateURL": "https://bucket.s3.amazonaws.com/x"},
        {"Parameters": parameters(Name="x")},
        {"Parameters": parameters(Name="x", Password="y", Unknown="z")},
        {"Tags": [{"Key": "aws:x", "Value": "1"}]},
        {"Tags": TAGS * 2},
    ):
        refused(INVALID, create, stacks=stacks, **{"name": "other", **changes})
    assert len(stacks.describe_stacks()["Stacks"]) == 1


def test_iam_resources_need_a_capability(stacks):
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    properties = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    named = {**role, "Properties": {**properties, "RoleName": "town"}}
    refused(NEEDS, create, stacks=stacks, **template_with(Role=role))
    create(stacks, "role", **template_with(Role=role), Capabilities=["CAPABILITY_IAM"])
    refused(NEEDS, create, stacks=stacks, **template_with(Role=named), Capabilities=["CAPABILITY_IAM"])
    create(stacks, "named", **template_with(Role=named), Capabilities=["CAPABILITY_NAMED_IAM"])


def test_states_take_their_time(aws: LocalAws, stacks):
    aws.settings(delay={"stack": 60})
    create(stacks, TemplateBody=JSON, Parameters=[])
    assert one(stacks)["StackStatus"] == "CREATE_IN_PROGRESS"
    aws.settings(now=61)
    assert one(stacks)["StackStatus"] == "CREATE_COMPLETE"
    more = json.dumps({"Resources": {"Bucket": BUCKET, "Plan": {"Type": "AWS::Unheard::Of"}}})
    stacks.update_stack(StackName="town", TemplateBody=more)
    found = one(stacks)
    assert found["StackStatus"] == "UPDATE_COMPLETE"
    assert (found["LastUpdatedTime"] - found["CreationTime"]).total_seconds() >= 60
    assert stacks.get_template(StackName="town")["TemplateBody"] == json.loads(more)


def test_a_stack_whose_resource_is_refused_rolls_back(aws: LocalAws, stacks):
    aws.client("s3", OTHER).create_bucket(
        Bucket="town-json", CreateBucketConfiguration={"LocationConstraint": TOKYO}
    )
    first = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "town-first"}}
    both = template_with(First=first, Second={**BUCKET, "DependsOn": "First"})
    create(stacks, **both)
    found = one(stacks)
    assert (found["StackStatus"], "bucket" in found["StackStatusReason"]) == ("ROLLBACK_COMPLETE", True)
    assert aws.client("s3", TENANT).list_buckets()["Buckets"] == []
    create(stacks, "kept", **both, OnFailure="DO_NOTHING")
    assert one(stacks, "kept")["StackStatus"] == "CREATE_FAILED"
    assert [b["Name"] for b in aws.client("s3", TENANT).list_buckets()["Buckets"]] == ["town-first"]


def test_databases_and_file_systems_have_the_stacks_tags(aws: LocalAws, stacks):
    properties = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20"}
    properties |= {"MasterUsername": "master", "MasterUserPassword": "password1"}
    properties["Tags"] = [{"Key": "tenant", "Value": "other"}]
    town = {"Type": "AWS::RDS::DBInstance", "Properties": properties}
    made = create(stacks, **template_with(Town=town, Files={"Type": "AWS::EFS::FileSystem"}))
    (database,) = aws.client("rds", TENANT).describe_db_instances()["DBInstances"]
    (files,) = aws.client("efs", TENANT).describe_file_systems()["FileSystems"]
    for tags, tenant, name in ((database["TagList"], "other", "Town"), (files["Tags"], "sakura", "Files")):
        assert {t["Key"]: t["Value"] for t in tags} == {
            "tenant": tenant,
            "aws:cloudformation:stack-name": "town",
            "aws:cloudformation:stack-id": made,
            "aws:cloudformation:logical-id": name,
        }


def test_snapshots_with_cloudformations_tags_are_not_copied_with_them(aws: LocalAws, stacks):
    properties = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20"}
    properties |= {"MasterUsername": "master", "MasterUserPassword": "password1", "CopyTagsToSnapshot": True}
    create(stacks, **template_with(Town={"Type": "AWS::RDS::DBInstance", "Properties": properties}))
    rds = aws.client("rds", TENANT)
    (database,) = rds.describe_db_instances()["DBInstances"]
    source = {"DBInstanceIdentifier": database["DBInstanceIdentifier"], "DBSnapshotIdentifier": "s1"}
    assert len(rds.create_db_snapshot(**source)["DBSnapshot"]["TagList"]) == 4
    named = {"SourceDBSnapshotIdentifier": "s1", "TargetDBSnapshotIdentifier": "c1"}
    refused("InvalidParameterValue", rds.copy_db_snapshot, **named, CopyTags=True)
    assert rds.copy_db_snapshot(**named, Tags=TAGS)["DBSnapshot"]["TagList"] == TAGS
