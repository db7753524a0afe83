//! Who may use a tenant's keys today, from the spec and from the buckets that refer to it.

use jichitai_api::Region;
use jichitai_api::file_link_bucket::FileLinkBucket;
use jichitai_api::municipality::{Encryption, KeyPurpose, KeyService};
use jiff::civil::Date;

use crate::file_link_bucket;
use crate::grant::{Expiry, holds};
use crate::identity::{AccountId, Identity};
use crate::policy::key_policy::{BucketGrant, KeyAccess, RoleArn, Via};
use crate::spec_fault::SpecFault;

/// What a key of this purpose is used through.
fn serves(purpose: KeyPurpose, service: KeyService) -> Option<Via> {
    let via = match service {
        KeyService::Ebs => Via::Ebs,
        KeyService::S3 => Via::S3,
        KeyService::Rds => Via::Rds,
        KeyService::Efs => Via::Efs,
        KeyService::Logs => Via::Logs,
        KeyService::SecretsManager => Via::SecretsManager,
    };
    // With a key per service, file systems go with the volumes, logs and secrets with the objects.
    let fits = match purpose {
        KeyPurpose::All => true,
        KeyPurpose::Ebs => matches!(via, Via::Ebs | Via::Efs),
        KeyPurpose::S3 => matches!(via, Via::S3 | Via::Logs | Via::SecretsManager),
        KeyPurpose::Rds => matches!(via, Via::Rds),
    };
    fits.then_some(via)
}

/// The access that the spec and the buckets give to the key of one purpose.
#[must_use]
pub fn of_key(
    encryption: &Encryption,
    buckets: &[BucketGrant],
    operator: Option<&RoleArn>,
    purpose: KeyPurpose,
    today: Date,
    expiry: Expiry,
) -> KeyAccess {
    let mut access = KeyAccess::default();
    for administrator in encryption
        .administrators
        .iter()
        .filter(|one| holds(&one.grant, today, expiry))
    {
        access.administrators.extend(RoleArn::new(&administrator.role_arn));
    }
    for user in encryption.users.iter().filter(|one| holds(&one.grant, today, expiry)) {
        for via in user.services.iter().filter_map(|service| serves(purpose, *service)) {
            access
                .users
                .entry(via)
                .or_default()
                .extend(RoleArn::new(&user.role_arn));
        }
    }
    let copied = [KeyService::Ebs, KeyService::Rds, KeyService::S3];
    for via in copied.into_iter().filter_map(|service| serves(purpose, service)) {
        access.operator.extend(operator.map(|role| (via, role.clone())));
    }
    if matches!(purpose, KeyPurpose::All | KeyPurpose::S3) {
        access.buckets = buckets.to_vec();
    }
    access
}

/// One grant per bucket that refers to this municipality, for the key in a Region.
#[must_use]
pub fn bucket_grants(
    buckets: &[&FileLinkBucket],
    identity: &Identity,
    account: &AccountId,
    region: Region,
    today: Date,
    expiry: Expiry,
) -> Vec<BucketGrant> {
    let grant = |bucket: &&FileLinkBucket| {
        file_link_bucket::access::key_grant(bucket, &identity.installation, account, region, today, expiry)
    };
    let mut grants: Vec<BucketGrant> = buckets.iter().map(grant).collect();
    // In whatever order the objects come, it is the same policy to the letter.
    grants.sort_by(|a, b| a.owner.cmp(&b.owner));
    grants
}

/// The tenant's own faults in its lists of roles, by path.
pub fn check_roles(encryption: &Encryption, faults: &mut Vec<SpecFault>) {
    let administrators = encryption.administrators.iter().map(|one| &one.role_arn).enumerate();
    let users = encryption.users.iter().map(|one| &one.role_arn).enumerate();
    let named = |list: &'static str| move |(index, arn)| (format!("spec.encryption.{list}[{index}].roleArn"), arn);
    for (path, arn) in administrators
        .map(named("administrators"))
        .chain(users.map(named("users")))
    {
        if RoleArn::new(arn).is_none() {
            faults.push(SpecFault::invalid(
                path,
                format!("{arn:?} is not the ARN of a role (arn:aws:iam::<account>:role/<name>)"),
                format!("{arn:?} はロールの ARN(arn:aws:iam::<アカウント>:role/<名前>)ではありません"),
            ));
        }
    }
}
