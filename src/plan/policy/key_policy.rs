//! The policy of a tenant's key, composed of one statement per purpose and one per owner.
//!
//! Roles are named by `aws:PrincipalArn` under their account's root, never as `Principal` elements:
//! a role that is deleted then blocks no later update, and one created again works again. A
//! statement whose owner is merely not seen stays, so that nobody loses access because an object
//! was not listed; it is reported as an orphan grant.

use std::collections::BTreeMap;

use jichitai_api::Region;

use crate::cloudformation::template::BUCKET_PREFIX;
use crate::identity::{AccountId, Owner, sid_hash};
use crate::policy::bucket_policy::largest;
use crate::policy::document::{Document, Statement};
pub use crate::policy::role_arn::RoleArn;
use crate::s3::bucket::arn;

/// Administration of a key: no cryptographic action and no `CreateGrant`.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
const ADMINISTRATION: [&str; 17] = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];
/// The bucket that S3 encrypts for, or the object where it has no bucket key.
const CONTEXT: &str = "kms:EncryptionContext:aws:s3:arn";
const USE: [&str; 5] = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
];
/// Largest key policy that KMS accepts, in bytes.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
pub const MAX_BYTES: usize = 32_768;

/// A service through which a key is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// EBS volumes and snapshots, through EC2.
    Ebs,
    /// S3 objects.
    S3,
    /// RDS and Aurora.
    Rds,
    /// EFS file systems.
    Efs,
    /// CloudWatch Logs.
    Logs,
    /// Secrets Manager.
    SecretsManager,
}

impl Via {
    fn name(self) -> &'static str {
        match self {
            Self::Ebs => "Ebs",
            Self::S3 => "S3",
            Self::Rds => "Rds",
            Self::Efs => "Efs",
            Self::Logs => "Logs",
            Self::SecretsManager => "SecretsManager",
        }
    }

    fn endpoint(self, region: Region) -> String {
        let service = match self {
            Self::Ebs => "ec2",
            Self::S3 => "s3",
            Self::Rds => "rds",
            Self::Efs => "elasticfilesystem",
            Self::Logs => "logs",
            Self::SecretsManager => "secretsmanager",
        };
        format!("{service}.{}.amazonaws.com", region.as_str())
    }

    /// EBS, RDS and EFS hold their data keys by grants that they make for themselves.
    /// <https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html>
    fn needs_grants(self) -> bool {
        matches!(self, Self::Ebs | Self::Rds | Self::Efs)
    }
}

/// The use of the key that one bucket's owner is granted. For a key in Tokyo that is the bucket with
/// its readers, writers, SFTP, client and replication roles; for one in Osaka the replica with the
/// replication role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketGrant {
    /// The `FileLinkBucket`.
    pub owner: Owner,
    /// The bucket's name, for the encryption context.
    pub bucket: String,
    /// The roles; empty once the owner lists nobody any more.
    pub roles: Vec<RoleArn>,
}

/// Who may do what with a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyAccess {
    /// Who administers the key.
    pub administrators: Vec<RoleArn>,
    /// Who uses it, by service.
    pub users: BTreeMap<Via, Vec<RoleArn>>,
    /// The operator's own role in the tenant's account, for copies to Osaka, by what the key serves: EBS, RDS, and
    /// in Osaka S3, for templates of stacks.
    pub operator: BTreeMap<Via, RoleArn>,
    /// One grant per bucket.
    pub buckets: Vec<BucketGrant>,
}

/// The statement id of a bucket's grant.
#[must_use]
pub fn bucket_sid(owner: &Owner) -> String {
    format!("FileLinkBucket{}", sid_hash(&owner.to_string()))
}

