//! Keeps evidence in the bucket of the configuration. What cannot be kept at once waits in this process and is tried again, so
//! nothing of the work waits for it; what waits is counted, and lost with the process: CloudTrail has the calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use jichitai_api::common::Approval;
use jichitai_api::status::Drift;
use jichitai_aws::EvidencePlace;
use jichitai_aws::accounts::Accounts;
use jichitai_aws::session::Session;
use jichitai_plan::evidence::{self, Facts, Milestone, Month, Receipt, Record};
use jichitai_plan::identity::{AccountId, Owner};
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::pass::Ending;
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::config::{Config, EvidenceStore, Live};
use crate::kind::Kind;
use crate::shared::Shared;

/// How long a pass waits for its records to be kept.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether something waits still.
const LOOK: Duration = Duration::from_millis(50);
/// The first and the longest time between tries.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(300);

/// How much is kept, and what is not yet.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Records that are kept.
    pub kept: Counter,
    /// Tries that failed.
    pub failures: Counter,
    /// Bundles of records that wait.
    pub waiting: Gauge,
}

/// Records under their key.
#[derive(Clone, Debug)]
pub struct Bundle {
    key: String,
    text: String,
    records: u64,
}

/// Keeps evidence.
#[derive(Debug)]
pub struct Keeper {
    /// The operator's own identity.
    hub: Arc<Accounts>,
    config: Arc<Live>,
    counts: Counts,
    late: UnboundedSender<Bundle>,
}

impl Keeper {
    /// One that keeps by an identity, and what it could not keep yet.
    #[must_use]
    pub fn new(hub: Arc<Accounts>, config: Arc<Live>) -> (Self, UnboundedReceiver<Bundle>) {
        let (late, waiting) = mpsc::unbounded();
        let keeper = Self {
            hub,
            config,
            counts: Counts::default(),
            late,
        };
        (keeper, waiting)
    }

    /// How much is kept.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Keeps records about an object, or has them kept later.
    pub async fn keep(&self, object: &Owner, records: &[Record], now: Timestamp) {
        let config = self.config.get();
        if records.is_empty() || config.evidence.is_none() {
            return;
        }
        let text = evidence::lines(records);
        let bundle = Bundle {
            key: evidence::key(&config.installation, object, now, &text),
            records: u64::try_from(records.len()).unwrap_or(u64::MAX),
            text,
        };
        let put = tokio::time::timeout(PATIENCE, self.put(&bundle)).await;
        if put.is_err() {
            self.counts.failures.inc();
            tracing::warn!(key = bundle.key, "evidence takes long to be kept; it is tried again");
        }
        if put != Ok(true) {
            self.counts.waiting.inc();
            // At the end of the process nobody listens any more.
            let _gone_at_the_end = self.late.unbounded_send(bundle);
        }
    }

    /// Whether a bundle is kept; there is nothing to do where no store is configured any more.
    async fn put(&self, bundle: &Bundle) -> bool {
        let config = self.config.get();
        let Some(store) = &config.evidence else { return true };
        match store.put(&self.hub, &config, bundle).await {
            Ok(()) => {
                self.counts.kept.inc_by(bundle.records);
                true
            }
            Err(fault) => {
                self.counts.failures.inc();
                tracing::warn!(bucket = store.bucket, key = bundle.key, %fault, "evidence could not be kept; it is tried again");
                false
            }
        }
    }

    /// Waits a moment for what is not kept yet, at the end of the process; says what is lost.
    pub async fn close(&self) {
        let begun = Instant::now();
        while self.counts.waiting.get() > 0 && begun.elapsed() < PATIENCE {
            tokio::time::sleep(LOOK).await;
        }
        match self.counts.waiting.get() {
            0 => {}
            lost => tracing::error!(
                lost,
                "evidence could not be kept before the end: CloudTrail has the calls"
            ),
        }
    }

