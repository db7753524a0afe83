//! Preventive guardrails as service control policies: what nobody in a tenant's account may do, whatever their own
//! policies allow. They grant nothing.
//!
//! Syntax and limits: [SCP syntax](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html),
//! [quotas](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html). That nothing goes on
//! outside of Japan, and that logs and security services stay, is asked by Government Cloud itself (domain.md, guardrails).

use std::collections::BTreeMap;

use jichitai_api::Region;
use serde_json::{Value, json};

use crate::tags::INSTALLATION;

/// The most characters of one policy, white space not counted.
pub const LIMIT: usize = 5_120;

/// Services whose calls go to one Region outside of Japan, or to none.
const GLOBAL: &[&str] = &[
    "account:*",
    "budgets:*",
    "ce:*",
    "health:*",
    "iam:*",
    "organizations:*",
    "route53:*",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "sts:*",
    "support:*",
    "trustedadvisor:*",
];

/// What the policies spare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spared {
    /// The installation.
    pub installation: String,
    /// ARNs of the operator's roles and of roles for emergencies; `*` stands for any account.
    pub roles: Vec<String>,
}

/// The policies, by their names.
#[must_use]
pub fn policies(spared: &Spared) -> BTreeMap<String, Value> {
    let document = |statements: Vec<Value>| json!({"Version": "2012-10-17", "Statement": statements});
    BTreeMap::from([
        ("jichitai-closed".to_owned(), document(closed())),
        ("jichitai-data".to_owned(), document(data(spared))),
        ("jichitai-identity".to_owned(), document(identity(spared))),
    ])
}

fn deny(sid: &str, actions: &[&str], condition: Option<Value>) -> Value {
    let mut statement = json!({"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*"});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    statement
}

/// Nothing goes on outside of Japan, and no way leads to the internet.
fn closed() -> Vec<Value> {
    let regions: Vec<&str> = Region::ALL.iter().map(|region| region.as_str()).collect();
    vec![
        json!({
            "Sid": "OnlyTokyoAndOsaka", "Effect": "Deny", "NotAction": GLOBAL, "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}},
        }),
        deny(
            "NoWayToTheInternet",
            &[
                "ec2:AttachEgressOnlyInternetGateway",
                "ec2:AttachInternetGateway",
                "ec2:CreateDefaultSubnet",
                "ec2:CreateDefaultVpc",
                "ec2:CreateEgressOnlyInternetGateway",
                "ec2:CreateInternetGateway",
                "ec2:CreateNatGateway",
                "ec2:AcceptVpcPeeringConnection",
                "ec2:CreateVpcPeeringConnection",
                "globalaccelerator:Create*",
            ],
            None,
        ),
    ]
}

/// Data stays encrypted, and with those whom it belongs to.
fn data(spared: &Spared) -> Vec<Value> {
    let bool_false = |key: &str| json!({"Bool": {key: "false"}});
    vec![
        deny(
            "NoUnencryptedVolume",
            &["ec2:CreateVolume", "ec2:RunInstances"],
            Some(bool_false("ec2:Encrypted")),
        ),
        deny(
            "NoUnencryptedDatabase",
            &["rds:CreateDBCluster", "rds:CreateDBInstance"],
            Some(bool_false("rds:StorageEncrypted")),
        ),
        deny("EncryptionByDefaultStays", &["ec2:DisableEbsEncryptionByDefault"], None),
        deny(
            "NothingIsShared",
            &[
                "ec2:DisableSnapshotBlockPublicAccess",
                "ec2:DisableImageBlockPublicAccess",
                "ec2:ModifyImageAttribute",
                "ec2:ModifySnapshotAttribute",
                "rds:ModifyDBClusterSnapshotAttribute",
                "rds:ModifyDBSnapshotAttribute",
                "s3:PutAccountPublicAccessBlock",
                "s3:PutBucketAcl",
                "s3:PutObjectAcl",
            ],
            Some(except(spared)),
        ),
        deny(
            "BackupsAndKeysStay",
            &[
                "ec2:DeleteSnapshot",
                "ec2:DeregisterImage",
                "kms:DisableKey",
                "kms:DisableKeyRotation",
                "kms:PutKeyPolicy",
                "kms:ScheduleKeyDeletion",
                "rds:DeleteDBClusterSnapshot",
                "rds:DeleteDBSnapshot",
            ],
            Some(ours_except(spared)),
        ),
        json!({
            "Sid": "BucketsStayAsTheyAre", "Effect": "Deny",
            "Action": [
                "s3:BypassGovernanceRetention", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
            ],
            "Resource": ["arn:aws:s3:::fl-*", format!("arn:aws:s3:::{}*", crate::cloudformation::template::BUCKET_PREFIX)],
            "Condition": except(spared),
        }),
    ]
}

