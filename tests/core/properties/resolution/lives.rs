//! From a creation to a deletion: a fixed point, crashes, and what is others'.

use jichitai_core_tests::drive::Driven as _;
use jichitai_core_tests::resolution::Resolution;
use jichitai_plan::tags::Tags;
use proptest::collection::vec;
use proptest::prelude::*;

use super::drafts::{Around, Draft, Retirement, around, changes, drafts, retire};
use super::foreign::{self, others};
use super::portrait::{addresses, endpoint, foreigners, portrait};
use super::rig::Rig;
use crate::rig::check;

/// The parts that AWS shows. An association with a private zone is one as long as the ledger knows of it.
fn parts(resolution: &Resolution, zones: bool) -> Vec<String> {
    let all = resolution.parts().into_iter().map(|(part, _)| part.role.to_string());
    let mut all: Vec<String> = all.filter(|role| zones || !role.starts_with("private-zone")).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_settled_endpoint_is_a_fixed_point_and_a_lost_cluster_finds_it_again() {
    check(40, (drafts(), around()), |(draft, around)| {
        let mut rig = Rig::new(&draft, around);
        rig.settle()?;
        let (before, parts_before) = (rig.resolution.aws.clone(), parts(&rig.resolution, false));
        prop_assert!(rig.pass(None)?.rounds.is_empty());
        rig.resolution.forget();
        let done = rig.pass(None)?;
        prop_assert!(done.rounds.is_empty(), "{:?}", done.rounds);
        prop_assert_eq!(&rig.resolution.aws, &before);
        prop_assert_eq!(parts(&rig.resolution, false), parts_before);
        Ok(())
    });
}

/// When it happens that the operator is killed, and how often.
fn kills() -> impl Strategy<Value = Vec<(usize, bool)>> {
    vec((0_usize..12, any::<bool>()), 0..4)
}

/// Killed again and again while it is created, changed and deleted, the operator ends where it would have
/// ended, and makes nothing twice.
#[test]
fn killed_again_and_again() {
    let all = (kills(), kills(), kills());
    check(
        40,
        (changes(), retire(), around(), all),
        |((old, new), retire, around, (first, then, last))| {
            let mut whole = Rig::new(&old, around);
            let mut rig = whole.clone();
            whole.settle()?;
            rig.crash(&first)?;
            rig.settle()?;
            same(&rig, &whole, "created")?;
            whole.apply(&new, &retire);
            whole.settle()?;
            rig.apply(&new, &retire);
            rig.crash(&then)?;
            rig.settle()?;
            same(&rig, &whole, "changed")?;
            rig.resolution.delete();
            rig.crash(&last)?;
            let end = rig.settle()?;
            prop_assert!(end.ending.is_some_and(|ending| ending.released));
            prop_assert!(parts(&rig.resolution, true).is_empty(), "{:?}", rig.resolution.parts());
            prop_assert!(portrait(&rig.resolution).is_empty(), "{:#?}", portrait(&rig.resolution));
            Ok(())
        },
    );
}

fn same(rig: &Rig, whole: &Rig, when: &str) -> Result<(), TestCaseError> {
    let (killed, whole) = (&rig.resolution, &whole.resolution);
    prop_assert_eq!(parts(killed, true), parts(whole, true), "{}", when);
    prop_assert_eq!(portrait(killed), portrait(whole), "{}", when);
    let have = |resolution| endpoint(resolution).map(addresses);
    prop_assert_eq!(have(killed), have(whole), "{}", when);
    Ok(())
}

/// Made, changed, and deleted: what is others' is as before, and of ours nothing is left.
#[test]
fn deletion_leaves_nothing_and_touches_nothing_of_others() {
    let strategy = (changes(), retire(), around(), others(), any::<bool>());
    check(40, strategy, |((old, new), retire, around, others, used)| {
        let mut rig = Rig::new(&old, around).among(|resolution| foreign::settle(resolution, others));
        rig.settle()?;
        rig.apply(&new, &retire);
        rig.settle()?;
        if used {
            used_by_others(&mut rig)?;
        }
        rig.resolution.delete();
        let end = rig.settle()?;
        prop_assert!(end.ending.is_some_and(|ending| ending.released));
        prop_assert!(parts(&rig.resolution, true).is_empty(), "{:?}", rig.resolution.parts());
        prop_assert_eq!(Some(foreigners(&rig.resolution)), rig.witness.foreign);
        Ok(())
    });
}

/// Somebody forwards through our endpoint: it stays until that is gone, and everything else of ours goes.
fn used_by_others(rig: &mut Rig) -> Result<(), TestCaseError> {
    let Some(id) = endpoint(&rig.resolution).map(|one| one.id.clone()) else {
        return Err(TestCaseError::fail("there is no endpoint"));
    };
    let theirs = foreign::rule("rslvr-rr-through", "through.example.jp", &id, Tags::new());
    let rules = rig.resolution.home().rules.as_mut().expect("readable");
    rules.push(theirs);
    let before = rig.witness.foreign.replace(foreigners(&rig.resolution));
    let mut going = rig.clone();
    going.resolution.delete();
    let end = going.settle()?;
    prop_assert!(!end.ending.is_some_and(|ending| ending.released));
    let left = parts(&going.resolution, true);
    prop_assert_eq!(left, ["resolver-endpoint", "security-group.resolver"]);
    rig.resolution.home().rules.as_mut().expect("readable").pop();
    rig.witness.foreign = before;
    Ok(())
}

/// A second endpoint of the same object is not made, whatever the ledger has forgotten.
#[test]
fn a_lost_cluster_changes_what_it_finds() {
    check(
        24,
        (changes(), retire(), around()),
        |((old, new), retire, around): ((Draft, Draft), Retirement, Around)| {
            let mut rig = Rig::new(&old, around);
            let mut whole = rig.clone();
            rig.settle()?;
            rig.resolution.forget();
            rig.apply(&new, &retire);
            rig.settle()?;
            whole.settle()?;
            whole.apply(&new, &retire);
            whole.settle()?;
            prop_assert_eq!(parts(&rig.resolution, false), parts(&whole.resolution, false));
            prop_assert!(rig.resolution.status().is_some());
            let but_zones = |rig: &Rig| {
                let mut lines = portrait(&rig.resolution);
                lines.retain(|line| !line.starts_with("zone"));
                lines
            };
            prop_assert_eq!(but_zones(&rig), but_zones(&whole));
            Ok(())
        },
    );
}
