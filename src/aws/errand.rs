//! On whose behalf AWS is called: how urgent it is, and whether it may still write. It goes with the task, so that a call
//! far below knows it without every function in between.

use crate::guard::Guard;
use crate::lane::Lane;

tokio::task_local! {
    static ERRAND: Errand;
}

/// What is done for one object.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Which calls go before which.
    pub lane: Lane,
    /// What has to hold for a write, besides what has to hold for every one.
    pub guard: Guard,
}

impl Errand {
    /// Runs something on this errand.
    pub async fn run<F: Future>(self, task: F) -> F::Output {
        ERRAND.scope(self, task).await
    }
}

/// The lane of the task; a command that a person waits for is on no errand.
pub(crate) fn lane() -> Lane {
    ERRAND.try_with(|errand| errand.lane).unwrap_or(Lane::Edit)
}

/// What has to hold for a write of the task.
pub(crate) fn guard() -> Option<Guard> {
    ERRAND.try_with(|errand| errand.guard.clone()).ok()
}
