//! Bucket, access, SFTP and federation as status shows them, from what is in AWS.

use std::collections::BTreeSet;

use jichitai_api::file_link_bucket::{
    AccessStatus, BucketStatus, FederationRoleStatus, FederationStatus, NeededRole, SftpStatus,
};
use jichitai_api::{Reason, Region};

use crate::file_link_bucket::grants;
use crate::file_link_bucket::iam;
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::sftp::SERVER;
use crate::file_link_bucket::target::{ServerTarget, Target};
use crate::identity::Identity;
use crate::kms::key::KeyState;
use crate::observation::Observation;
use crate::policy::document::Document;
use crate::policy::key_policy::RoleArn;
use crate::resolve::is_part_of;
use crate::s3::bucket::Bucket;
use crate::s3::encryption;
use crate::s3::public_access_block;
use crate::s3::versioning::Versioning;

/// A key's state in one word.
#[must_use]
pub(super) fn state(state: &KeyState) -> String {
    match state {
        KeyState::Enabled => "Enabled".into(),
        KeyState::Disabled => "Disabled".into(),
        KeyState::PendingDeletion { at: _ } => "PendingDeletion".into(),
        KeyState::Other(other) => other.clone(),
    }
}

/// The bucket of the target, where it is ours.
fn bucket<'a>(target: &Target, observed: &'a Observed, identity: &Identity) -> Option<&'a Bucket> {
    let buckets = observed.buckets.get(&Region::Tokyo)?.as_ref().ok()?;
    let mine = |bucket: &&Bucket| bucket.name == target.bucket && is_part_of(*bucket, identity, "bucket");
    buckets.iter().find(mine)
}

/// The bucket as status shows it.
#[must_use]
pub fn bucket_status(target: &Target, observed: &Observed, identity: &Identity) -> Option<BucketStatus> {
    let bucket = bucket(target, observed, identity)?;
    let key = observed.keys.get(&Region::Tokyo).and_then(Observation::present);
    let key = key.filter(|key| encryption::is_under(Some(&key.arn), bucket));
    Some(BucketStatus {
        name: bucket.name.clone(),
        arn: bucket.arn.clone(),
        region: bucket.region,
        versioning: bucket.versioning == Observation::Present(Versioning::Enabled),
        encryption: key.map(|key| key.arn.clone()),
        public: match bucket.public_access.fault() {
            Some(_) => None,
            None => Some(!public_access_block::is_closed(bucket)),
        },
    })
}

