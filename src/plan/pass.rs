//! One pass: plan, let the gate admit, execute, fold in, plan again, until nothing is left to run.
//!
//! The loop without what it talks to: whoever drives it reads AWS before it begins, writes the ledger
//! and performs the steps of each [`Round`], and tells how they went. So the operator and the tests
//! run the same loop.

use std::collections::BTreeSet;

use jichitai_api::common::{Approval, DestructiveChanges, DriftAction, Mode, Party};
use jichitai_api::{CommonStatus, Reason};
use jiff::Timestamp;

use crate::approval::{Gate, Held, Verdict};
use crate::context::Context;
use crate::dry_run::foresee;
use crate::goal::{Goal, Observed};
use crate::identity::{AccountId, Part};
use crate::inventory;
use crate::observation::Fault;
use crate::plan::{Halt, Plan, Text};
use crate::step::{Effect, Step};

/// What decides over the steps of a pass, besides the plan.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// The object's mode.
    pub mode: Mode,
    /// Whether destructive steps need an approval.
    pub destructive: DestructiveChanges,
    /// What is done about a drift.
    pub drift_action: DriftAction,
    /// Why nothing at all is written, whatever is due.
    pub elsewhere: Option<(Reason, Text)>,
    /// Why the calendar is closed, when it is.
    pub closed: Option<(Reason, Text)>,
    /// Approvals in the spec.
    pub approvals: &'a [Approval],
    /// Parties that all have to approve.
    pub required: &'a [Party],
    /// The status of the pass before.
    pub before: Option<&'a CommonStatus>,
}

/// Steps that run now, at the same time.
#[derive(Clone, Debug)]
pub struct Round {
    /// The steps.
    pub steps: Vec<Step>,
    /// Whether the ledger and the plan under way have to be stored before the first of them.
    pub store_first: bool,
    /// Whether an approved plan begins with them.
    pub begins: bool,
}

/// A pass under way.
#[derive(Debug)]
pub struct Pass<'a, G: Goal> {
    goal: &'a G,
    gate: Gate<'a>,
    stopped: BTreeSet<Part>,
    /// Whether the plan under way is in the stored status.
    stored: bool,
    /// The plan at the end of what was foreseen at the beginning.
    foreseen: Plan,
    ending: Ending<G::Observed>,
}

/// What a pass ended with; status is made from it.
#[derive(Clone, Debug)]
pub struct Ending<O> {
    /// What was read, and changed by what was done.
    pub observed: O,
    /// The plan that is left.
    pub plan: Plan,
    /// What any plan of the pass had to say, once each.
    pub notices: Vec<Halt>,
    /// Steps that AWS refused, and why.
    pub failed: Vec<(Step, Fault)>,
    /// Steps that were not allowed to run; before the first round, those that are foreseen.
    pub held: Vec<Held>,
    /// Whether the approved plan has run to its end.
    pub spent: bool,
    /// All steps to the fixed point, as a dry run saw them at the beginning.
    pub predicted: Vec<Step>,
    /// Those of them that are not allowed to run.
    pub waiting: Vec<Step>,
    /// Steps that ran.
    pub done: Vec<Step>,
    /// The decision over the plan.
    pub verdict: Verdict,
    /// Identity, ledger and settings as they are now.
    pub ctx: Context,
    /// The account.
    pub account: AccountId,
    /// Whether AWS already was as this target asks.
    pub converged_before: bool,
    /// Whether the object may go.
    pub released: bool,
}

