//! Reads what one bucket's object needs: what its municipality made, and its own parts. Never fails
//! as a whole; each listing carries the fault that kept it from being read.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_plan::ec2::security_group::SecurityGroup;
use jichitai_plan::file_link_bucket::observed::Observed;
use jichitai_plan::file_link_bucket::query::{Issuer, Query, ServerQuery};
use jichitai_plan::iam::oidc_provider::OidcProvider;
use jichitai_plan::kms::key::Key;
use jichitai_plan::observation::{Listing, Observation};
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::resolve::is_part_of;
use jichitai_plan::s3::bucket::Bucket;
use jichitai_plan::transfer::server::Server;
use jichitai_plan::transfer::user::User;

use crate::config::Purpose;
use crate::depth::Depth;
use crate::ec2::landscape::Places;
use crate::session::Session;
use crate::{ec2, iam, kms, secrets, transfer};

/// The role of an SFTP server among the parts of its owner.
const SERVER: &str = "sftp-server";
/// SFTP and the network are in Tokyo.
const REGION: Region = Region::Tokyo;

impl Session {
    /// Reads everything at once, as it is now. `elsewhere` are sessions in other accounts whose roles the spec names.
    pub async fn observe_file_link(&self, query: &Query, elsewhere: &[&Session]) -> Observed {
        self.observe_file_link_at(query, elsewhere, Depth::fresh()).await
    }

    /// The same, as new as it has to be.
    pub async fn observe_file_link_at(&self, query: &Query, elsewhere: &[&Session], depth: Depth) -> Observed {
        let (keys, network, groups, buckets, roles, given, named, providers, sftp, secret_version) = futures::join!(
            keys(self, query),
            network(self, query, depth),
            groups(self, query, depth),
            buckets(self, query, depth),
            iam::roles_at(self, &query.roles, depth),
            iam::given_at(self, &query.given, depth),
            named(self, query, elsewhere, depth),
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

async fn network(session: &Session, query: &Query, depth: Depth) -> Places {
    let Some(tenant) = query.tenant.as_ref().filter(|_| query.network) else {
        return (Ok(Vec::new()), Ok(Vec::new()), Ok(Vec::new()));
    };
    if depth.is_shared() {
        return Box::pin(ec2::landscape::places(session, tenant, query.subnets.as_ref(), depth)).await;
    }
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
        ec2::vpc::list(&ec2, (&session.networks.attributes, None), tagged()),
        subnets,
        ec2::vpc_endpoint::list(&ec2, tagged()),
    )
}

/// By tags, and by id whatever their tags.
async fn groups(session: &Session, query: &Query, depth: Depth) -> Listing<SecurityGroup> {
    if query.servers.is_empty() && query.security_groups.is_empty() {
        return Ok(Vec::new());
    }
    if depth.is_shared() {
        return Box::pin(ec2::landscape::groups(
            session,
            &query.identity,
            &query.security_groups,
            depth,
        ))
        .await;
    }
    let ec2 = session.ec2(REGION, Purpose::Read);
    ec2::security_group::owned_or_known(&ec2, &query.identity, &query.security_groups).await
}

async fn buckets(session: &Session, query: &Query, depth: Depth) -> BTreeMap<Region, Listing<Bucket>> {
    let reads = query.buckets.iter().map(|(region, name)| async move {
        let bucket = session.observe_bucket_at(*region, name, query.contents, depth);
        (*region, bucket.await)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

async fn named(
    session: &Session,
    query: &Query,
    elsewhere: &[&Session],
    depth: Depth,
) -> BTreeMap<RoleArn, Observation<()>> {
    let mut all = iam::exist_at(session, &query.named, depth).await;
    for other in elsewhere {
        all.extend(iam::exist_at(other, &query.named, depth).await);
    }
    all
}

async fn providers(session: &Session, query: &Query) -> BTreeMap<String, Observation<OidcProvider>> {
    let reads = query.issuers.iter().map(|(part, Issuer { url, users })| async move {
        (part.clone(), iam::oidc_provider(session, url, *users).await)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

/// The servers, our users on them, and the names of others' users on our own.
async fn sftp(session: &Session, query: &Query) -> (Listing<Server>, Listing<User>, Observation<BTreeSet<String>>) {
    let servers = match servers(session, query).await {
        Ok(servers) => servers,
        Err(fault) => return (Err(fault.clone()), Err(fault.clone()), Observation::Unreadable(fault)),
    };
    let (users, others) = futures::join!(users(session, query, &servers), others(session, query, &servers));
    (Ok(servers), users, others)
}

async fn servers(session: &Session, query: &Query) -> Listing<Server> {
    let mut all = Vec::new();
    for ServerQuery { owner, id } in &query.servers {
        let ids: BTreeSet<String> = id.iter().cloned().collect();
        all.extend(transfer::servers(session, REGION, &ids, Some(owner)).await?);
    }
    Ok(all)
}

async fn users(session: &Session, query: &Query, servers: &[Server]) -> Listing<User> {
    let mut all = Vec::new();
    for server in servers {
        all.extend(transfer::users(session, REGION, &server.id, &query.users).await?);
    }
    Ok(all)
}

async fn others(session: &Session, query: &Query, servers: &[Server]) -> Observation<BTreeSet<String>> {
    if !query.other_users {
        return Observation::Absent;
    }
    let mut all = BTreeSet::new();
    for server in servers
        .iter()
        .filter(|server| is_part_of(*server, &query.identity, SERVER))
    {
        match transfer::others_users(session, REGION, &server.id, &query.identity).await {
            Observation::Present(names) => all.extend(names),
            Observation::Absent => {}
            Observation::Unreadable(fault) => return Observation::Unreadable(fault),
        }
    }
    Observation::Present(all)
}

async fn secret(session: &Session, query: &Query) -> Observation<String> {
    match &query.secret_arn {
        Some(arn) => secrets::current_version(session, REGION, arn).await,
        None => Observation::Absent,
    }
}
