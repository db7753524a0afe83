//! The roles of a bucket's users and clients, and of its replication: whom each trusts and what it
//! permits. With `manageIam: false` the same documents are given out and compared instead.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::file_link_bucket::{
    ClientAccess, ClientClaim, Federation, FederationClient, FederationType, FileLinkBucketSpec, NeededRole, SftpAccess,
};
use jichitai_api::{Reason, Region};
use jiff::civil::Date;

use crate::file_link_bucket::access;
use crate::file_link_bucket::target::{Target, UserTarget};
use crate::grant::Expiry;
use crate::iam::{oidc_provider, role};
use crate::identity::{AccountId, Identity, Part, short_hash};
use crate::plan::Text;
use crate::policy::document::Document;
use crate::policy::key_policy::RoleArn;
use crate::policy::role_policy::{self, Access};
use crate::policy::trust_policy;
use crate::spec_fault::SpecFault;

/// Shortest session limit that a role can have, in seconds.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
const SHORTEST_SESSION: u32 = 3_600;

/// An issuer whose tokens AWS checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The issuer.
    pub issuer: String,
    /// Audiences that the account accepts from it.
    pub audiences: BTreeSet<String>,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id at the issuer.
    pub id: String,
    /// Its role: ours, or the given one.
    pub role: RoleArn,
    /// What it may do.
    pub access: ClientAccess,
    /// Whom the role trusts.
    pub trust: Document,
    /// The longest session, in seconds.
    pub max_session_seconds: u32,
}

/// A role that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTarget {
    /// Its part.
    pub part: Part,
    /// The role: ours, or the given one.
    pub role: RoleArn,
    /// Everything about it.
    pub want: role::Want,
}

/// The part that stands for the provider of an issuer.
#[must_use]
pub fn provider_part(issuer: &str) -> String {
    format!("{}.{}", oidc_provider::ROLE, short_hash(issuer, 10))
}

/// Federation as the spec has it; none when it has none.
pub(super) fn federation(
    spec: &FileLinkBucketSpec,
    identity: &Identity,
    account: &AccountId,
    today: Date,
) -> Option<super::target::FederationTarget> {
    let federation = spec.federation.as_ref()?;
    let issuer = federation.issuer.as_ref();
    let provider = issuer.filter(|_| federation.federation_type == FederationType::WebIdentity);
    let provider = provider.map(|issuer| {
        let clients = federation
            .clients
            .iter()
            .filter(|one| one.client_claim != ClientClaim::Sub);
        // What STS compares with the provider's audiences is `azp` where a token has it.
        let ids = clients.map(|client| client.client_id.clone());
        Provider {
            issuer: issuer.clone(),
            audiences: federation.audiences.iter().cloned().chain(ids).collect(),
        }
    });
    let clients = access::clients(spec, today, Expiry::Respected).filter_map(|client| {
        let trust = trust(federation, client, account)?;
        let role = access::client_role(spec, client, identity, account)?;
        let target = Client {
            id: client.client_id.clone(),
            role,
            access: client.access,
            trust,
            max_session_seconds: federation.max_session_seconds.max(SHORTEST_SESSION),
        };
        Some((access::client_part(&client.client_id), target))
    });
    Some(super::target::FederationTarget {
        provider,
        clients: clients.collect(),
    })
}

fn trust(federation: &Federation, client: &FederationClient, account: &AccountId) -> Option<Document> {
    match federation.federation_type {
        FederationType::WebIdentity => {
            let issuer = federation.issuer.as_ref()?;
            Some(trust_policy::web_identity_trust(
                &oidc_provider::arn(account, issuer),
                issuer,
                &federation.audiences,
                client.client_claim,
                &client.client_id,
                &client.scopes,
            ))
        }
        FederationType::CredentialBroker => {
            let broker = RoleArn::new(federation.broker_role_arn.as_deref()?)?;
            Some(trust_policy::broker_trust(&broker, &client.client_id, &client.scopes))
        }
    }
}

/// The role of an SFTP user.
pub(super) fn of_user(target: &Target, name: &str, user: &UserTarget, key_arn: &str) -> RoleTarget {
    let access = match user.access {
        SftpAccess::Read => Access::Read,
        SftpAccess::Write => Access::Write,
        SftpAccess::ReadWrite => Access::ReadWrite,
    };
    let policy = role_policy::sftp_user(&target.bucket, key_arn, &user.prefix, access);
    let trust = trust_policy::transfer_trust(&target.account);
    of(
        target,
        access::user_part(name),
        &user.role,
        "SFTP user of file linkage",
        trust,
        policy,
        SHORTEST_SESSION,
    )
}

