//! The plan for an endpoint that shall exist.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jichitai_api::resolver_endpoint::{DnsProtocol, EndpointDirection};
use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::security_group;
use crate::ec2::subnet::Subnet;
use crate::ec2::vpc::Site;
use crate::identity::Part;
use crate::plan::{Plan, Text};
use crate::resolve::owned;
use crate::resolver_endpoint::observed::{Observed, is_of_a_municipality};
use crate::resolver_endpoint::target::{ENDPOINT, GROUP, Target, VpcName, rule_part};
use crate::resolver_endpoint::{associations, checks, teardown};
use crate::route53::zone_association;
use crate::route53resolver::endpoint::{self, Endpoint};
use crate::route53resolver::query_log;
use crate::route53resolver::rule::{self, Rule};

/// What to do now, and what has to wait.
#[must_use]
pub fn plan(target: &Target, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    let vpc = vpc(target, observed, ctx, &mut plan);
    let endpoint = vpc.and_then(|vpc| endpoint(target, vpc, observed, ctx, &mut plan));
    let rules = rules(target, endpoint, observed, ctx, &mut plan);
    associations::plan(target, &rules, observed, ctx, &mut plan);
    if let Some(vpc) = vpc {
        for zone in &target.zones {
            zone_association::plan(zone, &vpc.id, &observed.zones, ctx, &mut plan);
        }
        log(target, vpc, observed, ctx, &mut plan);
        let domains = target.rules.values().filter(|rule| rule.targets.is_some());
        let domains = domains.map(|rule| rule.domain.as_str());
        zone_association::overshadowed(domains, &observed.zones, &mut plan);
    }
    teardown::leftovers(target, vpc, observed, ctx, &mut plan);
    // A condition shows the first notice: what is under way comes before what should be known.
    plan.notices.extend(target.warnings.iter().cloned());
    plan
}

fn endpoint_part() -> Part {
    Part::new(Region::Tokyo, ENDPOINT)
}

/// The VPC in which the endpoint stands.
fn vpc<'a>(target: &Target, observed: &'a Observed, ctx: &Context, plan: &mut Plan) -> Option<&'a Site> {
    let part = endpoint_part();
    let name = &target.place.vpc;
    let site = match observed.vpc(&target.account, name) {
        Ok(site) => site,
        Err(fault) => {
            plan.unreadable(&part, &fault);
            return None;
        }
    };
    let is_shared = target.place.owner == ctx.identity;
    match site {
        Some(site)
            if is_shared && (is_of_a_municipality(site, &ctx.identity) || target.claimed_vpcs.contains(&site.id)) =>
        {
            let text = Text::new(
                format!(
                    "spec.placement.shared.vpcId: {} is the VPC of a Municipality: place the endpoint there by municipalityRef and zone",
                    site.id
                ),
                format!(
                    "spec.placement.shared.vpcId: {} は Municipality の VPC です。municipalityRef と zone で設置してください",
                    site.id
                ),
            );
            plan.block(&part, Reason::ReferenceNotAccepted, text);
            None
        }
        Some(site) => Some(site),
        None => {
            match name {
                VpcName::Of(owner) => {
                    let name = &owner.owner.name;
                    let text = Text::new(
                        format!("the VPC of Municipality {name} is not there yet"),
                        format!("Municipality {name} の VPC がまだありません"),
                    );
                    plan.wait(&part, Reason::ReferenceNotReady, text);
                }
                VpcName::Id(id) => {
                    let text = Text::new(
                        format!("{id} does not exist in account {}", target.account),
                        format!("{id} はアカウント {} に存在しません", target.account),
                    );
                    plan.block(&part, Reason::ReferenceNotFound, text);
                }
            }
            None
        }
    }
}

fn endpoint<'a>(
    target: &Target,
    vpc: &Site,
    observed: &'a Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Endpoint> {
    if !endpoint::has_room(&observed.endpoints, &endpoint_part(), ctx, plan) {
        return None;
    }
    let group_part = Part::new(Region::Tokyo, GROUP);
    let groups = &observed.security_groups;
    let group = group(target, observed, ctx);
    let group = security_group::plan(&group, &BTreeSet::new(), &vpc.id, groups, &group_part, ctx, plan);
    let addresses = addresses(target, observed, plan)?;
    let want = endpoint::Want {
        direction: target.direction,
        vpc_id: vpc.id.clone(),
        security_group: group?.id.clone(),
        addresses,
        retire: target.retire.clone(),
        protocols: target.protocols.clone(),
        address_quota: ctx.settings.resolver_address_quota,
    };
    let (endpoints, rules) = (&observed.endpoints, observed.rules());
    endpoint::plan(&want, endpoints, rules, &endpoint_part(), ctx, plan)
}

