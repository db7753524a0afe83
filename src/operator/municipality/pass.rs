//! One pass: one round of reads, then as many writes as the plan has, each folded in as it is done.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use jichitai_api::common::DeletionPolicy;
use jichitai_api::status::PlanStatus;
use jichitai_api::{Municipality, Reason};
use jichitai_plan::approval::{Gate, Held, Verdict};
use jichitai_plan::calendar::Closed;
use jichitai_plan::context::Context;
use jichitai_plan::identity::Part;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::query::Query;
use jichitai_plan::municipality::target::{NetworkTarget, SERVICE, Target};
use jichitai_plan::municipality::{claims, inventory, planner, report, teardown};
use jichitai_plan::observation::Fault;
use jichitai_plan::plan::Plan;
use jichitai_plan::step::Step;
use jiff::Timestamp;

use super::prepare::{Goal, Obstacle, Prepared};
use super::{ReconcileError, refused, status};
use crate::publish;
use crate::shared::Shared;

/// Writes of one pass that run at the same time.
const AT_ONCE: usize = 8;

/// What a pass ended with; status is made from it.
#[derive(Default)]
pub struct Ending {
    /// Why there was no pass.
    pub obstacle: Option<report::Aspect>,
    /// What was read, and changed by what was done.
    pub observed: Option<Observed>,
    /// The plan that is left.
    pub plan: Plan,
    /// Steps that AWS refused, and why.
    pub failed: Vec<(Step, Fault)>,
    /// Steps that were not allowed to run.
    pub held: Vec<Held>,
    /// Whether the approved plan has run to its end.
    pub spent: bool,
    /// All steps to the fixed point that are not allowed to run.
    pub waiting: Vec<Step>,
    /// Steps that ran.
    pub done: Vec<Step>,
    /// The decision over the plan.
    pub verdict: Verdict,
    /// Identity, ledger and settings as they are now.
    pub ctx: Option<Context>,
    /// The account.
    pub account: Option<jichitai_plan::identity::AccountId>,
    /// Zones of a managed network, in the order of the spec.
    pub zones: Vec<String>,
    /// Whether the spec attaches the network to a transit gateway.
    pub connected: bool,
    /// The hash of the target; none when the object is being deleted.
    pub target_hash: Option<String>,
    /// Whether AWS already was as this target asks.
    pub converged_before: bool,
    /// Grants and exceptions that end soon.
    pub ending: Vec<(String, jiff::civil::Date)>,
    /// Whether the object may go.
    pub released: bool,
    /// A moment at which something is known to change.
    pub until: Option<Timestamp>,
    /// The object as last stored.
    pub stored: Option<Municipality>,
}

impl Ending {
    /// A reconcile that could not begin.
    pub fn obstructed(obstacle: Obstacle) -> Self {
        Self {
            obstacle: Some(obstacle.aspect),
            ..Self::default()
        }
    }
}

