//! How a property is run, and what most of them begin with.

use std::collections::BTreeMap;

use jichitai_core_tests::cluster::{Circumstances, Cluster, Ending, owner_of};
use jichitai_core_tests::world::World;
use jichitai_plan::identity::{AccountId, Identity};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::drafts::{Draft, TODAY};

/// Where the cases of a run begin.
const SEED: u64 = 0x6A69_6368;

/// Runs a property over so many cases.
#[expect(clippy::panic, reason = "this is how a property fails")]
pub fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let times = number("PROPERTIES_TIMES")
        .and_then(|times| u32::try_from(times).ok())
        .unwrap_or(1);
    let config = Config {
        cases: cases * times,
        rng_seed: RngSeed::Fixed(number("PROPERTIES_SEED").unwrap_or(SEED)),
        failure_persistence: None,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new(config).run(&strategy, property) {
        panic!("{failure}");
    }
}

/// An account and a cluster.
#[derive(Clone)]
pub struct Rig {
    /// The account.
    pub world: World,
    /// The cluster.
    pub cluster: Cluster,
}

impl Rig {
    /// An empty account and a cluster without objects.
    pub fn new(seed: u64) -> Self {
        let account = AccountId::new("111122223333").expect("twelve digits");
        let now: Timestamp = format!("{TODAY}T09:00:00+09:00").parse().expect("a timestamp");
        let mut world = World::new(account, now, Some(seed));
        let mut cluster = Cluster::new(Vec::new(), Vec::new());
        world.acl_quota = 60;
        cluster.settings.network_acl_rule_quota = 60;
        Self { world, cluster }
    }

    /// One with a tenant in it, which has nothing yet.
    pub fn with(draft: &Draft, seed: u64) -> Self {
        let mut rig = Self::new(seed);
        rig.apply(0, draft, "Verification");
        rig
    }

    /// Applies a draft under the name of a tenant.
    pub fn apply(&mut self, index: u8, draft: &Draft, environment: &str) {
        let mut object = draft.municipality(index, environment);
        let known = self
            .cluster
            .municipalities
            .iter()
            .position(|one| owner_of(one) == owner_of(&object));
        match known {
            Some(place) => {
                object.status = self.cluster.municipalities[place].status.take();
                self.cluster.municipalities[place] = object;
            }
            None => self.cluster.municipalities.push(object),
        }
        let name = format!("tenant-{index}");
        self.cluster
            .buckets
            .retain(|bucket| bucket.spec.municipality_ref.name != name);
        self.cluster.buckets.extend(draft.buckets(index));
    }

    /// Who the tenant is.
    pub fn identity(&self, index: usize) -> Identity {
        self.cluster.identity(&self.cluster.municipalities[index])
    }

    /// Makes passes until nothing changes; AWS may refuse nothing. An hour passes, so that nothing is
    /// new any more.
    pub fn settle(&mut self) -> Result<Vec<Ending>, TestCaseError> {
        let endings = self.struggle()?;
        match endings.iter().flat_map(|ending| &ending.failed).next() {
            Some((step, fault)) => Err(TestCaseError::fail(format!("AWS refused: {step}: {fault}"))),
            None => Ok(endings),
        }
    }

    /// The same, where AWS may refuse.
    pub fn struggle(&mut self) -> Result<Vec<Ending>, TestCaseError> {
        let horizon = self.world.now + SignedDuration::from_hours(1);
        let endings = self
            .cluster
            .settle(&mut self.world, horizon)
            .map_err(TestCaseError::fail)?;
        self.world.now += SignedDuration::from_hours(1);
        prop_assert!(self.world.trespasses.is_empty(), "{:?}", self.world.trespasses);
        Ok(endings)
    }

    /// Marks a tenant as being deleted and makes passes until it is gone, over quarantines too.
    pub fn delete(&mut self, index: usize) -> Result<Vec<Ending>, TestCaseError> {
        let owner = self.identity(index).owner;
        let now = self.world.now;
        self.cluster.delete(&owner, now);
        let horizon = now + SignedDuration::from_hours(24 * 8);
        self.cluster
            .settle(&mut self.world, horizon)
            .map_err(TestCaseError::fail)
    }

    /// One pass over a tenant.
    pub fn pass(&mut self, index: usize, around: &mut Circumstances<'_>) -> Ending {
        let owner = self.identity(index).owner;
        self.cluster.pass(&mut self.world, &owner, around)
    }

    /// Settles, and everything must be as the specs ask: nothing waits, nothing is held.
    pub fn converge(&mut self) -> Result<Vec<Ending>, TestCaseError> {
        let endings = self.settle()?;
        for identity in self.cluster.identities() {
            let plan = self
                .cluster
                .plan(&self.world, &identity.owner)
                .map_err(|faults| TestCaseError::fail(format!("{faults:#?}")))?;
            prop_assert!(plan.is_settled(), "{} is not settled: {plan:#?}", identity.owner);
        }
        Ok(endings)
    }

    /// What a tenant has.
    pub fn portrait(&self, index: usize) -> Vec<String> {
        self.world.portrait(&self.identity(index))
    }

    /// Each role has one thing, and status knows its id.
    pub fn is_tidy(&self) -> Result<(), TestCaseError> {
        let untracked = self.world.untracked();
        prop_assert!(untracked.is_empty(), "nobody's: {untracked:?}");
        for object in &self.cluster.municipalities {
            let identity = self.cluster.identity(object);
            let status = object.status.clone().unwrap_or_default();
            let ledger: BTreeMap<String, String> = status
                .common
                .inventory
                .iter()
                .map(|entry| (entry.id.clone(), entry.role.clone()))
                .collect();
            for (role, ids) in self.world.owned(&identity) {
                prop_assert_eq!(ids.len(), 1, "{} has {:?}", role, ids);
                prop_assert!(
                    ledger.contains_key(&ids[0]),
                    "{role} {} is not in the inventory",
                    ids[0]
                );
            }
        }
        Ok(())
    }
}

/// Fails with the first line that differs.
pub fn same(before: &[String], after: &[String], what: &str) -> Result<(), TestCaseError> {
    let gone: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    prop_assert!(
        gone.is_empty() && new.is_empty(),
        "{what}\n  gone: {gone:#?}\n  new: {new:#?}"
    );
    Ok(())
}
