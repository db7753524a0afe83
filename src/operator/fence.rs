//! Whether this process may still write: AWS asks nobody for a lease, so the holder asks itself before each write.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When the lease was last seen as ours, and for how long that can be relied on.
#[derive(Clone, Debug)]
pub struct Fence {
    confirmed: Arc<Mutex<Option<Instant>>>,
    reliable: Duration,
}

impl Fence {
    /// A lease that was not seen as ours yet. The clock is one that goes on while a process is stopped.
    #[must_use]
    pub fn new(reliable: Duration) -> Self {
        Self {
            confirmed: Arc::default(),
            reliable,
        }
    }

    /// The lease was seen as ours, by a question that was put at that time.
    pub fn confirm(&self, asked: Instant) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
    }

    /// Whether nobody else can have taken the lease.
    #[must_use]
    pub fn holds(&self) -> bool {
        let confirmed = *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        confirmed.is_some_and(|confirmed| confirmed.elapsed() < self.reliable)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Fence;

    #[test]
    fn none_and_an_old_confirmation_admit_nothing() {
        let fence = Fence::new(Duration::from_secs(3600));
        assert!(!fence.holds());
        fence.confirm(Instant::now());
        assert!(fence.holds());
        let fence = Fence::new(Duration::ZERO);
        fence.confirm(Instant::now());
        assert!(!fence.holds());
    }
}
