"""S3 buckets: creation, names, tags, regions, lists, deletion."""

import urllib.error
import urllib.request

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused

PLACE = {"LocationConstraint": TOKYO}


@pytest.fixture
def s3(aws: LocalAws):
    return aws.client("s3")


@pytest.fixture
def bucket(s3) -> str:
    s3.create_bucket(Bucket="linked-files", CreateBucketConfiguration=PLACE)
    return "linked-files"


def test_a_bucket_has_its_tags_from_the_start(s3):
    tags = [{"Key": "owner", "Value": "file-link"}, {"Key": "tenant", "Value": "t1"}]
    s3.create_bucket(Bucket="tagged", CreateBucketConfiguration={**PLACE, "Tags": tags})
    assert s3.get_bucket_tagging(Bucket="tagged")["TagSet"] == tags
    s3.put_bucket_tagging(Bucket="tagged", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket="tagged")["TagSet"] == [{"Key": "a", "Value": "b"}]
    system = {"TagSet": [{"Key": "aws:x", "Value": "1"}]}
    refused("InvalidTag", s3.put_bucket_tagging, Bucket="tagged", Tagging=system)
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    wanted = {**PLACE, "Tags": twice}
    refused("InvalidTag", s3.create_bucket, Bucket="twice", CreateBucketConfiguration=wanted)
    refused("NoSuchBucket", s3.get_bucket_tagging, Bucket="twice")
    s3.delete_bucket_tagging(Bucket="tagged")
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket="tagged")


def test_a_bucket_is_made_once_and_where_its_endpoint_is(aws: LocalAws, s3, bucket):
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=bucket, CreateBucketConfiguration=PLACE)
    other = aws.client("s3", TENANT)
    refused("BucketAlreadyExists", other.create_bucket, Bucket=bucket, CreateBucketConfiguration=PLACE)
    wrong = {"LocationConstraint": OSAKA}
    code = "IllegalLocationConstraintException"
    refused(code, s3.create_bucket, Bucket="elsewhere", CreateBucketConfiguration=wrong)
    refused(code, s3.create_bucket, Bucket="elsewhere")


@pytest.mark.parametrize(
    "name", ["UP", "ab", "has_underscore", "two..dots", "10.0.0.1", "xn--a-name", "a-name-s3alias", "-dash"]
)
def test_bad_names_are_refused(s3, name):
    refused("InvalidBucketName", s3.create_bucket, Bucket=name, CreateBucketConfiguration=PLACE)


def test_ownership_and_object_lock_are_set_at_creation(s3):
    s3.create_bucket(
        Bucket="locked",
        CreateBucketConfiguration=PLACE,
        ObjectLockEnabledForBucket=True,
        ObjectOwnership="BucketOwnerPreferred",
    )
    controls = s3.get_bucket_ownership_controls(Bucket="locked")["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    assert s3.get_bucket_versioning(Bucket="locked")["Status"] == "Enabled"
    lock = s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"]
    assert lock == {"ObjectLockEnabled": "Enabled"}
    s3.delete_bucket_ownership_controls(Bucket="locked")
    refused("OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, Bucket="locked")


def test_buckets_are_listed_by_name_and_region_in_pages(aws: LocalAws, s3):
    for n in range(3):
        s3.create_bucket(Bucket=f"list-{n}", CreateBucketConfiguration=PLACE)
    s3.create_bucket(Bucket="other", CreateBucketConfiguration=PLACE)
    osaka = aws.client("s3", region=OSAKA)
    osaka.create_bucket(Bucket="list-osaka", CreateBucketConfiguration={"LocationConstraint": OSAKA})
    first = s3.list_buckets(Prefix="list-", BucketRegion=TOKYO, MaxBuckets=2)
    assert [b["Name"] for b in first["Buckets"]] == ["list-0", "list-1"]
    assert {b["BucketRegion"] for b in first["Buckets"]} == {TOKYO}
    token = first["ContinuationToken"]
    rest = s3.list_buckets(Prefix="list-", BucketRegion=TOKYO, MaxBuckets=2, ContinuationToken=token)
    assert [b["Name"] for b in rest["Buckets"]] == ["list-2"]
    assert "ContinuationToken" not in rest
    assert [b["Name"] for b in osaka.list_buckets(BucketRegion=OSAKA)["Buckets"]] == ["list-osaka"]
    assert len(s3.list_buckets()["Buckets"]) == 5
    assert "BucketRegion" not in s3.list_buckets()["Buckets"][0]
    assert aws.client("s3", TENANT).list_buckets()["Buckets"] == []
    refused("InvalidArgument", s3.list_buckets, BucketRegion=OSAKA)


def test_settings_are_for_the_own_account(aws: LocalAws, bucket):
    other = aws.client("s3", TENANT)
    refused("AccessDenied", other.get_bucket_policy, Bucket=bucket)
    refused("AccessDenied", other.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={})
    refused("AccessDenied", other.get_bucket_encryption, Bucket=bucket, ExpectedBucketOwner=TENANT)


def test_another_regions_endpoint_sends_away(aws: LocalAws, bucket):
    url = aws.client("s3", HUB, OSAKA).generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(url)
    assert raised.value.code == 301
    assert raised.value.headers["x-amz-bucket-region"] == TOKYO
    assert b"<Code>PermanentRedirect</Code>" in raised.value.read()


def test_only_an_empty_bucket_is_deleted(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=bucket)
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    s3.delete_bucket(Bucket=bucket)
    refused("NoSuchBucket", s3.delete_bucket, Bucket=bucket)
