//! Whether the process can be relied on, and whether it still moves: what the probes of its pod ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// After how long a reconcile counts as stuck: a pass makes many calls to AWS, each of at most 30 seconds, and is
/// held back where AWS takes five a second.
const STUCK: Duration = Duration::from_secs(30 * 60);

/// How the process is.
#[derive(Debug, Default)]
pub struct Health {
    stage: Mutex<Stage>,
    under_way: Mutex<UnderWay>,
}

/// How far the process has come.
#[derive(Debug, Default)]
enum Stage {
    #[default]
    Starting,
    /// Each turns true once a kind's objects were listed.
    Working([watch::Receiver<bool>; 4]),
    Stopping,
}

/// Reconciles by a number, with their objects and beginnings.
#[derive(Debug, Default)]
struct UnderWay {
    next: u64,
    all: BTreeMap<u64, (String, Instant)>,
}

/// A reconcile under way; dropped, it has ended.
#[derive(Debug)]
pub struct Beat {
    health: Arc<Health>,
    number: u64,
}

impl Drop for Beat {
    fn drop(&mut self) {
        let mut under_way = self.health.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.all.remove(&self.number);
    }
}

impl Health {
    /// The process lists objects; each receiver turns true once a kind's were.
    pub fn works(&self, listed: [watch::Receiver<bool>; 4]) {
        self.set(Stage::Working(listed));
    }

    /// The process finishes what it began.
    pub fn stops(&self) {
        self.set(Stage::Stopping);
    }

    fn set(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    /// A reconcile begins.
    #[must_use]
    pub fn begin(self: &Arc<Self>, object: &str, now: Instant) -> Beat {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let number = under_way.next;
        under_way.next += 1;
        under_way.all.insert(number, (object.to_owned(), now));
        Beat {
            health: Arc::clone(self),
            number,
        }
    }

    /// Whether another replica may be taken away: this one knows all objects, and can work on any of them at once.
    ///
    /// # Errors
    /// What it is at instead.
    pub fn ready(&self) -> Result<(), String> {
        match &*self.stage.lock().unwrap_or_else(PoisonError::into_inner) {
            Stage::Working(listed) if listed.iter().all(|listed| *listed.borrow()) => Ok(()),
            Stage::Starting | Stage::Working(_) => Err("objects are not listed yet".into()),
            Stage::Stopping => Err("stopping".into()),
        }
    }

    /// Whether the process still moves.
    ///
    /// # Errors
    /// The reconciles that do not.
    pub fn live(&self, now: Instant) -> Result<(), String> {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let stuck = under_way.all.values();
        let stuck = stuck.filter(|(_, begun)| now.saturating_duration_since(*begun) > STUCK);
        let stuck: Vec<&str> = stuck.map(|(object, _)| object.as_str()).collect();
        match stuck.as_slice() {
            [] => Ok(()),
            stuck => Err(format!("stuck for half an hour: {}", stuck.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use tokio::sync::watch;

    use super::{Health, STUCK};

    #[test]
    fn it_is_ready_once_everything_is_listed() {
        let health = Health::default();
        assert!(health.ready().is_err());
        let lists: [_; 4] = std::array::from_fn(|_| watch::channel(false));
        health.works(lists.each_ref().map(|(_, listed)| listed.clone()));
        for (list, _) in &lists {
            assert!(health.ready().is_err());
            list.send_replace(true);
        }
        assert_eq!(health.ready(), Ok(()));
        health.stops();
        assert!(health.ready().is_err());
    }

    #[test]
    fn a_reconcile_without_an_end_is_no_life() {
        let health = Arc::new(Health::default());
        let begun = Instant::now();
        let later = begun + STUCK + Duration::from_secs(1);
        let first = health.begin("Municipality/a/chiyoda", begun);
        let second = health.begin("Municipality/a/minato", later);
        assert_eq!(health.live(begun + STUCK), Ok(()));
        let said = health.live(later).expect_err("one is stuck");
        assert!(said.contains("chiyoda") && !said.contains("minato"), "{said}");
        drop(first);
        assert_eq!(health.live(later), Ok(()));
        drop(second);
    }
}
