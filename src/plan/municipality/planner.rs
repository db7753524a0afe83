//! The plan for a municipality that shall exist.

use jiff::SignedDuration;

use crate::context::Context;
use crate::municipality::observed::Observed;
use crate::municipality::target::{NetworkTarget, Target};
use crate::municipality::{keys, network};
use crate::plan::Plan;
use crate::step::Step;

/// What to do now, and what has to wait.
#[must_use]
pub fn plan(target: &Target, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    keys::plan(target, observed, ctx, &mut plan);
    match &target.network {
        NetworkTarget::Managed(managed) => network::plan(managed, target, &observed.network, ctx, &mut plan),
        NetworkTarget::Existing(existing) => network::check_existing(existing, &observed.network, &mut plan),
    }
    plan
}

/// Every step up to the fixed point, with `(known after apply)` for what only AWS can tell.
///
/// The same loop as the real one, so a dry run cannot say anything else than what would be done.
/// What takes time (asynchronous states, another company, a quarantine) counts as passed.
#[must_use]
pub fn dry_run(mut observed: Observed, ctx: &Context, plan: impl Fn(&Observed, &Context) -> Plan) -> Vec<Step> {
    let mut ctx = ctx.clone();
    ctx.settings.key_quarantine = SignedDuration::ZERO;
    let mut all: Vec<Step> = Vec::new();
    loop {
        observed.finish_pending();
        let steps = plan(&observed, &ctx).steps;
        // A step that is planned twice does not settle anything.
        let fresh: Vec<Step> = steps.into_iter().filter(|step| !all.contains(step)).collect();
        if fresh.is_empty() {
            return all;
        }
        for step in fresh {
            observed.absorb(&step.predict());
            all.push(step);
        }
    }
}
