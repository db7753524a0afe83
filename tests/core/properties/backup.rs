//! Recovery points in Osaka through crashes, failures, lost clusters, and a year of runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use jichitai_api::{Municipality, OsakaBackupPolicy, Region};
use jichitai_core_tests::backup::{KEY, Vault};
use jichitai_plan::osaka_backup_policy::copy::{Copy, State};
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::report::next_look;
use jichitai_plan::tags;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::rig::check;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn municipality() -> Municipality {
    serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "Municipality",
        "metadata": {"name": "chiyoda", "namespace": "tenants"},
        "spec": {
            "code": "131016", "displayName": "千代田区", "environment": "Production", "usageModel": "Shared",
            "isolation": "Network", "accountId": "111122223333",
            "network": {"vpcCidr": "10.20.0.0/16", "zones": []},
        },
    }))
    .expect("a municipality")
}

fn policy(changes: &Value) -> OsakaBackupPolicy {
    let mut spec = json!({
        "municipalityRef": {"name": "chiyoda"},
        "schedules": [{"name": "after-batch", "cron": "0 5 * * *"}],
        "sources": {
            "instances": {"matchTags": {"backup": "osaka"}},
            "volumes": {"matchTags": {"backup": "osaka"}},
            "databases": {"matchTags": {"backup": "osaka"}},
        },
        "retention": {"copies": 3, "days": 7},
    });
    for (key, value) in changes.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "OsakaBackupPolicy",
        "metadata": {"name": "daily", "namespace": "tenants"},
        "spec": spec,
    }))
    .expect("a policy")
}

fn vault(changes: &Value) -> Vault {
    Vault::new(municipality(), policy(changes), at("2027-04-01T00:00:00+09:00"))
}

/// A machine with three volumes, a loose volume, an instance to be imaged, a database and a cluster.
fn stocked(changes: &Value) -> Vault {
    let mut vault = vault(changes);
    vault.add_machine("i-batch", &["vol-root", "vol-data", "vol-log"]);
    vault.add(Medium::Snapshot, "vol-loose", 100);
    vault.add(Medium::Image, "i-web", 30);
    vault.add(Medium::Database, "residents", 200);
    vault.add(Medium::Cluster, "tax", 0);
    vault
}

/// Passes and time, as the operator asks for them, until a moment. Returns how many passes that took.
fn live(vault: &mut Vault, until: Timestamp) -> Result<usize, TestCaseError> {
    let mut passes = 0;
    while vault.now < until {
        let done = vault
            .pass(None)
            .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        passes += 1;
        let ending = done.ending.expect("nobody kills this one");
        let look = next_look(&ending.plan).unwrap_or(Timestamp::MAX);
        // Whoever looks every few seconds sees nothing new before AWS is done.
        let look = vault.next_end().map_or(look, |end| look.max(end));
        let soonest = vault.now + SignedDuration::from_secs(1);
        vault.pass_time(look.max(soonest).min(until));
        prop_assert!(passes < 100_000, "no end");
    }
    Ok(passes)
}

