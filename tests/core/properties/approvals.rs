//! One approval carries exactly one plan, over crashes and waits, to its end.

use jichitai_api::common::{Approval, Party};
use jichitai_core_tests::cluster::{Circumstances, Ending};
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::drafts::{Draft, drafts};
use crate::rig::{Rig, check};

/// A tenant in production with a spec that is being changed.
fn changed(first: &Draft, second: &Draft, seed: u64) -> Result<Rig, TestCaseError> {
    let mut rig = Rig::new(seed);
    rig.apply(0, first, "Production");
    rig.converge()?;
    rig.apply(0, second, "Production");
    Ok(rig)
}

/// Runs what needs no approval; the hash of what does, if there is any.
fn waiting(rig: &mut Rig) -> Result<Option<String>, TestCaseError> {
    rig.settle()?;
    let status = rig.cluster.municipalities[0].status.as_ref();
    let plan = status.and_then(|status| status.common.plan.as_ref());
    Ok(plan.map(|plan| plan.hash.clone()))
}

fn approve(rig: &mut Rig, plan_hash: String) {
    rig.cluster.municipalities[0].spec.common.approvals.push(Approval {
        plan_hash,
        party: Party::Municipality,
        approver: "課長".into(),
        ticket: None,
        valid_until: None,
    });
}

fn crash(rig: &mut Rig, crashes: &[(usize, u64)]) {
    for (last, order) in crashes {
        let mut around = Circumstances {
            crash_after: Some(*last),
            order: Some(*order),
            ..Circumstances::default()
        };
        rig.pass(0, &mut around);
        rig.world.tick();
    }
}

fn destructive(endings: &[Ending]) -> Vec<String> {
    let steps = endings
        .iter()
        .flat_map(Ending::done)
        .filter(|step| step.is_destructive());
    steps.map(ToString::to_string).collect()
}

/// A spec that only grows needs no approval, in production either.
#[test]
fn growing_needs_no_approval() {
    check(
        60,
        (drafts(3), vec(any::<bool>(), 60), any::<u64>()),
        |(whole, picks, seed)| {
            let part = whole.clone().part(&picks);
            let mut rig = changed(&part, &whole, seed)?;
            let endings = rig.settle()?;
            let held: Vec<String> = endings
                .iter()
                .flat_map(|ending| &ending.held)
                .map(|(step, ..)| step.to_string())
                .collect();
            prop_assert!(held.is_empty(), "{held:#?}");
            rig.converge()?;
            Ok(())
        },
    );
}

/// What was approved is done, however often the operator is killed on the way.
#[test]
fn an_approved_change_runs_to_its_end() {
    let crashes = vec((0..12_usize, any::<u64>()), 0..4);
    check(
        40,
        (drafts(2), drafts(2), crashes, any::<u64>()),
        |(first, second, crashes, seed)| {
            let mut rig = changed(&first, &second.after(&first), seed)?;
            let Some(hash) = waiting(&mut rig)? else { return Ok(()) };
            approve(&mut rig, hash);
            crash(&mut rig, &crashes);
            rig.converge()?;
            Ok(())
        },
    );
}

/// So is a deletion, over the endpoints that take their time and the quarantine of the keys.
#[test]
fn an_approved_deletion_runs_to_its_end() {
    let crashes = vec((0..20_usize, any::<u64>()), 0..4);
    check(25, (drafts(2), crashes, any::<u64>()), |(draft, crashes, seed)| {
        let draft = draft.deletable();
        let mut rig = changed(&draft, &draft, seed)?;
        let (owner, now) = (rig.identity(0).owner, rig.world.now);
        rig.cluster.delete(&owner, now);
        let Some(hash) = waiting(&mut rig)? else {
            return Err(TestCaseError::fail("a deletion in production needs an approval"));
        };
        approve(&mut rig, hash);
        crash(&mut rig, &crashes);
        let horizon = rig.world.now + SignedDuration::from_hours(24 * 8);
        rig.cluster
            .settle(&mut rig.world, horizon)
            .map_err(TestCaseError::fail)?;
        prop_assert!(rig.cluster.municipalities.is_empty(), "the object is still there");
        Ok(())
    });
}

/// An approval admits nothing of another spec, and nothing twice.
#[test]
fn an_approval_admits_nothing_else() {
    let strategy = (
        drafts(2),
        drafts(2),
        drafts(2),
        option::of((0..8_usize, any::<u64>())),
        any::<u64>(),
    );
    check(40, strategy, |(first, second, third, begun, seed)| {
        let second = second.after(&first);
        let third = third.after(&first).after(&second);
        let mut rig = changed(&first, &second, seed)?;
        let Some(hash) = waiting(&mut rig)? else { return Ok(()) };
        approve(&mut rig, hash);
        let mut elsewhere = rig.clone();
        crash(&mut elsewhere, begun.as_slice());
        let approvals = rig.cluster.municipalities[0].spec.common.approvals.clone();
        elsewhere.apply(0, &third, "Production");
        elsewhere.cluster.municipalities[0]
            .spec
            .common
            .approvals
            .clone_from(&approvals);
        let others = destructive(&elsewhere.settle()?);
        prop_assert!(others.is_empty(), "of another spec: {others:#?}");
        // Run, undone with another approval, and asked for again: the old approval is used up.
        rig.converge()?;
        rig.apply(0, &first.clone().after(&second), "Production");
        rig.cluster.approves = true;
        rig.converge()?;
        rig.cluster.approves = false;
        rig.apply(0, &second, "Production");
        rig.cluster.municipalities[0]
            .spec
            .common
            .approvals
            .clone_from(&approvals);
        let again = destructive(&rig.settle()?);
        prop_assert!(again.is_empty(), "a second time: {again:#?}");
        Ok(())
    });
}

/// While an approved plan is under way the spec is changed to one whose steps read the same, but
/// take access from somebody else: the approval does not cover them.
#[test]
fn an_approval_is_for_one_spec() {
    let user = |number: u8| (number, vec![0]);
    let strategy = drafts(1).prop_map(move |draft| Draft {
        users: vec![user(0), user(1)],
        ..draft
    });
    check(10, (strategy, any::<u64>()), |(first, seed)| {
        let without = |number: u8| Draft {
            users: first.users.iter().filter(|(one, _)| *one != number).cloned().collect(),
            ..first.clone()
        };
        let mut rig = changed(&first, &without(0), seed)?;
        let Some(hash) = waiting(&mut rig)? else {
            return Err(TestCaseError::fail("narrowing needs an approval"));
        };
        approve(&mut rig, hash);
        crash(&mut rig, &[(1, seed)]);
        let approvals = rig.cluster.municipalities[0].spec.common.approvals.clone();
        rig.apply(0, &without(1), "Production");
        rig.cluster.municipalities[0].spec.common.approvals = approvals;
        let others = destructive(&rig.settle()?);
        prop_assert!(others.is_empty(), "of another spec: {others:#?}");
        Ok(())
    });
}
