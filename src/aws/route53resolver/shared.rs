//! What all objects of an account share: lists and details.

use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_route53resolver::Client;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::route53resolver::address::Address;
use jichitai_plan::route53resolver::query_log::{LoggedVpc, QueryLog};
use jichitai_plan::route53resolver::rule::Rule;
use jichitai_plan::route53resolver::rule_association::RuleAssociation;
use jichitai_plan::tags::Tags;
use tokio::sync::Mutex;

use super::endpoint::Record;
use super::{endpoint, query_log, rule, rule_association, tags};
use crate::kept::FULL_CHECK;

/// What all objects of an account share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    endpoints: Kept<Record>,
    rules: Kept<Rule>,
    associations: Kept<RuleAssociation>,
    query_logs: Kept<QueryLog>,
    logged_vpcs: Kept<LoggedVpc>,
    written: StdMutex<Option<Instant>>,
    tags: StdMutex<HashMap<String, Known>>,
    addresses: StdMutex<HashMap<String, KnownAddresses>>,
}

/// A list, and when its reading began.
type Kept<T> = Mutex<Option<(Instant, Vec<T>)>>;

/// From when on an answer counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    /// Lists.
    pub(crate) lists: Instant,
    /// Addresses.
    pub(crate) addresses: Instant,
    /// Tags; without it each in its turn.
    pub(crate) tags: Option<Instant>,
}

/// Addresses as they were read, and what the list showed of their endpoint then.
#[derive(Clone, Debug)]
struct KnownAddresses {
    read: Instant,
    stamp: String,
    addresses: Vec<Address>,
}

/// Tags, and when they are read again.
#[derive(Debug)]
struct Known {
    /// What was read and when; none of a thing whose turn has not come yet.
    read: Option<(Instant, Tags)>,
    due: Instant,
}

impl Shared {
    /// Notes that something was written: lists that began before are old.
    pub(crate) fn wrote(&self) {
        *lock(&self.written) = Some(Instant::now());
    }

    /// All endpoints.
    pub(crate) async fn endpoints(&self, client: &Client, since: Since) -> Listing<Record> {
        self.list(&self.endpoints, since, || endpoint::list(client)).await
    }

    /// All rules, also those that others share with the account.
    pub(crate) async fn rules(&self, client: &Client, since: Since) -> Listing<Rule> {
        self.list(&self.rules, since, || rule::list(client)).await
    }

    /// Where rules hold in the account's VPCs.
    pub(crate) async fn associations(&self, client: &Client, since: Since) -> Listing<RuleAssociation> {
        self.list(&self.associations, since, || rule_association::list(client))
            .await
    }

    /// All logs of queries.
    pub(crate) async fn query_logs(&self, client: &Client, since: Since) -> Listing<QueryLog> {
        self.list(&self.query_logs, since, || query_log::list(client)).await
    }

    /// The VPCs whose queries are logged.
    pub(crate) async fn logged_vpcs(&self, client: &Client, since: Since) -> Listing<LoggedVpc> {
        self.list(&self.logged_vpcs, since, || query_log::list_vpcs(client))
            .await
    }

    async fn list<T: Clone, F>(&self, kept: &Kept<T>, since: Since, read: impl FnOnce() -> F) -> Listing<T>
    where
        F: Future<Output = Listing<T>>,
    {
        // Whoever waits here for a reading under way finds it fresh enough.
        let mut kept = kept.lock().await;
        let written = *lock(&self.written);
        let since = written.map_or(since.lists, |written| written.max(since.lists));
        if let Some((began, list)) = kept.as_ref()
            && *began >= since
        {
            return Ok(list.clone());
        }
        let began = Instant::now();
        let list = read().await?;
        *kept = Some((began, list.clone()));
        Ok(list)
    }

    /// The tags of a thing; none while its turn has not come and `needed` does not say otherwise. Turns are
    /// spread over the period of a full check, so that a start reads no tag of what names its owner itself.
    pub(crate) async fn tags(
        &self,
        client: &Client,
        arn: &str,
        needed: bool,
        since: Since,
    ) -> Result<Option<Tags>, Fault> {
        let now = Instant::now();
        {
            let mut all = lock(&self.tags);
            let known = all.entry(arn.to_owned()).or_insert_with(|| Known {
                read: None,
                due: now + spread(arn),
            });
            let fresh = |read: &Instant| since.tags.is_none_or(|since| *read >= since);
            match &known.read {
                Some((read, tags)) if now < known.due && fresh(read) => return Ok(Some(tags.clone())),
                None if now < known.due && !needed && since.tags.is_none() => return Ok(None),
                Some(_) | None => {}
            }
        }
        let tags = tags::list(client, arn).await?;
        self.know(arn, now, &tags);
        Ok(Some(tags))
    }

    /// Notes the tags that a thing was made with.
    pub(super) fn made(&self, arn: &str, tags: &Tags) {
        self.know(arn, Instant::now(), tags);
    }

    /// Notes that the tags of a thing were changed.
    pub(super) fn tagged(&self, arn: &str, tags: &Tags) {
        if let Some(Known {
            read: Some((_, have)), ..
        }) = lock(&self.tags).get_mut(arn)
        {
            have.extend(tags);
        }
    }

    /// What was read of a thing's tags is asked for again at the next look.
    pub(crate) fn forget_tags(&self, arn: &str) {
        if let Some(known) = lock(&self.tags).get_mut(arn) {
            known.due = Instant::now();
        }
    }

    fn know(&self, arn: &str, read: Instant, tags: &Tags) {
        let known = Known {
            read: Some((read, tags.clone())),
            due: read + FULL_CHECK,
        };
        lock(&self.tags).insert(arn.to_owned(), known);
    }

    /// The addresses of an endpoint. They are read anew at once when the list shows that it changed.
    pub(crate) async fn addresses(&self, client: &Client, of: &Record, since: Since) -> Result<Vec<Address>, Fault> {
        let id = &of.endpoint.id;
        let known = lock(&self.addresses).get(id).cloned();
        if let Some(known) = known.filter(|known| known.read >= since.addresses && known.stamp == of.stamp) {
            return Ok(known.addresses);
        }
        let read = Instant::now();
        let addresses = endpoint::addresses(client, id).await?;
        let known = KnownAddresses {
            read,
            stamp: of.stamp.clone(),
            addresses: addresses.clone(),
        };
        lock(&self.addresses).insert(id.clone(), known);
        Ok(addresses)
    }

    /// Forgets details of what is no longer listed.
    pub(crate) fn keep_only(&self, kind: &str, arns: &BTreeSet<&str>) {
        let is_kept = |arn: &str| !arn.contains(kind) || arns.contains(arn);
        lock(&self.tags).retain(|arn, _| is_kept(arn));
    }
}

/// When within a full check the turn of a thing comes.
fn spread(arn: &str) -> Duration {
    let mut hasher = std::hash::DefaultHasher::new();
    arn.hash(&mut hasher);
    let part = u32::try_from(hasher.finish() % 1_000).unwrap_or_default();
    FULL_CHECK * part / 1_000
}

/// Nothing panics while it holds a lock, and a half-done note would do no harm.
fn lock<T>(mutex: &StdMutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
