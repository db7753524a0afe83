//! What has to be read for one bucket: what the municipality made, by its tags and alias; the bucket,
//! roles and users by the names that only we compute; the server by its tags or the id in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;

use crate::context::Context;
use crate::ec2::subnet;
use crate::file_link_bucket::target::{ServerTarget, Target};
use crate::file_link_bucket::teardown::Remains;
use crate::file_link_bucket::{access, iam};
use crate::identity::{Identity, Part};
use crate::policy::key_policy::RoleArn;

/// The reads that one pass needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whose resources.
    pub identity: Identity,
    /// Whose keys and network; none when the municipality is gone.
    pub tenant: Option<Identity>,
    /// The alias of the municipality's key, by Region.
    pub keys: BTreeMap<Region, String>,
    /// Whether the way in has to be found: the municipality's VPC and endpoints.
    pub network: bool,
    /// Whether the municipality's subnets have to be found, and by which ids besides.
    pub subnets: Option<BTreeSet<String>>,
    /// Names of buckets, by Region.
    pub buckets: BTreeMap<Region, String>,
    /// Whether what the buckets hold is counted.
    pub contents: bool,
    /// Names of our roles.
    pub roles: BTreeSet<String>,
    /// Roles that somebody else made for us, to be compared.
    pub given: BTreeSet<RoleArn>,
    /// Roles that the spec names, which should exist.
    pub named: BTreeSet<RoleArn>,
    /// Issuers whose provider is read, by part.
    pub issuers: BTreeMap<String, Issuer>,
    /// SFTP servers: the one that users shall be on, and one of ours that is still there.
    pub servers: Vec<ServerQuery>,
    /// Names of SFTP users on those servers.
    pub users: BTreeSet<String>,
    /// Whether the owners of all users of the server are read: only ahead of a removal.
    pub other_users: bool,
    /// The secret with the host key.
    pub secret_arn: Option<String>,
    /// Ids of our security groups in the ledger and in `spec.adopt`.
    pub security_groups: BTreeSet<String>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerQuery {
    /// Whose it is.
    pub owner: Identity,
    /// Its id, where the ledger knows it.
    pub id: Option<String>,
}

/// An issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its URL.
    pub url: String,
    /// Whether to find out which roles trust its provider: many calls, only ahead of a removal.
    pub users: bool,
}

impl Query {
    /// One bucket in Tokyo, whosever it is.
    #[must_use]
    pub fn of_bucket(identity: Identity, name: &str) -> Self {
        Self {
            identity,
            tenant: None,
            keys: BTreeMap::new(),
            network: false,
            subnets: None,
            buckets: BTreeMap::from([(Region::Tokyo, name.to_owned())]),
            contents: false,
            roles: BTreeSet::new(),
            given: BTreeSet::new(),
            named: BTreeSet::new(),
            issuers: BTreeMap::new(),
            servers: Vec::new(),
            users: BTreeSet::new(),
            other_users: false,
            secret_arn: None,
            security_groups: BTreeSet::new(),
        }
    }

    fn nothing(ctx: &Context) -> Self {
        let groups = ctx
            .ledger
            .iter()
            .filter(|(part, _)| part.role.as_str() == "security-group.sftp");
        let adopted = ctx.adopt.get("security-group.sftp").cloned();
        let known = groups.map(|(_, entry)| entry.id.clone()).filter(|id| !id.is_empty());
        Self {
            identity: ctx.identity.clone(),
            tenant: None,
            keys: BTreeMap::new(),
            network: false,
            subnets: None,
            buckets: BTreeMap::new(),
            contents: false,
            roles: role_names(ctx),
            given: BTreeSet::new(),
            named: BTreeSet::new(),
            issuers: known_issuers(ctx),
            servers: Vec::new(),
            users: user_names(ctx),
            other_users: false,
            secret_arn: None,
            security_groups: known.chain(adopted).collect(),
        }
    }

    /// The reads for bringing a target about.
    #[must_use]
    pub fn for_target(target: &Target, ctx: &Context) -> Self {
        let base = Self::nothing(ctx);
        let tenant = &target.tenant;
        let mut keys = BTreeMap::from([(Region::Tokyo, tenant.key_alias.clone())]);
        let mut buckets = BTreeMap::from([(Region::Tokyo, target.bucket.clone())]);
        let replica_known = ctx.ledger.get(&Target::bucket_part(Region::Osaka)).is_some();
        if target.replica.is_some() {
            keys.insert(Region::Osaka, tenant.key_alias.clone());
        }
        if let Some(name) = &target.replica {
            buckets.insert(Region::Osaka, name.clone());
        } else if replica_known {
            let name = access::replica_name(&ctx.identity, &target.account);
            buckets.insert(Region::Osaka, name);
        }
        let own_roles = iam::own_names(target).into_values();
        let users = target.sftp.iter().flat_map(|sftp| sftp.users.keys().cloned());
        let shared = target.sftp.as_ref().and_then(|sftp| match &sftp.server {
            ServerTarget::Own(_) => None,
            ServerTarget::Shared(other) => Some(by_tags(other)),
        });
        let own = target.sftp.as_ref().and_then(|sftp| match &sftp.server {
            ServerTarget::Own(own) => Some(own),
            ServerTarget::Shared(_) => None,
        });
        let federation = target
            .federation
            .iter()
            .filter_map(|federation| federation.provider.as_ref());
        let issuer = federation.map(|provider| {
            let wanted = Issuer {
                url: provider.issuer.clone(),
                users: false,
            };
            (iam::provider_part(&provider.issuer), wanted)
        });
        // One that the spec no longer has is still to be taken away.
        let left = knows(ctx, "sftp-server") || knows(ctx, "security-group.sftp");
        let ids = |own: &super::target::OwnServer| {
            let ids = own.subnets.iter().filter_map(subnet::Name::id);
            ids.map(str::to_owned).collect::<BTreeSet<_>>()
        };
        Self {
            tenant: Some(tenant.identity.clone()),
            keys,
            network: true,
            subnets: own.map(ids),
            contents: false,
            buckets,
            roles: base.roles.iter().cloned().chain(own_roles).collect(),
            given: given(target),
            named: target.named(),
            issuers: base
                .issuers
                .iter()
                .map(|(part, one)| (part.clone(), one.clone()))
                .chain(issuer)
                .collect(),
            servers: shared
                .into_iter()
                .chain((own.is_some() || left).then(|| own_server(ctx)))
                .collect(),
            users: base.users.iter().cloned().chain(users).collect(),
            other_users: own.is_none() && left,
            secret_arn: own.and_then(|own| own.host_key_arn.clone()),
            ..base
        }
    }