/// The security group, with the ports of what is still asked in AWS: they close once nobody is asked there
/// any more. The ranges are those of the spec.
fn group(target: &Target, observed: &Observed, ctx: &Context) -> security_group::Want {
    let endpoint = owned(&observed.endpoints, ctx).next().map(|(_, endpoint)| endpoint);
    let mut used: BTreeSet<(&str, i32)> = BTreeSet::new();
    let mut add = |is_plain: bool, port: u16| {
        let protocols: &[&str] = if is_plain { &["udp", "tcp"] } else { &["tcp"] };
        used.extend(protocols.iter().map(|protocol| (*protocol, i32::from(port))));
    };
    match target.direction {
        EndpointDirection::Inbound => {
            let protocols = endpoint.into_iter().flat_map(|endpoint| &endpoint.protocols);
            protocols.for_each(|word| match word.as_str() {
                "Do53" => add(true, 53),
                _ => add(false, 443),
            });
        }
        EndpointDirection::Outbound => {
            let rules = owned(observed.rules(), ctx).flat_map(|(_, rule)| &rule.targets);
            rules.for_each(|one| add(one.protocol == DnsProtocol::Do53, one.port));
        }
    }
    let mut want = target.group.clone();
    let ranges: BTreeSet<&str> = target.group.rules.iter().map(|rule| rule.peer.as_str()).collect();
    let have = owned(&observed.security_groups, ctx).flat_map(|(_, group)| &group.rules);
    let still = have.filter(|rule| {
        let asked = rule
            .ports
            .is_some_and(|(first, last)| first == last && used.contains(&(rule.protocol.as_str(), first)));
        let egress = target.direction == EndpointDirection::Outbound;
        asked && rule.egress == egress && ranges.contains(rule.peer.as_str())
    });
    want.rules.extend(still.cloned());
    want
}

/// The addresses by the ids of their subnets, in two availability zones at least.
fn addresses(target: &Target, observed: &Observed, plan: &mut Plan) -> Option<BTreeMap<Ipv4Addr, String>> {
    let part = endpoint_part();
    let subnets = match &observed.subnets {
        Ok(subnets) => subnets,
        Err(fault) => {
            plan.unreadable(&part, fault);
            return None;
        }
    };
    let mut all = BTreeMap::new();
    let mut zones = BTreeSet::new();
    for (ip, name) in &target.addresses {
        let found = target.place.subnets.get(name);
        let found = found.and_then(|name| subnets.iter().find(|subnet| name.is_of(subnet, &target.place.owner)));
        let Some(subnet) = found else {
            let text = Text::new(
                format!("subnet {name} is not there yet"),
                format!("サブネット {name} がまだありません"),
            );
            plan.wait(&part, Reason::ReferenceNotReady, text);
            return None;
        };
        if !checks::is_usable(*ip, subnet.cidr) {
            plan.block(&part, Reason::InvalidSpec, checks::unusable(*ip, name, subnet.cidr));
            return None;
        }
        zones.insert(zone(subnet));
        all.insert(*ip, subnet.id.clone());
    }
    if zones.len() < 2 {
        plan.block(&part, Reason::InvalidSpec, checks::one_zone());
        return None;
    }
    Some(all)
}

/// The availability zone by its id, which is the same in all accounts.
pub(super) fn zone(subnet: &Subnet) -> &str {
    subnet.zone_id.as_deref().unwrap_or(&subnet.zone)
}

/// Brings the rules about; returns those that stand, by name.
fn rules<'a>(
    target: &Target,
    endpoint: Option<&Endpoint>,
    observed: &'a Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> BTreeMap<String, &'a Rule> {
    let mut standing = BTreeMap::new();
    for (name, one) in &target.rules {
        let part = rule_part(name);
        let forward = match (&one.targets, endpoint) {
            (None, _) => None,
            (Some(targets), Some(endpoint)) => Some((endpoint.id.clone(), targets.clone())),
            (Some(_), None) => {
                let text = Text::new(
                    format!("{} waits for the endpoint", one.domain),
                    format!("{} の転送は、エンドポイントを待っています", one.domain),
                );
                plan.wait(&part, Reason::WaitingForDependency, text);
                continue;
            }
        };
        let want = rule::Want {
            domain: one.domain.clone(),
            forward,
            spoken: endpoint.map(|one| one.protocols.clone()).unwrap_or_default(),
        };
        if let Some(rule) = rule::plan(&want, observed.rules(), &part, ctx, plan) {
            standing.insert(name.clone(), rule);
        }
    }
    standing
}

/// The log of queries, and then the end of those with another destination.
fn log(target: &Target, vpc: &Site, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let (logs, vpcs) = (&observed.query_logs, &observed.logged_vpcs);
    let keep = match &target.query_log {
        None => None,
        Some(destination) => {
            let part = query_log::part(Region::Tokyo, destination);
            match query_log::plan(destination, &vpc.id, logs, vpcs, &part, ctx, plan) {
                Some(log) => Some(log.id.as_str()),
                None => return,
            }
        }
    };
    query_log::remove_others(keep, logs, vpcs, Region::Tokyo, ctx, plan);
}
