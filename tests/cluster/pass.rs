//! One pass over an object: the operator's loop, with the account in memory in AWS's place.

use std::collections::BTreeSet;

use jichitai_api::common::{Approval, DeletionPolicy, DestructiveChanges, Mode, Party};
use jichitai_api::municipality::Environment;
use jichitai_api::status::PlanStatus;
use jichitai_api::{CommonStatus, Municipality};
use jichitai_plan::approval::Gate;
use jichitai_plan::context::Context;
use jichitai_plan::identity::{Owner, short_hash};
use jichitai_plan::municipality::checks::SpecFault;
use jichitai_plan::municipality::claims::{self, Claim};
use jichitai_plan::municipality::inventory;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::municipality::{planner, report};
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::step::{Effect, Step};
use jiff::Timestamp;

use super::{Circumstances, Cluster, Ending, Goal, owner_of};
use crate::world::World;

impl Cluster {
    /// Makes one pass over an object.
    pub fn pass(&mut self, world: &mut World, owner: &Owner, around: &mut Circumstances<'_>) -> Ending {
        let Some(object) = self.object(owner).cloned() else {
            return Ending::default();
        };
        let deleting = object.metadata.deletion_timestamp.is_some();
        if deleting && keeps_everything(&object) {
            self.municipalities.retain(|one| owner_of(one) != *owner);
            return Ending {
                released: true,
                ..Ending::default()
            };
        }
        let goal = match self.goal(&object, world.now) {
            Ok(goal) => goal,
            Err(faults) => return self.obstructed(owner, faults),
        };
        let ctx = self.context(&object, &goal, world.now);
        let observed = world.view(&goal.query(&ctx));
        if let Goal::Present(_) = &goal {
            let faults = self.conflicts(&object, &observed, &ctx, world);
            if !faults.is_empty() {
                return self.obstructed(owner, faults);
            }
        }
        let mut pass = Pass {
            cluster: self,
            world,
            object: &object,
            goal: &goal,
            ctx,
            observed,
            ending: Ending::default(),
        };
        pass.run(around);
        let Pass {
            mut ending,
            ctx,
            observed,
            ..
        } = pass;
        if ending.crashed {
            return ending;
        }
        ending.released = deleting && ending.plan.is_settled() && ending.failed.is_empty();
        self.publish(&object, &goal, &observed, &ctx, &ending, world);
        ending
    }

    fn obstructed(&mut self, owner: &Owner, faults: Vec<SpecFault>) -> Ending {
        self.remember(owner, |_| ());
        Ending {
            faults,
            ..Ending::default()
        }
    }

    fn conflicts(&self, object: &Municipality, observed: &Observed, ctx: &Context, world: &World) -> Vec<SpecFault> {
        let living = self.municipalities.iter();
        let living = living.filter(|other| other.metadata.deletion_timestamp.is_none());
        let others: Vec<Claim> = living.map(Claim::of).collect();
        let owns = inventory::owns_anything(observed, &world.account, ctx);
        claims::conflicts(&Claim::of(object), &others, owns)
    }

    fn remember(&mut self, owner: &Owner, change: impl FnOnce(&mut CommonStatus)) {
        let object = self.municipalities.iter_mut().find(|object| owner_of(object) == *owner);
        if let Some(object) = object {
            let generation = object.metadata.generation;
            let status = &mut object.status.get_or_insert_default().common;
            status.observed_generation = generation.or(Some(1));
            change(status);
        }
    }

    fn publish(
        &mut self,
        object: &Municipality,
        goal: &Goal,
        observed: &Observed,
        ctx: &Context,
        ending: &Ending,
        world: &World,
    ) {
        let ledger = inventory::settle(observed, &world.account, &ending.plan, &ending.failed, ctx);
        let outcome = report::Outcome {
            plan: &ending.plan,
            failed: &ending.failed,
            held: &ending.held,
            deleting: object.metadata.deletion_timestamp.is_some(),
            connected: goal.connected(),
        };
        let [ready, _, _] = report::overall(&report::aspects(&outcome));
        let settled = ready.answer == report::Answer::True && ending.held.is_empty();
        let owner = owner_of(object);
        self.remember(&owner, |status| {
            status.inventory = ledger.to_inventory();
            status.plan = plan(ending);
            if ending.spent && !status.consumed_plans.contains(&ending.verdict.hash) {
                status.consumed_plans.push(ending.verdict.hash.clone());
            }
            if let (true, Some(hash)) = (settled, goal.hash()) {
                status.converged_target = Some(hash);
            }
        });
        if ending.released {
            self.municipalities.retain(|one| owner_of(one) != owner);
        }
    }
}

/// The plan that waits, or the approved one that is under way.
fn plan(ending: &Ending) -> Option<PlanStatus> {
    let under_way = !ending.verdict.admitted.is_empty() && !ending.spent;
    (!ending.held.is_empty() || under_way).then(|| PlanStatus {
        hash: ending.verdict.hash.clone(),
        admitted: ending.verdict.admitted.iter().cloned().collect(),
        ..PlanStatus::default()
    })
}

/// `Observe`, and `Plan` without an approval, never delete: they let go.
fn keeps_everything(object: &Municipality) -> bool {
    let common = &object.spec.common;
    let unapproved = common.mode == Mode::Plan && common.approvals.is_empty();
    common.deletion_policy == DeletionPolicy::Retain || common.mode == Mode::Observe || unapproved
}

/// A pass under way.
struct Pass<'a> {
    cluster: &'a mut Cluster,
    world: &'a mut World,
    object: &'a Municipality,
    goal: &'a Goal,
    ctx: Context,
    observed: Observed,
    ending: Ending,
}

