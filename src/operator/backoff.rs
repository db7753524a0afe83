//! When to look again: soon while something moves, rarely while nothing does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jichitai_plan::identity::short_hash;
use jichitai_plan::report::Pace;

/// How many passes in a row an object has not settled, as it is.
#[derive(Debug, Default)]
pub struct Backoff {
    attempts: Mutex<HashMap<String, Attempts>>,
}

#[derive(Debug, Default)]
struct Attempts {
    /// What people had changed of the object.
    version: u64,
    count: u32,
}

/// What is known of the end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: it may come any time.
    Open,
    /// Another object brings it, and its change wakes. Looking is for what was not heard.
    Told,
    /// Something changes after this time.
    After(Duration),
}

impl Backoff {
    /// How long to wait after a pass of this pace over this version of an object: another one is tried as soon as if it
    /// were the first. `resync` is the interval of a settled object.
    pub fn next(&self, (object, version): (&str, u64), pace: Pace, end: End, resync: Duration) -> Duration {
        let mut all = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempt = || {
            let attempts = all.entry(object.to_owned()).or_default();
            if attempts.version != version {
                *attempts = Attempts { version, count: 0 };
            }
            attempts.count = attempts.count.saturating_add(1);
            attempts.count
        };
        let wait = match pace {
            Pace::Moving | Pace::Asking if end == End::Told => {
                exponential(attempt().saturating_add(3), Duration::from_secs(60))
            }
            Pace::Moving | Pace::Asking => exponential(attempt(), Duration::from_secs(60)),
            Pace::Stuck => exponential(attempt().saturating_add(3), Duration::from_secs(600)),
            Pace::Settled => {
                all.remove(object);
                spread(object, resync)
            }
        };
        let wait = match end {
            End::After(until) if matches!(pace, Pace::Moving | Pace::Asking) => until,
            End::After(until) => wait.min(until),
            End::Open | End::Told => wait,
        };
        wait.min(resync.max(Duration::from_secs(1)))
    }

    /// Forgets an object that is gone.
    pub fn forget(&self, object: &str) {
        self.attempts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(object);
    }
}

fn exponential(attempt: u32, most: Duration) -> Duration {
    let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    Duration::from_millis(500).saturating_mul(factor).min(most)
}

/// The interval, shortened by up to a fifth by the object's name, so that a fleet does not call in
/// step.
fn spread(object: &str, interval: Duration) -> Duration {
    let share = u32::from_str_radix(&short_hash(object, 6), 16).unwrap_or(0);
    interval - interval.mul_f64(0.2 * f64::from(share) / f64::from(0x00ff_ffff))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jichitai_plan::report::Pace;

    use super::{Backoff, End};

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn waiting_grows_until_its_bound_and_starts_again_when_settled() {
        let backoff = Backoff::default();
        let waits: Vec<Duration> = (0..10)
            .map(|_| backoff.next(("a", 1), Pace::Moving, End::Open, HOUR))
            .collect();
        assert_eq!(waits[0], Duration::from_millis(500));
        assert!(waits.is_sorted());
        assert_eq!(waits[9], Duration::from_secs(60));
        assert!(backoff.next(("a", 1), Pace::Settled, End::Open, HOUR) > Duration::from_secs(2800));
        assert_eq!(
            backoff.next(("a", 1), Pace::Moving, End::Open, HOUR),
            Duration::from_millis(500)
        );
    }

    #[test]
    fn an_edit_is_tried_at_once_and_again_soon() {
        let backoff = Backoff::default();
        let waits = |version, pace| [(); 8].map(|()| backoff.next(("a", version), pace, End::Open, HOUR));
        let first = waits(1, Pace::Stuck);
        assert_eq!((first[0], first[7]), (Duration::from_secs(4), Duration::from_secs(512)));
        assert_eq!(waits(2, Pace::Stuck), first);
        assert_eq!(waits(3, Pace::Moving)[0], Duration::from_millis(500));
    }

    #[test]
    fn who_is_woken_looks_seldom_and_a_known_moment_counts() {
        let backoff = Backoff::default();
        let next = |pace, end| backoff.next(("a", 1), pace, end, HOUR);
        let told = [(); 6].map(|()| next(Pace::Moving, End::Told).as_secs());
        assert_eq!(told, [4, 8, 16, 32, 60, 60]);
        let soon = Duration::from_secs(90);
        assert_eq!(next(Pace::Moving, End::After(soon)), soon);
        assert_eq!(next(Pace::Stuck, End::After(soon)), soon);
        assert_eq!(next(Pace::Settled, End::After(soon)), soon);
        assert_eq!(
            next(Pace::Settled, End::After(HOUR * 2)),
            backoff.next(("a", 1), Pace::Settled, End::Told, HOUR)
        );
    }

    #[test]
    fn settled_objects_do_not_call_in_step() {
        let backoff = Backoff::default();
        let waits: std::collections::BTreeSet<_> = (0..50)
            .map(|n| backoff.next((&format!("object-{n}"), 1), Pace::Settled, End::Open, HOUR))
            .collect();
        assert!(waits.len() > 45, "{}", waits.len());
        assert!(waits.iter().all(|wait| *wait <= HOUR && *wait >= HOUR.mul_f64(0.8)));
    }
}
