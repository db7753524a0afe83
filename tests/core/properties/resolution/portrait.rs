//! What AWS has, by names instead of ids: what is ours, and what is others'.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_core_tests::drive::Driven as _;
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::observation::Observation;
use jichitai_plan::resolve::is_of;
use jichitai_plan::resolver_endpoint::observed::Observed;
use jichitai_plan::route53resolver::endpoint::Endpoint;
use jichitai_plan::route53resolver::rule::Rule;
use jichitai_plan::tags::{self, Tags};

/// The role of a thing.
pub fn role(tags: &Tags) -> &str {
    tags.get(tags::ROLE).unwrap_or_default()
}

/// The endpoint of the object, where it has one.
pub fn endpoint(resolution: &Resolution) -> Option<&Endpoint> {
    let identity = resolution.identity();
    let mut all = resolution.aws.endpoints.iter().flatten();
    all.find(|one| is_of(&one.tags, &identity))
}

/// The object's rules by id, with their names in the spec.
pub fn rules(resolution: &Resolution) -> BTreeMap<&str, (&str, &Rule)> {
    let identity = resolution.identity();
    let all = resolution.aws.rules().iter().flatten();
    let ours = all.filter(|one| is_of(&one.tags, &identity));
    ours.map(|one| (one.id.as_str(), (name_of(one), one))).collect()
}

fn name_of(rule: &Rule) -> &str {
    let role = role(&rule.tags);
    role.strip_prefix("resolver-rule.").unwrap_or(role)
}

/// Where the object's rules hold: name of the rule, VPC, state.
pub fn associations(resolution: &Resolution) -> BTreeSet<(&str, &str, &str)> {
    let ours = rules(resolution);
    let accounts = resolution.aws.accounts.values();
    let all = accounts.flat_map(|account| account.associations.iter().flatten());
    all.filter_map(|one| {
        let (name, _) = ours.get(one.rule_id.as_str())?;
        Some((*name, one.vpc_id.as_str(), one.state.as_str()))
    })
    .collect()
}

/// What the object has, but for its addresses.
pub fn portrait(resolution: &Resolution) -> BTreeSet<String> {
    let identity = resolution.identity();
    let aws = &resolution.aws;
    let ours = rules(resolution);
    let mut lines = BTreeSet::new();
    for one in aws.endpoints.iter().flatten().filter(|one| is_of(&one.tags, &identity)) {
        let (direction, protocols, state, tags) = (one.direction, &one.protocols, &one.state, &one.tags);
        lines.insert(format!("endpoint {direction:?} {protocols:?} {state} {tags:?}"));
    }
    let groups = aws.security_groups.iter().flatten();
    for one in groups.filter(|one| is_of(&one.tags, &identity)) {
        lines.insert(format!("group {} {:?}", one.name, one.rules));
    }
    for (name, rule) in ours.values() {
        let (domain, kind, targets, state) = (&rule.domain, &rule.kind, &rule.targets, &rule.state);
        lines.insert(format!("rule {name} {domain} {kind} {targets:?} {state}"));
    }
    for one in associations(resolution) {
        lines.insert(format!("association {one:?}"));
    }
    for zone in aws.zones.iter().flatten() {
        lines.insert(format!("zone {}", zone.zone_id));
    }
    for log in aws
        .query_logs
        .iter()
        .flatten()
        .filter(|one| is_of(&one.tags, &identity))
    {
        let vpcs = aws.logged_vpcs.iter().flatten().filter(|one| one.config_id == log.id);
        let vpcs: Vec<_> = vpcs.map(|one| (&one.vpc_id, &one.state)).collect();
        lines.insert(format!("log {} {} {vpcs:?}", log.destination, log.state));
    }
    for share in aws.shares.iter().flatten().filter(|one| is_of(&one.tags, &identity)) {
        let shared = ours.values().filter(|(_, rule)| share.rules.contains(&rule.arn));
        let names: BTreeSet<_> = shared.map(|(name, _)| name).collect();
        let strangers = share.rules.len() - names.len();
        lines.insert(format!("share {:?} {names:?} and {strangers}", share.principals));
    }
    lines
}

/// What is others', with all its properties. The object's own things are taken out.
pub fn foreigners(resolution: &Resolution) -> Observed {
    let identity = resolution.identity();
    let inventory = resolution.status().map(|status| status.inventory.as_slice());
    let zones: BTreeSet<String> = inventory
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some(entry.role.strip_prefix("private-zone.")?.to_owned()))
        .collect();
    let mut others = resolution.aws.clone();
    let ours: BTreeSet<String> = rules(resolution).into_keys().map(str::to_owned).collect();
    let foreign = |tags: &Tags| !is_of(tags, &identity);
    let configs: BTreeSet<String> = others
        .query_logs
        .iter()
        .flatten()
        .filter(|one| !foreign(&one.tags))
        .map(|one| one.id.clone())
        .collect();
    retain(&mut others.endpoints, |one| foreign(&one.tags));
    retain(&mut others.security_groups, |one| foreign(&one.tags));
    retain(&mut others.query_logs, |one| foreign(&one.tags));
    retain(&mut others.logged_vpcs, |one| !configs.contains(&one.config_id));
    retain(&mut others.shares, |one| foreign(&one.tags));
    retain(&mut others.zones, |one| !zones.contains(&one.zone_id));
    for account in others.accounts.values_mut() {
        retain(&mut account.rules, |one| foreign(&one.tags));
        retain(&mut account.associations, |one| !ours.contains(&one.rule_id));
        // Who was asked by us is ours.
        retain(&mut account.invitations, |one| !one.share_arn.starts_with("share-"));
    }
    others
}

fn retain<T, E>(list: &mut Result<Vec<T>, E>, keep: impl Fn(&T) -> bool) {
    if let Ok(list) = list {
        list.retain(keep);
    }
}

/// The addresses of the endpoint and their states.
pub fn addresses(endpoint: &Endpoint) -> BTreeMap<std::net::Ipv4Addr, &str> {
    let all = match &endpoint.addresses {
        Observation::Present(all) => all.as_slice(),
        _ => &[],
    };
    all.iter().map(|one| (one.ip, one.state.as_str())).collect()
}
