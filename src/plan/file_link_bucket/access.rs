//! Whom a bucket admits today, and by which way: the one answer from which the bucket policy, the
//! statement in the municipality's key policy, and the roles are made.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_api::common::DeletionPolicy;
use jichitai_api::file_link_bucket::{
    Access, ClientAccess, Federation, FederationClient, FileLinkBucket, FileLinkBucketSpec, GrantedAccess, SftpAccess,
    SftpUser,
};
use jichitai_api::grant::GrantInfo;
use jiff::civil::Date;

use crate::grant::{Expiry, excepted, holds, soon};
use crate::iam::role;
use crate::identity::{AccountId, Identity, Owner, short_hash};
use crate::policy::key_policy::{BucketGrant, RoleArn};

/// The VPC endpoints by which a role comes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The municipality's own endpoint for S3, or whatever endpoint of its VPC.
    Municipality,
    /// These endpoints.
    Endpoints(BTreeSet<String>),
}

/// Everybody whom a bucket admits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    /// Who gets and lists.
    pub readers: BTreeSet<RoleArn>,
    /// Who puts, lists and deletes.
    pub writers: BTreeSet<RoleArn>,
    /// The ways of providers and consumers. Users and clients have theirs elsewhere.
    pub ways: BTreeMap<RoleArn, Way>,
    /// Who copies to Osaka.
    pub replicator: Option<RoleArn>,
}

impl Admitted {
    /// Everybody who reads or writes.
    #[must_use]
    pub fn everybody(&self) -> BTreeSet<RoleArn> {
        self.readers.union(&self.writers).cloned().collect()
    }

    /// What a role is granted.
    #[must_use]
    pub fn granted(&self, role: &RoleArn) -> Option<GrantedAccess> {
        match (self.readers.contains(role), self.writers.contains(role)) {
            (true, true) => Some(GrantedAccess::ReadWrite),
            (true, false) => Some(GrantedAccess::Read),
            (false, true) => Some(GrantedAccess::Write),
            (false, false) => None,
        }
    }

    fn admit(&mut self, role: RoleArn, access: GrantedAccess) {
        if matches!(access, GrantedAccess::Read | GrantedAccess::ReadWrite) {
            self.readers.insert(role.clone());
        }
        if matches!(access, GrantedAccess::Write | GrantedAccess::ReadWrite) {
            self.writers.insert(role);
        }
    }
}

/// Whom the spec admits on that day. `identity` is the object's, by which its own roles are named.
#[must_use]
pub fn admitted(
    spec: &FileLinkBucketSpec,
    identity: &Identity,
    account: &AccountId,
    today: Date,
    expiry: Expiry,
) -> Admitted {
    let mut all = Admitted::default();
    let Access {
        providers,
        consumers,
        cross_zone: _,
        cross_municipality: _,
        cross_environment: _,
    } = &spec.access;
    let named = providers
        .iter()
        .map(|one| (&one.role_arn, &one.vpc_endpoint_ids, &one.grant, GrantedAccess::Write))
        .chain(
            consumers
                .iter()
                .map(|one| (&one.role_arn, &one.vpc_endpoint_ids, &one.grant, GrantedAccess::Read)),
        );
    for (arn, endpoints, grant, access) in named {
        if !holds(grant, today, expiry) || !is_excepted(&spec.access, arn, today, expiry) {
            continue;
        }
        let Some(role) = RoleArn::new(arn) else { continue };
        all.ways
            .entry(role.clone())
            .and_modify(|way| extend(way, endpoints))
            .or_insert_with(|| way(endpoints));
        all.admit(role, access);
    }
    for user in users(spec, today, expiry) {
        if let Some(role) = user_role(spec, user, identity, account) {
            let access = match user.access {
                SftpAccess::Read => GrantedAccess::Read,
                SftpAccess::Write => GrantedAccess::Write,
                SftpAccess::ReadWrite => GrantedAccess::ReadWrite,
            };
            all.admit(role, access);
        }
    }
    for client in clients(spec, today, expiry) {
        if let Some(role) = client_role(spec, client, identity, account) {
            let access = match client.access {
                ClientAccess::Read => GrantedAccess::Read,
                ClientAccess::Write => GrantedAccess::Write,
            };
            all.admit(role, access);
        }
    }
    if spec.replication.osaka {
        all.replicator = replication_role(spec, identity, account);
    }
    all
}

