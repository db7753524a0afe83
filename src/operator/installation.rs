//! Which cluster writes for the installation: the lock is read every few seconds, and nothing is written on an old
//! reading. A cluster that does not hold it goes on reading and reporting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jichitai_api::Reason;
use jichitai_aws::accounts::Accounts;
use jichitai_aws::session::Session;
use jichitai_aws::{FoundLock, LockPlace};
use jichitai_plan::identity::AccountId;
use jichitai_plan::installation::{Cluster, LOOK, Lock, Next, RELIABLE};
use jichitai_plan::observation::Fault;
use jichitai_plan::plan::Text;
use jichitai_plan::report::reason_of;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client};
use tokio::sync::watch;

use crate::config::{Config, InstallationLock, Live};
use crate::fence::Fence;
use crate::shards::Shards;

/// Whether this cluster writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Writes,
    /// It only observes, and why.
    Observes(Reason, Text),
}

/// What this process knows of the lock.
#[derive(Debug)]
pub struct Installation {
    fence: Fence,
    /// Whether the configuration has a lock at all.
    locked: AtomicBool,
    /// None until it was read, or could not be, for the first time.
    standing: watch::Sender<Option<Standing>>,
}

/// Why the lock cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The cluster has no name to write into the lock.
    #[error("cannot tell which cluster this is: Namespace kube-system cannot be read: {0}")]
    Cluster(Box<kube::Error>),
    /// The configuration was not checked.
    #[error("installationLock.accountId has not twelve digits")]
    Account,
    /// The operator's own identity, or S3.
    #[error("cannot use the lock of the installation in bucket {bucket}: {fault}")]
    Aws {
        /// The bucket.
        bucket: String,
        /// Why.
        fault: Fault,
    },
}

/// The UID by which a cluster is known: that of the Namespace that every cluster has from its beginning to its end.
///
/// # Errors
/// The API server refused, or did not answer.
pub async fn cluster_uid(client: &Client) -> Result<String, LockError> {
    let namespace = Api::<Namespace>::all(client.clone()).get("kube-system").await;
    let namespace = namespace.map_err(|error| LockError::Cluster(Box::new(error)))?;
    Ok(namespace.metadata.uid.unwrap_or_default())
}

/// Where the lock of a configuration is.
#[must_use]
pub fn place(config: &Config, lock: &InstallationLock) -> LockPlace {
    LockPlace {
        region: lock.region,
        bucket: lock.bucket.clone(),
        installation: config.installation.clone(),
    }
}

/// The operator's own identity, in the account of the lock.
///
/// # Errors
/// It is in another account, or STS does not answer.
pub async fn own_session(
    accounts: &Accounts,
    config: &Config,
    lock: &InstallationLock,
) -> Result<Arc<Session>, LockError> {
    let access = config.own_access(AccountId::new(&lock.account_id).ok_or(LockError::Account)?);
    accounts.session(&access).await.map_err(|fault| lock.refused(fault))
}

impl InstallationLock {
    /// The lock cannot be used.
    #[must_use]
    pub fn refused(&self, fault: Fault) -> LockError {
        LockError::Aws {
            bucket: self.bucket.clone(),
            fault,
        }
    }
}

/// The version that was read last, and since when it has been seen.
struct Seen {
    version: Option<String>,
    since: Instant,
}

/// Who looks, and with what.
struct Watcher {
    installation: Arc<Installation>,
    accounts: Accounts,
    client: Client,
    by: String,
    uid: Option<String>,
    seen: Option<Seen>,
}

impl Default for Installation {
    fn default() -> Self {
        Self {
            fence: Fence::new(RELIABLE),
            locked: AtomicBool::new(true),
            standing: watch::Sender::new(None),
        }
    }
}

impl Installation {
    /// Whether a write may go out now.
    #[must_use]
    pub fn admits(&self) -> bool {
        !self.locked.load(Ordering::Acquire) || self.fence.holds()
    }

    /// Why nothing is written, as far as it is known.
    #[must_use]
    pub fn elsewhere(&self) -> Option<(Reason, Text)> {
        match &*self.standing.borrow() {
            Some(Standing::Observes(reason, text)) => Some((*reason, text.clone())),
            Some(Standing::Writes) | None => None,
        }
    }

