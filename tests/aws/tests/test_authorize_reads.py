"""Every read of a tenant's account needs its action, and that alone."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import TENANT, TOKYO, LocalAws

BUCKET = {"Bucket": "none"}
CERTIFICATE = {"CertificateArn": f"arn:aws:acm:{TOKYO}:{TENANT}:certificate/none"}
# Service, operation, parameters, action.
READS: list[tuple[str, str, dict[str, Any], str]] = [
    ("acm", "list_certificates", {}, "acm:ListCertificates"),
    ("acm", "describe_certificate", CERTIFICATE, "acm:DescribeCertificate"),
    ("cloudtrail", "describe_trails", {}, "cloudtrail:DescribeTrails"),
    ("cloudtrail", "get_trail_status", {"Name": "none"}, "cloudtrail:GetTrailStatus"),
    ("config", "describe_configuration_recorders", {}, "config:DescribeConfigurationRecorders"),
    ("config", "describe_configuration_recorder_status", {}, "config:DescribeConfigurationRecorderStatus"),
    ("directconnect", "describe_connections", {}, "directconnect:DescribeConnections"),
    ("ec2", "describe_addresses", {}, "ec2:DescribeAddresses"),
    ("ec2", "describe_egress_only_internet_gateways", {}, "ec2:DescribeEgressOnlyInternetGateways"),
    ("ec2", "describe_flow_logs", {}, "ec2:DescribeFlowLogs"),
    ("ec2", "describe_images", {"Owners": ["self"]}, "ec2:DescribeImages"),
    ("ec2", "describe_internet_gateways", {}, "ec2:DescribeInternetGateways"),
    ("ec2", "describe_nat_gateways", {}, "ec2:DescribeNatGateways"),
    ("ec2", "describe_regions", {}, "ec2:DescribeRegions"),
    ("ec2", "describe_security_groups", {}, "ec2:DescribeSecurityGroups"),
    ("ec2", "describe_snapshots", {"OwnerIds": ["self"]}, "ec2:DescribeSnapshots"),
    ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs"),
    ("elbv2", "describe_listeners", {}, "elasticloadbalancing:DescribeListeners"),
    ("elbv2", "describe_load_balancers", {}, "elasticloadbalancing:DescribeLoadBalancers"),
    ("guardduty", "get_detector", {"DetectorId": "none"}, "guardduty:GetDetector"),
    ("guardduty", "list_detectors", {}, "guardduty:ListDetectors"),
    ("iam", "generate_credential_report", {}, "iam:GenerateCredentialReport"),
    ("iam", "get_credential_report", {}, "iam:GetCredentialReport"),
    ("rds", "describe_db_clusters", {}, "rds:DescribeDBClusters"),
    (
        "rds",
        "describe_db_cluster_snapshot_attributes",
        {"DBClusterSnapshotIdentifier": "none"},
        "rds:DescribeDBClusterSnapshotAttributes",
    ),
    ("rds", "describe_db_cluster_snapshots", {}, "rds:DescribeDBClusterSnapshots"),
    ("rds", "describe_db_instances", {}, "rds:DescribeDBInstances"),
    (
        "rds",
        "describe_db_snapshot_attributes",
        {"DBSnapshotIdentifier": "none"},
        "rds:DescribeDBSnapshotAttributes",
    ),
    ("rds", "describe_db_snapshots", {}, "rds:DescribeDBSnapshots"),
    ("resourcegroupstaggingapi", "get_resources", {}, "tag:GetResources"),
    ("s3", "get_bucket_encryption", BUCKET, "s3:GetEncryptionConfiguration"),
    ("s3", "get_bucket_policy", BUCKET, "s3:GetBucketPolicy"),
    ("s3", "get_bucket_policy_status", BUCKET, "s3:GetBucketPolicyStatus"),
    ("s3", "get_bucket_tagging", BUCKET, "s3:GetBucketTagging"),
    ("s3", "get_public_access_block", BUCKET, "s3:GetBucketPublicAccessBlock"),
    ("s3", "list_buckets", {}, "s3:ListAllMyBuckets"),
    ("securityhub", "describe_hub", {}, "securityhub:DescribeHub"),
    ("service-quotas", "list_service_quotas", {"ServiceCode": "vpc"}, "servicequotas:ListServiceQuotas"),
]


def answer(client: Any, operation: str, parameters: dict[str, Any]) -> str:
    """What AWS refuses it with, if it does."""
    try:
        getattr(client, operation)(**parameters)
    except ClientError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("service", "operation", "parameters", "action"), READS, ids=lambda one: str(one))
def test_a_read_needs_its_action(aws: LocalAws, session, service, operation, parameters, action):
    others = sorted({a for *_, a in READS} - {action})
    refusal = answer(session(service, *others), operation, parameters)
    assert f"is not authorized to perform: {action} on resource: " in refusal
    assert f"because no identity-based policy allows the {action} action" in refusal
    assert "not authorized" not in answer(session(service, action), operation, parameters)
    assert aws.side("GET", "actions") == {"reader-0": [action], "reader-1": [action]}