fn way(endpoints: &[String]) -> Way {
    match endpoints {
        [] => Way::Municipality,
        ids => Way::Endpoints(ids.iter().cloned().collect()),
    }
}

/// A role that is both provider and consumer may come by the ways of either.
fn extend(known: &mut Way, endpoints: &[String]) {
    if let (Way::Endpoints(known), Way::Endpoints(more)) = (known, way(endpoints)) {
        known.extend(more);
    }
}

/// Whether every exception that the role is named in still holds. A role that is named in none
/// needs none, as far as the spec says.
fn is_excepted(access: &Access, arn: &str, today: Date, expiry: Expiry) -> bool {
    let zones = access.cross_zone.iter().map(|one| (&one.role_arn, &one.exception));
    let municipalities = access
        .cross_municipality
        .iter()
        .map(|one| (&one.role_arn, &one.exception));
    let environments = access
        .cross_environment
        .iter()
        .map(|one| (&one.role_arn, &one.exception));
    zones
        .chain(municipalities)
        .chain(environments)
        .filter(|(role, _)| *role == arn)
        .all(|(_, exception)| excepted(exception, today, expiry))
}

/// SFTP users whose grant holds.
pub fn users(spec: &FileLinkBucketSpec, today: Date, expiry: Expiry) -> impl Iterator<Item = &SftpUser> {
    let users = spec.sftp.iter().flat_map(|sftp| &sftp.users);
    users.filter(move |user| holds(&user.grant, today, expiry))
}

/// Clients whose grant holds.
pub fn clients(spec: &FileLinkBucketSpec, today: Date, expiry: Expiry) -> impl Iterator<Item = &FederationClient> {
    let clients = spec
        .federation
        .iter()
        .flat_map(|federation: &Federation| &federation.clients);
    clients.filter(move |client| holds(&client.grant, today, expiry))
}

/// Parts of users and clients whose grant has run out.
#[must_use]
pub fn lapsed(spec: &FileLinkBucketSpec, today: Date) -> BTreeSet<String> {
    let parts = |expiry| {
        let users =
            users(spec, today, expiry).flat_map(|user| [user_part(&user.name), format!("sftp-user.{}", user.name)]);
        let clients = clients(spec, today, expiry).map(|client| client_part(&client.client_id));
        users.chain(clients).collect::<BTreeSet<String>>()
    };
    &parts(Expiry::Ignored) - &parts(Expiry::Respected)
}

/// The part that stands for the role of an SFTP user.
#[must_use]
pub fn user_part(name: &str) -> String {
    format!("role.sftp.{name}")
}

/// The part that stands for the role of a client. A client's id may have any characters.
#[must_use]
pub fn client_part(client_id: &str) -> String {
    format!("role.client.{}", short_hash(client_id, 10))
}

/// The part that stands for the replication role.
pub const REPLICATION_PART: &str = "role.replication";

/// The name of an SFTP user's role, where we make it.
#[must_use]
pub fn user_role_name(identity: &Identity, user: &str) -> String {
    role::name("sftp", identity, &user_part(user))
}

/// The name of a client's role, where we make it.
#[must_use]
pub fn client_role_name(identity: &Identity, client_id: &str) -> String {
    role::name("client", identity, &client_part(client_id))
}

/// The name of the role that stands for a part, whatever the spec has by now.
#[must_use]
pub fn role_name(identity: &Identity, part: &str) -> Option<String> {
    let kind = part.strip_prefix("role.")?.split('.').next()?;
    Some(role::name(kind, identity, part))
}

/// The name of the replication role, where we make it.
#[must_use]
pub fn replication_role_name(identity: &Identity) -> String {
    role::name("replication", identity, REPLICATION_PART)
}

fn role_of(spec: &FileLinkBucketSpec, account: &AccountId, given: Option<&str>, name: &str) -> Option<RoleArn> {
    match spec.manage_iam {
        true => RoleArn::new(&role::arn(account, name)),
        false => given.and_then(RoleArn::new),
    }
}

/// The role of an SFTP user: ours, or the given one.
#[must_use]
pub fn user_role(
    spec: &FileLinkBucketSpec,
    user: &SftpUser,
    identity: &Identity,
    account: &AccountId,
) -> Option<RoleArn> {
    let name = user_role_name(identity, &user.name);
    role_of(spec, account, user.role_arn.as_deref(), &name)
}