fn good(vault: &Vault, region: Region) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for copy in vault.aws.side(region).filter(|copy| copy.is_good()) {
        let label = copy.label.as_ref().expect("ours");
        all.entry(label.source.to_string())
            .or_default()
            .insert(label.slot.to_string());
    }
    all
}

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
    check(60, (kills, 0_i64..240), |(kills, lag)| {
        let mut vault = stocked(&json!({}));
        vault.lag = SignedDuration::from_secs(lag);
        vault.pass_time(at("2027-04-01T05:00:00+09:00"));
        for (after, forgets) in kills {
            let _killed = vault
                .pass(Some(after))
                .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
            if forgets && lag == 0 {
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

/// A drill brings everything back, measures how long that takes, leaves nothing, and comes again in its time.
#[test]
fn a_drill_measures_and_leaves_nothing() {
    let mut vault = stocked(&json!({
        "restoreDrill": {"schedule": "0 4 1 * *", "deleteAfter": "1h"}, "recoveryTimeObjective": "4h",
    }));
    let reasons = |vault: &mut Vault| {
        let ending = vault.pass(None).expect("a pass").ending.expect("an end");
        ending
            .plan
            .waits
            .iter()
            .map(|halt| halt.reason.as_str())
            .collect::<Vec<_>>()
    };
    let left = |vault: &Vault| {
        let drill = vault.aws.drill.as_ref().expect("looked at");
        let copies: usize = drill.tokyo.values().flatten().map(Vec::len).sum();
        (copies, drill.things.as_ref().map_or(0, Vec::len))
    };
    assert_eq!(reasons(&mut vault), ["DrillOverdue"], "never measured is not met");
    live(&mut vault, at("2027-04-01T05:40:00+09:00")).expect("a life");
    assert_eq!(left(&vault).0, 7, "all of the first recovery point is on its way");
    live(&mut vault, at("2027-04-01T06:30:00+09:00")).expect("a life");
    assert_eq!(left(&vault), (7, 4), "everything is back, volumes as volumes");
    let status = vault.object.status.clone().expect("a status");
    let took: SignedDuration = status
        .measured_restore_time
        .expect("measured")
        .parse()
        .expect("a duration");
    assert!((20..=30).contains(&took.as_mins()), "{took:#}");
    assert_eq!(reasons(&mut vault), [""; 0]);
    live(&mut vault, at("2027-04-01T09:00:00+09:00")).expect("a life");
    assert_eq!(left(&vault), (0, 0), "it goes after an hour");
    let first = vault
        .object
        .status
        .as_ref()
        .and_then(|status| status.last_drill.clone())
        .expect("a drill");
    live(&mut vault, at("2027-04-30T23:00:00+09:00")).expect("a life");
    let status = vault.object.status.clone().expect("a status");
    assert_eq!(status.last_drill, Some(first), "none in between");
    vault.takes[1] = SignedDuration::from_hours(5);
    live(&mut vault, at("2027-05-01T20:00:00+09:00")).expect("a life");
    assert_eq!(left(&vault), (0, 0));
    assert!(reasons(&mut vault).contains(&"DrillTooSlow"));
}

/// Killed after any writes, a drill leaves nothing that nobody takes away, and nothing twice.
#[test]
fn a_killed_drill_goes_on() {
    check(40, vec(0_usize..6, 0..8), |kills| {
        let mut vault = stocked(&json!({"restoreDrill": {"schedule": "0 4 1 * *", "deleteAfter": "1h"}}));
        vault.pass_time(at("2027-04-01T05:00:00+09:00"));
        let mut most = 0;
        for after in kills {
            let _killed = vault
                .pass(Some(after))
                .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
            let ends = vault
                .next_end()
                .unwrap_or(vault.now)
                .max(vault.now + SignedDuration::from_secs(40));
            vault.pass_time(ends);
            let drill = vault.aws.drill.as_ref().expect("looked at");
            most = most.max(drill.tokyo.values().flatten().map(Vec::len).sum::<usize>());
        }
        live(&mut vault, at("2027-04-02T04:00:00+09:00"))?;
        prop_assert!(most <= 7, "{} copies back", most);
        let drill = vault.aws.drill.clone().expect("looked at");
        prop_assert_eq!(drill.things, Ok(Vec::new()));
        prop_assert!(drill.tokyo.values().flatten().all(Vec::is_empty));
        let status = vault.object.status.clone().expect("a status");
        prop_assert!(status.last_drill.is_some_and(|last| last.completed.is_some()));
        Ok(())
    });
}

/// Deleted with `Delete` and approved, nothing of it is left but what somebody keeps.
#[test]
fn deletion_leaves_what_is_kept() {
    let mut vault = stocked(&json!({"deletionPolicy": "Delete"}));
    live(&mut vault, at("2027-04-03T08:00:00+09:00")).expect("a life");
    let copy = Arc::make_mut(&mut vault.copies(Medium::Snapshot, Region::Osaka)[0]);
    copy.tags.insert(tags::HOLD.into(), "audit".into());
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

/// A year of daily runs over 500 sources, with every seventh copy to Osaka coming to nothing: AWS's limits hold,
/// retention keeps what it promises and no more, and every source has a recovery point of the last day.
#[test]
fn a_year_of_runs_over_500_sources() {
    let retention = json!({"copies": 1, "days": 1, "sourceSide": {"copies": 1}});
    year(&retention, [50, 450], [20, 200], |_| 1..=2);
}

/// A year with ends of months that stay for a hundred days.
#[test]
fn a_year_of_runs_with_a_tier() {
    let tiers = json!([{"name": "月末", "cron": "0 0 28 * *", "days": 100}]);
    let retention = json!({"copies": 2, "days": 2, "tiers": tiers});
    // Two copies or those of two days, whichever are more, and up to four ends of months.
    year(&retention, [2, 8], [1, 4], |day| if day < 120 { 1..=7 } else { 5..=7 });
}

fn year(retention: &Value, sources: [usize; 2], quotas: [usize; 2], copies: fn(i64) -> RangeInclusive<usize>) {
    let ([images, volumes], [of_images, of_volumes]) = (sources, quotas);
    let mut vault = vault(&json!({
        "sources": {
            "instances": {"matchTags": {"backup": "osaka"}},
            "volumes": {"matchTags": {"backup": "osaka"}},
        },
        "retention": retention,
    }));
    for number in 0..images {
        vault.add(Medium::Image, &format!("i-{number}"), 10);
    }
    for number in 0..volumes {
        vault.add(Medium::Snapshot, &format!("vol-{number}"), 10);
    }
    vault.settings.image_copy_quota = of_images;
    vault.settings.snapshot_copy_quota = of_volumes;
    vault.fate = |copy, serial| {
        let unlucky = serial % 7 == 3 && copy.region == Region::Osaka || serial % 97 == 5;
        unlucky.then(|| "Given key ID is not accessible".to_owned())
    };
    let first = vault.now;
    for day in 1..=365 {
        let until = first + SignedDuration::from_hours(24 * day);
        live(&mut vault, until).expect("a life");
        check_day(&vault, day, images + volumes, &copies(day));
    }
    assert_eq!(vault.refused, Vec::<String>::new(), "AWS never had to refuse");
    let most = [Medium::Image, Medium::Snapshot].map(|medium| vault.most_in_flight[&medium]);
    assert_eq!(most, quotas, "the room was used");
}

fn check_day(vault: &Vault, day: i64, sources: usize, copies: &RangeInclusive<usize>) {
    let now = vault.now;
    let mut newest: BTreeMap<&str, (Timestamp, usize)> = BTreeMap::new();
    for copy in vault.aws.side(Region::Osaka).filter(|copy| copy.is_good()) {
        let label = copy.label.as_ref().expect("ours");
        let one = newest.entry(&label.source.id).or_insert((label.slot.time, 0));
        one.0 = one.0.max(label.slot.time);
        one.1 += 1;
        assert_eq!(copy.keys.iter().map(String::as_str).collect::<Vec<_>>(), [KEY]);
    }
    assert_eq!(newest.len(), sources, "every source has a good copy after day {day}");
    for (source, (time, count)) in newest {
        assert!(
            now.duration_since(time) < SignedDuration::from_hours(26),
            "{source} on day {day}: {time}"
        );
        assert!(copies.contains(&count), "{source} has {count} on day {day}");
    }
    let failed = vault
        .aws
        .side(Region::Osaka)
        .filter(|copy| matches!(copy.state, State::Failed(_)));
    assert!(failed.count() <= sources / 5, "what failed is cleaned up");
    let tokyo = vault.aws.side(Region::Tokyo).count();
    assert!(tokyo <= sources * 2, "{tokyo} in Tokyo on day {day}");
    let images = |region| vault.aws.of(Medium::Image, region).count();
    for region in Region::ALL {
        let snapshots = vault
            .aws
            .image_snapshots
            .get(&region)
            .into_iter()
            .flatten()
            .flatten()
            .count();
        assert!(
            snapshots <= images(region) + sources / 5,
            "{snapshots} snapshots of {} images",
            images(region)
        );
    }
}
