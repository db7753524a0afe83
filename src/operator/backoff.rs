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

impl Backoff {
    /// How long to wait after a pass of this pace over this version of an object: another one is tried as soon as if it
    /// were the first. `until` is a moment at which something is known to change; `resync` is the interval of a settled
    /// object.
    pub fn next(
        &self,
        (object, version): (&str, u64),
        pace: Pace,
        until: Option<Duration>,
        resync: Duration,
    ) -> Duration {
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
            Pace::Moving | Pace::Asking => exponential(attempt(), Duration::from_secs(60)),
            Pace::Stuck => exponential(attempt().saturating_add(3), Duration::from_secs(600)),
            Pace::Settled => {
                all.remove(object);
                spread(object, resync)
            }
        };
        until
            .map_or(wait, |until| {
                if matches!(pace, Pace::Moving | Pace::Asking) {
                    until
                } else {
                    wait.min(until)
                }
            })
            .min(resync.max(Duration::from_secs(1)))
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

    use super::Backoff;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn waiting_grows_until_its_bound_and_starts_again_when_settled() {
        let backoff = Backoff::default();
        let waits: Vec<Duration> = (0..10)
            .map(|_| backoff.next(("a", 1), Pace::Moving, None, HOUR))
            .collect();
        assert_eq!(waits[0], Duration::from_millis(500));
        assert!(waits.is_sorted());
        assert_eq!(waits[9], Duration::from_secs(60));
        assert!(backoff.next(("a", 1), Pace::Settled, None, HOUR) > Duration::from_secs(2800));
        assert_eq!(
            backoff.next(("a", 1), Pace::Moving, None, HOUR),
            Duration::from_millis(500)
        );
    }

    #[test]
    fn an_edit_is_tried_at_once_and_again_soon() {
        let backoff = Backoff::default();
        let waits = |version, pace| [(); 8].map(|()| backoff.next(("a", version), pace, None, HOUR));
        let first = waits(1, Pace::Stuck);
        assert_eq!((first[0], first[7]), (Duration::from_secs(4), Duration::from_secs(512)));
        assert_eq!(waits(2, Pace::Stuck), first);
        assert_eq!(waits(3, Pace::Moving)[0], Duration::from_millis(500));
    }

    #[test]
    fn settled_objects_do_not_call_in_step() {
        let backoff = Backoff::default();
        let waits: std::collections::BTreeSet<_> = (0..50)
            .map(|n| backoff.next((&format!("object-{n}"), 1), Pace::Settled, None, HOUR))
            .collect();
        assert!(waits.len() > 45, "{}", waits.len());
        assert!(waits.iter().all(|wait| *wait <= HOUR && *wait >= HOUR.mul_f64(0.8)));
    }
}
