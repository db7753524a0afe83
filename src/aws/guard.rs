//! Whether writes may still be sent: asked for every attempt at one, right before it goes out.

use std::fmt;
use std::sync::Arc;

/// What has to hold for a write. By default nothing.
#[derive(Clone)]
pub struct Guard(Arc<dyn Fn() -> bool + Send + Sync>);

impl Guard {
    /// Writes go out while this holds.
    pub fn new(holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(holds))
    }

    /// Whether a write may go out now.
    pub(crate) fn admits(&self) -> bool {
        (self.0)()
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self::new(|| true)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}
