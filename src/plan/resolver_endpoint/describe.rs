//! Endpoint, rules and associations as status shows them, from what is in AWS.

use jichitai_api::resolver_endpoint::{
    AssociationStatus, EndpointIpStatus, ForwardRuleStatus, PrivateZoneStatus, ResolverEndpointStatus, ShareStatus,
};

use crate::context::Context;
use crate::observation::Observation;
use crate::ram::rule_share;
use crate::resolve::owned;
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::target::Target;
use crate::resolver_endpoint::{associations, planner, watch};
use crate::route53resolver::endpoint::Endpoint;
use crate::route53resolver::rule::Rule;

/// Fills in what could be read; the rest stays as it was last seen.
pub fn status(target: &Target, observed: &Observed, ctx: &Context, status: &mut ResolverEndpointStatus) {
    let endpoint = if target.watches {
        watch::endpoint(observed, ctx)
    } else {
        owned(&observed.endpoints, ctx).next().map(|(_, endpoint)| endpoint)
    };
    if observed.endpoints.is_ok() {
        status.endpoint_id = endpoint.map(|one| one.id.clone());
        status.endpoint_state = endpoint.map(|one| one.state.clone());
        status.host_vpc_id = endpoint.map(|one| one.vpc_id.clone());
        match endpoint.map(|one| &one.addresses) {
            None => status.ip_addresses.clear(),
            Some(Observation::Present(_)) if observed.subnets.is_ok() => {
                status.ip_addresses = endpoint.map(|one| addresses(target, one, observed)).unwrap_or_default();
            }
            Some(_) => {}
        }
    }
    if observed.rules().is_ok() && observed.accounts.values().all(|account| account.associations.is_ok()) {
        status.rules = rules(target, endpoint, observed, ctx);
    }
    status.associations = target.vpcs.iter().map(|one| association(one, observed, ctx)).collect();
    if let Ok(zones) = &observed.zones {
        let domain = |id: &String| {
            zones
                .iter()
                .find(|zone| zone.zone_id == *id)
                .map(|zone| zone.domain.clone())
        };
        let zone = |id: &String| PrivateZoneStatus {
            zone_id: id.clone(),
            domain: domain(id),
        };
        status.private_zones = target.zones.iter().map(zone).collect();
    }
    if observed.shares.is_ok() {
        let shares = owned(&observed.shares, ctx).flat_map(|(_, share)| share.principals.iter());
        let share = |(account, state): &(String, String)| ShareStatus {
            account_id: account.clone(),
            status: state.clone(),
        };
        status.shares = shares.map(share).collect();
    }
}

fn addresses(target: &Target, endpoint: &Endpoint, observed: &Observed) -> Vec<EndpointIpStatus> {
    let zone = |id: &str| {
        let subnet = observed.subnets.iter().flatten().find(|subnet| subnet.id == id);
        subnet
            .map(|subnet| planner::zone(subnet).to_owned())
            .unwrap_or_default()
    };
    let mut all: Vec<EndpointIpStatus> = endpoint
        .addresses
        .present()
        .into_iter()
        .flatten()
        .map(|one| EndpointIpStatus {
            subnet_id: one.subnet_id.clone(),
            az: zone(&one.subnet_id),
            ip: one.ip.to_string(),
            status: one.state.clone(),
            retiring: !target.addresses.contains_key(&one.ip),
        })
        .collect();
    all.sort_by(|a, b| a.ip.cmp(&b.ip));
    all
}

fn rules(target: &Target, endpoint: Option<&Endpoint>, observed: &Observed, ctx: &Context) -> Vec<ForwardRuleStatus> {
    let count = |rule: &Rule| {
        let all = observed
            .accounts
            .values()
            .flat_map(|account| account.associations.iter().flatten());
        u32::try_from(all.filter(|one| one.rule_id == rule.id).count()).unwrap_or(u32::MAX)
    };
    let one = |name: String, rule: &Rule| ForwardRuleStatus {
        name,
        domain: rule.domain.clone(),
        id: rule.id.clone(),
        status: rule.state.clone(),
        associations: count(rule),
    };
    if target.watches {
        let all = endpoint
            .into_iter()
            .flat_map(|endpoint| watch::rules(endpoint, observed));
        return all.map(|rule| one(rule.name.clone(), rule)).take(250).collect();
    }
    let all = associations::ours(observed, ctx).into_iter();
    all.map(|(name, rule)| one(name, rule)).take(250).collect()
}

fn association(
    one: &crate::resolver_endpoint::target::VpcTarget,
    observed: &Observed,
    ctx: &Context,
) -> AssociationStatus {
    let site = match (&one.account, &one.vpc) {
        (Some(account), Some(name)) => observed.vpc(account, name).ok().flatten(),
        _ => None,
    };
    let mine = associations::ours(observed, ctx);
    let account = one.account.as_ref().and_then(|account| observed.accounts.get(account));
    let all = account
        .into_iter()
        .flat_map(|account| account.associations.iter().flatten());
    let holds = all.filter(|held| {
        site.is_some_and(|site| site.id == held.vpc_id)
            && held.state == "COMPLETE"
            && mine.values().any(|rule| rule.id == held.rule_id)
    });
    AssociationStatus {
        municipality: one.municipality.clone(),
        account_id: one.account.as_ref().map(ToString::to_string).unwrap_or_default(),
        vpc_id: site.map(|site| site.id.clone()),
        accepted: one.accepted,
        rules: u32::try_from(holds.count()).unwrap_or(u32::MAX),
    }
}

/// The accounts that rules are shared with, as the ledger knows them: for a deletion, when the spec may be
/// broken.
#[must_use]
pub fn shared_with(ctx: &Context) -> std::collections::BTreeSet<crate::identity::AccountId> {
    ctx.ledger
        .iter()
        .filter_map(|(part, _)| rule_share::account_of(part))
        .collect()
}
