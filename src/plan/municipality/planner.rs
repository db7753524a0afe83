//! The plan for a municipality that shall exist.

use crate::context::Context;
use crate::municipality::observed::Observed;
use crate::municipality::target::{NetworkTarget, Target};
use crate::municipality::{keys, network};
use crate::plan::Plan;

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
