//! Keeps the Leases of this replica, and takes its share of those that nobody keeps.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use futures::future::join_all;
use jichitai_plan::identity::short_hash;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;

use super::Shards;
use super::decide::{DURATION, LOOK, Moves, Of, Seen, moves};

/// Marks our Leases: `member`, or the number of a shard.
const LABEL: &str = "jichitai.dev/lease";
/// On the Lease of a shard: among how many it is one.
const AMONG: &str = "jichitai.dev/shards";
/// The value of the label on the Lease of a replica.
const MEMBER: &str = "member";
/// How long one question to the API server may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// After this long a Lease that nobody needs is removed.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// The Leases of all replicas, seen by one.
pub struct Leases {
    api: Api<Lease>,
    me: String,
    shards: Shards,
    /// When each version was seen first, by name.
    known: HashMap<String, (Option<String>, Instant)>,
    /// What was said last of what is waited for.
    said: &'static str,
}

impl Leases {
    /// Leases in a namespace, for a replica of this name.
    #[must_use]
    pub fn new(client: Client, namespace: &str, me: &str, shards: Shards) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            me: me.to_owned(),
            shards,
            known: HashMap::new(),
            said: "",
        }
    }

    /// Keeps and takes Leases until `stop` turns true, and then gives all of them up.
    pub async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let stops = async {
                let _gone_too = stop.wait_for(|stop| *stop).await;
            };
            tokio::select! {
                () = stops => break,
                _now = tick.tick() => {}
            }
            self.look().await;
        }
        self.give_up().await;
    }

    /// Looks at all Leases, and does what follows.
    async fn look(&mut self) {
        let listed = tokio::time::timeout(PATIENCE, self.api.list(&ListParams::default().labels(LABEL))).await;
        match listed {
            Ok(Ok(list)) => self.act(list.items).await,
            Ok(Err(error)) => tracing::warn!(%error, "the Leases cannot be read"),
            Err(_) => tracing::warn!("the Leases cannot be read: the API server does not answer"),
        }
        // Who could not renew a Lease in time works on nothing more of it, whatever became of it.
        for number in 0..self.shards.count() {
            if self.shards.is_ours(number) && !self.shards.shard(number).fence.holds() {
                tracing::error!(shard = number, "the lease is lost: stopping what is under way");
                self.shards.is_away(number);
            }
        }
    }

    async fn act(&mut self, leases: Vec<Lease>) {
        let now = Instant::now();
        let named: BTreeMap<String, Lease> = leases.into_iter().map(|lease| (lease.name_any(), lease)).collect();
        self.known.retain(|name, _| named.contains_key(name));
        let mut seen = Vec::new();
        for (name, lease) in &named {
            let version = lease.resource_version();
            let first = self.known.entry(name.clone()).or_insert_with(|| (version.clone(), now));
            if first.0 != version {
                *first = (version, now);
            }
            let unchanged = now - first.1;
            seen.extend(read(lease, unchanged));
            // Of a replica that is gone, or of a shard that there is no more.
            let is_shard = (0..self.shards.count()).any(|number| shard(number) == *name);
            if unchanged > FORGOTTEN && !is_shard {
                let _another_does = self.api.delete(name, &DeleteParams::default()).await;
            }
        }
        let next = moves(&self.me, self.shards.count(), &seen);
        self.tell(&next);
        for number in next.leave.iter().copied().filter(|number| self.shards.is_ours(*number)) {
            self.shards.leaves(number);
        }
        let this = &*self;
        let named = &named;
        let left = next.leave.iter().copied().map(|number| async move {
            // A shard that is left is kept until what is under way has ended.
            match this.shards.is_empty(number) || !this.shards.is_ours(number) {
                true => this.release(number, named).await,
                false => this.hold(number, named).await,
            }
        });
        for number in next.renew.iter().copied().filter(|number| self.shards.is_left(*number)) {
            self.shards.takes(number);
        }
        let kept = next.renew.iter().chain(&next.take).copied();
        let kept = kept.map(|number| this.hold(number, named));
        // Where there is but one shard, nobody has to be counted.
        let counted = async { this.shards.count() > 1 && this.write(&member(&this.me), MEMBER, None, named).await };
        futures::join!(join_all(left), join_all(kept), counted);
    }

    /// Says once what is waited for.
    fn tell(&mut self, next: &Moves) {
        let waits = match next {
            Moves { others: true, .. } => "waiting for replicas that divide the accounts otherwise",
            _ if self.shards.held() == 0 && next.take.is_empty() => "waiting for the lease of a shard",
            _ => "",
        };
        if self.said != waits && !waits.is_empty() {
            tracing::info!("{waits}");
        }
        self.said = waits;
    }

    /// Takes or renews the Lease of a shard.
    async fn hold(&self, number: u32, named: &BTreeMap<String, Lease>) {
        let asked = Instant::now();
        if !self
            .write(&shard(number), &number.to_string(), Some(self.shards.count()), named)
            .await
        {
            return;
        }
        self.shards.shard(number).fence.confirm(asked);
        if !self.shards.is_ours(number) {
            tracing::info!(shard = number, "this replica works");
            self.shards.takes(number);
        }
    }

    async fn release(&self, number: u32, named: &BTreeMap<String, Lease>) {
        self.shards.is_away(number);
        let Some(lease) = named.get(&shard(number)) else { return };
        let released = self.free(lease.clone()).await;
        tracing::info!(shard = number, released, "left to another replica");
    }

    /// Writes a Lease as ours, unless somebody else did since it was seen.
    async fn write(&self, name: &str, label: &str, among: Option<u32>, named: &BTreeMap<String, Lease>) -> bool {
        let before = named.get(name);
        let spec = before.and_then(|lease| lease.spec.as_ref());
        let now = MicroTime(Timestamp::now());
        let same = spec.and_then(|spec| spec.holder_identity.as_deref()) == Some(self.me.as_str());
        let transitions = spec.and_then(|spec| spec.lease_transitions).unwrap_or_default();
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some([(LABEL.to_owned(), label.to_owned())].into()),
                annotations: among.map(|among| [(AMONG.to_owned(), among.to_string())].into()),
                resource_version: before.and_then(ResourceExt::resource_version),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.me.clone()),
                lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
                acquire_time: match same {
                    true => spec.and_then(|spec| spec.acquire_time.clone()),
                    false => Some(now.clone()),
                },
                renew_time: Some(now),
                lease_transitions: Some(transitions + i32::from(!same)),
                ..LeaseSpec::default()
            }),
        };
        let params = PostParams::default();
        let written = async {
            match before {
                Some(_) => self.api.replace(name, &params, &lease).await,
                None => self.api.create(&params, &lease).await,
            }
        };
        match tokio::time::timeout(PATIENCE, written).await {
            Ok(Ok(_)) => true,
            // Another replica was faster.
            Ok(Err(kube::Error::Api(status))) if status.code == 409 => false,
            Ok(Err(error)) => {
                tracing::warn!(lease = name, %error, "a Lease cannot be written");
                false
            }
            Err(_) => {
                tracing::warn!(
                    lease = name,
                    "a Lease cannot be written: the API server does not answer"
                );
                false
            }
        }
    }

    /// Gives a Lease up, so that another replica need not wait for its end.
    async fn free(&self, lease: Lease) -> bool {
        let name = lease.name_any();
        let spec = LeaseSpec {
            holder_identity: None,
            ..lease.spec.unwrap_or_default()
        };
        let freed = Lease {
            spec: Some(spec),
            ..lease
        };
        let params = PostParams::default();
        let written = self.api.replace(&name, &params, &freed);
        matches!(tokio::time::timeout(PATIENCE, written).await, Ok(Ok(_)))
    }

    async fn give_up(self) {
        let listed = tokio::time::timeout(PATIENCE, self.api.list(&ListParams::default().labels(LABEL))).await;
        let Ok(Ok(list)) = listed else { return };
        let of_mine = |lease: &Lease| {
            let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref());
            holder == Some(self.me.as_str())
        };
        let this = &self;
        let all = list.items.into_iter().filter(of_mine).map(|lease| async move {
            match lease.name_any() == member(&this.me) {
                true => this
                    .api
                    .delete(&lease.name_any(), &DeleteParams::default())
                    .await
                    .is_ok(),
                false => this.free(lease).await,
            }
        });
        let all: Vec<bool> = join_all(all).await;
        tracing::info!(given_up = all.iter().filter(|freed| **freed).count(), "leases given up");
    }
}

/// The name of a shard's Lease.
fn shard(number: u32) -> String {
    format!("jichitai-operator-{number}")
}

/// The name of a replica's Lease; who it is stands in the Lease.
fn member(me: &str) -> String {
    format!("jichitai-operator-member-{}", short_hash(me, 10))
}

fn read(lease: &Lease, unchanged: Duration) -> Option<Seen> {
    let label = lease.labels().get(LABEL)?;
    let of = match label.parse() {
        Ok(number) => Of::Shard {
            number,
            among: lease.annotations().get(AMONG)?.parse().ok()?,
        },
        Err(_) if label == MEMBER => Of::Member,
        Err(_) => return None,
    };
    let spec = lease.spec.as_ref()?;
    let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty());
    Some(Seen { of, holder, unchanged })
}
