//! Every step up to the fixed point, with `(known after apply)` for what only AWS can tell.

use jiff::SignedDuration;

use crate::context::Context;
use crate::goal::{Goal, Observed};
use crate::plan::Plan;
use crate::step::Step;

/// What a pass would do, without doing it.
///
/// The same loop as the real one, so a dry run cannot say anything else than what would be done.
/// What takes time (asynchronous states, another company, a quarantine) counts as passed. What is routine needs no
/// approval, so nothing is foreseen beyond it.
#[must_use]
pub fn dry_run<G: Goal>(goal: &G, observed: G::Observed, ctx: &Context) -> Vec<Step> {
    foresee(goal, observed, ctx).0
}

/// The same, and what holds up more than can be foreseen: the plan at the end of it.
#[must_use]
pub fn foresee<G: Goal>(goal: &G, mut observed: G::Observed, ctx: &Context) -> (Vec<Step>, Plan) {
    let mut ctx = ctx.clone();
    ctx.settings.key_quarantine = SignedDuration::ZERO;
    let mut all: Vec<Step> = Vec::new();
    loop {
        observed.finish_pending();
        let plan = goal.plan(&observed, &ctx);
        // A step that is planned twice does not settle anything.
        let fresh: Vec<Step> = plan.steps.iter().filter(|step| !all.contains(step)).cloned().collect();
        if fresh.is_empty() {
            return (all, plan);
        }
        if fresh.iter().all(|step| step.routine) {
            all.extend(fresh);
            return (all, plan);
        }
        for step in fresh {
            observed.absorb(&step.predict());
            all.push(step);
        }
    }
}