impl<'p> Pass<'p> {
    fn run(&mut self, around: &mut Circumstances<'_>) {
        let goal = self.goal;
        let predicted = planner::dry_run(self.observed.clone(), &self.ctx, |observed, ctx| {
            goal.plan(observed, ctx)
        });
        let policy = self.object.spec.common.deletion_policy;
        let basis = self.goal.hash().unwrap_or_else(|| format!("deletion: {policy:?}"));
        let hash = self.gate(&[], &basis).verdict(&predicted).hash;
        let approvals = self.approvals(hash);
        let mut gate = self.gate(&approvals, &basis);
        self.ending.verdict = gate.verdict(&predicted);
        self.ending.predicted = predicted;
        let (mut writes, mut stopped) = (0, BTreeSet::new());
        loop {
            self.ending.plan = self.goal.plan(&self.observed, &self.ctx);
            let (run, held) = gate.admit(self.ending.plan.steps.clone(), &self.ending.verdict);
            self.ending.held = held;
            let mut run: Vec<Step> = run.into_iter().filter(|step| !stopped.contains(&step.part)).collect();
            if run.is_empty() {
                let left = planner::dry_run(self.observed.clone(), &self.ctx, |observed, ctx| {
                    goal.plan(observed, ctx)
                });
                let spent = gate.is_spent(&self.ending.verdict, &left);
                self.ending.spent = self.ending.failed.is_empty() && spent;
                return;
            }
            assert!(self.ending.rounds.len() < 40, "the pass goes on and on: {run:#?}");
            let now = self.world.now;
            self.intend(&run, now);
            shuffle(&mut run, around.order);
            self.ending.rounds.push(Vec::new());
            for step in run {
                if around.crash_after.is_some_and(|last| writes >= last) {
                    self.ending.crashed = true;
                    return;
                }
                writes += 1;
                let lost = around.lose_every.is_some_and(|every| writes % every == 0);
                match self.execute(&step, lost, around) {
                    Ok(effect) => self.absorb(&effect, now, &mut gate),
                    Err(fault) => {
                        if fault.kind.is_definite() {
                            self.ctx.ledger.refused(&step);
                        }
                        stopped.insert(step.part.clone());
                        self.ending.failed.push((step, fault));
                    }
                }
            }
        }
    }

    /// Writes the ledger ahead of creations, and which plan is under way ahead of its first step.
    fn intend(&mut self, run: &[Step], now: Timestamp) {
        let Self {
            cluster,
            world,
            object,
            ctx,
            ending,
            ..
        } = self;
        run.iter().for_each(|step| ctx.ledger.intend(step, &world.account, now));
        let owner = owner_of(object);
        let begun = !ending.verdict.admitted.is_empty();
        if begun || run.iter().any(|step| step.creation.is_some()) {
            let inventory = ctx.ledger.to_inventory();
            cluster.remember(&owner, |status| {
                status.inventory = inventory;
                if begun {
                    status.plan = plan(ending);
                }
            });
        }
    }

    fn execute(&mut self, step: &Step, lost: bool, around: &mut Circumstances<'_>) -> Result<Effect, Fault> {
        let result = self.world.apply(step, &self.ctx.identity);
        if let Some(witness) = &mut around.witness {
            witness(self.world, step);
        }
        if lost { result.and(Err(no_answer())) } else { result }
    }

    fn absorb(&mut self, effect: &Effect, now: Timestamp, gate: &mut Gate<'_>) {
        let Effect { step, created } = effect;
        if let Some(created) = created {
            self.ctx.ledger.record(step, created, now);
            if step.creation.is_some() {
                let names = std::iter::once(&created.id).chain(&created.arn);
                gate.names.extend(names.map(|name| (name.clone(), step.part.clone())));
            }
        }
        self.ctx.ledger.removed(step);
        self.observed.absorb(effect);
        self.ending
            .rounds
            .last_mut()
            .expect("a round is under way")
            .push(step.clone());
    }

    fn gate<'a>(&self, approvals: &'a [Approval], basis: &'a str) -> Gate<'a>
    where
        'p: 'a,
    {
        let object: &'p Municipality = self.object;
        let (common, status) = (&object.spec.common, object.status.as_ref().map(|status| &status.common));
        let default = match object.spec.environment {
            Environment::Production => DestructiveChanges::RequireApproval,
            _ => DestructiveChanges::Allow,
        };
        let converged = status.and_then(|status| status.converged_target.clone());
        Gate {
            mode: common.mode,
            destructive: common.destructive_changes.unwrap_or(default),
            drift_action: common.drift_action,
            converged_before: converged.is_some() && converged == self.goal.hash(),
            closed: None,
            approvals,
            required: &[],
            basis,
            before: status.and_then(|status| status.plan.as_ref()),
            consumed: status
                .map(|status| status.consumed_plans.as_slice())
                .unwrap_or_default(),
            names: inventory::names(&self.observed, &self.world.account, &self.ctx),
            today: self.ctx.today(),
        }
    }

    fn approvals(&self, plan_hash: String) -> Vec<Approval> {
        let given = self.cluster.approves.then(|| Approval {
            plan_hash,
            party: Party::Municipality,
            approver: "課長".into(),
            ticket: None,
            valid_until: None,
        });
        self.object.spec.common.approvals.iter().cloned().chain(given).collect()
    }
}

fn no_answer() -> Fault {
    Fault {
        kind: FaultKind::Transient,
        operation: "aws:Write".into(),
        code: "Timeout".into(),
        message: "the answer got lost".into(),
        request_id: None,
    }
}

fn shuffle(steps: &mut [Step], order: Option<u64>) {
    if let Some(seed) = order {
        steps.sort_by_cached_key(|step| short_hash(&format!("{seed} {step}"), 16));
    }
}