    /// Keeps what waits, one after the other, until it is dropped.
    pub async fn follow(&self, mut waiting: UnboundedReceiver<Bundle>) {
        self.look_at_the_lock().await;
        while let Some(bundle) = waiting.next().await {
            let mut pause = FIRST;
            while !self.put(&bundle).await {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
            self.counts.waiting.dec();
        }
    }

    /// Says so where evidence could be removed.
    async fn look_at_the_lock(&self) {
        let config = self.config.get();
        let Some(store) = &config.evidence else { return };
        let bucket = &store.bucket;
        match store.locked_days(&self.hub, &config).await {
            Ok(Some(days)) => tracing::info!(bucket, days, "evidence is kept, and locked"),
            Ok(None) => tracing::warn!(
                bucket,
                "evidence can be removed: the bucket locks no new object by default"
            ),
            Err(fault) => tracing::warn!(bucket, %fault, "it cannot be told whether evidence can be removed"),
        }
    }
}

/// Sees to it that what is done for an object is kept.
pub struct Witness<'a> {
    keeper: &'a Keeper,
    object: Owner,
    approvals: &'a [Approval],
    drift: &'a [Drift],
}

impl<'a> Witness<'a> {
    /// For an object as it is stored.
    pub fn of<K: Kind>(object: &'a K, shared: &'a Shared) -> Self {
        let status = object.status().map(K::common_status);
        Self {
            keeper: &shared.evidence,
            object: Owner::itself(object),
            approvals: &object.common().approvals,
            drift: status.map_or(&[], |status| &status.drift),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            object: &self.object,
            approvals: self.approvals,
            drift: self.drift,
        }
    }

    async fn keep(&self, records: &[Record]) {
        self.keeper.keep(&self.object, records, Timestamp::now()).await;
    }

    /// An approved plan begins.
    pub async fn begins<O>(&self, ending: &Ending<O>) {
        self.keep(&[evidence::approval(&self.facts(), ending)]).await;
    }

    /// Steps were sent to AWS.
    pub async fn wrote<O>(&self, ending: &Ending<O>, receipts: &[Receipt]) {
        self.keep(&evidence::writes(&self.facts(), ending, receipts)).await;
    }

    /// A pass came to its end.
    pub async fn ended<O>(&self, ending: &Ending<O>, milestones: Vec<Milestone>) {
        let milestone = |one: Milestone| one.record(evidence::basis(&self.object, ending));
        let drifts = evidence::drifts(&self.facts(), ending).into_iter();
        let records: Vec<Record> = drifts.chain(milestones.into_iter().map(milestone)).collect();
        self.keep(&records).await;
    }
}

impl EvidenceStore {
    /// The place.
    #[must_use]
    pub fn place(&self) -> EvidencePlace {
        EvidencePlace {
            region: self.region,
            bucket: self.bucket.clone(),
        }
    }

    async fn put(&self, hub: &Accounts, config: &Config, bundle: &Bundle) -> Result<(), Fault> {
        let session = self.session(hub, config).await?;
        session.keep_evidence(&self.place(), &bundle.key, &bundle.text).await
    }

    /// For how many days new evidence is locked; none where it is not.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn locked_days(&self, hub: &Accounts, config: &Config) -> Result<Option<i64>, Fault> {
        self.session(hub, config).await?.evidence_lock(&self.place()).await
    }

    /// The records about objects of a namespace from a month up to another, in the order of time; and what is no record, in
    /// words.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn read(
        &self,
        hub: &Accounts,
        config: &Config,
        namespace: &str,
        (from, to): (Month, Month),
    ) -> Result<(Vec<Record>, Vec<String>), Fault> {
        let session = self.session(hub, config).await?;
        let (mut all, mut others) = (Vec::new(), Vec::new());
        // What was done in the last minutes of a month may be kept in the next.
        for of in from.up_to(to.next()) {
            let prefix = evidence::prefix(&config.installation, namespace, of);
            for (key, text) in session.evidence(&self.place(), &prefix).await? {
                for record in evidence::parse(&text) {
                    match record {
                        Ok(record) => all.push(record),
                        // One that a later version wrote, or somebody else, hides no other.
                        Err((line, error)) => others.push(format!("{key}, line {line} is no record: {error}")),
                    }
                }
            }
        }
        all.retain(|record| (from..=to).contains(&Month::of(record.time)));
        all.sort_by_key(|record| record.time);
        Ok((all, others))
    }

    async fn session(&self, hub: &Accounts, config: &Config) -> Result<Arc<Session>, Fault> {
        let account = AccountId::new(&self.account_id).ok_or_else(|| Fault {
            kind: FaultKind::Invalid,
            operation: "sts:GetCallerIdentity".to_owned(),
            code: "NoAccount".to_owned(),
            message: format!("{:?} is no account id", self.account_id),
            request_id: None,
        })?;
        hub.session(&config.own_access(account)).await
    }
}
