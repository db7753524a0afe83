//! All networks of an account, read at once for all objects that have nothing to do: as many calls for a thousand
//! tenants as for one.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::Client;
use jichitai_api::Region;
use jichitai_plan::ec2::flow_log::FlowLog;
use jichitai_plan::ec2::internet_gateway::Gateway;
use jichitai_plan::ec2::network_acl::NetworkAcl;
use jichitai_plan::ec2::route_table::RouteTable;
use jichitai_plan::ec2::security_group::SecurityGroup;
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::transit_gateway_attachment::Attachment;
use jichitai_plan::ec2::vpc::Vpc;
use jichitai_plan::ec2::vpc_endpoint::VpcEndpoint;
use jichitai_plan::identity::Identity;
use jichitai_plan::municipality::observed::Network;
use jichitai_plan::municipality::query::{NetworkQuery, Query};
use jichitai_plan::observation::Listing;
use jichitai_plan::resolve::{Resource, is_of};

use super::network::unreadable;
use super::{
    flow_log, internet_gateway, network_acl, route_table, security_group, subnet, transit_gateway_attachment, vpc,
    vpc_endpoint,
};
use crate::config::Purpose;
use crate::depth::Depth;
use crate::kept::{Kept, Turns};
use crate::session::Session;

/// The networks are in Tokyo.
const REGION: Region = Region::Tokyo;

/// What objects share of an account's networks.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    lists: Kept<Arc<Lists>>,
    /// DNS attributes of VPCs, which no list shows.
    pub(crate) attributes: Turns<vpc::Attributes>,
}

/// Everything of each type.
#[derive(Debug)]
struct Lists {
    vpcs: Listing<vpc::Listed>,
    subnets: Listing<Subnet>,
    route_tables: Listing<RouteTable>,
    network_acls: Listing<NetworkAcl>,
    security_groups: Listing<SecurityGroup>,
    endpoints: Listing<VpcEndpoint>,
    flow_logs: Listing<FlowLog>,
    attachments: Listing<Attachment>,
    gateways: Listing<Gateway>,
}

impl Lists {
    async fn read(ec2: &Client) -> Arc<Self> {
        let all = Vec::new;
        let (vpcs, subnets, route_tables, network_acls, security_groups, endpoints, flow_logs, attachments, gateways) = futures::join!(
            vpc::listed(ec2, all()),
            subnet::list(ec2, all()),
            route_table::list(ec2, all()),
            network_acl::list(ec2, all()),
            security_group::list(ec2, all()),
            vpc_endpoint::list(ec2, all()),
            flow_log::list(ec2, all()),
            transit_gateway_attachment::list(ec2, all()),
            internet_gateway::all(ec2),
        );
        Arc::new(Self {
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments,
            gateways,
        })
    }
}

/// The lists of the last half minute, as new as they have to be.
async fn lists(session: &Session, ec2: &Client, depth: Depth) -> Arc<Lists> {
    let kept = &session.networks.lists;
    kept.get(session.lists_since(depth), || Box::pin(Lists::read(ec2)))
        .await
}

/// VPCs with their attributes.
async fn complete(
    session: &Session,
    ec2: &Client,
    vpcs: impl IntoIterator<Item = vpc::Listed>,
    depth: Depth,
) -> Vec<Vpc> {
    let known = (&session.networks.attributes, depth.details());
    let reads = vpcs.into_iter().map(|one| vpc::complete(ec2, known, one));
    futures::future::join_all(reads).await
}

/// What the query asks for, of the lists of the last half minute.
pub(crate) async fn observe(session: &Session, query: &Query, depth: Depth) -> Network {
    let ec2 = &session.ec2(REGION, Purpose::Read);
    let lists = lists(session, ec2, depth).await;
    let wanted = Wanted {
        query,
        ids: query
            .ids
            .get(&REGION)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect(),
    };
    let vpcs = match (&lists.vpcs, &lists.subnets) {
        (Ok(vpcs), Ok(subnets)) => wanted.vpcs(vpcs, subnets),
        (Err(fault), _) | (_, Err(fault)) => return unreadable(fault),
    };
    let vpcs = complete(session, ec2, vpcs, depth).await;
    let here: BTreeSet<&str> = vpcs.iter().map(|vpc| vpc.id.as_str()).collect();
    macro_rules! pick {
        ($list:ident, $vpc:ident, $search:expr) => {
            wanted.pick(&lists.$list, $search, |one| here.contains(one.$vpc.as_str()))
        };
    }
    let gateways = lists.gateways.as_ref().map_err(Clone::clone).map(|all| {
        let attached = all.iter().filter(|one| here.contains(one.vpc_id.as_str()));
        attached.cloned().collect()
    });
    Network {
        subnets: pick!(subnets, vpc_id, subnet::SEARCH),
        route_tables: pick!(route_tables, vpc_id, route_table::SEARCH),
        network_acls: pick!(network_acls, vpc_id, network_acl::SEARCH),
        security_groups: pick!(security_groups, vpc_id, security_group::SEARCH),
        endpoints: pick!(endpoints, vpc_id, vpc_endpoint::SEARCH),
        flow_logs: pick!(flow_logs, resource_id, flow_log::SEARCH),
        attachments: pick!(attachments, vpc_id, transit_gateway_attachment::SEARCH),
        gateways,
        vpcs: Ok(vpcs),
    }
}