impl<'a, G: Goal> Pass<'a, G> {
    /// Begins with what was read.
    #[must_use]
    pub fn begin(goal: &'a G, rules: Rules<'a>, account: AccountId, ctx: Context, observed: G::Observed) -> Self {
        let Rules {
            mode,
            destructive,
            drift_action,
            elsewhere,
            closed,
            approvals,
            required,
            before,
        } = rules;
        let converged = before.and_then(|status| status.converged_target.clone());
        let converged_before = converged.is_some() && converged == goal.hash();
        let plan_before = before.and_then(|status| status.plan.as_ref());
        let gate = Gate {
            mode,
            destructive,
            drift_action,
            converged_before,
            elsewhere,
            closed,
            approvals,
            required,
            basis: goal.basis(),
            before: plan_before,
            consumed: before
                .map(|status| status.consumed_plans.as_slice())
                .unwrap_or_default(),
            names: inventory::names(&observed, &account, &ctx),
            today: ctx.today(),
        };
        let (predicted, foreseen) = foresee(goal, observed.clone(), &ctx);
        let verdict = gate.verdict(&predicted);
        let held = gate.admit(predicted.clone(), &verdict).1;
        let stored = plan_before.is_some_and(|plan| plan.admitted.iter().eq(&verdict.admitted));
        Self {
            goal,
            gate,
            stopped: BTreeSet::new(),
            stored,
            foreseen,
            ending: Ending {
                observed,
                plan: Plan::default(),
                notices: Vec::new(),
                failed: Vec::new(),
                waiting: held.iter().map(|(step, _, _)| step.clone()).collect(),
                held,
                spent: false,
                predicted,
                done: Vec::new(),
                verdict,
                ctx,
                account,
                converged_before,
                released: false,
            },
        }
    }

    /// Plans, and gives what runs now; none when nothing is left to run. `now` is when the ledger
    /// says that creations were asked for: the window of each begins with its call, not with the pass.
    pub fn round(&mut self, now: Timestamp) -> Option<Round> {
        let ending = &mut self.ending;
        ending.plan = self.goal.plan(&ending.observed, &ending.ctx);
        let new = |notice: &&Halt| !ending.notices.contains(notice);
        let new: Vec<Halt> = ending.plan.notices.iter().filter(new).cloned().collect();
        ending.notices.extend(new);
        let (run, held) = self.gate.admit(ending.plan.steps.clone(), &ending.verdict);
        ending.held = held;
        let steps: Vec<Step> = run
            .into_iter()
            .filter(|step| !self.stopped.contains(&step.part))
            .collect();
        if steps.is_empty() {
            return None;
        }
        for step in &steps {
            ending.ctx.ledger.intend(step, &ending.account, now);
        }
        let news = !ending.verdict.admitted.is_empty() && !std::mem::replace(&mut self.stored, true);
        let is_known_first = |step: &Step| step.creation.as_ref().is_some_and(|creation| !creation.repeatable);
        let store_first = news || steps.iter().any(is_known_first);
        Some(Round {
            steps,
            store_first,
            begins: news,
        })
    }

    /// Whether a step is one of those that an approval admits.
    #[must_use]
    pub fn is_approved(&self, step: &Step) -> bool {
        self.ending.verdict.admitted.contains(&self.gate.key(step))
    }

    /// Tells how a step of the round went.
    pub fn record(&mut self, step: Step, result: Result<Effect, Fault>, now: Timestamp) {
        let ending = &mut self.ending;
        match result {
            Ok(effect) => {
                if let Some(created) = &effect.created {
                    ending.ctx.ledger.record(&step, created, now);
                    if step.creation.is_some() {
                        let names = std::iter::once(&created.id).chain(&created.arn);
                        self.gate
                            .names
                            .extend(names.map(|name| (name.clone(), step.part.clone())));
                    }
                }
                ending.ctx.ledger.removed(&step);
                ending.observed.absorb(&effect);
                ending.done.push(step);
            }
            Err(fault) => {
                if fault.kind.is_definite() {
                    ending.ctx.ledger.refused(&step);
                }
                self.stopped.insert(step.part.clone());
                ending.failed.push((step, fault));
            }
        }
    }

    /// Where the pass stands.
    #[must_use]
    pub fn so_far(&self) -> &Ending<G::Observed> {
        &self.ending
    }

    /// Whether the object is going.
    #[must_use]
    pub fn is_going(&self) -> bool {
        self.goal.is_going()
    }

    /// The end, once no round is left.
    #[must_use]
    pub fn end(self) -> Ending<G::Observed> {
        let mut ending = self.ending;
        // Where nothing was tried, what was foreseen is foreseen still.
        let (left, last) = match ending.done.is_empty() && ending.failed.is_empty() {
            true => (ending.predicted.clone(), self.foreseen),
            false => foresee(self.goal, ending.observed.clone(), &ending.ctx),
        };
        ending.spent = ending.failed.is_empty() && self.gate.is_spent(&ending.verdict, &left, &last);
        ending.released = self.goal.is_going() && ending.plan.is_settled() && ending.failed.is_empty();
        ending
    }
}
