//! A year of runs.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jichitai_api::Region;
use jichitai_core_tests::backup::{KEY, Vault};
use jichitai_plan::osaka_backup_policy::copy::State;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{live, vault};

/// Stacks whose templates are kept.
const STACKS: [&str; 2] = ["network", "batch"];

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
            "stacks": {"names": STACKS},
        },
        "retention": retention,
    }));
    for number in 0..images {
        vault.add(Medium::Image, &format!("i-{number}"), 10);
    }
    for stack in STACKS {
        vault.add(Medium::Template, stack, 0);
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
        check_day(&vault, day, images + volumes + STACKS.len(), &copies(day));
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
