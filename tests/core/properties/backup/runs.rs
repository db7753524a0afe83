//! Runs: each source is copied once, verified, kept as long as was promised, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use jichitai_api::Region;
use jichitai_core_tests::backup::Vault;
use jichitai_plan::osaka_backup_policy::copy::{Copy, State, snapshot_tags};
use jichitai_plan::osaka_backup_policy::observed::ImageSnapshot;
use jichitai_plan::osaka_backup_policy::schedule::Slot;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::osaka_backup_policy::target::RUN_ANNOTATION;
use jichitai_plan::plan::Halt;
use jichitai_plan::report::next_look;
use jichitai_plan::tags;
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;

use super::{at, good, live, policy, stocked, vault};
use crate::rig::check;

#[test]
fn a_run_ends_with_a_verified_copy_of_every_source() {
    let mut vault = stocked(&json!({}));
    live(&mut vault, at("2027-04-01T07:00:00+09:00")).expect("a life");
    let slot: BTreeSet<String> = ["after-batch@20270331T200000Z".to_owned()].into();
    let copies = good(&vault, Region::Osaka);
    assert_eq!(copies.len(), 7, "{copies:?}");
    assert!(copies.values().all(|slots| *slots == slot), "{copies:?}");
    let status = vault.object.status.clone().expect("a status");
    assert_eq!(
        status.last_success.map(|time| time.0),
        Some(at("2027-04-01T05:00:00+09:00"))
    );
    assert!(status.last_run.expect("a run").completed.is_some());
    assert_eq!(status.in_flight, None);
    assert_eq!(status.failures, []);
    let point = status.newest_recovery_point.expect("a recovery point");
    assert_eq!((point.images, point.snapshots, point.databases), (1, 4, 2));
}

/// Killed after any writes, on any pass, no copy is made twice and none is left that nobody owns.
#[test]
fn killed_again_and_again() {
    let kills = vec((0_usize..12, any::<bool>()), 0..8);
    let lags = prop_oneof![Just(0), 0_i64..240];
    check(60, (kills, lags), |(kills, lag)| {
        let mut vault = stocked(&json!({}));
        vault.lag = SignedDuration::from_secs(lag);
        vault.pass_time(at("2027-04-01T05:00:00+09:00"));
        for (after, forgets) in kills {
            let _killed = vault
                .pass(Some(after))
                .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
            // A cluster that is made anew before there is anything of a run knows of no run.
            if forgets && lag == 0 && vault.aws.side(Region::Tokyo).next().is_some() {
                vault.forget();
            }
            vault.pass_time(vault.now + SignedDuration::from_secs(40));
        }
        live(&mut vault, at("2027-04-01T08:00:00+09:00"))?;
        for region in Region::ALL {
            let mut seen = BTreeSet::new();
            for copy in vault.aws.side(region) {
                let label = copy.label.clone().expect("of ours");
                prop_assert!(seen.insert(label.source.clone()), "twice: {}", label.source);
                prop_assert!(copy.is_good(), "{:?}", copy.verdict());
            }
            prop_assert_eq!(seen.len(), 7);
        }
        Ok(())
    });
}

