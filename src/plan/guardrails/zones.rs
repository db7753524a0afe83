//! Zones are kept apart (三層分離): by security groups, and by routes and network ACLs.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use crate::ec2::network_acl::{NetworkAcl, Rule};
use crate::ec2::route_table::RouteTable;
use crate::ec2::security_group::SecurityGroup;
use crate::grant::{self, Expiry};
use crate::guardrails::network::handed_over;
use crate::guardrails::survey::Survey;
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};
use crate::municipality::checks::overlap;
use crate::municipality::target::SERVICE;
use crate::observation::Listing;
use crate::tags;

/// Which subnet is in which zone, and what exceptions say.
struct Layout<'a> {
    zone_of: BTreeMap<&'a str, &'a str>,
    ranges: Vec<(&'a str, Ipv4Net)>,
    excepted: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Layout<'a> {
    fn of(tenant: &'a Tenant<'_>) -> Self {
        let network = &tenant.spec.network;
        let zones = network
            .zones
            .iter()
            .flat_map(|zone| zone.subnets.iter().map(|subnet| (zone.name.as_str(), subnet)));
        let services = network.service_subnets.iter().map(|subnet| (SERVICE, subnet));
        let ranges: Vec<(&str, Ipv4Net)> = zones
            .chain(services)
            .filter_map(|(zone, subnet)| Some((zone, subnet.cidr.parse().ok()?)))
            .collect();
        let subnets = tenant.observed.network.subnets.iter().flatten();
        let zone_of = subnets.filter_map(|subnet| {
            let (zone, _) = ranges.iter().find(|(_, range)| *range == subnet.cidr)?;
            Some((subnet.id.as_str(), *zone))
        });
        let today = tenant.today();
        let holding = network.allowed_cross_zone.iter();
        let holding = holding.filter(|one| grant::excepted(&one.exception, today, Expiry::Respected));
        let both = holding.flat_map(|one| {
            [
                (one.from.as_str(), one.to.as_str()),
                (one.to.as_str(), one.from.as_str()),
            ]
        });
        Self {
            zone_of: zone_of.collect(),
            excepted: both.collect(),
            ranges,
        }
    }

    /// Whether what is between two zones has no business to be.
    fn is_between(&self, zone: &str, other: &str) -> bool {
        zone != other && zone != SERVICE && other != SERVICE && !self.excepted.contains(&(zone, other))
    }

    /// The zones that a range reaches.
    fn reached(&self, range: &Ipv4Net) -> BTreeSet<&'a str> {
        let within = self.ranges.iter().filter(|(_, own)| overlap(own, range));
        within.map(|(zone, _)| *zone).filter(|zone| *zone != SERVICE).collect()
    }

    fn of_subnets<'b>(&self, subnets: impl Iterator<Item = &'b String>) -> BTreeSet<&'a str> {
        subnets
            .filter_map(|id| self.zone_of.get(id.as_str()).copied())
            .collect()
    }
}

fn over<T>(list: &Listing<T>, judgement: &mut Judgement, mut look: impl FnMut(&T) -> Vec<Finding>) {
    match list {
        Ok(all) => {
            judgement.looked_at += all.len();
            judgement.failing.extend(all.iter().flat_map(&mut look));
        }
        Err(fault) => judgement.unreadable.push(fault.clone()),
    }
}

pub(super) fn groups(tenant: &Tenant<'_>, _: &Survey) -> Judgement {
    let layout = Layout::of(tenant);
    let mut judgement = Judgement::default();
    let have = &tenant.observed.network.security_groups;
    let zones: BTreeMap<&str, &str> = have
        .iter()
        .flatten()
        .filter_map(|group| Some((group.id.as_str(), zone(group)?)))
        .collect();
    over(have, &mut judgement, |group| across(group, &zones, &layout));
    handed_over(judgement, tenant)
}

/// The zone that a group of ours was made for.
fn zone(group: &SecurityGroup) -> Option<&str> {
    group.tags.get(tags::ROLE)?.strip_prefix("security-group.")
}

fn across(group: &SecurityGroup, zones: &BTreeMap<&str, &str>, layout: &Layout<'_>) -> Vec<Finding> {
    let own = zones.get(group.id.as_str()).copied();
    let reached = |peer: &str| match peer.parse::<Ipv4Net>() {
        Ok(range) => layout.reached(&range),
        Err(_) => zones.get(peer).copied().into_iter().collect(),
    };
    let crosses = |rule: &&crate::ec2::security_group::Rule| {
        let reached: BTreeSet<&str> = reached(&rule.peer);
        match own {
            Some(own) => reached.iter().any(|other| layout.is_between(own, other)),
            // Whoever it belongs to is in one zone at most.
            None => !rule.egress && any_pair(&reached, layout),
        }
    };
    let finding = |rule| {
        Finding::new(
            &group.id,
            format!("a rule joins zones: {rule}"),
            format!("領域をまたぐ規則があります: {rule}"),
        )
    };
    group.rules.iter().filter(crosses).map(finding).collect()
}

