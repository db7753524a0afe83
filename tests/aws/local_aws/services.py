"""The files of corrections. To add an AWS thing: write its file, name it here, list it in README.md."""

from importlib import import_module

FILES = (
    "sts",
    "iam_role",
    "iam_oidc",
    "kms_key",
    "kms_more",
    "ec2_describe",
    "ec2_tags",
    "ec2_vpc",
    "ec2_network_acl",
    "ec2_security_group",
    "ec2_transit_gateway",
    "ec2_route",
    "ec2_endpoint",
    "ec2_flow_log",
    "ec2_ebs",
    "ec2_snapshot",
    "ec2_snapshot_copy",
    "ec2_image",
    "ec2_image_copy",
    "ec2_instance",
    "ec2_launch_template",
    "s3",
    "s3_bucket",
    "s3_settings",
    "s3_lifecycle",
    "s3_policy",
    "s3_object",
    "authorize",
    "transfer_server",
    "transfer_host_key",
    "transfer_user",
    "rds_resource",
    "rds_instance",
    "rds_snapshot",
    "rds_snapshot_copy",
    "rds_restore",
    "cloudformation_stack",
    "efs_file_system",
    "ram_share",
    "ram_invitation",
    "ram_association",
    "resolver",
    "resolver_address",
    "resolver_endpoint",
    "resolver_rule",
    "resolver_association",
    "resolver_query_log",
    "route53_zone",
    "sqs_queue",
    "sqs_message",
    "tagging",
)


def load() -> None:
    """Imports every file, which registers its corrections."""
    for name in FILES:
        import_module(f"{__package__}.{name}")
