//! Two clusters of one installation: at no moment may both write.

use std::time::Duration;

use jichitai_plan::installation::{Cluster, Lock, Next, RELIABLE, RENEW, SETTLE};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::rig::check;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const EXPIRES: Duration = Duration::from_secs(300);

/// S3 with one object, whose versions are numbered.
#[derive(Default)]
struct Store {
    version: u64,
    lock: Option<Lock>,
}

/// The process of a cluster. Times are seconds.
struct Process {
    cluster: Cluster,
    /// The version that was seen last, and since when.
    seen: Option<(u64, u64)>,
    /// A reading that nothing follows from yet: when it began, how long its version had been seen, and what it was.
    reading: Option<(u64, Duration, u64, Option<Lock>)>,
    writes_until: u64,
}

impl Process {
    fn new(uid: &str) -> Self {
        Self {
            cluster: Cluster {
                installation: "asp-east".into(),
                uid: uid.into(),
                by: uid.into(),
            },
            seen: None,
            reading: None,
            writes_until: 0,
        }
    }

    /// Reads: asked for at `begun`, answered at `now`.
    fn read(&mut self, store: &Store, begun: u64, now: u64) {
        let same = self.seen.filter(|(version, _)| *version == store.version);
        let (_, since) = *self.seen.insert(same.unwrap_or((store.version, now)));
        let unchanged = Duration::from_secs(begun.saturating_sub(since));
        self.reading = Some((begun, unchanged, store.version, store.lock.clone()));
    }

    /// Does what follows from the last reading.
    fn act(&mut self, store: &mut Store) {
        let Some((begun, unchanged, version, found)) = self.reading.take() else {
            return;
        };
        match self.cluster.next(found.as_ref(), unchanged, EXPIRES, NOW) {
            Next::Hold => self.writes_until = begun + RELIABLE.as_secs(),
            Next::Put(lock) if store.version == version => {
                store.version += 1;
                store.lock = Some(lock);
            }
            Next::Put(_) | Next::Settle | Next::Elsewhere(_) => {}
        }
    }
}

/// What happens: to which cluster, after how many seconds, and how long a reading takes.
fn events() -> impl Strategy<Value = Vec<(usize, u32, u64, u64)>> {
    let pause = prop_oneof![6 => 0..6_u64, 2 => 6..RENEW.as_secs() + 5, 1 => SETTLE.as_secs()..400];
    vec((0..2_usize, 0..20_u32, pause, 0..4_u64), 1..300)
}

/// However two clusters look, are slow, start anew and are told to take over.
#[test]
fn two_clusters_never_write_at_once() {
    let held = std::cell::Cell::new([false; 2]);
    check(1_000, events(), |events| {
        let mut store = Store::default();
        let mut clusters = [Process::new("a"), Process::new("b")];
        let mut now = 0;
        for (who, what, pause, took) in events {
            now += pause;
            let process = &mut clusters[who];
            match what {
                // A person takes over.
                0 => {
                    store.version += 1;
                    store.lock = Some(process.cluster.taking(store.lock.as_ref(), NOW));
                }
                // The process starts anew.
                1 => *process = Process::new(&process.cluster.uid.clone()),
                2..=10 => {
                    let begun = now;
                    now += took;
                    process.read(&store, begun, now);
                }
                _ => process.act(&mut store),
            }
            let writing: Vec<bool> = clusters.iter().map(|one| now < one.writes_until).collect();
            prop_assert!(writing != [true, true], "both write at {now}: {:?}", store.lock);
            let before = held.get();
            held.set([before[0] || writing[0], before[1] || writing[1]]);
        }
        Ok(())
    });
    assert_eq!(held.get(), [true, true], "each of them wrote at some time");
}
