//! The managed network: VPC, zones, attachment, endpoints, flow logs; and the check of one that
//! somebody else manages.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::{
    flow_log, internet_gateway, network_acl, route_table, security_group, subnet, transit_gateway_attachment, vpc,
    vpc_endpoint,
};
use crate::identity::Part;
use crate::municipality::observed::Network;
use crate::municipality::target::{ExistingNetwork, ManagedNetwork, SERVICE, Target, ZoneTarget};
use crate::municipality::teardown;
use crate::municipality::zones;
use crate::plan::{Plan, Text};
use crate::resolve::owned;

/// A part of the network, which is in Tokyo.
#[must_use]
pub fn part(role: impl Into<String>) -> Part {
    Part::new(Region::Tokyo, role)
}

/// Brings the network to what is wanted.
pub fn plan(want: &ManagedNetwork, target: &Target, have: &Network, ctx: &Context, plan: &mut Plan) {
    let ManagedNetwork {
        vpc,
        zones,
        transit_gateway,
        endpoints,
        flow_logs,
    } = want;
    let holds = owned(&have.subnets, ctx)
        .next()
        .map(|(_, subnet)| subnet.vpc_id.as_str());
    let Some(vpc_have) = vpc::plan(vpc, &have.vpcs, holds, &part("vpc"), ctx, plan) else {
        return;
    };
    let vpc_id = vpc_have.id.as_str();
    internet_gateway::check(&have.gateways, vpc_id, &part("vpc"), plan);
    let service = zones.iter().find(|zone| zone.name == SERVICE);
    let subnets: BTreeMap<&str, Vec<&subnet::Subnet>> = zones
        .iter()
        .map(|zone| (zone.name.as_str(), plan_subnets(zone, vpc_id, have, ctx, plan)))
        .collect();
    let service_subnets = service
        .zip(subnets.get(SERVICE))
        .filter(|(zone, found)| found.len() == zone.subnets.len())
        .map(|(_, found)| one_per_zone(found, have));
    let attached = match (transit_gateway, &service_subnets) {
        (Some(gateway), Some(subnets)) => {
            let want = transit_gateway_attachment::Want {
                transit_gateway_id: gateway.clone(),
                subnets: subnets.clone(),
                cidrs: std::iter::once(&vpc.cidr)
                    .chain(&vpc.additional)
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
                account: target.account.to_string(),
            };
            transit_gateway_attachment::plan(&want, vpc_id, &have.attachments, &part("tgw-attachment"), ctx, plan)
        }
        _ => None,
    };
    let mut service_group = None;
    for zone in zones {
        let subnets = subnets.get(zone.name.as_str()).into_iter().flatten();
        let ids = subnets.map(|subnet| subnet.id.clone()).collect();
        let gateway = attached.map(|attachment| attachment.transit_gateway_id.clone());
        let group = plan_filters(zone, vpc_id, &ids, gateway, have, ctx, plan);
        service_group = group.filter(|_| zone.name == SERVICE).or(service_group);
    }
    // AWS refuses private names for endpoints in a VPC without host names.
    if let (Some(subnets), Some(group), true) = (service_subnets, service_group, vpc_have.may_have_private_names()) {
        plan_endpoints(endpoints, vpc_id, &subnets, &group.id, have, ctx, plan);
    }
    if let Some(destination) = flow_logs {
        flow_log::plan(
            destination,
            vpc_id,
            &have.flow_logs,
            &flow_log::part(&part("flow-log"), destination),
            ctx,
            plan,
        );
    }
    teardown::leftovers(want, have, ctx, plan);
}

/// Returns those of the zone's subnets that exist, by name.
fn plan_subnets<'a>(
    zone: &ZoneTarget,
    vpc_id: &str,
    have: &'a Network,
    ctx: &Context,
    plan: &mut Plan,
) -> Vec<&'a subnet::Subnet> {
    let one = |(name, want): (&String, &subnet::Want), plan: &mut Plan| {
        subnet::plan(
            want,
            vpc_id,
            &have.subnets,
            &part(format!("subnet.{}.{name}", zone.name)),
            ctx,
            plan,
        )
    };
    zone.subnets.iter().filter_map(|subnet| one(subnet, plan)).collect()
}

/// Endpoints and attachments take at most one subnet per availability zone: the one that is in use
/// already, so that a further subnet moves nothing, or else the first by name.
fn one_per_zone(subnets: &[&subnet::Subnet], have: &Network) -> BTreeSet<String> {
    let endpoints = have.endpoints.iter().flatten().flat_map(|one| &one.subnets);
    let used: BTreeSet<&String> = endpoints
        .chain(have.attachments.iter().flatten().flat_map(|one| &one.subnets))
        .collect();
    let mut by_zone: BTreeMap<&str, &subnet::Subnet> = BTreeMap::new();
    for subnet in subnets {
        let first = by_zone.entry(&subnet.zone).or_insert(subnet);
        if used.contains(&subnet.id) && !used.contains(&first.id) {
            *first = subnet;
        }
    }
    by_zone.into_values().map(|subnet| subnet.id.clone()).collect()
}