/// The role of a client.
pub(super) fn of_client(target: &Target, part: &str, client: &Client, key_arn: &str) -> RoleTarget {
    let access = match client.access {
        ClientAccess::Read => Access::Read,
        ClientAccess::Write => Access::Write,
    };
    let policy = role_policy::client(&target.bucket, key_arn, access);
    let (trust, longest) = (client.trust.clone(), client.max_session_seconds);
    of(
        target,
        part.to_owned(),
        &client.role,
        "client of file linkage",
        trust,
        policy,
        longest,
    )
}

/// The replication role; none without replication.
pub(super) fn of_replication(target: &Target, tokyo_key: &str, osaka_key: &str) -> Option<RoleTarget> {
    let (role, replica) = (target.admitted.replicator.as_ref()?, target.replica.as_ref()?);
    let policy = role_policy::replication(
        &target.bucket,
        replica,
        tokyo_key,
        osaka_key,
        (Region::Tokyo, Region::Osaka),
    );
    let trust = trust_policy::replication_trust();
    let part = access::REPLICATION_PART.to_owned();
    Some(of(
        target,
        part,
        role,
        "replication of file linkage to Osaka",
        trust,
        policy,
        SHORTEST_SESSION,
    ))
}

fn of(
    target: &Target,
    part: String,
    role: &RoleArn,
    description: &str,
    trust: Document,
    policy: Document,
    max_session_seconds: u32,
) -> RoleTarget {
    let name = role.arn.rsplit('/').next().unwrap_or_default().to_owned();
    RoleTarget {
        part: Part::new(Region::Tokyo, part),
        role: role.clone(),
        want: role::Want {
            account: target.account.clone(),
            name,
            description: description.to_owned(),
            trust,
            policy,
            max_session_seconds,
        },
    }
}

/// Every role that the target needs, once the keys are known.
#[must_use]
pub fn roles(target: &Target, tokyo_key: &str, osaka_key: Option<&str>) -> Vec<RoleTarget> {
    let users = target.sftp.iter().flat_map(|sftp| &sftp.users);
    let users = users.map(|(name, user)| of_user(target, name, user, tokyo_key));
    let clients = target.federation.iter().flat_map(|federation| &federation.clients);
    let clients = clients.map(|(part, client)| of_client(target, part, client, tokyo_key));
    let replication = osaka_key.and_then(|osaka| of_replication(target, tokyo_key, osaka));
    users.chain(clients).chain(replication).collect()
}

/// The roles that somebody else has to make, as status shows them.
#[must_use]
pub fn needed(roles: &[RoleTarget]) -> Vec<NeededRole> {
    let needed = roles.iter().map(|one| NeededRole {
        arn: one.role.arn.clone(),
        trust_policy: one.want.trust.to_json(),
        policy: one.want.policy.to_json(),
    });
    needed.collect()
}

/// Whether what goes into the roles fits into IAM's limits.
pub(super) fn check_sizes(target: &Target, faults: &mut Vec<SpecFault>) {
    let clients = target
        .federation
        .iter()
        .flat_map(|federation| federation.clients.values());
    for client in clients {
        let (size, limit) = (role_policy::size(&client.trust), trust_policy::TRUST_MAX);
        if size > limit {
            let id = &client.id;
            faults.push(SpecFault {
                path: "spec.federation.clients".into(),
                reason: Reason::CapacityExceeded,
                message: Text::new(
                    format!("the trust policy of client {id} would have {size} characters and IAM takes {limit}: name fewer scopes or audiences"),
                    format!("クライアント {id} の信頼ポリシーが {size} 文字になり、IAM の上限 {limit} を超えます。scopes か audiences を減らしてください"),
                ),
            });
        }
    }
}

/// Names of the roles that are ours to make, by part.
#[must_use]
pub fn own_names(target: &Target) -> BTreeMap<String, String> {
    if !target.manage_iam {
        return BTreeMap::new();
    }
    let name = |role: &RoleArn| role.arn.rsplit('/').next().unwrap_or_default().to_owned();
    let users = target.sftp.iter().flat_map(|sftp| &sftp.users);
    let users = users.map(|(user, target)| (access::user_part(user), name(&target.role)));
    let clients = target.federation.iter().flat_map(|federation| &federation.clients);
    let clients = clients.map(|(part, client)| (part.clone(), name(&client.role)));
    let replication = target.admitted.replicator.iter();
    let replication = replication.map(|role| (access::REPLICATION_PART.to_owned(), name(role)));
    users.chain(clients).chain(replication).collect()
}