/// VPCs, subnets and endpoints.
pub(crate) type Places = (Listing<Vpc>, Listing<Subnet>, Listing<VpcEndpoint>);

/// What a tenant has of them, by its tags, and the subnets with these ids; without any, none are asked for.
pub(crate) async fn places(
    session: &Session,
    tenant: &Identity,
    subnets: Option<&BTreeSet<String>>,
    depth: Depth,
) -> Places {
    let ec2 = &session.ec2(REGION, Purpose::Read);
    let lists = lists(session, ec2, depth).await;
    let vpcs = match &lists.vpcs {
        Ok(vpcs) => {
            let ours = vpcs.iter().filter(|vpc| is_of(&vpc.tags, tenant)).cloned();
            Ok(complete(session, ec2, ours, depth).await)
        }
        Err(fault) => Err(fault.clone()),
    };
    let subnets = match subnets {
        Some(ids) => owned_or_known(&lists.subnets, tenant, ids),
        None => Ok(Vec::new()),
    };
    (
        vpcs,
        subnets,
        owned_or_known(&lists.endpoints, tenant, &BTreeSet::new()),
    )
}

/// The security groups of an owner, and those with these ids.
pub(crate) async fn groups(
    session: &Session,
    owner: &Identity,
    known: &BTreeSet<String>,
    depth: Depth,
) -> Listing<SecurityGroup> {
    let ec2 = &session.ec2(REGION, Purpose::Read);
    let lists = lists(session, ec2, depth).await;
    owned_or_known(&lists.security_groups, owner, known)
}

fn owned_or_known<T: Resource + Clone>(list: &Listing<T>, owner: &Identity, known: &BTreeSet<String>) -> Listing<T> {
    let list = list.as_ref().map_err(Clone::clone)?;
    let is_wanted = |one: &&T| is_of(one.tags(), owner) || known.contains(one.id());
    Ok(list.iter().filter(is_wanted).cloned().collect())
}

/// What of the lists is asked for: the same as [`super::network`] asks AWS for.
struct Wanted<'a> {
    query: &'a Query,
    ids: BTreeSet<&'a str>,
}

impl Wanted<'_> {
    fn vpcs(&self, all: &[vpc::Listed], subnets: &[Subnet]) -> Vec<vpc::Listed> {
        let identity = &self.query.identity;
        let is_wanted = |vpc: &&vpc::Listed| {
            let found = match &self.query.network {
                NetworkQuery::Managed => is_of(&vpc.tags, identity),
                NetworkQuery::Existing { vpc_id } => vpc.id == *vpc_id,
            };
            found || self.ids.contains(vpc.id.as_str())
        };
        let found: Vec<vpc::Listed> = all.iter().filter(is_wanted).cloned().collect();
        if !found.is_empty() || self.query.network != NetworkQuery::Managed {
            return found;
        }
        let ours = subnets.iter().filter(|subnet| is_of(&subnet.tags, identity));
        let around: BTreeSet<&str> = ours.map(|subnet| subnet.vpc_id.as_str()).collect();
        let all = all.iter().filter(|vpc| around.contains(vpc.id.as_str()));
        all.cloned().collect()
    }

    fn pick<T: Resource + Clone>(
        &self,
        list: &Listing<T>,
        search: super::Search,
        is_here: impl Fn(&T) -> bool,
    ) -> Listing<T> {
        let list = list.as_ref().map_err(Clone::clone)?;
        let is_wanted = |one: &&T| {
            let by_tags = search.by_tags && is_of(one.tags(), &self.query.identity);
            let by_id = one.id().starts_with(search.prefix) && self.ids.contains(one.id());
            is_here(one) || by_tags || by_id
        };
        Ok(list.iter().filter(is_wanted).cloned().collect())
    }
}
