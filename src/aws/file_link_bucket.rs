//! Reads what one bucket's object needs: what its municipality made, and its own parts. Never fails
//! as a whole; each listing carries the fault that kept it from being read.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_plan::ec2::security_group::SecurityGroup;
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::vpc::Vpc;
use jichitai_plan::ec2::vpc_endpoint::VpcEndpoint;
use jichitai_plan::file_link_bucket::observed::Observed;
use jichitai_plan::file_link_bucket::query::{Issuer, Query};
use jichitai_plan::iam::oidc_provider::OidcProvider;
use jichitai_plan::identity::Identity;
use jichitai_plan::kms::key::Key;
use jichitai_plan::observation::{Listing, Observation};
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::s3::bucket::Bucket;
use jichitai_plan::transfer::server::Server;
use jichitai_plan::transfer::user::User;

use crate::config::Purpose;
use crate::session::Session;
use crate::{ec2, iam, kms, secrets, transfer};

/// SFTP and the network are in Tokyo.
const REGION: Region = Region::Tokyo;

impl Session {
    /// Reads everything at once. `elsewhere` are sessions in other accounts whose roles the spec names.
    pub async fn observe_file_link(&self, query: &Query, elsewhere: &[&Session]) -> Observed {
        let (keys, network, groups, buckets, roles, given, named, providers, sftp, secret_version) = futures::join!(
            keys(self, query),
            network(self, query),
            groups(self, query),
            buckets(self, query),
            iam::roles(self, &query.roles),
            iam::given(self, &query.given),
            named(self, query, elsewhere),
            providers(self, query),
            sftp(self, query),
            secret(self, query),
        );
        let (vpcs, subnets, endpoints) = network;
        let (servers, users, other_users) = sftp;
        Observed {
            keys,
            vpcs,
            subnets,
            endpoints,
            security_groups: groups,
            buckets,
            roles,
            given,
            named,
            providers,
            servers,
            users,
            other_users,
            secret_version,
        }
    }
}

async fn keys(session: &Session, query: &Query) -> BTreeMap<Region, Observation<Key>> {
    let reads = query.keys.iter().map(|(region, alias)| async move {
        let kms = session.kms(*region, Purpose::Read);
        (*region, kms::key::behind(&kms, alias).await)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

async fn network(session: &Session, query: &Query) -> (Listing<Vpc>, Listing<Subnet>, Listing<VpcEndpoint>) {
    let Some(tenant) = query.tenant.as_ref().filter(|_| query.network) else {
        return (Ok(Vec::new()), Ok(Vec::new()), Ok(Vec::new()));
    };
    let ec2 = session.ec2(REGION, Purpose::Read);
    let tagged = || ec2::tags::filters(tenant);
    let subnets = async {
        let Some(ids) = &query.subnets else {
            return Ok(Vec::new());
        };
        let mut all = ec2::subnet::list(&ec2, tagged()).await?;
        if !ids.is_empty() {
            let by_id = ec2::filter("subnet-id", ids);
            all.extend(ec2::subnet::list(&ec2, vec![by_id]).await?);
        }
        Ok(all)
    };
    futures::join!(
        ec2::vpc::list(&ec2, tagged()),
        subnets,
        ec2::vpc_endpoint::list(&ec2, tagged()),
    )
}

/// By tags, and by id whatever their tags.
async fn groups(session: &Session, query: &Query) -> Listing<SecurityGroup> {
    if query.server.is_none() && query.security_groups.is_empty() {
        return Ok(Vec::new());
    }
    let ec2 = session.ec2(REGION, Purpose::Read);
    let mut all = ec2::security_group::list(&ec2, ec2::tags::filters(&query.identity)).await?;
    let known: BTreeSet<String> = all.iter().map(|group| group.id.clone()).collect();
    let missing: Vec<&String> = query.security_groups.difference(&known).collect();
    if !missing.is_empty() {
        let by_id = ec2::filter("group-id", missing);
        all.extend(ec2::security_group::list(&ec2, vec![by_id]).await?);
    }
    Ok(all)
}

async fn buckets(session: &Session, query: &Query) -> BTreeMap<Region, Listing<Bucket>> {
    let reads = query
        .buckets
        .iter()
        .map(|(region, name)| async move { (*region, session.observe_bucket(*region, name, query.contents).await) });
    futures::future::join_all(reads).await.into_iter().collect()
}

async fn named(session: &Session, query: &Query, elsewhere: &[&Session]) -> BTreeMap<RoleArn, Observation<()>> {
    let mut all = iam::exist(session, &query.named).await;
    for other in elsewhere {
        all.extend(iam::exist(other, &query.named).await);
    }
    all
}

async fn providers(session: &Session, query: &Query) -> BTreeMap<String, Observation<OidcProvider>> {
    let reads = query.issuers.iter().map(|(part, Issuer { url, users })| async move {
        (part.clone(), iam::oidc_provider(session, url, *users).await)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

/// The server, our users on it, and the names of others' users.
async fn sftp(session: &Session, query: &Query) -> (Listing<Server>, Listing<User>, Observation<BTreeSet<String>>) {
    let nothing = || (Ok(Vec::new()), Ok(Vec::new()), Observation::Absent);
    let Some(owner) = &query.server else { return nothing() };
    let ids: BTreeSet<String> = query.server_id.iter().cloned().collect();
    let servers = match transfer::servers(session, REGION, &ids, Some(owner)).await {
        Ok(servers) => servers,
        Err(fault) => return (Err(fault.clone()), Err(fault.clone()), Observation::Unreadable(fault)),
    };
    let mut users = Ok(Vec::new());
    let mut others = BTreeSet::new();
    for server in &servers {
        let found = transfer::users(session, REGION, &server.id, &query.users).await;
        users = users.and_then(|mut all: Vec<User>| {
            all.extend(found?);
            Ok(all)
        });
        if query.other_users {
            match others_on(session, server, &query.identity).await {
                Observation::Present(names) => others.extend(names),
                Observation::Absent => {}
                Observation::Unreadable(fault) => return (Ok(servers), users, Observation::Unreadable(fault)),
            }
        }
    }
    let others = if query.other_users {
        Observation::Present(others)
    } else {
        Observation::Absent
    };
    (Ok(servers), users, others)
}

async fn others_on(session: &Session, server: &Server, identity: &Identity) -> Observation<BTreeSet<String>> {
    transfer::others_users(session, REGION, &server.id, identity).await
}

async fn secret(session: &Session, query: &Query) -> Observation<String> {
    match &query.secret_arn {
        Some(arn) => secrets::current_version(session, REGION, arn).await,
        None => Observation::Absent,
    }
}
