"""S3 objects: encryption by default, unusable keys, lists in pages."""

import urllib.error
import urllib.request

import pytest
from conftest import TOKYO, LocalAws, refused

BUCKET = "linked-files"


@pytest.fixture
def s3(aws: LocalAws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": TOKYO})
    return s3


@pytest.fixture
def key(kms, s3) -> str:
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return arn


def encrypted(answer):
    names = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
    return tuple(answer.get(n) for n in names)


def test_an_object_takes_the_buckets_key(s3, key):
    want = ("aws:kms", key, True)
    assert encrypted(s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")) == want
    assert encrypted(s3.head_object(Bucket=BUCKET, Key="k")) == want
    got = s3.get_object(Bucket=BUCKET, Key="k")
    assert encrypted(got) == want
    assert got["Body"].read() == b"x"


def test_an_upload_takes_the_buckets_key(s3, key):
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key="k")
    assert encrypted(begun) == ("aws:kms", key, True)
    names = {"Bucket": BUCKET, "Key": "k", "UploadId": begun["UploadId"]}
    part = s3.upload_part(**names, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**names, MultipartUpload=parts)
    assert encrypted(s3.head_object(Bucket=BUCKET, Key="k")) == ("aws:kms", key, True)


def test_the_request_may_name_another_encryption(s3, kms, key):
    plain = s3.put_object(Bucket=BUCKET, Key="k", Body=b"", ServerSideEncryption="AES256")
    assert encrypted(plain) == ("AES256", None, None)
    managed = s3.put_object(Bucket=BUCKET, Key="k", Body=b"", ServerSideEncryption="aws:kms")
    assert managed["SSEKMSKeyId"] != key
    found = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (found["Arn"], found["KeyManager"]) == (managed["SSEKMSKeyId"], "AWS")
    own = {"Bucket": BUCKET, "Key": "k", "Body": b""}
    wanted = {"SSEKMSKeyId": key, "ServerSideEncryption": "AES256"}
    refused("InvalidArgument", s3.put_object, **own, **wanted)
    customers = {"Bucket": BUCKET, "Key": "k", "SSECustomerAlgorithm": "AES256"}
    request = urllib.request.Request(s3.generate_presigned_url("put_object", customers), b"x", method="PUT")
    request.add_header("x-amz-server-side-encryption-customer-algorithm", "AES256")
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    assert raised.value.code == 403


def test_an_unusable_key_refuses_writing_and_reading(s3, kms, key):
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    kms.disable_key(KeyId=key)
    refused("KMS.DisabledException", s3.put_object, Bucket=BUCKET, Key="k", Body=b"x")
    refused("KMS.DisabledException", s3.get_object, Bucket=BUCKET, Key="k")
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    code = "KMS.KMSInvalidStateException"
    refused(code, s3.put_object, Bucket=BUCKET, Key="k", Body=b"x")
    refused(code, s3.get_object, Bucket=BUCKET, Key="k")
    unknown = key[:-4] + "0000"
    wanted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": unknown}
    refused("KMS.NotFoundException", s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", **wanted)


def test_versions_are_listed_in_pages(s3):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(3):
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="k")
    first = s3.list_object_versions(Bucket=BUCKET, MaxKeys=2)
    assert first["IsTruncated"]
    rest = s3.list_object_versions(
        Bucket=BUCKET, KeyMarker=first["NextKeyMarker"], VersionIdMarker=first["NextVersionIdMarker"]
    )
    pages = [first, rest]
    assert sum(len(p.get("Versions", [])) for p in pages) == 3
    assert sum(len(p.get("DeleteMarkers", [])) for p in pages) == 1


def test_uploads_are_listed_in_pages(s3):
    for key in ("b", "a", "c"):
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)
    first = s3.list_multipart_uploads(Bucket=BUCKET, MaxUploads=2)
    assert ([u["Key"] for u in first["Uploads"]], first["IsTruncated"]) == (["a", "b"], True)
    markers = {"KeyMarker": first["NextKeyMarker"], "UploadIdMarker": first["NextUploadIdMarker"]}
    rest = s3.list_multipart_uploads(Bucket=BUCKET, **markers)
    assert ([u["Key"] for u in rest["Uploads"]], rest["IsTruncated"]) == (["c"], False)
