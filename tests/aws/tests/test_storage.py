"""EBS defaults, S3, RDS."""

import pytest
from conftest import HUB, OSAKA, TENANT, TOKYO, LocalAws, refused

ZONE = f"{TOKYO}a"


@pytest.fixture
def key(kms) -> str:
    return kms.create_key()["KeyMetadata"]["Arn"]


def test_ebs_defaults_are_per_account_and_region(aws: LocalAws, ec2, key):
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.enable_ebs_encryption_by_default()
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
    for other in (aws.client("ec2", region=OSAKA), aws.client("ec2", TENANT)):
        assert not other.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        assert other.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    refused(
        "InvalidKmsKey.NotFound", aws.client("ec2", region=OSAKA).modify_ebs_default_kms_key_id, KmsKeyId=key
    )
    refused("InvalidKmsKey.NotFound", ec2.modify_ebs_default_kms_key_id, KmsKeyId="alias/none")
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_a_disabled_key_is_no_default(ec2, kms, key):
    kms.disable_key(KeyId=key)
    refused("InvalidKmsKey.InvalidState", ec2.modify_ebs_default_kms_key_id, KmsKeyId=key)


def test_volumes_and_snapshots_carry_the_default_key(ec2, key):
    plain = ec2.create_volume(AvailabilityZone=ZONE, Size=1)
    assert plain["Encrypted"] is False
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)
    assert (volume["Encrypted"], volume["KmsKeyId"]) == (True, key)
    snapshot = ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    (found,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert found["SnapshotId"] == snapshot
    assert (found["Encrypted"], found["KmsKeyId"]) == (True, key)
    (described,) = ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"]
    assert described["KmsKeyId"] == key


def test_a_new_instances_volume_follows_the_defaults(ec2, key):
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    image = ec2.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
    assert [v["KmsKeyId"] for v in ec2.describe_volumes()["Volumes"]] == [key]
    assert ec2.describe_images(Owners=["self"])["Images"] == []


@pytest.fixture
def bucket(aws: LocalAws) -> str:
    name = "jichitai-test-bucket"
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": TOKYO})
    return name


def test_a_token_makes_one_volume_and_one_instance(ec2):
    wanted = {"AvailabilityZone": ZONE, "Size": 1, "ClientToken": "t"}
    first = ec2.create_volume(**wanted)["VolumeId"]
    assert ec2.create_volume(**wanted)["VolumeId"] == first
    refused("IdempotentParameterMismatch", ec2.create_volume, **(wanted | {"Size": 2}))
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    wanted = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "ClientToken": "t"}
    first = ec2.run_instances(**wanted)["Instances"][0]["InstanceId"]
    assert ec2.run_instances(**wanted)["Instances"][0]["InstanceId"] == first
    other = ec2.run_instances(**(wanted | {"ClientToken": "u"}))["Instances"][0]["InstanceId"]
    assert other != first


def test_a_new_bucket_is_closed_and_encrypted(aws: LocalAws, bucket):
    s3 = aws.client("s3")
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert s3.list_buckets(BucketRegion=TOKYO)["Buckets"][0]["BucketRegion"] == TOKYO


def test_the_expected_owner_must_be_right(aws: LocalAws, bucket):
    s3 = aws.client("s3")
    s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=HUB)
    refused("AccessDenied", s3.get_bucket_encryption, Bucket=bucket, ExpectedBucketOwner=TENANT)
    refused("AccessDenied", s3.put_object, Bucket=bucket, Key="k", Body=b"x", ExpectedBucketOwner=TENANT)
    place = {"LocationConstraint": TOKYO}
    tenant = aws.client("s3", TENANT)
    refused("BucketAlreadyExists", tenant.create_bucket, Bucket=bucket, CreateBucketConfiguration=place)
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ExpectedBucketOwner=HUB)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 5


def test_rds_answers_the_keys_of_instances_and_snapshots(aws: LocalAws, key):
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="admin1",
        MasterUserPassword="secret123",
        StorageEncrypted=True,
        KmsKeyId=key,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="snap")
    assert rds.describe_db_instances()["DBInstances"][0]["KmsKeyId"] == key
    assert rds.describe_db_snapshots()["DBSnapshots"][0]["KmsKeyId"] == key
    assert rds.describe_db_clusters()["DBClusters"] == []
    assert rds.describe_db_cluster_snapshots()["DBClusterSnapshots"] == []
