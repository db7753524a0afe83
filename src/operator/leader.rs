//! One writer at a time: a Lease decides which replica works.

use kube::Client;
use kube_lease_manager::{DurationSeconds, LeaseCreateMode, LeaseManagerBuilder};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a lease is valid without being renewed, in seconds: a lost holder is replaced after it.
const DURATION: DurationSeconds = 15;
/// How long before its end it is renewed, in seconds.
const GRACE: DurationSeconds = 5;

/// The lease and the task that keeps it.
pub struct Leadership {
    /// Whether this process holds the lease.
    pub held: watch::Receiver<bool>,
    task: JoinHandle<Result<kube_lease_manager::LeaseManager, kube_lease_manager::LeaseManagerError>>,
}

/// Starts to compete for the lease.
///
/// # Errors
/// When the Lease cannot be read or made.
pub async fn compete(
    client: Client,
    namespace: &str,
    name: &str,
    identity: &str,
) -> Result<Leadership, kube_lease_manager::LeaseManagerError> {
    let manager = LeaseManagerBuilder::new(client, name)
        .with_namespace(namespace)
        .with_identity(identity)
        .with_create_mode(LeaseCreateMode::AutoCreate)
        .with_duration(DURATION)
        .with_grace(GRACE)
        .with_field_manager("jichitai-operator")
        .build()
        .await?;
    let (held, task) = manager.watch().await;
    Ok(Leadership { held, task })
}

impl Leadership {
    /// Waits until this process holds the lease; `false` when the competition ended instead.
    pub async fn acquired(&mut self) -> bool {
        self.held.wait_for(|held| *held).await.is_ok()
    }

    /// Waits until the lease is lost.
    pub async fn lost(&mut self) {
        let _ended = self.held.wait_for(|held| !*held).await;
    }

    /// Gives the lease up, so that another replica need not wait for its end.
    pub async fn release(self) {
        let Self { held, task } = self;
        drop(held);
        if let Err(error) = task.await {
            tracing::warn!(%error, "the lease task did not end well");
        }
    }
}
