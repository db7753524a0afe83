//! Restore drills: measured, and gone afterwards.

use jichitai_core_tests::backup::Vault;
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;

use super::{at, live, stocked};
use crate::rig::check;

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