/// A copy that AWS completes under another key, of another size, or not encrypted, is no recovery point.
#[test]
fn only_what_is_verified_counts() {
    let spoils: [fn(&mut Copy); 5] = [
        |copy| copy.encrypted = false,
        |copy| copy.keys = ["arn:aws:kms:ap-northeast-3:111122223333:key/default".to_owned()].into(),
        |copy| copy.size = Some(1),
        |copy| drop(copy.tags.remove(tags::KEY)),
        |copy| copy.keys.clear(),
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let mut vault = vault(&json!({}));
        vault.add(Medium::Snapshot, "vol-1", 100);
        vault.pass_time(at("2027-04-01T05:00:00+09:00"));
        for _ in 0..2 {
            vault.pass(None).expect("a pass");
            let ends = vault.next_end().unwrap_or(vault.now);
            vault.pass_time(ends);
        }
        assert!(
            !vault.copies(Medium::Snapshot, Region::Osaka).is_empty(),
            "a copy was made"
        );
        let spoilt = vault.copies(Medium::Snapshot, Region::Osaka);
        spoil(Arc::make_mut(&mut spoilt[0]));
        let id = spoilt[0].id.clone();
        vault.pass(None).expect("a pass");
        let status = vault.object.status.clone().expect("a status");
        assert_eq!(status.last_success, None, "{number}");
        assert_eq!(status.newest_recovery_point, None, "{number}");
        assert_eq!(status.failures.len(), 1, "{number}");
        // It is made again, and what was wrong goes only after that.
        live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
        assert_eq!(good(&vault, Region::Osaka).len(), 1, "{number}");
        assert!(
            vault
                .copies(Medium::Snapshot, Region::Osaka)
                .iter()
                .all(|copy| copy.id != id),
            "{number}"
        );
    }
}

/// A source that cannot be copied is tried again ever more seldom, holds no later run up, and costs nothing that is
/// there.
#[test]
fn what_always_fails_holds_nothing_up() {
    let mut vault = vault(&json!({"retention": {"copies": 1, "days": 1}}));
    vault.add(Medium::Snapshot, "vol-1", 100);
    vault.add(Medium::Snapshot, "vol-2", 100);
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    vault.fate = |copy, _| {
        let of = copy.label.as_ref().map(|label| label.source.id.as_str());
        (of == Some("vol-1") && copy.region == Region::Osaka).then(|| "Given key ID is not accessible".to_owned())
    };
    live(&mut vault, at("2027-04-11T08:00:00+09:00")).expect("a life");
    let copies = good(&vault, Region::Osaka);
    let newest = |source: &str| copies[source].last().expect("a copy").as_str();
    assert_eq!(
        newest("vol-1"),
        "after-batch@20270331T200000Z",
        "the newest good copy stays"
    );
    assert_eq!(newest("vol-2"), "after-batch@20270410T200000Z", "the others go on");
    let status = vault.object.status.clone().expect("a status");
    assert_eq!(status.failures.len(), 1, "{:?}", status.failures);
    let failed = vault
        .aws
        .side(Region::Osaka)
        .filter(|copy| matches!(copy.state, State::Failed(_)))
        .count();
    assert!(failed <= 2, "{failed} failed copies are left");
}

/// Time alone ends that an objective is met.
#[test]
fn a_recovery_point_grows_too_old() {
    let mut vault = stocked(&json!({}));
    live(&mut vault, at("2027-04-01T07:00:00+09:00")).expect("a life");
    vault.object.spec.suspend = true;
    let waits = |vault: &mut Vault| {
        let ending = vault.pass(None).expect("a pass").ending.expect("an end");
        let reasons = ending.plan.waits.iter().map(|halt| halt.reason.as_str());
        (reasons.collect::<Vec<_>>(), next_look(&ending.plan))
    };
    let (reasons, look) = waits(&mut vault);
    assert_eq!(reasons, [""; 0]);
    let ends = at("2027-04-02T07:00:00+09:00");
    assert_eq!(look, Some(ends), "it looks again when the objective ends");
    vault.pass_time(ends);
    assert_eq!(waits(&mut vault).0, ["RecoveryPointTooOld"]);
}

