# An account like that of sound.py, after which it runs, with something against every check.
for region in (TOKYO, OSAKA):
    client("ec2", region).disable_ebs_encryption_by_default()
plain = ec2.create_volume(AvailabilityZone=TOKYO + "a", Size=1)["VolumeId"]
until(lambda: ec2.describe_volumes(VolumeIds=[plain])["Volumes"][0]["State"] == "available")
bare = ec2.create_snapshot(VolumeId=plain)["SnapshotId"]
until(lambda: ec2.describe_snapshots(SnapshotIds=[bare])["Snapshots"][0]["State"] == "completed")
ec2.modify_snapshot_attribute(
    SnapshotId=bare, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
)
machine = ec2.run_instances(ImageId=public, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
until(lambda: is_running(machine))
own = ec2.create_image(InstanceId=machine, Name="open")["ImageId"]
until(lambda: is_available(own))
ec2.modify_image_attribute(ImageId=own, LaunchPermission={"Add": [{"Group": "all"}]})

rds.create_db_instance(
    DBInstanceIdentifier="open", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
    MasterUsername="x", MasterUserPassword="not-a-secret", PubliclyAccessible=True, DBSubnetGroupName="residents",
)

rds.create_db_cluster(
    DBClusterIdentifier="open", Engine="aurora-postgresql", MasterUsername="x", MasterUserPassword="not-a-secret",
)
until(lambda: rds.describe_db_instances(DBInstanceIdentifier="open")["DBInstances"][0]["DBInstanceStatus"] == "available")
until(lambda: rds.describe_db_clusters(DBClusterIdentifier="open")["DBClusters"][0]["Status"] == "available")
rds.create_db_snapshot(DBSnapshotIdentifier="open-instance", DBInstanceIdentifier="open")
rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="open-cluster", DBClusterIdentifier="open")
until(lambda: all(one["Status"] == "available" for one in rds.describe_db_snapshots()["DBSnapshots"]))
until(lambda: all(one["Status"] == "available" for one in rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]))
everybody = {"AttributeName": "restore", "ValuesToAdd": ["all"]}
rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="open-instance", **everybody)
rds.modify_db_cluster_snapshot_attribute(DBClusterSnapshotIdentifier="open-cluster", **everybody)

by_list = f"listed-{account}"
s3.create_bucket(
    Bucket=by_list, CreateBucketConfiguration={"LocationConstraint": TOKYO}, ObjectOwnership="BucketOwnerPreferred"
)
s3.delete_public_access_block(Bucket=by_list)
s3.put_bucket_acl(Bucket=by_list, ACL="public-read")
open_to_all = f"public-{account}"
s3.create_bucket(
    Bucket=open_to_all, CreateBucketConfiguration={"LocationConstraint": TOKYO}, ObjectOwnership="BucketOwnerPreferred"
)
s3.delete_public_access_block(Bucket=open_to_all)
arn = f"arn:aws:s3:::{open_to_all}"
everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arn + "/*"}
s3.put_bucket_policy(Bucket=open_to_all, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
client("s3", "us-east-1").create_bucket(Bucket=f"far-{account}")

ssh = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
ec2.authorize_security_group_ingress(GroupId=groups["service"], IpPermissions=ssh)
across = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.20.2.0/24"}]}]
ec2.authorize_security_group_ingress(GroupId=groups["mynumber"], IpPermissions=across)
ec2.create_network_acl_entry(
    NetworkAclId=acls["mynumber"], Egress=False, RuleNumber=200, Protocol="6", RuleAction="allow",
    CidrBlock="10.20.0.0/16", PortRange={"From": 22, "To": 22},
)
gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
ec2.create_route(RouteTableId=tables["lgwan"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
ec2.delete_flow_logs(FlowLogIds=[one["FlowLogId"] for one in ec2.describe_flow_logs()["FlowLogs"]])

kms = client("kms")
kms.disable_key_rotation(KeyId=keys[TOKYO])
everything = {"Sid": "Everything", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
kms.put_key_policy(
    KeyId=keys[TOKYO], PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [everything]})
)

iam.create_user(UserName="batch")
iam.create_access_key(UserName="batch")
iam.create_login_profile(UserName="batch", Password="not-a-secret-1A!")

client("cloudtrail").stop_logging(Name=trail["TrailARN"])
client("config").stop_configuration_recorder(ConfigurationRecorderName="default")
for detector in client("guardduty").list_detectors()["DetectorIds"]:
    client("guardduty").update_detector(DetectorId=detector, Enable=False)
client("securityhub").disable_security_hub()

client("directconnect").delete_connection(connectionId=lines[1])
client("acm").import_certificate(**certificate(days=10))
client("elbv2").create_listener(
    LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
)
for _ in range(4):
    ec2.create_vpc(CidrBlock="10.99.0.0/16")