/// Returns the zone's security group, where it is ours already.
fn plan_filters<'a>(
    zone: &ZoneTarget,
    vpc_id: &str,
    subnets: &BTreeSet<String>,
    transit_gateway: Option<String>,
    have: &'a Network,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a security_group::SecurityGroup> {
    let ZoneTarget {
        name,
        subnets: _,
        destinations,
        ranges,
        flows,
        group,
        lapsed_rules,
    } = zone;
    let routes = route_table::Want {
        destinations: destinations.clone(),
        transit_gateway,
        subnets: subnets.clone(),
    };
    route_table::plan(
        &routes,
        vpc_id,
        &have.route_tables,
        &part(format!("route-table.{name}")),
        ctx,
        plan,
    );
    let acl = network_acl::Want {
        rules: zones::acl_rules(ranges, &flows.open),
        lapsed: zones::acl_rules(&BTreeSet::new(), &flows.lapsed),
        subnets: subnets.clone(),
    };
    network_acl::plan(
        &acl,
        vpc_id,
        &have.network_acls,
        &part(format!("network-acl.{name}")),
        ctx,
        plan,
    );
    let group_part = part(format!("security-group.{name}"));
    security_group::plan(
        group,
        lapsed_rules,
        vpc_id,
        &have.security_groups,
        &group_part,
        ctx,
        plan,
    )
}

fn plan_endpoints(
    services: &BTreeSet<String>,
    vpc_id: &str,
    subnets: &BTreeSet<String>,
    group: &str,
    have: &Network,
    ctx: &Context,
    plan: &mut Plan,
) {
    for service in services {
        let want = vpc_endpoint::Want {
            service: format!("com.amazonaws.{}.{service}", Region::Tokyo),
            subnets: subnets.clone(),
            security_group: group.to_owned(),
        };
        vpc_endpoint::plan(
            &want,
            vpc_id,
            &have.endpoints,
            &part(format!("endpoint.{service}")),
            ctx,
            plan,
        );
    }
}

/// Checks a network that somebody else manages; nothing is ever changed.
pub fn check_existing(want: &ExistingNetwork, have: &Network, plan: &mut Plan) {
    let ExistingNetwork { vpc_id, cidr, subnets } = want;
    let vpc_part = part("vpc");
    let mut wrong = |path: &str, en: String, ja: String| {
        plan.block(
            &vpc_part,
            Reason::ReferenceNotReady,
            Text::new(format!("{path}: {en}"), format!("{path}: {ja}")),
        );
    };
    match &have.vpcs {
        Err(fault) => return plan.unreadable(&vpc_part, fault),
        Ok(vpcs) => match vpcs.iter().find(|vpc| vpc.id == *vpc_id) {
            None => wrong(
                "spec.network.vpcId",
                format!("{vpc_id} does not exist in this account"),
                format!("{vpc_id} はこのアカウントに存在しません"),
            ),
            Some(vpc) if vpc.cidr != *cidr && !vpc.additional.contains(cidr) => wrong(
                "spec.network.vpcCidr",
                format!("{vpc_id} has {}, not {cidr}", vpc.cidr),
                format!("{vpc_id} の CIDR は {} で、{cidr} ではありません", vpc.cidr),
            ),
            Some(_) => {}
        },
    }
    for (id, (path, want)) in subnets {
        let Ok(list) = &have.subnets else { break };
        match list.iter().find(|subnet| subnet.id == *id) {
            None => wrong(
                &format!("{path}.subnetId"),
                format!("{id} is not in {vpc_id}"),
                format!("{id} は {vpc_id} にありません"),
            ),
            Some(subnet) if subnet.cidr != want.cidr || subnet.zone != want.zone => wrong(
                path,
                format!(
                    "{id} is {} in {}, not {} in {}",
                    subnet.cidr, subnet.zone, want.cidr, want.zone
                ),
                format!(
                    "{id} は {}({})で、{}({})ではありません",
                    subnet.cidr, subnet.zone, want.cidr, want.zone
                ),
            ),
            Some(_) => {}
        }
    }
    if let Err(fault) = &have.subnets {
        plan.unreadable(&vpc_part, fault);
    }
    internet_gateway::check(&have.gateways, vpc_id, &vpc_part, plan);
}