/// What cannot be read is neither made again nor pruned.
#[test]
fn blindness_changes_nothing() {
    let places = (0_usize..4, any::<bool>());
    check(40, (vec(places, 1..4), 1_i64..20), |(places, days)| {
        let mut vault = stocked(&json!({"retention": {"copies": 1, "days": 1}}));
        live(&mut vault, at("2027-04-03T05:00:00+09:00"))?;
        for (medium, osaka) in places {
            let region = if osaka { Region::Osaka } else { Region::Tokyo };
            vault.unreadable.insert((Medium::ALL[medium], region));
        }
        let hidden: Vec<(Medium, Region)> = vault.unreadable.iter().copied().collect();
        let before: Vec<Vec<Arc<Copy>>> = hidden
            .iter()
            .map(|(medium, region)| vault.copies(*medium, *region).clone())
            .collect();
        let until = vault.now + SignedDuration::from_hours(24 * days);
        live(&mut vault, until)?;
        for ((medium, region), before) in hidden.iter().zip(before) {
            let now = vault.copies(*medium, *region).clone();
            let ids = |copies: &[Arc<Copy>]| copies.iter().map(|copy| copy.id.clone()).collect::<BTreeSet<_>>();
            prop_assert!(ids(&now).is_superset(&ids(&before)), "pruned what was not seen");
            if *region == Region::Tokyo {
                prop_assert_eq!(now.len(), before.len(), "made what may be there");
            }
        }
        Ok(())
    });
}

/// A shorter retention takes nothing away that was promised, until somebody approves.
#[test]
fn shrinking_a_number_loses_nothing() {
    let mut vault = stocked(&json!({"retention": {"copies": 5, "days": 30}}));
    live(&mut vault, at("2027-04-10T08:00:00+09:00")).expect("a life");
    let before = good(&vault, Region::Osaka);
    assert!(before.values().all(|slots| slots.len() == 10), "{before:?}");
    vault.object.spec = policy(&json!({"retention": {"copies": 1, "days": 1}})).spec;
    live(&mut vault, at("2027-04-12T08:00:00+09:00")).expect("a life");
    let after = good(&vault, Region::Osaka);
    for (source, slots) in &before {
        assert!(after[source].is_superset(slots), "{source}: {after:?}");
    }
    let common = &vault.object.status.as_ref().expect("a status").common;
    assert!(common.plan.is_some(), "a plan waits for its approval");
    // What was made under the short retention goes by itself; what was promised waits for somebody to say so.
    live(&mut vault, at("2027-05-12T08:00:00+09:00")).expect("a life");
    let promised = good(&vault, Region::Osaka);
    assert!(
        promised.values().all(|slots| (3..=5).contains(&slots.len())),
        "{promised:?}"
    );
    vault.approves = true;
    live(&mut vault, at("2027-05-12T12:00:00+09:00")).expect("a life");
    let end = good(&vault, Region::Osaka);
    assert!(end.values().all(|slots| slots.len() == 1), "{end:?}");
}

/// Deleted with `Delete` and approved, nothing of it is left but what somebody keeps.
#[test]
fn deletion_leaves_what_is_kept() {
    let mut vault = stocked(&json!({"deletionPolicy": "Delete"}));
    live(&mut vault, at("2027-04-03T08:00:00+09:00")).expect("a life");
    let copy = Arc::make_mut(&mut vault.copies(Medium::Snapshot, Region::Osaka)[0]);
    copy.tags.insert(tags::HOLD, "audit");
    let held = copy.id.clone();
    vault.approves = true;
    vault.delete();
    for _ in 0..3 {
        vault.pass(None).expect("a pass");
        vault.pass_time(vault.now + SignedDuration::from_mins(10));
    }
    let left: Vec<String> = Region::ALL
        .into_iter()
        .flat_map(|region| vault.aws.side(region).map(|copy| copy.id.clone()).collect::<Vec<_>>())
        .collect();
    assert_eq!(left, [held]);
    assert!(vault.aws.image_snapshots.values().flatten().flatten().next().is_none());
    assert!(vault.pass(None).expect("a pass").ending.expect("an end").released);
}

fn last_run(vault: &Vault) -> (String, bool, bool) {
    let status = vault.object.status.as_ref().expect("a status");
    let run = status.last_run.as_ref().expect("a run");
    let success = status.last_success.as_ref().is_some_and(|time| *time == run.time);
    let slot = Slot {
        time: run.time.0,
        label: run.label.clone(),
    };
    (slot.to_string(), run.completed.is_some(), success)
}

