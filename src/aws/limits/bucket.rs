//! One bucket of tokens, and who waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Rate;
use crate::lane::Lane;

/// We stay this much below AWS's rate: clocks differ, and others call too.
const MARGIN: f64 = 0.9;
/// The slowest pace after throttling, as a part of the rate.
const SLOWEST: f64 = 1.0 / 16.0;
/// In how many seconds the slowest pace becomes the full one again.
const RECOVERY: f64 = 60.0;
/// After this long a call counts as urgent, whatever its lane: urgent ones must not hold back the others for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tokens, refilled at a rate that adapts: halved when AWS asks to slow down, and back within a minute.
#[derive(Debug)]
struct Tokens {
    rate: Rate,
    left: f64,
    pace: f64,
    at: Instant,
}

impl Tokens {
    fn new(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            left: f64::from(rate.burst.get()),
            pace: 1.0,
            at: now,
        }
    }

    fn per_second(&self) -> f64 {
        f64::from(self.rate.per_second.get()) * MARGIN * self.pace
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.per_second()).min(f64::from(self.rate.burst.get()));
        self.pace = (self.pace + passed / RECOVERY).min(1.0);
        self.at = now;
    }

    /// Takes a token, or says in how long there is one.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        // Rounded up: what is a nanosecond short would be asked for again and again.
        Err(Duration::from_secs_f64((1.0 - self.left) / self.per_second()) + Duration::from_micros(1))
    }

    fn slow_down(&mut self, now: Instant) {
        self.refill(now);
        self.pace = (self.pace / 2.0).max(SLOWEST);
        self.left = self.left.min(0.0);
    }

    /// Whether it is as it was made.
    fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.pace >= 1.0 && self.left >= f64::from(self.rate.burst.get())
    }
}

/// A bucket, with one queue for each lane.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: StdMutex<Tokens>,
    waiting: [AtomicUsize; 3],
    /// Its holder is the first of the lane.
    heads: [Mutex<()>; 3],
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            tokens: StdMutex::new(Tokens::new(rate, Instant::now())),
            waiting: Default::default(),
            heads: Default::default(),
        }
    }

    /// Waits for a turn; returns how long it took.
    pub(super) async fn turn(&self, lane: Lane) -> Duration {
        let asked = Instant::now();
        let waiting = &self.waiting[lane.place()];
        waiting.fetch_add(1, Ordering::AcqRel);
        let _counted = Counted(waiting);
        let _first = self.heads[lane.place()].lock().await;
        loop {
            let now = Instant::now();
            let wait = match self.goes_after(lane, asked, now) {
                true => Duration::from_secs_f64(1.0 / self.lock().per_second()),
                false => match self.lock().take(now) {
                    Ok(()) => return now - asked,
                    Err(wait) => wait,
                },
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether more urgent calls go first.
    fn goes_after(&self, lane: Lane, asked: Instant, now: Instant) -> bool {
        let before = &self.waiting[..lane.place()];
        now - asked < PATIENCE && before.iter().any(|waiting| waiting.load(Ordering::Acquire) > 0)
    }

    /// AWS asked to slow down.
    pub(super) fn slow_down(&self) {
        self.lock().slow_down(Instant::now());
    }

    /// Whether a new one would be the same.
    pub(super) fn is_idle(&self) -> bool {
        let nobody = self.waiting.iter().all(|waiting| waiting.load(Ordering::Acquire) == 0);
        nobody && self.lock().is_full(Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits, until it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const FIVE: Rate = Rate::new(5, 3);
    /// A rate for tests that wait.
    const FAST: Rate = Rate::new(500, 1);

    fn after(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_rate_holds_after_the_burst() {
        let start = Instant::now();
        let (mut tokens, mut now) = (Tokens::new(FIVE, start), start);
        for _ in 0..48 {
            while let Err(wait) = tokens.take(now) {
                now += wait;
            }
        }
        let took = (now - start).as_secs_f64();
        assert!(
            (9.9..10.1).contains(&took),
            "45 at nine tenths of five a second: {took}"
        );
    }

    #[test]
    fn it_slows_down_when_aws_asks_to_and_recovers() {
        let start = Instant::now();
        let mut tokens = Tokens::new(FIVE, start);
        assert!(tokens.is_full(start));
        tokens.slow_down(start);
        assert!(!tokens.is_full(start));
        let wait = tokens.take(start).expect_err("a pause");
        assert!(wait > Duration::from_millis(400), "half the pace: {wait:?}");
        (0..20).for_each(|_| tokens.slow_down(start));
        let wait = tokens.take(start).expect_err("a pause");
        assert!(wait < Duration::from_secs(4), "never slower than a sixteenth: {wait:?}");
        assert!(tokens.is_full(after(start, 61.0)), "a minute later all is as before");
    }

    #[tokio::test]
    async fn an_edit_goes_before_ten_thousand_polls() {
        let bucket = Arc::new(Bucket::new(FAST));
        let polls: Vec<_> = (0..10_000)
            .map(|_| {
                let bucket = Arc::clone(&bucket);
                tokio::spawn(async move { bucket.turn(Lane::Poll).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(200)).await;
        for _ in 0..5 {
            let waited = bucket.turn(Lane::Edit).await;
            assert!(waited < Duration::from_secs(1), "{waited:?}");
        }
        let waits = polls.iter().filter(|poll| !poll.is_finished()).count();
        assert!(waits > 5_000, "{waits}");
        polls.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[test]
    fn urgent_calls_do_not_hold_back_the_others_for_ever() {
        let bucket = Bucket::new(FIVE);
        bucket.waiting[Lane::Edit.place()].store(1, Ordering::Release);
        let now = Instant::now();
        assert!(bucket.goes_after(Lane::Poll, now, after(now, 59.0)));
        assert!(!bucket.goes_after(Lane::Poll, now, after(now, 60.0)));
        assert!(!bucket.goes_after(Lane::Edit, now, now));
    }
}
