# An account as every check asks for it. Made by others than the operator, with the tags of a tenant of it.
import time
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TOKYO, OSAKA = "ap-northeast-1", "ap-northeast-3"
OWNER = "Municipality/tenants/chiyoda"


def tagged(role):
    ours = {"jichitai:installation": "test", "jichitai:owner": OWNER, "jichitai:role": role, "jichitai:municipality": "131016"}
    return [{"Key": key, "Value": value} for key, value in ours.items()]


def as_spec(kind, role):
    return [{"ResourceType": kind, "Tags": tagged(role)}]


def until(done):
    for _ in range(200):
        if found := done():
            return found
        time.sleep(0.05)
    raise TimeoutError(done)


def certificate(days):
    """A certificate that signs itself, and ends after so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "records.example.lg.jp")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=days))
    pem = serialization.Encoding.PEM
    plain = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {"Certificate": made.sign(key, hashes.SHA256()).public_bytes(pem), "PrivateKey": key.private_bytes(*plain)}


account = client("sts").get_caller_identity()["Account"]
root = f"arn:aws:iam::{account}:root"
keys = {}
for region in (TOKYO, OSAKA):
    kms = client("kms", region)
    administration = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*", "kms:Enable*", "kms:TagResource", "kms:CreateAlias"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Administration", "Effect": "Allow", "Principal": {"AWS": root}, "Action": administration, "Resource": "*"},
            {
                "Sid": "UseEbs",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey", "kms:ReEncrypt*"],
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": account}},
            },
        ],
    }
    own = [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in tagged("key.all")]
    key = kms.create_key(Policy=json.dumps(policy), Tags=own)["KeyMetadata"]
    kms.create_alias(AliasName="alias/jichitai/test/131016-0-all", TargetKeyId=key["KeyId"])
    kms.enable_key_rotation(KeyId=key["KeyId"])
    keys[region] = key["Arn"]
    ec2 = client("ec2", region)
    ec2.enable_ebs_encryption_by_default()
    client("config", region)
    client("guardduty", region).create_detector(Enable=True)
    client("securityhub", region).enable_security_hub()

ec2 = client("ec2")
ec2.modify_ebs_default_kms_key_id(KmsKeyId=keys[TOKYO])
volume = ec2.create_volume(AvailabilityZone=TOKYO + "a", Size=1, Encrypted=True, KmsKeyId=keys[TOKYO])["VolumeId"]
until(lambda: ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available")
snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
public = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
own_key = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": keys[TOKYO], "VolumeSize": 8}}]
machine = ec2.run_instances(ImageId=public, InstanceType="t3.micro", MinCount=1, MaxCount=1, BlockDeviceMappings=own_key)
machine = machine["Instances"][0]["InstanceId"]


def is_running(id):
    return ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


def is_available(id):
    return ec2.describe_images(ImageIds=[id])["Images"][0]["State"] == "available"


until(lambda: is_running(machine))
image = ec2.create_image(InstanceId=machine, Name="records")["ImageId"]
until(lambda: is_available(image))

vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=as_spec("vpc", "vpc"))["Vpc"]["VpcId"]
subnets, tables, acls, groups = {}, {}, {}, {}
for at, (zone, place) in enumerate((("mynumber", "a"), ("mynumber", "c"), ("lgwan", "a"), ("service", "a"), ("service", "c"))):
    cidr, name = f"10.20.{at}.0/24", f"{zone}.{place}"
    made = ec2.create_subnet(
        VpcId=vpc, CidrBlock=cidr, AvailabilityZone=TOKYO + place, TagSpecifications=as_spec("subnet", f"subnet.{name}")
    )
    subnets[name] = made["Subnet"]["SubnetId"]
for zone in ("mynumber", "lgwan", "service"):
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=as_spec("route-table", f"route-table.{zone}"))
    tables[zone] = table["RouteTable"]["RouteTableId"]
    acl = ec2.create_network_acl(VpcId=vpc, TagSpecifications=as_spec("network-acl", f"network-acl.{zone}"))
    acls[zone] = acl["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acls[zone], Egress=False, RuleNumber=100, Protocol="6", RuleAction="allow",
        CidrBlock="10.20.3.0/24", PortRange={"From": 443, "To": 443},
    )
    group = ec2.create_security_group(
        VpcId=vpc, GroupName=zone, Description=zone, TagSpecifications=as_spec("security-group", f"security-group.{zone}")
    )
    groups[zone] = group["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=groups[zone], IpPermissions=everything)
for name, subnet in subnets.items():
    zone = name.split(".")[0]
    ec2.associate_route_table(RouteTableId=tables[zone], SubnetId=subnet)
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    before = ec2.describe_network_acls(Filters=of_subnet)["NetworkAcls"][0]["Associations"]
    association = next(one["NetworkAclAssociationId"] for one in before if one["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acls[zone])

s3 = client("s3")
for name in ("records", "trail"):
    bucket = f"{name}-{account}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": TOKYO})
    closed = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(closed, True))
    by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keys[TOKYO]}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": by_key, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    arn = f"arn:aws:s3:::{bucket}"
    deny = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, arn + "/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    service = {"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]}
    own = {"StringEquals": {"aws:SourceAccount": account}}
    allow = [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn, "Condition": own},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": arn + "/*", "Condition": own},
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny, *allow]}))
ec2.create_flow_logs(
    ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3",
    LogDestination=f"arn:aws:s3:::trail-{account}", TagSpecifications=as_spec("vpc-flow-log", "flow-log"),
)

rds = client("rds")
groups_of_subnets = [subnets["mynumber.a"], subnets["mynumber.c"]]
rds.create_db_subnet_group(DBSubnetGroupName="residents", DBSubnetGroupDescription="x", SubnetIds=groups_of_subnets)
rds.create_db_instance(
    DBInstanceIdentifier="residents", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
    MasterUsername="x", MasterUserPassword="not-a-secret", StorageEncrypted=True, KmsKeyId=keys[TOKYO],
    PubliclyAccessible=False, DBSubnetGroupName="residents",
)
until(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
rds.create_db_snapshot(DBSnapshotIdentifier="residents-1", DBInstanceIdentifier="residents")

trail = client("cloudtrail").create_trail(
    Name="everything", S3BucketName=f"trail-{account}", IsMultiRegionTrail=True, EnableLogFileValidation=True
)
client("cloudtrail").start_logging(Name=trail["TrailARN"])
recorder = {"roleARN": f"arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"}
for region in (TOKYO, OSAKA):
    config = client("config", region)
    config.put_configuration_recorder(ConfigurationRecorder=recorder)
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": f"trail-{account}"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")

gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
until(lambda: ec2.describe_transit_gateways(TransitGatewayIds=[gateway])["TransitGateways"][0]["State"] == "available")
ec2.create_transit_gateway_vpc_attachment(
    TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnets["service.a"], subnets["service.c"]],
    TagSpecifications=as_spec("transit-gateway-attachment", "tgw-attachment"),
)
lines = [
    client("directconnect").create_connection(location=place, bandwidth="1Gbps", connectionName=place)["connectionId"]
    for place in ("EqTY2", "EqOS1")
]
held = client("acm").import_certificate(**certificate(days=300))["CertificateArn"]
elb = client("elbv2")
balancer = elb.create_load_balancer(
    Name="records", Scheme="internal", Type="application", Subnets=[subnets["mynumber.a"], subnets["mynumber.c"]]
)["LoadBalancers"][0]["LoadBalancerArn"]
target = elb.create_target_group(Name="records", Protocol="HTTPS", Port=443, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
elb.create_listener(
    LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    Certificates=[{"CertificateArn": held}], DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
)

iam = client("iam")
iam.create_user(UserName="officer")
iam.create_login_profile(UserName="officer", Password="not-a-secret-1A!")
device = iam.create_virtual_mfa_device(VirtualMFADeviceName="officer")["VirtualMFADevice"]["SerialNumber"]
iam.enable_mfa_device(
    UserName="officer", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
)
