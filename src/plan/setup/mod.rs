//! What an administrator sets up in AWS before the operator can work, as CloudFormation templates: the operator's own
//! identity with the buckets of the installation's lock and of evidence, and the role by which it enters a tenant's account.

mod events;
mod evidence;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use self::events::Events;
use crate::permissions::MANAGED_POLICY_LIMIT;

/// The account in which the operator itself has its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// The installation.
    pub installation: String,
    /// The role's name.
    pub role: String,
    /// How the pods get the role.
    pub identity: PodIdentity,
    /// Roles in the tenants' accounts, by their ARNs.
    pub tenant_roles: BTreeSet<String>,
    /// The bucket of the installation's lock, where it is to be made.
    pub lock_bucket: Option<String>,
    /// The bucket of evidence, where it is to be made.
    pub evidence_bucket: Option<String>,
    /// Queues of events that it reads, by their ARNs.
    pub queues: BTreeSet<String>,
}

/// How a ServiceAccount of an EKS cluster gets a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodIdentity {
    /// By an EKS Pod Identity association
    /// ([trust of such a role](https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html)).
    Association,
    /// By the cluster's OIDC provider (IRSA,
    /// [trust of such a role](https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html)).
    Provider {
        /// The provider's ARN.
        arn: String,
        /// Namespace and name of the ServiceAccount.
        service_account: (String, String),
    },
}

/// A tenant's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The installation.
    pub installation: String,
    /// The role's name.
    pub role: String,
    /// Who may assume it: the ARN of the hub's role.
    pub trusted: String,
    /// What it may do: managed policies by their names.
    pub policies: BTreeMap<String, Value>,
}

/// Longest time of a session that was begun from another role's, in seconds
/// ([role chaining](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining)).
const SESSION_SECONDS: u32 = 3_600;

