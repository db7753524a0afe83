//! One writer at a time: a Lease decides which replica works.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use kube_lease_manager::{DurationSeconds, LeaseCreateMode, LeaseManagerBuilder};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fence::Fence;

/// How long a lease is valid without being renewed, in seconds: a lost holder is replaced after it.
const DURATION: DurationSeconds = 15;
/// How long before its end it is renewed, in seconds.
const GRACE: DurationSeconds = 5;

/// The lease and the task that keeps it.
pub struct Leadership {
    /// Whether this process holds the lease.
    pub held: watch::Receiver<bool>,
    leases: Api<Lease>,
    name: String,
    identity: String,
    fence: Fence,
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
    let manager = LeaseManagerBuilder::new(client.clone(), name)
        .with_namespace(namespace)
        .with_identity(identity)
        .with_create_mode(LeaseCreateMode::AutoCreate)
        .with_duration(DURATION)
        .with_grace(GRACE)
        .with_field_manager("jichitai-operator")
        .build()
        .await?;
    let (held, task) = manager.watch().await;
    Ok(Leadership {
        held,
        leases: Api::namespaced(client, namespace),
        name: name.to_owned(),
        identity: identity.to_owned(),
        fence: Fence::new(RELIABLE),
        task,
    })
}

/// How long the lease can be relied on after it was seen as ours.
const RELIABLE: Duration = Duration::from_secs(DURATION.saturating_sub(GRACE));

/// Returns when the lease could not be confirmed as ours for as long as it can be relied on.
async fn unconfirmed(leases: &Api<Lease>, name: &str, identity: &str, fence: &Fence) {
    let mut tick = tokio::time::interval(Duration::from_secs(2));
    while fence.holds() {
        tick.tick().await;
        let asked = Instant::now();
        if let Ok(Ok(lease)) = tokio::time::timeout(Duration::from_secs(2), leases.get(name)).await
            && lease.spec.and_then(|spec| spec.holder_identity).as_deref() == Some(identity)
        {
            fence.confirm(asked);
        }
    }
}

impl Leadership {
    /// Waits until this process holds the lease; `false` when the competition ended instead.
    pub async fn acquired(&mut self) -> bool {
        let acquired = self.held.wait_for(|held| *held).await.is_ok();
        self.fence.confirm(Instant::now());
        acquired
    }

    /// What every write has to ask.
    #[must_use]
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// Waits until the lease is lost: taken by another, or not seen as ours for so long that another
    /// may have taken it. A holder that cannot reach the API server must not go on.
    pub async fn lost(&mut self) {
        let Self {
            held,
            leases,
            name,
            identity,
            fence,
            task: _,
        } = self;
        tokio::select! {
            _ended = held.wait_for(|held| !*held) => {}
            () = unconfirmed(leases, name, identity, fence) => {}
        }
    }

    /// Gives the lease up, so that another replica need not wait for its end.
    pub async fn release(self) {
        let Self {
            held,
            task,
            leases: _,
            name: _,
            identity: _,
            fence: _,
        } = self;
        drop(held);
        if let Err(error) = task.await {
            tracing::warn!(%error, "the lease task did not end well");
        }
    }
}