/// Nothing copied is no success, whatever the reason.
#[test]
fn a_run_of_nothing_does_not_succeed() {
    let mut empty = vault(&json!({}));
    live(&mut empty, at("2027-04-01T08:00:00+09:00")).expect("a life");
    assert_eq!(
        last_run(&empty),
        ("after-batch@20270331T200000Z".to_owned(), true, false)
    );
    let mut young = vault(&json!({}));
    young.pass_time(at("2027-04-01T05:00:01+09:00"));
    young.add(Medium::Snapshot, "vol-1", 100);
    live(&mut young, at("2027-04-01T08:00:00+09:00")).expect("a life");
    assert_eq!(
        last_run(&young),
        ("after-batch@20270331T200000Z".to_owned(), true, false)
    );
}

/// A list that cannot be read for a while neither ends a run nor begins the next.
#[test]
fn what_cannot_be_read_does_not_end_a_run() {
    let mut vault = stocked(&json!({"schedules": [
        {"name": "first", "cron": "0 5 * * *"}, {"name": "second", "cron": "15 5 * * *"},
    ]}));
    vault.pass_time(at("2027-04-01T05:00:00+09:00"));
    let sources = vault.hide_sources(Medium::Snapshot);
    live(&mut vault, at("2027-04-01T05:20:00+09:00")).expect("a life");
    assert_eq!(last_run(&vault), ("first@20270331T200000Z".to_owned(), false, false));
    vault.aws.sources.insert(Medium::Snapshot, Ok(sources));
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    assert_eq!(last_run(&vault), ("second@20270331T201500Z".to_owned(), true, true));
}

/// While nothing can be copied to Osaka, Tokyo goes on having copies; what Osaka lacks arrives afterwards.
#[test]
fn a_closed_way_to_osaka_does_not_stop_tokyo() {
    let mut vault = stocked(&json!({}));
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    vault.disable_key();
    live(&mut vault, at("2027-04-05T08:00:00+09:00")).expect("a life");
    let newest = |vault: &Vault, region| {
        let all = good(vault, region);
        let newest = all.values().filter_map(|slots| slots.last().cloned());
        newest.collect::<BTreeSet<_>>()
    };
    assert_eq!(
        newest(&vault, Region::Osaka),
        ["after-batch@20270331T200000Z".to_owned()].into()
    );
    let last: BTreeSet<String> = ["after-batch@20270404T200000Z".to_owned()].into();
    assert_eq!(newest(&vault, Region::Tokyo), last);
    vault.aws.keys.clear();
    live(&mut vault, at("2027-04-05T09:00:00+09:00")).expect("a life");
    assert_eq!(newest(&vault, Region::Osaka), last);
}

/// A run that was asked for by a clock ahead of the operator's begins when its time has come.
#[test]
fn a_clock_that_is_ahead_is_waited_for() {
    let mut vault = stocked(&json!({"schedules": []}));
    let slot = "by-hand@20270331T200000Z";
    let annotations = vault.object.metadata.annotations.get_or_insert_default();
    annotations.insert(RUN_ANNOTATION.into(), slot.into());
    vault.pass_time(at("2027-04-01T04:59:30+09:00"));
    let ending = vault.pass(None).expect("a pass").ending.expect("an end");
    assert_eq!(next_look(&ending.plan), Some(at("2027-04-01T05:00:00+09:00")));
    live(&mut vault, at("2027-04-01T06:30:00+09:00")).expect("a life");
    assert_eq!(last_run(&vault), (slot.to_owned(), true, true));
}

/// What did not run while nobody was there is said by the next run.
#[test]
fn runs_that_passed_are_told() {
    let mut vault = stocked(&json!({}));
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    vault.pass_time(at("2027-04-04T05:00:00+09:00"));
    let ending = vault.pass(None).expect("a pass").ending.expect("an end");
    let told: Vec<_> = ending.notices.iter().map(|halt| halt.message.en.as_str()).collect();
    assert_eq!(
        told,
        [
            "2 runs did not start before the next was due, from after-batch@20270401T200000Z to after-batch@20270402T200000Z"
        ]
    );
}