/// Makes one pass.
pub async fn pass(prepared: Prepared, object: &Municipality, shared: &Shared) -> Result<Ending, ReconcileError> {
    let Prepared {
        goal,
        mut ctx,
        account,
        session,
        config,
        claims,
        closed,
        destructive,
    } = prepared;
    let query = match &goal {
        Goal::Present(target) => Query::for_target(target, &ctx),
        Goal::Absent { remains, .. } => Query::for_teardown(remains, &ctx),
    };
    let mut observed = session.observe(&query).await;
    let mut ending = Ending {
        account: Some(account.clone()),
        ..about(&goal)
    };
    if let Goal::Present(_) = &goal {
        let owns = inventory::owns_anything(&observed, &account, &ctx);
        let conflicts = claims::conflicts(&claims.0, &claims.1, owns);
        if !conflicts.is_empty() {
            let Obstacle { aspect } = Obstacle::faults(&conflicts);
            return Ok(Ending {
                obstacle: Some(aspect),
                ..ending
            });
        }
    }
    let status = object.status.as_ref().map(|status| &status.common);
    let before = status.and_then(|status| status.converged_target.clone());
    ending.converged_before = ending.target_hash.is_some() && before == ending.target_hash;
    let basis = ending
        .target_hash
        .clone()
        .unwrap_or_else(|| format!("deletion: {:?}", object.spec.common.deletion_policy));
    let mut gate = Gate {
        mode: object.spec.common.mode,
        destructive,
        drift_action: object.spec.common.drift_action,
        converged_before: ending.converged_before,
        closed: closed.as_ref().map(
            |Closed {
                 reason,
                 message,
                 until: _,
             }| (*reason, message.clone()),
        ),
        approvals: &object.spec.common.approvals,
        required: &config.required_approvals,
        basis: &basis,
        before: status.and_then(|status| status.plan.as_ref()),
        consumed: status
            .map(|status| status.consumed_plans.as_slice())
            .unwrap_or_default(),
        names: inventory::names(&observed, &account, &ctx),
        today: ctx.today(),
    };
    let make = |observed: &Observed, ctx: &Context| match &goal {
        Goal::Present(target) => planner::plan(target, observed, ctx),
        Goal::Absent { policy, remains } => teardown::teardown(*policy, remains, observed, ctx),
    };
    let all = planner::dry_run(observed.clone(), &ctx, make);
    ending.verdict = gate.verdict(&all);
    ending.waiting = gate
        .admit(all, &ending.verdict)
        .1
        .into_iter()
        .map(|(step, _, _)| step)
        .collect();
    let mut stopped: BTreeSet<Part> = BTreeSet::new();
    loop {
        ending.plan = make(&observed, &ctx);
        let (run, held) = gate.admit(ending.plan.steps.clone(), &ending.verdict);
        ending.held = held;
        let run: Vec<Step> = run.into_iter().filter(|step| !stopped.contains(&step.part)).collect();
        if run.is_empty() {
            break;
        }
        // The window of each creation begins with its call, not with the pass.
        let now = Timestamp::now();
        for step in &run {
            ctx.ledger.intend(step, &account, now);
        }
        let known = |plan: &&PlanStatus| plan.admitted.iter().eq(&ending.verdict.admitted);
        let stored = ending.stored.as_ref().unwrap_or(object);
        let plan = stored.status.as_ref().and_then(|status| status.common.plan.as_ref());
        let news = !ending.verdict.admitted.is_empty() && plan.filter(known).is_none();
        if news || run.iter().any(|step| step.creation.is_some()) {
            let stored = ending.stored.as_ref().unwrap_or(object);
            let intended = status::intended(stored, &ctx, &ending, config.language);
            ending.stored = Some(
                publish::status(&shared.client, stored, &intended)
                    .await
                    .map_err(refused("the ledger"))?,
            );
        }
        let results = stream::iter(run).map(|step| {
            let session = &session;
            async move {
                let result = session.execute(&step).await;
                (step, result)
            }
        });
        let results: Vec<_> = results.buffer_unordered(AT_ONCE).collect().await;
        for (step, result) in results {
            match result {
                Ok(effect) => {
                    tracing::info!(object = %ctx.identity.owner, account = %account, %step, "done");
                    if let Some(created) = &effect.created {
                        ctx.ledger.record(&step, created, now);
                        if step.creation.is_some() {
                            let names = std::iter::once(&created.id).chain(&created.arn);
                            gate.names.extend(names.map(|name| (name.clone(), step.part.clone())));
                        }
                    }
                    ctx.ledger.removed(&step);
                    observed.absorb(&effect);
                    ending.done.push(step);
                }
                Err(fault) => {
                    tracing::warn!(object = %ctx.identity.owner, account = %account, %step, %fault, "failed");
                    if fault.kind.is_definite() {
                        ctx.ledger.refused(&step);
                    }
                    stopped.insert(step.part.clone());
                    ending.failed.push((step, fault));
                }
            }
        }
    }
    let left = planner::dry_run(observed.clone(), &ctx, make);
    ending.spent = ending.failed.is_empty() && gate.is_spent(&ending.verdict, &left);
    ending.until = [report::next_look(&ending.plan), closed.and_then(|closed| closed.until)]
        .into_iter()
        .flatten()
        .min();
    ending.released = matches!(goal, Goal::Absent { .. }) && ending.plan.is_settled() && ending.failed.is_empty();
    ending.ctx = Some(ctx);
    ending.observed = Some(observed);
    Ok(ending)
}

/// What is known of the goal before anything was read.
fn about(goal: &Goal) -> Ending {
    match goal {
        Goal::Absent { policy, .. } => {
            debug_assert_ne!(
                *policy,
                DeletionPolicy::Retain,
                "an object that retains is let go without a pass"
            );
            Ending::default()
        }
        Goal::Present(target) => {
            let Target { network, ending, .. } = target.as_ref();
            let (zones, connected) = match network {
                NetworkTarget::Managed(managed) => {
                    let names = managed
                        .zones
                        .iter()
                        .map(|zone| zone.name.clone())
                        .filter(|name| name != SERVICE);
                    (names.collect(), managed.transit_gateway.is_some())
                }
                NetworkTarget::Existing(_) => (Vec::new(), false),
            };
            Ending {
                zones,
                connected,
                ending: ending.clone(),
                target_hash: Some(target.hash()),
                ..Ending::default()
            }
        }
    }
}

/// Whether a reason is one that a person should be warned of.
pub fn is_warning(reason: Reason) -> bool {
    !matches!(
        reason,
        Reason::Converged
            | Reason::Applying
            | Reason::Observed
            | Reason::WaitingForAws
            | Reason::WaitingForConsistency
            | Reason::Deleting
    )
}