/// Whose a thing is, what was logged, and how one comes in, is not changed by tenants.
fn identity(spared: &Spared) -> Vec<Value> {
    let mut tags = except(spared);
    tags["ForAnyValue:StringLike"] = json!({"aws:TagKeys": ["jichitai:*"]});
    vec![
        deny(
            "OwnershipStays",
            &[
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "iam:TagRole",
                "iam:UntagRole",
                "kms:TagResource",
                "kms:UntagResource",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "route53resolver:TagResource",
                "route53resolver:UntagResource",
                "transfer:TagResource",
                "transfer:UntagResource",
            ],
            Some(tags),
        ),
        deny(
            "NetworkStays",
            &[
                "ec2:DeleteFlowLogs",
                "ec2:DeleteNetworkAclEntry",
                "ec2:CreateNetworkAclEntry",
                "ec2:ReplaceNetworkAclEntry",
                "ec2:CreateRoute",
                "ec2:ReplaceRoute",
                "ec2:DeleteRoute",
                "ec2:ModifyTransitGatewayVpcAttachment",
                "ec2:DeleteTransitGatewayVpcAttachment",
            ],
            Some(ours_except(spared)),
        ),
        deny(
            "LogsStay",
            &[
                "cloudtrail:DeleteTrail",
                "cloudtrail:StopLogging",
                "cloudtrail:UpdateTrail",
                "config:DeleteConfigurationRecorder",
                "config:DeleteDeliveryChannel",
                "config:StopConfigurationRecorder",
                "guardduty:DeleteDetector",
                "guardduty:DisassociateFromAdministratorAccount",
                "securityhub:DisableSecurityHub",
            ],
            None,
        ),
        deny(
            "NoPasswordsAndKeysOfPeople",
            &["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser"],
            Some(except(spared)),
        ),
        json!({
            "Sid": "OperatorsRolesStay", "Effect": "Deny",
            "Action": [
                "iam:AttachRolePolicy", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
                "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
            ],
            "Resource": [format!("arn:aws:iam::*:role{}*", crate::iam::role::PATH), "arn:aws:iam::*:role/jichitai-operator"],
            "Condition": except(spared),
        }),
    ]
}

/// The spared roles, and AWS where it acts for them.
fn except(spared: &Spared) -> Value {
    json!({"ArnNotLike": {"aws:PrincipalArn": spared.roles}, "Bool": {"aws:PrincipalIsAWSService": "false"}})
}

/// The same, over what is the installation's.
fn ours_except(spared: &Spared) -> Value {
    let mut condition = except(spared);
    condition["StringEquals"] = json!({format!("aws:ResourceTag/{INSTALLATION}"): spared.installation});
    condition
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{LIMIT, Spared, policies};
    use crate::permissions::Purpose;

    fn all() -> Vec<(String, Value)> {
        let spared = Spared {
            installation: "asp-east".into(),
            roles: vec!["arn:aws:iam::*:role/jichitai-operator".into()],
        };
        policies(&spared).into_iter().collect()
    }

    #[test]
    fn each_fits_and_only_denies() {
        for (name, policy) in all() {
            let text: String = policy.to_string().split_whitespace().collect();
            assert!(text.len() <= LIMIT, "{name}: {}", text.len());
            for statement in policy["Statement"].as_array().expect("statements") {
                assert_eq!(statement["Effect"], "Deny");
            }
        }
    }

    /// What is denied to everybody is nothing that the operator does; of the rest it is spared.
    #[test]
    fn the_operator_is_not_held_up() {
        let needed: BTreeSet<&str> = Purpose::ALL
            .iter()
            .flat_map(|purpose| purpose.permissions())
            .flat_map(|permission| permission.actions)
            .copied()
            .collect();
        for (name, policy) in all() {
            for statement in policy["Statement"].as_array().expect("statements") {
                let spares = statement["Condition"]["ArnNotLike"].is_object();
                // Volumes and databases that the operator and a recovery make are encrypted.
                let is_about_encryption = statement["Condition"]["Bool"]["ec2:Encrypted"].is_string()
                    || statement["Condition"]["Bool"]["rds:StorageEncrypted"].is_string();
                let regions = statement["Condition"]["StringNotEquals"]["aws:RequestedRegion"].is_array();
                if spares || is_about_encryption || regions {
                    continue;
                }
                for action in statement["Action"].as_array().expect("actions") {
                    let action = action.as_str().expect("a name");
                    assert!(!needed.contains(action), "{name}: {action}");
                }
            }
        }
    }
}