/// Roles that the keys do not admit yet, as far as their policies can be read.
pub(super) fn without_key(target: &Target, observed: &Observed) -> BTreeSet<String> {
    let everybody = target.admitted.everybody();
    let tokyo = key_policy(observed, Region::Tokyo);
    let mut missing: BTreeSet<String> = tokyo
        .into_iter()
        .flat_map(|policy| {
            let admits = |role: &&RoleArn| !grants::key_admits(policy, role, target);
            everybody
                .iter()
                .filter(admits)
                .map(|role| role.arn.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let osaka = key_policy(observed, Region::Osaka);
    if let (Some(policy), Some(role), Some(replica)) = (osaka, &target.admitted.replicator, &target.replica)
        && !grants::replica_key_admits(policy, role, replica)
    {
        missing.insert(role.arn.clone());
    }
    missing
}

fn key_policy(observed: &Observed, region: Region) -> Option<&Document> {
    observed.keys.get(&region)?.present()?.policy.present()
}

/// Per role, whether both policies let it in.
#[must_use]
pub fn access(target: &Target, observed: &Observed, identity: &Identity) -> Vec<AccessStatus> {
    let bucket_policy = bucket(target, observed, identity).and_then(|bucket| bucket.policy.present());
    let key_policy = key_policy(observed, Region::Tokyo);
    let way = grants::municipality_way(target, observed).ok();
    let one = |role: &RoleArn| {
        let access = target.admitted.granted(role)?;
        let by_bucket =
            bucket_policy.is_some_and(|policy| grants::bucket_admits(policy, role, access, target, way.as_ref()));
        let by_key = key_policy.is_some_and(|policy| grants::key_admits(policy, role, target));
        let missing = observed.named.get(role) == Some(&Observation::Absent);
        let reason = match (missing, by_bucket, by_key) {
            (true, _, _) => Some(Reason::PrincipalNotFound),
            (false, true, false) => Some(Reason::MissingKeyGrant),
            (false, false, true) => Some(Reason::MissingBucketGrant),
            (false, false, false) => Some(Reason::WaitingForDependency),
            (false, true, true) => None,
        };
        Some(AccessStatus {
            principal: role.arn.clone(),
            access,
            bucket_policy: by_bucket,
            key_policy: by_key,
            reason: reason.map(|reason| reason.as_str().to_owned()),
        })
    };
    target.admitted.everybody().iter().filter_map(one).collect()
}

/// The server as status shows it.
#[must_use]
pub fn sftp(target: &Target, observed: &Observed, identity: &Identity) -> Option<SftpStatus> {
    let sftp = target.sftp.as_ref()?;
    let (owner, source) = match &sftp.server {
        ServerTarget::Own(own) => (
            identity,
            own.host_key_source(observed.secret_version.present().map(String::as_str)),
        ),
        ServerTarget::Shared(other) => (other, None),
    };
    let servers = observed.servers.as_ref().ok()?;
    let server = servers.iter().find(|server| is_part_of(*server, owner, SERVER))?;
    let endpoint = server.endpoint.present();
    let ours = |user: &&crate::transfer::user::User| {
        user.server_id == server.id && is_part_of(*user, identity, &format!("sftp-user.{}", user.name))
    };
    let users = observed.users.iter().flatten().filter(ours).count();
    Some(SftpStatus {
        server_id: server.id.clone(),
        host: endpoint.and_then(|endpoint| endpoint.dns_name.clone()),
        ips: endpoint
            .map(|endpoint| endpoint.ips.iter().take(6).cloned().collect())
            .unwrap_or_default(),
        // As `ssh-keygen -l` prints it, for those who compare.
        host_key_fingerprint: server
            .fingerprint(source.as_ref())
            .map(|fingerprint| fingerprint.trim_end_matches('=').to_owned()),
        users: u32::try_from(users).unwrap_or(u32::MAX),
    })
}

/// Federation as status shows it.
#[must_use]
pub fn federation(target: &Target, observed: &Observed) -> Option<FederationStatus> {
    let federation = target.federation.as_ref()?;
    let provider = federation.provider.as_ref().and_then(|provider| {
        let have = observed.providers.get(&iam::provider_part(&provider.issuer))?;
        Some(have.present()?.arn.clone())
    });
    let there = |role: &RoleArn| {
        let ours = observed.roles.iter().flatten().any(|one| one.arn == role.arn);
        ours || observed.given.get(role).is_some_and(|given| given.present().is_some())
    };
    let roles = federation.clients.values().filter(|client| there(&client.role));
    let roles = roles.map(|client| FederationRoleStatus {
        client_id: client.id.clone(),
        arn: client.role.arn.clone(),
    });
    Some(FederationStatus {
        provider_arn: provider,
        roles: roles.collect(),
    })
}

/// The roles that somebody else has to make.
#[must_use]
pub fn needed_roles(target: &Target, observed: &Observed) -> Vec<NeededRole> {
    let arn = |region| {
        observed
            .keys
            .get(&region)?
            .present()
            .map(|key: &crate::kms::key::Key| key.arn.as_str())
    };
    match (target.manage_iam, arn(Region::Tokyo)) {
        (false, Some(tokyo)) => iam::needed(&iam::roles(target, tokyo, arn(Region::Osaka))),
        (true, _) | (false, None) => Vec::new(),
    }
}