fn any_pair(zones: &BTreeSet<&str>, layout: &Layout<'_>) -> bool {
    zones
        .iter()
        .any(|zone| zones.iter().any(|other| layout.is_between(zone, other)))
}

pub(super) fn paths(tenant: &Tenant<'_>, _: &Survey) -> Judgement {
    let layout = Layout::of(tenant);
    let mut judgement = Judgement::default();
    let network = &tenant.observed.network;
    over(&network.route_tables, &mut judgement, |table| routes(table, &layout));
    over(&network.network_acls, &mut judgement, |acl| filters(acl, &layout));
    if let Ok(tables) = &network.route_tables {
        judgement.failing.extend(unrouted(&layout, tables));
    }
    handed_over(judgement, tenant)
}

/// How targets begin that lead out of a closed network.
const OUTSIDE: [&str; 4] = ["igw-", "nat-", "eigw-", "pcx-"];

fn routes(table: &RouteTable, layout: &Layout<'_>) -> Vec<Finding> {
    let zones = layout.of_subnets(table.associations.keys());
    let out = table
        .routes
        .iter()
        .filter(|(_, to)| !zones.is_empty() && OUTSIDE.iter().any(|kind| to.starts_with(kind)));
    let out = out.map(|(destination, to)| {
        Finding::new(
            &table.id,
            format!("a route leads out of the closed network: {destination} to {to}"),
            format!("閉域の外へ出る経路があります: {destination} → {to}"),
        )
    });
    let shared = any_pair(&zones, layout).then(|| shared(&table.id, &zones));
    out.chain(shared).collect()
}

fn shared(id: &str, zones: &BTreeSet<&str>) -> Finding {
    let names: Vec<&str> = zones.iter().copied().collect();
    let names = names.join(", ");
    Finding::new(
        id,
        format!("zones share it: {names}"),
        format!("複数の領域で共用されています: {names}"),
    )
}

fn filters(acl: &NetworkAcl, layout: &Layout<'_>) -> Vec<Finding> {
    let zones = layout.of_subnets(acl.associations.keys());
    let shared = any_pair(&zones, layout).then(|| shared(&acl.id, &zones));
    let inward = zones.iter().flat_map(|zone| {
        between(zone, layout)
            .filter(|(_, range)| lets_in(acl, range))
            .map(move |(other, range)| (*zone, *other, *range))
    });
    let found = inward.map(|(zone, other, range)| {
        Finding::new(
            &acl.id,
            format!("it lets zone {other} ({range}) into zone {zone}"),
            format!("領域 {other}({range})から領域 {zone} への通信を許可しています"),
        )
    });
    found.chain(shared).collect()
}

/// The ranges that have no business in a zone.
fn between<'a>(zone: &'a str, layout: &'a Layout<'_>) -> impl Iterator<Item = &'a (&'a str, Ipv4Net)> {
    layout
        .ranges
        .iter()
        .filter(move |(other, _)| layout.is_between(zone, other))
}

/// Whether something of a range gets in: an entry that allows a part of it, and none before that refuses all of that part.
fn lets_in(acl: &NetworkAcl, range: &Ipv4Net) -> bool {
    let inward = || acl.entries.iter().filter(|((egress, _), _)| !egress);
    let net = |rule: &Rule| rule.cidr.parse::<Ipv4Net>().ok();
    let refuses = |number: u16, part: Ipv4Net| {
        let mut before =
            inward().filter(|((_, earlier), rule)| *earlier < number && !rule.allow && rule.protocol == "-1");
        before.any(|(_, rule)| net(rule).is_some_and(|all| all.contains(&part)))
    };
    inward().any(|((_, number), rule)| {
        let part = net(rule).filter(|net| rule.allow && overlap(net, range));
        part.is_some_and(|net| !refuses(*number, if range.contains(&net) { net } else { *range }))
    })
}

/// Subnets that use the VPC's main table, which others use too.
fn unrouted(layout: &Layout<'_>, tables: &[RouteTable]) -> Vec<Finding> {
    let is_routed = |id: &str| tables.iter().any(|table| table.associations.contains_key(id));
    let left = layout.zone_of.iter().filter(|(id, _)| !is_routed(id));
    let finding = |(id, zone): (&&str, &&str)| {
        Finding::new(
            *id,
            format!("it is in zone {zone} and has no route table of its own"),
            format!("領域 {zone} のサブネットに専用のルートテーブルがありません"),
        )
    };
    left.map(finding).collect()
}
