//! Templates of stacks: kept in a bucket that is closed before anything is in it, and gone with the policy.

use std::collections::BTreeSet;

use jichitai_api::Region;
use jichitai_core_tests::backup::{KEY, Vault};
use jichitai_plan::cloudformation::template;
use jichitai_plan::observation::Observation;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::s3::bucket;
use jichitai_plan::s3::setting::Setting;
use jichitai_plan::s3::versioning::Versioning;
use jichitai_plan::step::{Action, Step};
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::{at, good, live, vault};
use crate::rig::check;

/// A policy over two stacks, of which the account has both.
fn stacks(changes: &Value) -> Vault {
    let mut all = json!({"sources": {"stacks": {"names": ["network", "batch"]}}});
    for (key, value) in changes.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    let mut vault = vault(&all);
    vault.add(Medium::Template, "network", 0);
    vault.add(Medium::Template, "batch", 0);
    vault
}

/// Passes from five in the morning until nothing is written any more; returns what was.
fn run(vault: &mut Vault) -> Vec<Step> {
    vault.pass_time(at("2027-04-01T05:00:00+09:00"));
    let mut steps = Vec::new();
    loop {
        assert!(steps.len() < 100, "it does not settle: {steps:#?}");
        let done = vault.pass(None).expect("a pass");
        let ran: Vec<Step> = done.rounds.into_iter().flatten().collect();
        vault.pass_time(vault.now + SignedDuration::from_secs(30));
        if ran.is_empty() {
            return steps;
        }
        steps.extend(ran);
    }
}

#[test]
fn the_bucket_is_closed_before_anything_is_in_it() {
    let mut vault = stacks(&json!({}));
    let steps = run(&mut vault);
    let position = |found: &dyn Fn(&Action) -> bool| steps.iter().position(|step| found(&step.action));
    let put = |name: &'static str| {
        position(&move |action| match action {
            Action::Bucket(bucket::Action::Put { setting, .. }) => match setting {
                Setting::PublicAccessBlock(_) => name == "public",
                Setting::Encryption(_) => name == "encryption",
                Setting::Versioning(_) => name == "versioning",
                Setting::Policy(_) => name == "policy",
                _ => false,
            },
            _ => false,
        })
    };
    let keep = position(&|action| matches!(action, Action::Template(template::Action::Keep { .. })));
    for setting in ["public", "encryption", "versioning", "policy"] {
        assert!(put(setting).is_some() && put(setting) < keep, "{setting}: {steps:#?}");
    }
    let bucket = &vault.aws.buckets.as_ref().expect("readable")[0];
    assert!(bucket.name.starts_with(template::BUCKET_PREFIX), "{}", bucket.name);
    assert_eq!(bucket.region, Region::Osaka);
    assert_eq!(bucket.versioning, Observation::Present(Versioning::Enabled));
    let of_run: BTreeSet<String> = ["after-batch@20270331T200000Z".to_owned()].into();
    let copies = good(&vault, Region::Osaka);
    assert_eq!(copies.len(), 2, "{copies:?}");
    assert!(copies.values().all(|slots| *slots == of_run), "{copies:?}");
    let status = vault.object.status.clone().expect("a status");
    assert_eq!(status.newest_recovery_point.expect("a point").templates, 2);
    assert!(status.last_success.is_some());
}

/// Killed after any writes, each run has one template of each stack.
#[test]
fn killed_again_and_again() {
    check(60, vec((0_usize..4, any::<bool>()), 0..10), |kills| {
        let mut vault = stacks(&json!({}));
        vault.pass_time(at("2027-04-01T05:00:00+09:00"));
        for (after, forgets) in kills {
            let _killed = vault
                .pass(Some(after))
                .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
            // A cluster that is made anew before there is anything of a run knows of no run.
            if forgets && !vault.copies(Medium::Template, Region::Osaka).is_empty() {
                vault.forget();
            }
            vault.pass_time(vault.now + SignedDuration::from_secs(20));
        }
        live(&mut vault, at("2027-04-01T08:00:00+09:00"))?;
        let copies = vault.copies(Medium::Template, Region::Osaka);
        prop_assert_eq!(copies.len(), 2);
        prop_assert!(copies.iter().all(|copy| copy.is_good()));
        prop_assert_eq!(vault.aws.buckets.as_ref().map(Vec::len), Ok(1));
        Ok(())
    });
}

