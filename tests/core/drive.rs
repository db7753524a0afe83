//! The operator's loop over one object in memory: the product's own pass, with whatever stands for AWS.

use jichitai_api::common::{Approval, DeletionPolicy, Mode, Party};
use jichitai_api::municipality::Environment;
use jichitai_api::status::PlanStatus;
use jichitai_api::{CommonSpec, CommonStatus};
use jichitai_plan::context::Context;
use jichitai_plan::goal::Goal;
use jichitai_plan::identity::AccountId;
use jichitai_plan::inventory;
use jichitai_plan::ledger::Ledger;
use jichitai_plan::observation::Fault;
use jichitai_plan::pass::{Ending, Pass, Round, Rules};
use jichitai_plan::report::Outcome;
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::{Effect, Step};
use jiff::Timestamp;

use crate::foresight::Foreseen;

/// An object with what is around it.
pub trait Driven: Sized {
    /// What it asks of AWS.
    type Goal: Goal<Observed: PartialEq + std::fmt::Debug>;

    /// What it asks now.
    ///
    /// # Errors
    /// The faults of the spec.
    fn goal(&self) -> Result<Self::Goal, Vec<SpecFault>>;
    /// What its plan depends on besides.
    fn context(&self, goal: &Self::Goal, ledger: Ledger) -> Context;
    /// The part of spec that all kinds share.
    fn common(&self) -> &CommonSpec;
    /// The part of status that all kinds share.
    fn status(&self) -> Option<&CommonStatus>;
    /// The same, to be written.
    fn status_mut(&mut self) -> &mut CommonStatus;
    /// The environment, which decides whether destructive steps need an approval.
    fn environment(&self) -> Environment;
    /// The account.
    fn account(&self) -> AccountId;
    /// Whether every plan gets its approval.
    fn approves(&self) -> bool;
    /// The time.
    fn now(&self) -> Timestamp;
    /// What AWS shows.
    fn observe(&self) -> <Self::Goal as Goal>::Observed;
    /// AWS does what a step asks.
    ///
    /// # Errors
    /// AWS's refusal.
    fn apply(&mut self, step: &Step) -> Result<Effect, Fault>;
    /// AWS finishes what it has begun.
    fn finish(&mut self);
    /// Others do their part, and time passes.
    fn others(&mut self);
    /// What others do, in words.
    const OTHERS: &'static str;
}

/// What a pass did.
#[derive(Debug)]
pub struct Done<D: Driven> {
    /// Steps that ran, by rounds.
    pub rounds: Vec<Vec<Step>>,
    /// How it ended; none when it was killed.
    pub ending: Option<Ending<<D::Goal as Goal>::Observed>>,
    /// What is foreseen at its end.
    pub left: Option<Foreseen>,
}

impl<D: Driven> Done<D> {
    /// That the same is foreseen from what AWS shows, before anybody else acts.
    ///
    /// # Panics
    /// When something else is.
    pub fn is_foreseen_still(&self, driven: &D) {
        let Some((left, goal)) = self.left.as_ref().zip(driven.goal().ok()) else {
            return;
        };
        let inventory = driven.status().map(|status| status.inventory.clone());
        let ctx = driven.context(&goal, Ledger::new(inventory.unwrap_or_default()));
        left.is_the_same_as(&Foreseen::of(&goal, &driven.observe(), &driven.account(), &ctx));
    }
}

