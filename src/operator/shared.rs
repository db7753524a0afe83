//! What all controllers of one process share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use jichitai_aws::Desk;
use kube::Client;
use tokio::sync::watch;

use crate::agenda::Agenda;
use crate::backoff::Backoff;
use crate::events::Events;
use crate::evidence::Keeper;
use crate::guardrails::Surveyor;
use crate::health::Health;
use crate::heard::Counts;
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::shards::Shards;
use crate::world::World;

/// What all controllers share.
pub struct Shared {
    /// The Kubernetes API.
    pub client: Client,
    /// What plans are made from.
    pub world: World,
    /// In which accounts this replica works.
    pub shards: Shards,
    /// Places for passes that are made at the same time.
    pub desk: Desk,
    /// Whether this cluster writes.
    pub installation: Arc<Installation>,
    /// Turns true when nothing more is to begin.
    pub stop: watch::Receiver<bool>,
    /// Whether each store has been filled once.
    pub listed: [watch::Receiver<bool>; 4],
    /// What probes are told.
    pub health: Arc<Health>,
    /// What Prometheus is told.
    pub metrics: Arc<Metrics>,
    /// Changes that were reported.
    pub reports: Counts,
    /// Events.
    pub events: Events,
    /// When to look again.
    pub backoff: Backoff,
    /// When was looked, and is to be.
    pub agenda: Agenda,
    /// Keeps evidence of what was done.
    pub evidence: Arc<Keeper>,
    /// Where surveys of accounts are asked for.
    pub surveyor: Surveyor,
    /// Hashes of what this process announced already, by object and message: no Event says it again.
    pub announced: Mutex<HashSet<u64>>,
}

impl Shared {
    /// Waits until nothing more is to begin.
    pub async fn stops(&self) {
        let mut stop = self.stop.clone();
        let _ended = stop.wait_for(|stop| *stop).await;
    }

    /// Waits until every store was filled once, and it is known whether this cluster writes; false when that cannot happen any
    /// more, and when nothing more is to begin.
    pub async fn is_ready(&self) -> bool {
        tokio::select! {
            biased;
            () = self.stops() => false,
            ready = self.knows_enough() => ready,
        }
    }

    async fn knows_enough(&self) -> bool {
        for mut listed in self.listed.clone() {
            if listed.wait_for(|listed| *listed).await.is_err() {
                return false;
            }
        }
        self.installation.changes().wait_for(Option::is_some).await.is_ok()
    }
}
