//! Whether this process may still write: AWS asks nobody for a lease, so the holder asks itself before each write.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When the lease was last seen as ours, and for how long that can be relied on.
#[derive(Clone, Debug)]
pub struct Fence {
    confirmed: Arc<Mutex<Instant>>,
    reliable: Duration,
}

impl Fence {
    /// A lease that was seen as ours just now. The clock is one that goes on while a process is stopped.
    #[must_use]
    pub fn new(reliable: Duration) -> Self {
        Self {
            confirmed: Arc::new(Mutex::new(Instant::now())),
            reliable,
        }
    }

    /// The lease was seen as ours.
    pub fn confirm(&self) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether nobody else can have taken the lease.
    #[must_use]
    pub fn holds(&self) -> bool {
        let confirmed = *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        confirmed.elapsed() < self.reliable
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Fence;

    #[test]
    fn an_old_confirmation_admits_nothing() {
        assert!(Fence::new(Duration::from_secs(3600)).holds());
        let fence = Fence::new(Duration::ZERO);
        fence.confirm();
        assert!(!fence.holds());
    }
}