/// The template of a tenant's account. Its parameter `ExternalId` is what the operator's configuration has for the account.
#[must_use]
pub fn account(account: &Account) -> Value {
    let mut resources = Map::new();
    let mut attached = Vec::new();
    for (name, document) in &account.policies {
        let id = format!("Policy{}", camel(name));
        resources.insert(
            id.clone(),
            json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": name, "PolicyDocument": document}}),
        );
        attached.push(json!({"Ref": id}));
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {
            "Sid": "Operator",
            "Effect": "Allow",
            "Principal": {"AWS": account.trusted},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
        },
        // The tags of a Pod Identity session go along; a role that does not take them cannot be assumed at all.
        {"Sid": "SessionTags", "Effect": "Allow", "Principal": {"AWS": account.trusted}, "Action": "sts:TagSession"},
    ]});
    resources.insert(
        "Role".to_owned(),
        json!({"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": account.role,
            "Description": format!("jichitai-operator, installation {}", account.installation),
            "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": attached,
            "MaxSessionDuration": SESSION_SECONDS,
        }}),
    );
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("The role by which jichitai-operator (installation {}) enters this account", account.installation),
        // What IAM takes for an external id.
        "Parameters": {"ExternalId": {
            "Type": "String",
            "MinLength": 2,
            "MaxLength": 1224,
            "AllowedPattern": r"[\w+=,.@:/-]*",
            "Description": "accounts[].externalId of the operator's configuration",
        }},
        "Resources": resources,
        "Outputs": {"RoleArn": {"Description": "accounts[].roleArn of the operator's configuration", "Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    })
}

/// The template of the operator's own account.
#[must_use]
pub fn hub(hub: &Hub) -> Value {
    let mut statements = vec![json!({
        "Sid": "TenantAccounts",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Resource": tenant_roles(&hub.tenant_roles),
    })];
    let mut resources = Map::new();
    if let Some(bucket) = &hub.lock_bucket {
        let arn = format!("arn:aws:s3:::{bucket}");
        statements.push(json!({
            "Sid": "Lock",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": format!("{arn}/jichitai/{}.json", hub.installation),
        }));
        // Without it S3 answers that access is denied where there is no object yet.
        statements.push(json!({"Sid": "LockIsThere", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": arn}));
        resources.insert("LockBucket".to_owned(), closed_bucket(bucket));
        resources.insert("LockBucketPolicy".to_owned(), only_encrypted_ways("LockBucket", &arn));
    }
    let mut parameters = Map::new();
    if let Some(bucket) = &hub.evidence_bucket {
        let arn = format!("arn:aws:s3:::{bucket}");
        statements.extend(evidence::statements(&arn, &hub.installation));
        parameters.insert("EvidenceDays".to_owned(), evidence::parameter());
        resources.insert("EvidenceBucket".to_owned(), evidence::bucket(bucket));
        let policy = only_encrypted_ways("EvidenceBucket", &arn);
        resources.insert("EvidenceBucketPolicy".to_owned(), policy);
    }
    if !hub.queues.is_empty() {
        statements.push(json!({
            "Sid": "Events",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
            "Resource": hub.queues,
        }));
    }
    resources.insert(
        "Role".to_owned(),
        json!({"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": hub.role,
            "Description": format!("The identity of jichitai-operator, installation {}", hub.installation),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [pods(&hub.identity)]},
            "Policies": [{
                "PolicyName": "jichitai-operator",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            }],
        }}),
    );
    let mut template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("The identity of jichitai-operator (installation {})", hub.installation),
        "Resources": resources,
        "Outputs": {"RoleArn": {"Description": "The role of the operator's ServiceAccount", "Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    });
    if !parameters.is_empty() {
        template["Parameters"] = Value::Object(parameters);
    }
    template
}

fn pods(identity: &PodIdentity) -> Value {
    match identity {
        PodIdentity::Association => json!({
            "Sid": "Pods",
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }),
        PodIdentity::Provider {
            arn,
            service_account: (namespace, name),
        } => {
            let issuer = arn
                .split_once(":oidc-provider/")
                .map_or(arn.as_str(), |(_, issuer)| issuer);
            json!({
                "Sid": "Pods",
                "Effect": "Allow",
                "Principal": {"Federated": arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {
                    format!("{issuer}:aud"): "sts.amazonaws.com",
                    format!("{issuer}:sub"): format!("system:serviceaccount:{namespace}:{name}"),
                }},
            })
        }
    }
}

/// Each role by itself, as long as they fit into one policy; else the same path and name in any account. Which accounts
/// these are is then for the roles there to say, by trust and external id.
fn tenant_roles(arns: &BTreeSet<String>) -> BTreeSet<String> {
    if arns.iter().map(|arn| arn.len() + 3).sum::<usize>() < MANAGED_POLICY_LIMIT / 2 {
        return arns.clone();
    }
    let anywhere = |arn: &String| match arn.split_once(":role/") {
        Some((_, name)) => format!("arn:aws:iam::*:role/{name}"),
        None => arn.clone(),
    };
    arns.iter().map(anywhere).collect()
}

fn closed_bucket(name: &str) -> Value {
    json!({
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": name,
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true,
                "BlockPublicPolicy": true,
                "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            ]},
        },
    })
}

fn only_encrypted_ways(bucket: &str, arn: &str) -> Value {
    json!({
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": bucket},
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Sid": "OnlyTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, format!("{arn}/*")],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }]},
        },
    })
}

/// `jichitai-asp-east-file-link-bucket` as a logical id.
fn camel(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(count: usize) -> BTreeSet<String> {
        let arn = |index: usize| format!("arn:aws:iam::{index:012}:role/jichitai-operator");
        (0..count).map(arn).collect()
    }

    #[test]
    fn many_accounts_fit_into_the_policy() {
        assert_eq!(tenant_roles(&roles(40)), roles(40));
        let any = BTreeSet::from(["arn:aws:iam::*:role/jichitai-operator".to_owned()]);
        assert_eq!(tenant_roles(&roles(1_741)), any);
    }

    #[test]
    fn names_of_policies_become_logical_ids() {
        assert_eq!(
            camel("jichitai-asp-east-file-link-bucket"),
            "JichitaiAspEastFileLinkBucket"
        );
    }
}
