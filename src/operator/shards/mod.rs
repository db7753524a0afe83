//! Which accounts this replica works in: accounts are divided into shards, and one replica at a time holds a shard's
//! Lease. Objects of an account are looked at by whoever holds its shard; everybody knows all objects, because they refer
//! to one another.

mod decide;
mod leases;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jichitai_plan::identity::short_hash;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use tokio::sync::watch;

use crate::fence::Fence;

pub use self::leases::Leases;

/// How this replica stands in a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Another replica works there, or nobody.
    Away,
    /// This one does.
    Holds,
    /// This one ends what it has begun, and begins nothing.
    Leaves,
}

#[derive(Debug)]
struct Shard {
    /// What every write in it asks.
    fence: Fence,
    standing: watch::Sender<Standing>,
    stays: AtomicUsize,
}

/// The shards of all replicas, as this one stands in them.
#[derive(Clone, Debug)]
pub struct Shards(Arc<Division>);

#[derive(Debug)]
struct Division {
    all: Vec<Arc<Shard>>,
    /// Rises whenever one is taken or lost.
    changes: watch::Sender<u64>,
}

/// Work in a shard, until it is dropped.
#[derive(Debug)]
pub struct Stay(Arc<Shard>);

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.stays.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Stay {
    /// What every write asks.
    #[must_use]
    pub fn fence(&self) -> Fence {
        self.0.fence.clone()
    }

    /// Waits until the shard is another's.
    pub async fn lost(&self) {
        let mut standing = self.0.standing.subscribe();
        let _gone_too = standing.wait_for(|standing| *standing == Standing::Away).await;
    }
}

impl Shards {
    /// So many shards, none of which is ours.
    #[must_use]
    pub fn new(count: NonZeroU32) -> Self {
        let shard = |_| {
            Arc::new(Shard {
                fence: Fence::new(decide::RELIABLE),
                standing: watch::Sender::new(Standing::Away),
                stays: AtomicUsize::new(0),
            })
        };
        Self(Arc::new(Division {
            all: (0..count.get()).map(shard).collect(),
            changes: watch::Sender::new(0),
        }))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.all.len()).unwrap_or(u32::MAX)
    }

    /// How many are ours.
    #[must_use]
    pub fn held(&self) -> usize {
        let is_ours = |shard: &&Arc<Shard>| *shard.standing.borrow() != Standing::Away;
        self.0.all.iter().filter(is_ours).count()
    }

    /// Whether a write may go out that belongs into no one shard.
    #[must_use]
    pub fn holds_any(&self) -> bool {
        self.0.all.iter().any(|shard| shard.fence.holds())
    }

    /// Changes whenever a shard is taken or lost: its objects are to be looked at, or forgotten.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Whether work on an object of an account may begin.
    #[must_use]
    pub fn is_mine(&self, account: &str) -> bool {
        let shard = &self.0.all[number(account, self.0.all.len())];
        *shard.standing.borrow() == Standing::Holds
    }

    /// Begins work on an object of an account, unless its shard is another's. What has no account yet has its namespace.
    #[must_use]
    pub fn stay(&self, account: &str) -> Option<Stay> {
        let shard = Arc::clone(&self.0.all[number(account, self.0.all.len())]);
        shard.stays.fetch_add(1, Ordering::AcqRel);
        let stay = Stay(shard);
        let holds = *stay.0.standing.borrow() == Standing::Holds;
        holds.then_some(stay)
    }

    fn shard(&self, number: u32) -> &Shard {
        &self.0.all[number as usize]
    }

    fn takes(&self, number: u32) {
        self.stands(number, Standing::Holds);
    }

    fn leaves(&self, number: u32) {
        self.shard(number).standing.send_replace(Standing::Leaves);
    }

    fn is_away(&self, number: u32) {
        self.stands(number, Standing::Away);
    }

    fn stands(&self, number: u32, standing: Standing) {
        if self.shard(number).standing.send_replace(standing) != standing {
            self.0.changes.send_modify(|changes| *changes += 1);
        }
    }

    fn is_ours(&self, number: u32) -> bool {
        *self.shard(number).standing.borrow() != Standing::Away
    }

    fn is_left(&self, number: u32) -> bool {
        *self.shard(number).standing.borrow() == Standing::Leaves
    }

    fn is_empty(&self, number: u32) -> bool {
        self.shard(number).stays.load(Ordering::Acquire) == 0
    }
}

impl Collector for Shards {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let held = u32::try_from(self.held()).unwrap_or(u32::MAX);
        let gauges = [
            ("shards", "Shards into which accounts are divided", self.count()),
            ("shards_held", "Shards in which this replica works", held),
        ];
        for (name, help, value) in gauges {
            let family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(family)?;
        }
        Ok(())
    }
}

/// The shard of an account among so many: the same in every replica and version.
fn number(account: &str, among: usize) -> usize {
    usize::from_str_radix(&short_hash(account, 8), 16).unwrap_or_default() % among
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_spread_and_stay_where_they_are() {
        let mut counts = [0_u32; 8];
        for account in 0..1_741 {
            counts[number(&format!("3{account:011}"), 8)] += 1;
        }
        assert!(counts.iter().all(|count| (170..270).contains(count)), "{counts:?}");
        assert_eq!(number("111122223333", 8), number("111122223333", 8));
        assert_eq!(number("111122223333", 1), 0);
    }

    #[tokio::test]
    async fn nothing_begins_in_a_shard_that_is_not_ours_or_that_is_left() {
        let shards = Shards::new(NonZeroU32::MIN);
        assert!(shards.stay("111122223333").is_none());
        let changes = shards.changes();
        shards.takes(0);
        assert!(changes.has_changed().unwrap());
        let stay = shards.stay("111122223333").expect("ours");
        shards.leaves(0);
        assert!(shards.stay("111122223333").is_none());
        assert!(!shards.is_empty(0), "what is under way is waited for");
        drop(stay);
        assert!(shards.is_empty(0));
        assert_eq!(shards.held(), 1);
        shards.is_away(0);
        assert_eq!(shards.held(), 0);
    }

    #[tokio::test]
    async fn what_is_under_way_hears_that_the_shard_is_lost() {
        let shards = Shards::new(NonZeroU32::MIN);
        shards.takes(0);
        let stay = shards.stay("111122223333").expect("ours");
        let hears = tokio::spawn(async move { stay.lost().await });
        shards.is_away(0);
        hears.await.expect("it hears");
    }
}
