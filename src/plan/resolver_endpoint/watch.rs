//! An endpoint that somebody else runs (`mode: Observe` with its id under `spec.adopt`): compared with
//! what the spec says of it, never changed, and not asked to carry our tags.

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::target::{ENDPOINT, Target, rule_part};
use crate::route53resolver::address::Address;
use crate::route53resolver::endpoint::Endpoint;
use crate::route53resolver::rule::{self, Rule};

/// The endpoint that is looked at.
#[must_use]
pub fn endpoint<'a>(observed: &'a Observed, ctx: &Context) -> Option<&'a Endpoint> {
    let id = ctx.adopt.get(ENDPOINT)?;
    observed.endpoints.iter().flatten().find(|one| one.id == *id)
}

/// The rules that lead through an endpoint.
pub(super) fn rules<'a>(endpoint: &'a Endpoint, observed: &'a Observed) -> impl Iterator<Item = &'a Rule> {
    let rules = observed.rules().iter().flatten();
    rules.filter(|rule| rule.endpoint_id.as_deref() == Some(endpoint.id.as_str()))
}

/// What differs; there is never anything to do.
#[must_use]
pub fn plan(target: &Target, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    let part = Part::new(Region::Tokyo, ENDPOINT);
    for fault in [observed.endpoints.as_ref().err(), observed.rules().as_ref().err()]
        .into_iter()
        .flatten()
    {
        plan.unreadable(&part, fault);
    }
    let Some(endpoint) = endpoint(observed, ctx).filter(|_| plan.is_settled()) else {
        if plan.is_settled() {
            let text = Text::new(
                format!("spec.adopt.{ENDPOINT}: there is no such endpoint in this account and Region"),
                format!("spec.adopt.{ENDPOINT}: このアカウントとリージョンに該当するエンドポイントがありません"),
            );
            plan.block(&part, Reason::AdoptionRefused, text);
        }
        return plan;
    };
    addresses(target, endpoint, &part, &mut plan);
    for (name, want) in &target.rules {
        let found = rules(endpoint, observed).find(|rule| rule.domain == want.domain);
        let same = |rule: &Rule| want.targets.as_ref().is_none_or(|targets| *targets == rule.targets);
        let have = found.map(|rule| rule::list(&rule.targets));
        if want.targets.is_some() && !found.is_some_and(same) {
            differs(
                &rule_part(name),
                &want.domain,
                have.as_deref().unwrap_or("absent"),
                &mut plan,
            );
        }
    }
    plan
}

fn addresses(target: &Target, endpoint: &Endpoint, part: &Part, plan: &mut Plan) {
    match &endpoint.addresses {
        Observation::Unreadable(fault) => plan.unreadable(part, fault),
        Observation::Absent => {}
        Observation::Present(have) => {
            for ip in target.addresses.keys() {
                let found = have.iter().find(|one| one.ip == *ip);
                if !found.is_some_and(Address::is_attached) {
                    let state = found.map_or("absent", |one| one.state.as_str());
                    differs(part, &ip.to_string(), state, plan);
                }
            }
            for one in have.iter().filter(|one| !target.addresses.contains_key(&one.ip)) {
                differs(part, &one.ip.to_string(), "on the endpoint and not in the spec", plan);
            }
        }
    }
}

fn differs(part: &Part, what: &str, have: &str, plan: &mut Plan) {
    let text = Text::new(
        format!("{what} is {have} in AWS: ask whoever runs the endpoint, or mend the spec"),
        format!("AWS では {what} が {have} です。エンドポイントの管理者に確認するか、spec を直してください"),
    );
    plan.block(part, Reason::ObserveOnly, text);
}