/// Whether the operator composes statements under this id.
#[must_use]
pub fn is_our_sid(sid: &str) -> bool {
    [
        "Administration",
        "Administrators",
        "OperatorCopies",
        "OperatorCopyGrants",
        "OperatorDatabaseCopies",
        "OperatorDatabaseCopyGrants",
        "OperatorTemplates",
    ]
    .contains(&sid)
        || ["Use", "Grants", "FileLinkBucket"]
            .iter()
            .any(|prefix| sid.starts_with(prefix))
}

/// Composes the policy for a key of `account` in `region`.
#[must_use]
pub fn compose(account: &AccountId, region: Region, access: &KeyAccess) -> Document {
    let KeyAccess {
        administrators,
        users,
        operator,
        buckets,
    } = access;
    let mut statements = vec![Statement::allow(
        "Administration",
        &[account.root_arn()],
        &ADMINISTRATION,
    )];
    if !administrators.is_empty() {
        statements.push(by_roles("Administrators", administrators, &ADMINISTRATION));
    }
    for (via, roles) in users.iter().filter(|(_, roles)| !roles.is_empty()) {
        statements.extend(through(
            *via,
            &format!("Use{}", via.name()),
            &format!("Grants{}", via.name()),
            roles,
            region,
        ));
        if *via == Via::Logs {
            statements.push(log_groups(account, region));
        }
    }
    for (via, operator) in operator {
        statements.extend(copies(*via, operator, region));
    }
    statements.extend(
        buckets
            .iter()
            .filter(|grant| !grant.roles.is_empty())
            .map(|grant| bucket(grant, region)),
    );
    Document::new(statements)
}

/// How many of the named roles (users, then those of buckets) fit into a key policy, for the message
/// that says that not all do. Administrators are never left out.
#[must_use]
pub fn fitting(account: &AccountId, region: Region, access: &KeyAccess) -> usize {
    let named = access.users.values().map(Vec::len).sum::<usize>()
        + access.buckets.iter().map(|grant| grant.roles.len()).sum::<usize>();
    largest(named, |count| {
        compose(account, region, &first(access, count)).to_json().len() <= MAX_BYTES
    })
}

/// The same access with the first `count` of its named roles.
fn first(access: &KeyAccess, count: usize) -> KeyAccess {
    let mut access = access.clone();
    let mut left = count;
    let lists = access
        .users
        .values_mut()
        .chain(access.buckets.iter_mut().map(|grant| &mut grant.roles));
    for roles in lists {
        roles.truncate(left);
        left -= roles.len();
    }
    access
}

/// Adds the statements of bucket owners that are in force in AWS but whose object is not seen now.
/// Returns their ids: nobody loses access by an absence.
pub fn keep_unseen(policy: &mut Document, live: &Document, seen: &[Owner], region: Region) -> Vec<String> {
    let seen: Vec<String> = seen.iter().map(bucket_sid).collect();
    let unseen: Vec<&Statement> = live
        .statements
        .iter()
        .filter(|statement| is_bucket_grant(statement, region) && !seen.contains(&statement.sid))
        .collect();
    policy
        .statements
        .extend(unseen.iter().map(|&statement| statement.clone()));
    unseen.into_iter().map(|statement| statement.sid.clone()).collect()
}

/// Whether a statement is just as the operator writes it for a bucket: anything else under such an
/// id was made by hand, and is no owner's.
fn is_bucket_grant(statement: &Statement, region: Region) -> bool {
    let values = |operator: &str, key: &str| statement.conditions.get(operator)?.get(key).cloned();
    let roles = values("ArnEquals", "aws:PrincipalArn").unwrap_or_default();
    let roles: Vec<RoleArn> = roles.iter().filter_map(|arn| RoleArn::new(arn)).collect();
    let context = values("ArnLike", CONTEXT).unwrap_or_default();
    let name = |arn: &String| {
        arn.strip_prefix("arn:aws:s3:::")
            .filter(|name| !name.contains(['/', '*']))
            .map(str::to_owned)
    };
    let sid = statement
        .sid
        .strip_prefix("FileLinkBucket")
        .is_some_and(|hash| hash.len() == 16);
    match context.iter().find_map(name) {
        Some(bucket) if sid && !roles.is_empty() => {
            statement.means_the_same(&bucket_statement(&statement.sid, &bucket, &roles, region))
        }
        _ => false,
    }
}

