//! One pass over an object: the operator's loop, with the account in memory in AWS's place.

use jichitai_api::common::{Approval, DeletionPolicy, DestructiveChanges, Mode, Party};
use jichitai_api::municipality::Environment;
use jichitai_api::status::PlanStatus;
use jichitai_api::{CommonStatus, Municipality};
use jichitai_plan::certainty::{self, Look, Looks};
use jichitai_plan::context::Context;
use jichitai_plan::goal::Goal as _;
use jichitai_plan::identity::{Owner, short_hash};
use jichitai_plan::municipality::claims::{self, Claim};
use jichitai_plan::municipality::goal::Goal;
use jichitai_plan::municipality::observed::Observed;
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::pass::{self, Pass, Round, Rules};
use jichitai_plan::spec_fault::SpecFault;
use jichitai_plan::step::Step;
use jichitai_plan::{inventory, report};

use super::{Circumstances, Cluster, Ending, owner_of};
use crate::foresight::Foreseen;
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
        let mut looks = Looks::default();
        let observed = loop {
            let observed = world.view(&goal.query(&ctx));
            if let Goal::Present(_) = &goal {
                let faults = self.conflicts(&object, &observed, &ctx, world);
                if !faults.is_empty() {
                    return self.obstructed(owner, faults);
                }
            }
            if certainty::missing(&observed, &world.account, &ctx).is_empty() {
                break observed;
            }
            let rules = self.rules(&object, &object.spec.common.approvals);
            let pass = Pass::begin(&goal, rules, world.account.clone(), ctx.clone(), observed.clone());
            match looks.judge(pass.missing()) {
                Look::Sure => break observed,
                Look::Again => {}
                Look::Contradictory(parts) => unreachable!("the account in memory contradicts itself: {parts:?}"),
            }
        };
        let mut ending = Ending::default();
        let Some(passed) = self.drive(world, &object, &goal, (ctx, observed), around, &mut ending) else {
            return ending;
        };
        self.publish(&object, &goal, &passed);
        Ending {
            predicted: passed.predicted,
            verdict: passed.verdict,
            spent: passed.spent,
            failed: passed.failed,
            held: passed.held,
            plan: passed.plan,
            released: passed.released,
            ..ending
        }
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

    fn publish(&mut self, object: &Municipality, goal: &Goal, ending: &pass::Ending<Observed>) {
        let (account, ctx) = (&ending.account, &ending.ctx);
        let ledger = inventory::settle(&ending.observed, account, &ending.plan, &ending.failed, ctx);
        let outcome = report::Outcome {
            plan: &ending.plan,
            failed: &ending.failed,
            held: &ending.held,
            deleting: goal.is_going(),
            kinds: &goal.aspects(),
        };
        let converged = goal.hash().filter(|_| outcome.is_converged());
        let owner = owner_of(object);
        self.remember(&owner, |status| {
            status.inventory = ledger.to_inventory();
            status.plan = plan(ending);
            if ending.spent && !status.consumed_plans.contains(&ending.verdict.hash) {
                status.consumed_plans.push(ending.verdict.hash.clone());
            }
            if converged.is_some() {
                status.converged_target = converged;
            }
        });
        if ending.released {
            self.municipalities.retain(|one| owner_of(one) != owner);
        }
    }
}

/// The plan that waits, or the approved one that is under way.
fn plan(ending: &pass::Ending<Observed>) -> Option<PlanStatus> {
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

impl Cluster {
    /// The rules of a pass over an object.
    fn rules<'a>(&self, object: &'a Municipality, approvals: &'a [Approval]) -> Rules<'a> {
        let common = &object.spec.common;
        let default = match object.spec.environment {
            Environment::Production => DestructiveChanges::RequireApproval,
            _ => DestructiveChanges::Allow,
        };
        Rules {
            mode: common.mode,
            destructive: common.destructive_changes.unwrap_or(default),
            drift_action: common.drift_action,
            elsewhere: None,
            closed: None,
            approvals,
            required: &[],
            before: object.status.as_ref().map(|status| &status.common),
        }
    }

    /// Drives the operator's loop with the account in memory; returns nothing when it was killed.
    fn drive(
        &mut self,
        world: &mut World,
        object: &Municipality,
        goal: &Goal,
        (ctx, observed): (Context, Observed),
        around: &mut Circumstances<'_>,
        ending: &mut Ending,
    ) -> Option<pass::Ending<Observed>> {
        let account = world.account.clone();
        let unapproved = Pass::begin(
            goal,
            self.rules(object, &[]),
            account.clone(),
            ctx.clone(),
            observed.clone(),
        );
        let given = self.approves.then(|| Approval {
            plan_hash: unapproved.so_far().verdict.hash.clone(),
            party: Party::Municipality,
            approver: "課長".into(),
            ticket: None,
            valid_until: None,
        });
        let approvals: Vec<Approval> = object.spec.common.approvals.iter().cloned().chain(given).collect();
        let identity = ctx.identity.clone();
        let mut pass = Pass::begin(goal, self.rules(object, &approvals), account, ctx, observed);
        let begun = pass.so_far();
        let foreseen = Foreseen::of(goal, &begun.observed, &begun.account, &begun.ctx);
        let mut writes = 0;
        let now = world.now;
        while let Some(Round {
            mut steps,
            store_first,
            begins: _,
        }) = pass.round(now)
        {
            assert!(ending.rounds.len() < 40, "the pass goes on and on: {steps:#?}");
            if store_first {
                self.store(&owner_of(object), pass.so_far());
            }
            shuffle(&mut steps, around.order);
            ending.rounds.push(Vec::new());
            for step in steps {
                if around.crash_after.is_some_and(|last| writes >= last) {
                    ending.crashed = true;
                    return None;
                }
                writes += 1;
                let lost = around.lose_every.is_some_and(|every| writes % every == 0);
                let result = world.apply(&step, &identity);
                if let Some(witness) = &mut around.witness {
                    witness(world, &step);
                }
                let result = if lost { result.and(Err(no_answer())) } else { result };
                if result.is_ok() {
                    ending
                        .rounds
                        .last_mut()
                        .expect("a round is under way")
                        .push(step.clone());
                }
                pass.record(step, result, now);
            }
        }
        let ending = pass.end();
        let _left = foreseen.came_true(goal, &ending);
        Some(ending)
    }

    /// Writes the ledger ahead of creations, and which plan is under way ahead of its first step.
    fn store(&mut self, owner: &Owner, so_far: &pass::Ending<Observed>) {
        let inventory = so_far.ctx.ledger.to_inventory();
        let admitted = plan(so_far).filter(|plan| !plan.admitted.is_empty());
        self.remember(owner, |status| {
            status.inventory = inventory;
            if admitted.is_some() {
                status.plan = admitted;
            }
        });
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