    /// Changes of the standing.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Option<Standing>> {
        self.standing.subscribe()
    }

    /// Reads the lock for ever. `accounts` writes while this replica works in a shard.
    pub async fn watch(
        self: Arc<Self>,
        accounts: Accounts,
        client: Client,
        config: Arc<Live>,
        by: &str,
        shards: &Shards,
    ) {
        let mut watcher = Watcher {
            installation: self,
            accounts,
            client,
            by: by.to_owned(),
            uid: None,
            seen: None,
        };
        let (mut tick, mut changed) = (tokio::time::interval(LOOK), shards.changes());
        loop {
            tokio::select! {
                _now = tick.tick() => {}
                Ok(()) = changed.changed() => {}
            }
            // Who works nowhere may not write the lock, and has nothing to say about it.
            if shards.holds_any() {
                watcher.look(&config.get()).await;
            }
        }
    }

    fn stands(&self, standing: Standing) {
        let changed = self.standing.send_if_modified(|now| {
            let changed = now.as_ref() != Some(&standing);
            *now = Some(standing.clone());
            changed
        });
        match standing {
            Standing::Writes if changed => tracing::info!("this cluster writes for the installation"),
            Standing::Observes(reason, text) if changed => {
                tracing::warn!(%reason, "this cluster only observes: {}", text.en);
            }
            Standing::Writes | Standing::Observes(..) => {}
        }
    }
}

impl Watcher {
    async fn look(&mut self, config: &Config) {
        let Some(lock) = &config.installation_lock else {
            self.seen = None;
            self.installation.locked.store(false, Ordering::Release);
            self.installation.stands(Standing::Writes);
            return;
        };
        self.installation.locked.store(true, Ordering::Release);
        match self.decide(config, lock).await {
            Ok(standing) => self.installation.stands(standing),
            // What was read shortly before holds on.
            Err(error) if self.installation.fence.holds() => tracing::warn!(%error, "the lock was not read"),
            Err(error) => {
                let reason = match &error {
                    LockError::Aws { fault, .. } => reason_of(fault),
                    LockError::Cluster(_) | LockError::Account => Reason::InstallationHeldElsewhere,
                };
                let text = Text::new(
                    format!("{error}; without it nothing is written"),
                    format!("{error}。読み取れるまで何も書き込みません"),
                );
                self.installation.stands(Standing::Observes(reason, text));
            }
        }
    }

    /// Reads, and does what follows, until nothing follows.
    async fn decide(&mut self, config: &Config, lock: &InstallationLock) -> Result<Standing, LockError> {
        let session = own_session(&self.accounts, config, lock).await?;
        let cluster = Cluster {
            installation: config.installation.clone(),
            uid: match &self.uid {
                Some(uid) => uid.clone(),
                None => self.uid.insert(cluster_uid(&self.client).await?).clone(),
            },
            by: self.by.clone(),
        };
        let (place, expires) = (place(config, lock), Duration::try_from(lock.expires_after));
        let expires = expires.unwrap_or(Duration::MAX);
        let refused = |fault| lock.refused(fault);
        loop {
            let begun = Instant::now();
            let found = session.read_lock(&place).await.map_err(refused)?;
            let unchanged = self.unchanged(found.as_ref(), begun);
            let held = found.as_ref().map(|found| &found.lock);
            match cluster.next(held, unchanged, expires, Timestamp::now()) {
                Next::Hold => {
                    self.installation.fence.confirm(begun);
                    return Ok(Standing::Writes);
                }
                Next::Settle => return Ok(Standing::Observes(Reason::InstallationHeldElsewhere, settles())),
                Next::Elsewhere(lock) => {
                    return Ok(Standing::Observes(Reason::InstallationHeldElsewhere, elsewhere(&lock)));
                }
                Next::Put(new) => {
                    let put = session.put_lock(&place, found.as_ref(), &new).await.map_err(refused)?;
                    let of = new.from.as_deref().unwrap_or("nobody");
                    match put {
                        Some(_) => tracing::debug!(cluster = %new.cluster, %of, "the lock is put"),
                        None => tracing::info!("another was faster to put the lock"),
                    }
                }
            }
        }
    }

    /// For how long this very version has been seen: from the end of the first reading to the beginning of this one.
    fn unchanged(&mut self, found: Option<&FoundLock>, begun: Instant) -> Duration {
        let version = found.map(|found| found.version.clone());
        let same = self.seen.take().filter(|seen| seen.version == version);
        let seen = self.seen.insert(same.unwrap_or_else(|| Seen {
            version,
            since: Instant::now(),
        }));
        begun.saturating_duration_since(seen.since)
    }
}

/// Who writes instead.
#[must_use]
pub fn elsewhere(lock: &Lock) -> Text {
    let Lock {
        installation,
        cluster,
        by,
        since,
        renewed,
        ..
    } = lock;
    Text::new(
        format!(
            "cluster {cluster} ({by}) writes for installation {installation} since {since}, last seen {renewed}: this one only observes; if that one is gone, run `jichitai take-over` here"
        ),
        format!(
            "クラスター {cluster}({by})が {since} から導入 {installation} を担当しています(最終確認 {renewed})。このクラスターは観察のみ行います。失われた場合はこちらで `jichitai take-over` を実行してください"
        ),
    )
}

fn settles() -> Text {
    Text::new(
        "this cluster has taken over, and writes as soon as the one before must know",
        "このクラスターが引き継ぎました。以前のクラスターが停止するまで待ち、書き込みを始めます",
    )
}
