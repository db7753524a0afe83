//! A crash costs nothing: killed after any write, the operator leaves no duplicate and no orphan.

use jichitai_core_tests::cluster::Circumstances;
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::drafts::{Draft, drafts};
use crate::rig::{Rig, check, same};

/// What is left of the operator's memory after a crash.
#[derive(Clone, Copy, Debug)]
enum Memory {
    /// The ledger as it was written last: intended, without the ids of what was made since.
    Ledger,
    /// Nothing: the cluster is lost, too.
    Nothing,
}

/// After every single write of a fresh tenant, and with either memory.
#[test]
fn killed_after_any_write_of_a_creation() {
    check(3, (drafts(1), any::<u64>()), |(draft, seed)| {
        let rig = Rig::with(&draft, seed);
        everywhere(&rig, seed, |crashed, whole| {
            crashed.converge()?;
            crashed.is_tidy()?;
            same(&whole.portrait(0), &crashed.portrait(0), "killed, against not killed")
        })
    });
}

/// After every single write of a change.
#[test]
fn killed_after_any_write_of_a_change() {
    check(3, (drafts(2), drafts(2), any::<u64>()), |(first, second, seed)| {
        let first = first.without_choice();
        let second = second.after(&first).without_choice();
        let mut rig = Rig::with(&first, seed);
        rig.converge()?;
        rig.apply(0, &second, "Verification");
        everywhere(&rig, seed, |crashed, whole| {
            crashed.converge()?;
            crashed.is_tidy()?;
            same(&whole.portrait(0), &crashed.portrait(0), "killed, against not killed")
        })
    });
}

/// After every single write of a deletion.
#[test]
fn killed_after_any_write_of_a_deletion() {
    check(3, (drafts(1), any::<u64>()), |(draft, seed)| {
        let mut rig = Rig::with(&draft.deletable(), seed);
        rig.converge()?;
        let (identity, now) = (rig.identity(0), rig.world.now);
        rig.cluster.delete(&identity.owner, now);
        everywhere(&rig, seed, |crashed, _| {
            crashed.delete(0)?;
            prop_assert!(crashed.cluster.municipalities.is_empty(), "the object is still there");
            let left = crashed.world.owned(&identity);
            prop_assert!(left.keys().all(|role| role.contains("key.")), "left: {left:?}");
            Ok(())
        })
    });
}

/// Runs passes to the end, and from each write on the way the continuation after a crash there.
/// The continuation gets the crashed rig and the one that went on.
fn everywhere(
    rig: &Rig,
    seed: u64,
    continuation: impl Fn(&mut Rig, &Rig) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut whole = rig.clone();
    whole.struggle()?;
    let mut rig = rig.clone();
    loop {
        let mut next = rig.clone();
        let writes = next.pass(0, &mut Circumstances::default()).done().count();
        if writes == 0 && !next.world.tick() {
            return Ok(());
        }
        for last in 0..writes {
            for (memory, order) in [(Memory::Ledger, None), (Memory::Nothing, Some(seed))] {
                let mut crashed = rig.clone();
                let mut around = Circumstances {
                    crash_after: Some(last),
                    order,
                    ..Circumstances::default()
                };
                let ending = crashed.pass(0, &mut around);
                prop_assert!(ending.crashed);
                if let Memory::Nothing = memory {
                    crashed.cluster.forget();
                }
                continuation(&mut crashed, &whole).map_err(|error| {
                    TestCaseError::fail(format!("after write {last}, left with {memory:?}: {error}"))
                })?;
            }
        }
        next.world.tick();
        if next.cluster.municipalities.is_empty() {
            return Ok(());
        }
        rig = next;
    }
}

/// New things are missing from AWS's lists for minutes, and the operator is killed again and again:
/// the ledger keeps it from making anything twice.
#[test]
fn killed_again_and_again_while_lists_lag() {
    let crashes = proptest::collection::vec((0..50_usize, any::<u64>()), 1..6);
    check(
        25,
        (drafts(2), crashes, 30..240_i64, any::<u64>()),
        |(draft, crashes, lag, seed)| {
            let mut alone = Rig::with(&draft, seed);
            alone.converge()?;
            let mut rig = Rig::with(&draft, seed);
            rig.world.lag = SignedDuration::from_secs(lag);
            crash(&mut rig, &crashes);
            rig.converge()?;
            rig.is_tidy()?;
            same(&alone.portrait(0), &rig.portrait(0), "killed, against not killed")
        },
    );
}

/// The same, and then the object is deleted: what was asked for and not yet listed goes, too.
#[test]
fn killed_while_lists_lag_and_deleted_then() {
    let crashes = proptest::collection::vec((0..50_usize, any::<u64>()), 1..4);
    check(
        25,
        (drafts(2), crashes, 30..240_i64, any::<u64>()),
        |(draft, crashes, lag, seed)| {
            let mut rig = Rig::with(&draft.deletable(), seed);
            rig.world.lag = SignedDuration::from_secs(lag);
            crash(&mut rig, &crashes);
            let identity = rig.identity(0);
            rig.delete(0)?;
            prop_assert!(rig.cluster.municipalities.is_empty(), "the object is still there");
            let left = rig.world.owned(&identity);
            prop_assert!(left.keys().all(|role| role.contains("key.")), "left: {left:?}");
            let keys = rig.world.keys.values().flat_map(|region| &region.keys);
            let living: Vec<_> = keys
                .filter(|key| !format!("{:?}", key.state).starts_with("Pending"))
                .collect();
            prop_assert!(living.is_empty(), "keys are left: {living:?}");
            Ok(())
        },
    );
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

/// Writes have their effect and their answers get lost: that is a crash of the network.
#[test]
fn answers_get_lost() {
    check(
        25,
        (drafts(2), 1..7_usize, any::<bool>(), any::<u64>()),
        |(draft, every, lags, seed)| {
            let mut alone = Rig::with(&draft, seed);
            alone.converge()?;
            let mut rig = Rig::with(&draft, seed);
            if lags {
                rig.world.lag = SignedDuration::from_secs(90);
            }
            for _ in 0..4 {
                let mut around = Circumstances {
                    lose_every: Some(every),
                    order: Some(seed),
                    ..Circumstances::default()
                };
                rig.pass(0, &mut around);
                rig.world.tick();
            }
            rig.converge()?;
            rig.is_tidy()?;
            same(&alone.portrait(0), &rig.portrait(0), "lost answers, against none")
        },
    );
}

/// A lost cluster and a new one with the same objects: nothing is created, nothing changed.
#[test]
fn a_new_cluster_finds_everything_again() {
    check(30, (drafts(4), any::<u64>()), |(draft, seed): (Draft, u64)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        let before = rig.portrait(0);
        rig.cluster.forget();
        let again = rig.converge()?;
        let done: Vec<_> = again.iter().flat_map(|ending| ending.done()).collect();
        prop_assert!(done.is_empty(), "{done:?}");
        rig.is_tidy()?;
        same(&before, &rig.portrait(0), "found again")
    });
}