/// A copy that failed in Tokyo, of what has been deleted since, is cleaned up and complained of no longer.
#[test]
fn what_is_gone_is_not_missed() {
    let mut vault = vault(&json!({}));
    vault.add(Medium::Snapshot, "vol-1", 100);
    vault.add(Medium::Snapshot, "vol-2", 100);
    vault.fate = |copy, _| {
        let of = copy.label.as_ref().map(|label| label.source.id.as_str());
        (of == Some("vol-1")).then(|| "An internal error has occurred".to_owned())
    };
    live(&mut vault, at("2027-04-01T05:10:00+09:00")).expect("a life");
    let failures = |vault: &Vault| vault.object.status.as_ref().map_or(0, |status| status.failures.len());
    assert_eq!(failures(&vault), 1);
    let sources = vault.aws.sources.get_mut(&Medium::Snapshot).expect("asked for");
    sources
        .as_mut()
        .expect("readable")
        .retain(|source| source.id.id != "vol-1");
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    assert_eq!(failures(&vault), 0);
    let left: BTreeSet<String> = good(&vault, Region::Tokyo).into_keys().collect();
    assert_eq!(left, ["vol-2".to_owned()].into());
    assert_eq!(vault.aws.side(Region::Tokyo).count(), 1, "the failed one is gone");
    assert!(last_run(&vault).2, "all that is there has been copied");
}

/// The finalizer stays until snapshots that an image has only just left can be told from those that it will have.
#[test]
fn deletion_waits_for_young_snapshots() {
    let mut vault = stocked(&json!({"deletionPolicy": "Delete"}));
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    let (image, tags) = {
        let image = &vault.copies(Medium::Image, Region::Tokyo)[0];
        (image.id.clone(), image.tags.clone())
    };
    vault.copies(Medium::Image, Region::Tokyo).retain(|one| one.id != image);
    let snapshots = vault.aws.image_snapshots.get_mut(&Region::Tokyo).expect("a list");
    let (now, snapshots) = (vault.now, snapshots.as_mut().expect("readable"));
    snapshots.clear();
    snapshots.push(Arc::new(ImageSnapshot {
        id: "snap-young".into(),
        started: now,
        tags: snapshot_tags(&tags),
    }));
    vault.approves = true;
    vault.delete();
    let pass = |vault: &mut Vault| vault.pass(None).expect("a pass").ending.expect("an end");
    let ending = (0..3).map(|_| pass(&mut vault)).last().expect("three");
    assert!(!ending.released, "{:?}", ending.plan.waits);
    let look = next_look(&ending.plan).expect("it looks again");
    vault.pass_time(look);
    pass(&mut vault);
    assert!(pass(&mut vault).released);
    assert!(vault.aws.image_snapshots.values().flatten().flatten().next().is_none());
}

/// A run that waits for the one before is a note, and its turn comes without anybody asking.
#[test]
fn a_run_that_waits_is_a_note() {
    let mut vault = stocked(&json!({"schedules": [
        {"name": "first", "cron": "0 5 * * *"}, {"name": "second", "cron": "15 5 * * *"},
    ]}));
    vault.takes[0] = SignedDuration::from_hours(3);
    live(&mut vault, at("2027-04-01T05:15:00+09:00")).expect("a life");
    let ending = vault.pass(None).expect("a pass").ending.expect("an end");
    let reasons = |halts: &[Halt]| halts.iter().map(|halt| halt.reason.as_str()).collect::<Vec<_>>();
    assert_eq!(reasons(&ending.notices), ["WaitingForDependency"]);
    assert!(!reasons(&ending.plan.waits).contains(&"WaitingForDependency"));
    assert!(next_look(&ending.plan).is_some_and(|look| look <= at("2027-04-01T05:45:00+09:00")));
    vault.pass_time(at("2027-04-01T05:45:00+09:00"));
    vault.pass(None).expect("a pass");
    assert_eq!(last_run(&vault).0, "second@20270331T201500Z");
}
