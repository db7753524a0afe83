//! What to do now for one policy.

use crate::context::Context;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::target::Target;
use crate::osaka_backup_policy::{coverage, drill, objective, prune, run, template, transfer};
use crate::plan::Plan;

/// The plan.
#[must_use]
pub fn plan(target: &Target, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    let agenda = run::agenda(target, observed, ctx);
    if !target.watches {
        let templates = template::plan(target, observed, ctx, &mut plan);
        if let Some(run) = &agenda.run {
            run::plan(run, templates.as_ref(), target, observed, ctx, &mut plan);
        }
        transfer::plan(target, observed, ctx, &mut plan);
        prune::plan(target, observed, ctx, &mut plan);
    }
    run::tell(&agenda, target, observed, &mut plan);
    transfer::tell(target, observed, ctx, &mut plan);
    let next = agenda.next.as_ref().map(|slot| slot.time);
    objective::plan(target, observed, next, ctx, &mut plan);
    coverage::plan(target, observed, &mut plan);
    drill::plan(target, observed, next, ctx, &mut plan);
    plan
}
