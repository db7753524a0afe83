//! Reads a tenant's network: first its VPC, then everything in it at once.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;
use jichitai_api::Region;
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::vpc::Vpc;
use jichitai_plan::municipality::observed::Network;
use jichitai_plan::municipality::query::{NetworkQuery, Query};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::resolve::Resource;

use super::{
    Search, filter, flow_log, internet_gateway, network_acl, route_table, security_group, subnet, tags,
    transit_gateway_attachment, vpc, vpc_endpoint,
};
use crate::config::Purpose;
use crate::depth::Depth;
use crate::session::Session;

/// The network is in Tokyo.
const REGION: Region = Region::Tokyo;

/// Reads what the query asks for.
pub(crate) async fn observe(session: &Session, query: &Query, depth: Depth) -> Network {
    let ec2 = &session.ec2(REGION, Purpose::Read);
    let ids: Vec<&str> = query
        .ids
        .get(&REGION)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let vpcs = match vpcs(ec2, (&session.networks.attributes, depth.details()), query, &ids).await {
        Ok(vpcs) => vpcs,
        Err(fault) => return unreadable(&fault),
    };
    let scope = Scope {
        ec2,
        query,
        ids,
        vpcs: vpcs.iter().map(|vpc| vpc.id.clone()).collect(),
    };
    let (subnets, route_tables, network_acls, security_groups, endpoints, flow_logs, attachments, gateways) = futures::join!(
        scope.search(subnet::SEARCH, subnet::list),
        scope.search(route_table::SEARCH, route_table::list),
        scope.search(network_acl::SEARCH, network_acl::list),
        scope.search(security_group::SEARCH, security_group::list),
        scope.search(vpc_endpoint::SEARCH, vpc_endpoint::list),
        scope.search(flow_log::SEARCH, flow_log::list),
        scope.search(transit_gateway_attachment::SEARCH, transit_gateway_attachment::list),
        internet_gateway::list(ec2, &scope.vpcs),
    );
    Network {
        vpcs: Ok(vpcs),
        subnets,
        route_tables,
        network_acls,
        security_groups,
        endpoints,
        flow_logs,
        attachments,
        gateways,
    }
}

/// Without the VPC nothing in it can be said to be there or not.
pub(super) fn unreadable(fault: &Fault) -> Network {
    Network {
        vpcs: Err(fault.clone()),
        subnets: Err(fault.clone()),
        route_tables: Err(fault.clone()),
        network_acls: Err(fault.clone()),
        security_groups: Err(fault.clone()),
        endpoints: Err(fault.clone()),
        flow_logs: Err(fault.clone()),
        attachments: Err(fault.clone()),
        gateways: Err(fault.clone()),
    }
}

/// The VPCs by tags and by id; when there is none, the VPC around subnets of ours, so that a VPC
/// that lost its tags is noticed instead of made again.
async fn vpcs(ec2: &Client, attributes: vpc::Known<'_>, query: &Query, ids: &[&str]) -> Listing<Vpc> {
    let (mut vpcs, given) = match &query.network {
        NetworkQuery::Managed => (vpc::list(ec2, attributes, tags::filters(&query.identity)).await?, None),
        NetworkQuery::Existing { vpc_id } => (Vec::new(), Some(vpc_id.as_str())),
    };
    let named = ids
        .iter()
        .copied()
        .filter(|id| id.starts_with(vpc::PREFIX))
        .chain(given);
    let missing = missing(&vpcs, named);
    vpcs.extend(vpcs_by_id(ec2, attributes, missing).await?);
    if vpcs.is_empty() && query.network == NetworkQuery::Managed {
        let subnets = subnet::list(ec2, tags::filters(&query.identity)).await?;
        let around: BTreeSet<String> = subnets.into_iter().map(|Subnet { vpc_id, .. }| vpc_id).collect();
        vpcs.extend(vpcs_by_id(ec2, attributes, around).await?);
    }
    Ok(vpcs)
}

async fn vpcs_by_id(ec2: &Client, attributes: vpc::Known<'_>, ids: BTreeSet<String>) -> Listing<Vpc> {
    if ids.is_empty() {
        Ok(Vec::new())
    } else {
        vpc::list(ec2, attributes, vec![filter("vpc-id", ids)]).await
    }
}

/// The ids that are not among the things.
fn missing<'a>(things: &[impl Resource], ids: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    ids.filter(|id| !things.iter().any(|thing| thing.id() == *id))
        .map(str::to_owned)
        .collect()
}

/// Where things are looked for.
struct Scope<'a> {
    ec2: &'a Client,
    query: &'a Query,
    ids: Vec<&'a str>,
    vpcs: Vec<String>,
}

impl<'a> Scope<'a> {
    /// Everything in the VPCs, then by tags where that helps, then by the ids that are still missing.
    async fn search<T, F>(&self, search: Search, list: impl Fn(&'a Client, Vec<Filter>) -> F) -> Listing<T>
    where
        T: Resource,
        F: Future<Output = Listing<T>>,
    {
        let Search {
            in_vpc,
            by_id,
            prefix,
            by_tags,
        } = search;
        let mut found: Vec<T> = Vec::new();
        if !self.vpcs.is_empty() {
            found = list(self.ec2, vec![filter(in_vpc, &self.vpcs)]).await?;
        }
        if by_tags {
            let tagged = list(self.ec2, tags::filters(&self.query.identity)).await?;
            add(&mut found, tagged);
        }
        let ids = missing(&found, self.ids.iter().copied().filter(|id| id.starts_with(prefix)));
        if !ids.is_empty() {
            let named = list(self.ec2, vec![filter(by_id, ids)]).await?;
            add(&mut found, named);
        }
        Ok(found)
    }
}

fn add<T: Resource>(found: &mut Vec<T>, more: Vec<T>) {
    let new: Vec<T> = more
        .into_iter()
        .filter(|thing| !found.iter().any(|known| known.id() == thing.id()))
        .collect();
    found.extend(new);
}