    /// The reads for a deletion: what the buckets hold, who trusts the provider, whose users are left.
    #[must_use]
    pub fn for_teardown(remains: &Remains, ctx: &Context) -> Self {
        let base = Self::nothing(ctx);
        let Remains {
            account: _,
            tenant,
            buckets,
            operator: _,
            break_glass: _,
            roles,
            issuer,
            shared_server,
            users,
        } = remains;
        let issuer = issuer.iter().map(|url| {
            let users = true;
            (
                iam::provider_part(url),
                Issuer {
                    url: url.clone(),
                    users,
                },
            )
        });
        let regions = buckets.keys().copied();
        let keys = tenant
            .iter()
            .flat_map(|tenant| regions.clone().map(|region| (region, tenant.key_alias.clone())));
        Self {
            tenant: tenant.as_ref().map(|tenant| tenant.identity.clone()),
            keys: keys.collect(),
            buckets: buckets.clone(),
            contents: true,
            roles: base.roles.iter().chain(roles).cloned().collect(),
            issuers: base
                .issuers
                .iter()
                .map(|(part, one)| (part.clone(), one.clone()))
                .chain(issuer)
                .collect(),
            servers: shared_server.iter().map(by_tags).chain([own_server(ctx)]).collect(),
            users: base.users.iter().chain(users).cloned().collect(),
            other_users: true,
            ..base
        }
    }
}

fn by_tags(owner: &Identity) -> ServerQuery {
    ServerQuery {
        owner: owner.clone(),
        id: None,
    }
}

/// Our own server, by its tags or the id in the ledger.
fn own_server(ctx: &Context) -> ServerQuery {
    let entry = ctx.ledger.get(&Part::new(Region::Tokyo, "sftp-server"));
    let known = entry.map(|entry| entry.id.clone()).filter(|id| !id.is_empty());
    ServerQuery {
        id: ctx.adopt.get("sftp-server").cloned().or(known),
        ..by_tags(&ctx.identity)
    }
}

fn knows(ctx: &Context, role: &str) -> bool {
    ctx.ledger.get(&Part::new(Region::Tokyo, role)).is_some()
}

/// Given roles are compared, not made.
fn given(target: &Target) -> BTreeSet<RoleArn> {
    if target.manage_iam {
        return BTreeSet::new();
    }
    let users = target
        .sftp
        .iter()
        .flat_map(|sftp| sftp.users.values())
        .map(|user| &user.role);
    let clients = target
        .federation
        .iter()
        .flat_map(|federation| federation.clients.values());
    let clients = clients.map(|client| &client.role);
    users
        .chain(clients)
        .chain(&target.admitted.replicator)
        .cloned()
        .collect()
}

/// Roles in the ledger, which the spec may no longer have.
fn role_names(ctx: &Context) -> BTreeSet<String> {
    // By part, not by id: of one that was only intended there is none yet.
    parts(ctx, "role.")
        .filter_map(|part| access::role_name(&ctx.identity, &part))
        .collect()
}

/// Users in the ledger.
fn user_names(ctx: &Context) -> BTreeSet<String> {
    let names = parts(ctx, "sftp-user.");
    names
        .filter_map(|part| part.strip_prefix("sftp-user.").map(str::to_owned))
        .collect()
}

/// The issuers of providers that the ledger knows; the id of a provider is its ARN.
fn known_issuers(ctx: &Context) -> BTreeMap<String, Issuer> {
    let known = entries(ctx, "oidc-provider.").filter_map(|(part, arn)| {
        let url = format!("https://{}", arn.split_once(":oidc-provider/")?.1);
        Some((part, Issuer { url, users: true }))
    });
    known.collect()
}

fn parts<'a>(ctx: &'a Context, prefix: &'a str) -> impl Iterator<Item = String> + 'a {
    let all = ctx.ledger.iter().map(|(part, _)| part.role.to_string());
    all.filter(move |part| part.starts_with(prefix))
}

fn entries<'a>(ctx: &'a Context, prefix: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
    let mine = ctx
        .ledger
        .iter()
        .filter(move |(part, _)| part.role.as_str().starts_with(prefix));
    mine.map(|(part, entry)| (part.role.to_string(), entry.id.clone()))
        .filter(|(_, id)| !id.is_empty())
}
