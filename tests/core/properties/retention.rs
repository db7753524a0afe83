//! Retention of recovery points: what goes is what nothing keeps, and its going costs no other copy its
//! place.

use std::collections::BTreeSet;

use jichitai_api::osaka_backup_policy::{Hold, Retention};
use jichitai_plan::osaka_backup_policy::retention::{GoodCopy, Keeper, Rules};
use jichitai_plan::osaka_backup_policy::schedule::Slot;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use crate::rig::check;

fn first() -> Timestamp {
    "2027-04-01T05:00:00+09:00".parse().expect("a timestamp")
}

/// Copies of three sources on some of two hundred days.
fn copies() -> impl Strategy<Value = Vec<GoodCopy>> {
    let copy = |(source, day, label, kept): (&str, i64, &str, bool)| GoodCopy {
        source: source.into(),
        slot: Slot {
            time: first() + SignedDuration::from_hours(24 * day),
            label: label.into(),
        },
        kept_by: kept.then(|| "a tag".to_owned()),
    };
    let one = (
        select(vec!["i-1", "vol-1", "db-1"]),
        0_i64..200,
        select(vec!["daily", "batch-after"]),
        proptest::bool::weighted(0.1),
    );
    let distinct = |all: Vec<GoodCopy>| {
        let mut seen = BTreeSet::new();
        let mut all = all;
        all.retain(|copy| seen.insert((copy.source.clone(), copy.slot.time)));
        all
    };
    proptest::collection::vec(one.prop_map(copy), 0..60).prop_map(distinct)
}

fn retention() -> impl Strategy<Value = Retention> {
    let tiers = vec![
        json!({"name": "月末", "cron": "0 0 28 * *", "days": 90}),
        json!({"name": "週", "cron": "0 0 * * 1", "days": 35}),
    ];
    (1_u32..10, 1_u32..40, subsequence(tiers, 0..=2)).prop_map(|(copies, days, tiers)| {
        serde_json::from_value(json!({"copies": copies, "days": days, "tiers": tiers})).expect("a retention")
    })
}

fn holds() -> impl Strategy<Value = Vec<Hold>> {
    let hold = Hold {
        label: "batch-after".into(),
        until: "2027-08-31".into(),
        reason: "当初賦課".into(),
    };
    subsequence(vec![hold], 0..=1)
}

fn kept(rules: &Rules, copies: &[GoodCopy], now: Timestamp) -> Vec<GoodCopy> {
    let all = copies.iter().zip(rules.keepers(copies, now));
    all.filter(|(_, keepers)| !keepers.is_empty())
        .map(|(copy, _)| copy.clone())
        .collect()
}

fn sorted(mut copies: Vec<GoodCopy>) -> Vec<GoodCopy> {
    copies.sort_by_key(|copy| (copy.slot.time, copy.source.clone()));
    copies
}

fn newest<'a>(copies: &'a [GoodCopy], source: &str) -> Option<&'a GoodCopy> {
    let of_source = copies.iter().filter(|copy| copy.source == source);
    of_source.max_by_key(|copy| copy.slot.time)
}

/// Pruned day by day or all at once, seen in any order: a copy that was kept is kept still, every source has
/// its newest, and so many as the spec asks for.
#[test]
fn what_goes_costs_no_other_copy_its_place() {
    let strategy = (copies().prop_shuffle(), retention(), holds(), 0_i64..400);
    check(300, strategy, |(copies, retention, holds, day)| {
        let rules = Rules::parse(&retention, &holds).expect("rules");
        let tokyo = rules.clone().source_side(&retention);
        for (rules, wanted) in [(rules, retention.copies), (tokyo, retention.source_side.copies)] {
            let wanted = usize::try_from(wanted).expect("small");
            let now = first() + SignedDuration::from_hours(24 * day);
            let left = kept(&rules, &copies, now);
            prop_assert_eq!(&kept(&rules, &left, now), &left);
            for copy in &copies {
                prop_assert!(left.contains(newest(&copies, &copy.source).expect("its own")));
                let gone = !left.contains(copy);
                prop_assert!(!(gone && copy.kept_by.is_some()), "{copy:?} is kept by a tag");
            }
            for source in ["i-1", "vol-1", "db-1"] {
                let count = |all: &[GoodCopy]| all.iter().filter(|copy| copy.source == source).count();
                prop_assert!(count(&left) >= wanted.min(count(&copies)));
            }
            let other = sorted(copies.clone());
            prop_assert_eq!(kept(&rules, &other, now), sorted(left));
        }
        Ok(())
    });
}

/// More rules keep more, and time lets go.
#[test]
fn each_rule_only_adds() {
    let strategy = (copies(), retention(), 0_i64..400);
    check(200, strategy, |(copies, retention, day)| {
        let now = first() + SignedDuration::from_hours(24 * day);
        let mut bare = retention.clone();
        bare.tiers.clear();
        bare.days = 1;
        let whole = Rules::parse(&retention, &[]).expect("rules").keepers(&copies, now);
        let fewer = Rules::parse(&bare, &[]).expect("rules").keepers(&copies, now);
        for (whole, fewer) in whole.iter().zip(&fewer) {
            prop_assert!(fewer.iter().all(|keeper| whole.contains(keeper)));
        }
        let later = Rules::parse(&retention, &[]).expect("rules");
        let later = later.keepers(&copies, now + SignedDuration::from_hours(24));
        for (now, later) in whole.iter().zip(later) {
            let new = later.iter().filter(|keeper| !now.contains(keeper));
            prop_assert_eq!(new.collect::<Vec<&Keeper>>(), Vec::<&Keeper>::new());
        }
        Ok(())
    });
}