/// The role of a client: ours, or the given one.
#[must_use]
pub fn client_role(
    spec: &FileLinkBucketSpec,
    client: &FederationClient,
    identity: &Identity,
    account: &AccountId,
) -> Option<RoleArn> {
    let name = client_role_name(identity, &client.client_id);
    role_of(spec, account, client.role_arn.as_deref(), &name)
}

/// The replication role: ours, or the given one.
#[must_use]
pub fn replication_role(spec: &FileLinkBucketSpec, identity: &Identity, account: &AccountId) -> Option<RoleArn> {
    let given = spec.replication.role_arn.as_deref();
    role_of(spec, account, given, &replication_role_name(identity))
}

/// The name of the bucket: the given one, or one that is the same for the same owner and account in
/// the same installation, without names of people or places.
#[must_use]
pub fn bucket_name(spec: &FileLinkBucketSpec, identity: &Identity, account: &AccountId) -> String {
    match spec.bucket_name.as_str() {
        "" => computed_name(identity, account, ""),
        name => name.to_owned(),
    }
}

/// The name of the replica in Osaka, which nobody has to know.
#[must_use]
pub fn replica_name(identity: &Identity, account: &AccountId) -> String {
    computed_name(identity, account, "\nosaka")
}

fn computed_name(identity: &Identity, account: &AccountId, which: &str) -> String {
    let Identity { installation, owner } = identity;
    format!(
        "fl-{}",
        short_hash(&format!("{installation}\n{account}\n{owner}{which}"), 40)
    )
}

/// What the municipality's key in a Region grants for a bucket: in Tokyo to everybody, in Osaka to
/// the replication, for the replica. An owner without roles is among the grants all the same: it is
/// seen, and admits nobody.
#[must_use]
pub fn key_grant(
    bucket: &FileLinkBucket,
    installation: &str,
    account: &AccountId,
    region: Region,
    today: Date,
    expiry: Expiry,
) -> BucketGrant {
    let owner = Owner::of(bucket);
    let identity = Identity {
        installation: installation.to_owned(),
        owner: owner.clone(),
    };
    let going = bucket.metadata.deletion_timestamp.is_some();
    let revoked = going && bucket.spec.common.deletion_policy != DeletionPolicy::Retain;
    let admitted = match revoked {
        true => Admitted::default(),
        false => admitted(&bucket.spec, &identity, account, today, expiry),
    };
    let replicator = admitted.replicator.clone();
    let (name, roles) = match region {
        Region::Tokyo => {
            let everybody = admitted.everybody().into_iter().chain(replicator);
            (
                bucket_name(&bucket.spec, &identity, account),
                everybody.collect::<BTreeSet<_>>(),
            )
        }
        Region::Osaka => (replica_name(&identity, account), replicator.into_iter().collect()),
    };
    BucketGrant {
        owner,
        bucket: name,
        roles: roles.into_iter().collect(),
    }
}

/// Grants and exceptions that end within 30 days.
#[must_use]
pub fn ending(spec: &FileLinkBucketSpec, today: Date) -> Vec<(String, Date)> {
    let access = &spec.access;
    let mut all = Vec::new();
    let mut add = |path: &str, days: Vec<Option<&str>>| {
        let soon = days
            .into_iter()
            .enumerate()
            .filter_map(|(i, day)| Some((i, soon(day, today)?)));
        all.extend(soon.map(|(i, last)| (format!("spec.{path}[{i}]"), last)));
    };
    fn last(grant: &GrantInfo) -> Option<&str> {
        grant.valid_until.as_deref()
    }
    add(
        "access.providers",
        access.providers.iter().map(|one| last(&one.grant)).collect(),
    );
    add(
        "access.consumers",
        access.consumers.iter().map(|one| last(&one.grant)).collect(),
    );
    let zones = access.cross_zone.iter().map(|one| Some(one.exception.until.as_str()));
    add("access.crossZone", zones.collect());
    let towns = access
        .cross_municipality
        .iter()
        .map(|one| Some(one.exception.until.as_str()));
    add("access.crossMunicipality", towns.collect());
    let stages = access
        .cross_environment
        .iter()
        .map(|one| Some(one.exception.until.as_str()));
    add("access.crossEnvironment", stages.collect());
    let users = spec.sftp.iter().flat_map(|sftp| &sftp.users);
    add("sftp.users", users.map(|one| last(&one.grant)).collect());
    let clients = spec.federation.iter().flat_map(|one| &one.clients);
    add("federation.clients", clients.map(|one| last(&one.grant)).collect());
    all
}