fn through(via: Via, sid: &str, grants: &str, roles: &[RoleArn], region: Region) -> Vec<Statement> {
    let endpoint = via.endpoint(region);
    let mut statements = vec![by_roles(sid, roles, &USE).when("StringEquals", "kms:ViaService", [endpoint.clone()])];
    if via.needs_grants() {
        statements.push(
            by_roles(grants, roles, &["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"])
                .when("StringEquals", "kms:ViaService", [endpoint])
                .when("Bool", "kms:GrantIsForAWSResource", ["true".to_owned()]),
        );
    }
    statements
}

/// What the operator's role needs of a key for copies.
fn copies(via: Via, operator: &RoleArn, region: Region) -> Vec<Statement> {
    let role = std::slice::from_ref(operator);
    match (via, region) {
        (Via::Ebs, _) => through(via, "OperatorCopies", "OperatorCopyGrants", role, region),
        (Via::Rds, _) => through(
            via,
            "OperatorDatabaseCopies",
            "OperatorDatabaseCopyGrants",
            role,
            region,
        ),
        // Only objects in buckets of templates: those of tenants are none of its business.
        (Via::S3, Region::Osaka) => {
            let actions = ["kms:Decrypt", "kms:GenerateDataKey"];
            let templates = by_roles("OperatorTemplates", role, &actions)
                .when("StringEquals", "kms:ViaService", [via.endpoint(region)])
                .when("ArnLike", CONTEXT, [arn(&format!("{BUCKET_PREFIX}*"))]);
            vec![templates]
        }
        (Via::S3, Region::Tokyo) | (Via::Efs | Via::Logs | Via::SecretsManager, _) => Vec::new(),
    }
}

/// CloudWatch Logs encrypts log groups by itself, as a service, for groups of the tenant's account.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
fn log_groups(account: &AccountId, region: Region) -> Statement {
    let groups = format!("arn:aws:logs:{region}:{account}:log-group:*");
    Statement::permit("UseLogGroups", &USE)
        .by_service(&format!("logs.{region}.amazonaws.com"))
        .for_resources(["*".to_owned()])
        .when("ArnLike", "kms:EncryptionContext:aws:logs:arn", [groups])
}

fn bucket(grant: &BucketGrant, region: Region) -> Statement {
    bucket_statement(&bucket_sid(&grant.owner), &grant.bucket, &grant.roles, region)
}

/// What a bucket's grant allows. In Tokyo people and clients read and write; multipart uploads decrypt
/// too. In Osaka only replicas are written, and S3 decrypts the bucket key to verify it first.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html>
fn bucket_actions(region: Region) -> &'static [&'static str] {
    match region {
        Region::Tokyo => &["kms:Decrypt", "kms:GenerateDataKey"],
        Region::Osaka => &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    }
}

/// With bucket keys the encryption context is the bucket's ARN, without them the object's.
fn bucket_statement(sid: &str, bucket: &str, roles: &[RoleArn], region: Region) -> Statement {
    let arn = arn(bucket);
    by_roles(sid, roles, bucket_actions(region))
        .when("StringEquals", "kms:ViaService", [Via::S3.endpoint(region)])
        .when("ArnLike", CONTEXT, [format!("{arn}/*"), arn])
}

fn by_roles(sid: &str, roles: &[RoleArn], actions: &[&str]) -> Statement {
    let accounts: Vec<String> = roles.iter().map(|role| role.account.root_arn()).collect();
    Statement::allow(sid, &accounts, actions).when(
        "ArnEquals",
        "aws:PrincipalArn",
        roles.iter().map(|role| role.arn.clone()),
    )
}