/// A template whose description was not written is made again, and what there was of it goes.
#[test]
fn a_half_is_no_recovery_point() {
    let mut vault = stacks(&json!({}));
    vault.fate = |copy, _| {
        let first = copy.label.as_ref().is_some_and(|label| label.attempt == 1);
        first.then(|| "its description was not written".to_owned())
    };
    run(&mut vault);
    let status = vault.object.status.clone().expect("a status");
    assert_eq!((status.failures.len(), status.last_success), (2, None));
    vault.pass_time(vault.now + SignedDuration::from_mins(2));
    live(&mut vault, at("2027-04-01T08:00:00+09:00")).expect("a life");
    let copies = vault.copies(Medium::Template, Region::Osaka);
    let attempts: Vec<u32> = copies
        .iter()
        .map(|copy| copy.label.as_ref().expect("ours").attempt)
        .collect();
    assert_eq!(attempts, [2, 2]);
    assert!(copies.iter().all(|copy| copy.keys == [KEY.to_owned()].into()));
}

/// A stack that is named and not there is told, and the others are kept.
#[test]
fn a_name_without_a_stack_is_told() {
    let mut vault = vault(&json!({"sources": {"stacks": {"names": ["network", "netwrok"]}}}));
    vault.add(Medium::Template, "network", 0);
    run(&mut vault);
    assert_eq!(good(&vault, Region::Osaka).len(), 1);
    let done = vault.pass(None).expect("a pass");
    let said: Vec<String> = done
        .ending
        .expect("an end")
        .plan
        .blocks
        .iter()
        .map(|halt| halt.message.en.clone())
        .collect();
    assert!(
        said.iter()
            .any(|text| text.contains("netwrok") && !text.contains("network,")),
        "{said:?}"
    );
}

/// Stacks that are no longer asked for keep their last templates, and the bucket stays what it shall be.
#[test]
fn what_is_no_longer_asked_for_is_kept() {
    let mut vault = stacks(&json!({}));
    run(&mut vault);
    vault.object.spec.sources.stacks = None;
    vault.object.spec.sources.volumes = serde_json::from_value(json!({"matchTags": {"backup": "osaka"}})).ok();
    vault.add(Medium::Snapshot, "vol-1", 10);
    live(&mut vault, at("2027-06-01T00:00:00+09:00")).expect("two months");
    assert_eq!(vault.copies(Medium::Template, Region::Osaka).len(), 2);
    for bucket in vault.aws.buckets.as_mut().expect("readable") {
        bucket.versioning = Observation::Present(Versioning::Suspended);
    }
    vault.pass(None).expect("a pass");
    let bucket = &vault.aws.buckets.as_ref().expect("readable")[0];
    assert_eq!(bucket.versioning, Observation::Present(Versioning::Enabled));
}

/// With the key out of use nothing is put, and nothing of what there is changes.
#[test]
fn without_its_key_nothing_is_kept() {
    let mut vault = stacks(&json!({}));
    vault.disable_key();
    let steps = run(&mut vault);
    let kept = steps.iter().any(|step| matches!(step.action, Action::Template(_)));
    assert!(!kept, "{steps:#?}");
}

#[test]
fn deletion_takes_every_version_and_then_the_bucket() {
    let mut vault = stacks(&json!({"deletionPolicy": "Delete"}));
    vault.approves = true;
    run(&mut vault);
    for bucket in vault.aws.buckets.as_mut().expect("readable") {
        bucket.contents = Some(Ok(jichitai_plan::s3::contents::Contents {
            versions: 4,
            ..Default::default()
        }));
    }
    vault.delete();
    let steps = run(&mut vault);
    let said: Vec<String> = steps.iter().map(|step| step.action.to_string()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("delete every version"), "{said:?}");
    assert!(said[1].starts_with("delete bucket"), "{said:?}");
    assert_eq!(vault.aws.buckets, Ok(Vec::new()));
}

#[test]
fn retaining_keeps_the_bucket() {
    let mut vault = stacks(&json!({"deletionPolicy": "Retain"}));
    run(&mut vault);
    vault.delete();
    assert_eq!(run(&mut vault), Vec::new());
    assert_eq!(good(&vault, Region::Osaka).len(), 2);
}