/// One pass; the operator is killed after so many writes. `witness` sees the account after each.
///
/// # Errors
/// The faults of the spec.
///
/// # Panics
/// When the pass goes on and on.
pub fn pass<D: Driven>(
    driven: &mut D,
    crash_after: Option<usize>,
    witness: &mut dyn FnMut(&D, &Step),
) -> Result<Done<D>, Vec<SpecFault>> {
    let goal = driven.goal()?;
    let before = driven.status().cloned();
    let common = driven.common().clone();
    let inventory = before.clone().map(|status| status.inventory).unwrap_or_default();
    let ctx = driven.context(&goal, Ledger::new(inventory));
    let destructive = jichitai::kind::destructive(&common, driven.environment());
    let rules = |approvals| Rules {
        mode: common.mode,
        destructive,
        drift_action: common.drift_action,
        elsewhere: None,
        closed: None,
        approvals,
        required: &[],
        before: before.as_ref(),
    };
    let (account, observed, now) = (driven.account(), driven.observe(), driven.now());
    let given = driven.approves().then(|| {
        let unapproved = Pass::begin(&goal, rules(&[]), account.clone(), ctx.clone(), observed.clone());
        Approval {
            plan_hash: unapproved.so_far().verdict.hash.clone(),
            party: Party::Municipality,
            approver: "課長".into(),
            ticket: None,
            valid_until: None,
        }
    });
    let approvals: Vec<Approval> = common.approvals.iter().cloned().chain(given).collect();
    let mut pass = Pass::begin(&goal, rules(&approvals), account, ctx, observed);
    let mut done = Done {
        rounds: Vec::new(),
        ending: None,
        left: None,
    };
    let foreseen = Foreseen::of(&goal, &pass.so_far().observed, &driven.account(), &pass.so_far().ctx);
    let mut writes = 0;
    while let Some(Round {
        steps,
        store_first,
        begins: _,
    }) = pass.round(now)
    {
        assert!(done.rounds.len() < 60, "the pass goes on and on: {steps:#?}");
        if store_first {
            driven.status_mut().inventory = pass.so_far().ctx.ledger.to_inventory();
        }
        done.rounds.push(steps.clone());
        for step in steps {
            if crash_after.is_some_and(|last| writes >= last) {
                return Ok(done);
            }
            writes += 1;
            let result = driven.apply(&step);
            witness(driven, &step);
            pass.record(step, result, now);
        }
    }
    let ending = pass.end();
    done.left = foreseen.came_true(&goal, &ending);
    publish(driven, &goal, &ending);
    done.ending = Some(ending);
    Ok(done)
}

fn publish<D: Driven>(driven: &mut D, goal: &D::Goal, ending: &Ending<<D::Goal as Goal>::Observed>) {
    let outcome = Outcome {
        plan: &ending.plan,
        failed: &ending.failed,
        held: &ending.held,
        deleting: goal.is_going(),
        kinds: &goal.aspects(),
    };
    let converged = goal.hash().filter(|_| outcome.is_converged());
    let ledger = inventory::settle(
        &ending.observed,
        &ending.account,
        &ending.plan,
        &ending.failed,
        &ending.ctx,
    );
    let common = driven.status_mut();
    common.observed_generation = Some(1);
    common.inventory = ledger.to_inventory();
    common.converged_target = converged.or(common.converged_target.take());
    common.plan = (!ending.held.is_empty()).then(|| PlanStatus {
        hash: ending.verdict.hash.clone(),
        ..PlanStatus::default()
    });
    if ending.spent {
        common.consumed_plans.push(ending.verdict.hash.clone());
    }
}

/// Passes, with the work of AWS and others in between, until nothing changes. Returns the last one.
///
/// # Errors
/// Why there is no end, or the faults of the spec.
pub fn settle<D: Driven>(driven: &mut D, witness: &mut dyn FnMut(&D, &Step)) -> Result<Done<D>, String> {
    let mut last = String::new();
    for _ in 0..40 {
        let done = pass(driven, None, witness).map_err(|faults| format!("{faults:?}"))?;
        let before = driven.observe();
        driven.finish();
        done.is_foreseen_still(driven);
        driven.others();
        if done.rounds.is_empty() && before == driven.observe() {
            return Ok(done);
        }
        last = format!("{:?}", done.rounds);
    }
    Err(format!("no fixed point; last: {last}"))
}

/// Whether the object is let go without a pass.
pub fn lets_go(driven: &impl Driven) -> bool {
    let common = driven.common();
    common.deletion_policy == DeletionPolicy::Retain || common.mode == Mode::Observe
}
