//! Nothing is written that nobody allowed: modes and approvals.

use std::collections::BTreeMap;

use jichitai_api::common::{Approval, Mode, Party};
use jichitai_api::status::PlanStatus;
use jichitai_core_tests::drive::{Done, Driven as _};
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::pass::Ending;
use jichitai_plan::step::Step;
use proptest::prelude::*;

use super::drafts::{Draft, Retirement, around, changes, retire};
use super::portrait::{addresses, endpoint, portrait};
use super::rig::Rig;
use crate::rig::check;

fn destructive<'a>(steps: impl Iterator<Item = &'a Step>) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for step in steps.filter(|step| step.is_destructive()) {
        *all.entry(step.to_string()).or_default() += 1;
    }
    all
}

fn same(rig: &Rig, other: &Rig) -> Result<(), TestCaseError> {
    let have = |rig: &Rig| endpoint(&rig.resolution).map(|one| addresses(one).into_keys().collect::<Vec<_>>());
    prop_assert_eq!(portrait(&rig.resolution), portrait(&other.resolution));
    prop_assert_eq!(have(rig), have(other));
    Ok(())
}

/// Where nothing may be written nothing is written: not for a creation, a change or a deletion.
#[test]
fn observe_and_plan_write_nothing() {
    let modes = prop_oneof![Just(Mode::Observe), Just(Mode::Plan)];
    check(
        40,
        (changes(), retire(), around(), modes),
        |((old, new), retire, around, mode)| {
            let mut rig = Rig::new(&old, around);
            let writes_nothing = |rig: &mut Rig| {
                let before = rig.resolution.aws.clone();
                let passes = rig.run()?;
                prop_assert!(passes.iter().all(|done| done.rounds.is_empty()), "{passes:#?}");
                prop_assert_eq!(&rig.resolution.aws, &before);
                Ok(())
            };
            rig.set_mode(mode);
            writes_nothing(&mut rig)?;
            rig.set_mode(Mode::Enforce);
            rig.settle()?;
            rig.set_mode(mode);
            rig.apply(&new, &retire);
            writes_nothing(&mut rig)?;
            rig.resolution.delete();
            writes_nothing(&mut rig)
        },
    );
}

/// Approved, it is the same as where no approval is needed.
#[test]
fn an_approved_plan_ends_like_a_plan_that_needs_no_approval() {
    let strategy = (changes(), retire(), around(), any::<bool>());
    check(30, strategy, |((old, new), retire, around, plans)| {
        let mut free = Rig::new(&old, around);
        let mut bound = Rig::within(&old, around, "Production");
        bound.resolution.approves = true;
        if plans {
            bound.set_mode(Mode::Plan);
        }
        for rig in [&mut free, &mut bound] {
            rig.settle()?;
            rig.apply(&new, &retire);
            rig.settle()?;
        }
        same_but_environment(&bound, &free)
    });
}

fn same_but_environment(bound: &Rig, free: &Rig) -> Result<(), TestCaseError> {
    let lines = |rig: &Rig| {
        let all = portrait(&rig.resolution).into_iter();
        all.map(|line| line.replace("Production", "Verification"))
            .collect::<Vec<_>>()
    };
    prop_assert_eq!(lines(bound), lines(free));
    let have = |rig: &Rig| endpoint(&rig.resolution).map(|one| addresses(one).into_keys().collect::<Vec<_>>());
    prop_assert_eq!(have(bound), have(free));
    Ok(())
}

fn under_way<O>(ending: &Ending<O>) -> PlanStatus {
    PlanStatus {
        hash: ending.verdict.hash.clone(),
        admitted: ending.verdict.admitted.iter().cloned().collect(),
        ..PlanStatus::default()
    }
}

/// Keeps what an approval admits until all of it has run, as the operator does in status.
fn keep_admitted(rig: &mut Rig, done: &Done<Resolution>) {
    let Some(ending) = &done.ending else { return };
    let is_under_way = !ending.verdict.admitted.is_empty() && !ending.spent;
    let plan = (is_under_way || !ending.held.is_empty()).then(|| under_way(ending));
    rig.resolution.status_mut().plan = plan;
}

/// In production a change runs as far as nothing is at risk; then one approval carries exactly the steps that
/// were shown, over all the waiting for AWS and over crashes, to the end.
#[test]
fn one_approval_carries_exactly_what_was_shown() {
    let crash = proptest::option::of((0_usize..8, any::<bool>()));
    let strategy = (changes(), retire(), around(), any::<bool>(), crash);
    check(
        60,
        strategy,
        |((old, new), retire, around, deletes, crash): ((Draft, Draft), Retirement, _, _, _)| {
            let mut rig = Rig::within(&old, around, "Production");
            let mut whole = Rig::within(&old, around, "Production");
            whole.resolution.approves = true;
            for rig in [&mut rig, &mut whole] {
                rig.settle()?;
                rig.apply(&new, &retire);
                if deletes {
                    rig.resolution.delete();
                }
            }
            whole.settle()?;
            let passes = rig.run()?;
            prop_assert!(destructive(passes.iter().flat_map(|done| &done.rounds).flatten()).is_empty());
            let Some(ending) = passes.last().and_then(|done| done.ending.as_ref()) else {
                return Err(TestCaseError::fail("no pass has ended"));
            };
            let shown = destructive(ending.waiting.iter());
            if shown.is_empty() {
                return same(&rig, &whole);
            }
            rig.resolution.object.spec.common.approvals.push(Approval {
                plan_hash: ending.verdict.hash.clone(),
                party: Party::Municipality,
                approver: "課長".into(),
                ticket: None,
                valid_until: None,
            });
            let mut ran = BTreeMap::new();
            let mut add = |done: &Done<Resolution>| {
                for (step, count) in destructive(done.rounds.iter().flatten()) {
                    *ran.entry(step).or_default() += count;
                }
            };
            if let Some((last, finishes)) = crash {
                let mut ahead = rig.clone();
                let admitted = ahead.pass(None)?;
                rig.pass(Some(last))?;
                // What is admitted was stored before the first of it ran.
                if let Some(ending) = &admitted.ending {
                    rig.resolution.status_mut().plan = Some(under_way(ending));
                }
                if finishes {
                    rig.finish();
                }
            }
            for _ in 0..40 {
                let done = rig.pass(None)?;
                keep_admitted(&mut rig, &done);
                add(&done);
                let before = rig.resolution.observe();
                rig.finish();
                if done.rounds.is_empty() && before == rig.resolution.observe() {
                    break;
                }
            }
            rig.is_well()?;
            if crash.is_none() {
                prop_assert_eq!(&ran, &shown);
            }
            prop_assert!(
                ran.keys().all(|step| shown.contains_key(step)),
                "{ran:#?} of {shown:#?}"
            );
            same(&rig, &whole)
        },
    );
}
