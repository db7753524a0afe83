//! AWS's limits on calls, kept before AWS has to: a bucket of tokens for each account, Region and operation (or service,
//! where AWS counts all operations together). Who waits goes in the order of lanes. Where AWS asks to slow down even so,
//! the bucket does.

mod bucket;
mod connector;
mod lines;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jichitai_api::Region;

use self::bucket::Bucket;
pub(crate) use self::connector::{Called, Limited};
pub(crate) use self::lines::Lines;
pub use self::table::{Family, Rate};
use crate::config::Purpose;
use crate::lane::Lane;

/// Rates that differ from the defaults.
pub type Rates = BTreeMap<Family, Rate>;

/// More buckets than this are looked through for idle ones.
const MANY: usize = 24;

/// The limits of one account.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    rates: Rates,
    buckets: Mutex<Buckets>,
}

/// By operation; by nothing where AWS counts all operations together.
type Buckets = HashMap<(Region, Family), HashMap<String, Arc<Bucket>>>;

impl Limits {
    /// Limits with these rates, and the defaults for the rest.
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            rates,
            buckets: Mutex::default(),
        }
    }

    /// Waits until a call may be sent; returns how long that took.
    pub(crate) async fn turn(&self, region: Region, called: &Called, purpose: Purpose, lane: Lane) -> Duration {
        self.bucket(region, called, purpose).turn(lane).await
    }

    /// AWS asked to slow down.
    pub(crate) fn slow_down(&self, region: Region, called: &Called, purpose: Purpose) {
        self.bucket(region, called, purpose).slow_down();
    }

    fn bucket(&self, region: Region, called: &Called, purpose: Purpose) -> Arc<Bucket> {
        let family = Family::of(&called.service, &called.operation, purpose);
        let name = if family.is_shared() {
            ""
        } else {
            called.operation.as_str()
        };
        let mut all = self.lock();
        if let Some(bucket) = all.get(&(region, family)).and_then(|buckets| buckets.get(name)) {
            return Arc::clone(bucket);
        }
        // A bucket that is full and that nobody waits at is as good as a new one.
        if all.values().map(HashMap::len).sum::<usize>() >= MANY {
            for buckets in all.values_mut() {
                buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.is_idle());
            }
        }
        let rate = self
            .rates
            .get(&family)
            .copied()
            .unwrap_or_else(|| family.default_rate());
        let bucket = Arc::new(Bucket::new(rate));
        let buckets = all.entry((region, family)).or_default();
        buckets.insert(name.to_owned(), Arc::clone(&bucket));
        bucket
    }

    /// Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(service: &str, operation: &str) -> Called {
        Called {
            service: service.into(),
            operation: operation.into(),
        }
    }

    #[tokio::test]
    async fn operations_of_resolver_share_a_bucket_and_those_of_kms_do_not() {
        let limits = Limits::new([(Family::Resolver, Rate::new(5, 1)), (Family::KmsWrite, Rate::new(5, 1))].into());
        let turn = async |service, operation, region| {
            let called = called(service, operation);
            limits.turn(region, &called, Purpose::Write, Lane::Edit).await
        };
        let (tokyo, osaka) = (Region::Tokyo, Region::Osaka);
        let waits = Duration::from_millis(100);
        assert!(turn("KMS", "CreateKey", tokyo).await < waits);
        assert!(turn("KMS", "CreateAlias", tokyo).await < waits);
        assert!(turn("KMS", "CreateKey", osaka).await < waits);
        assert!(turn("KMS", "CreateKey", tokyo).await > waits);
        assert!(turn("Route53Resolver", "ListResolverRules", tokyo).await < waits);
        assert!(turn("Route53Resolver", "CreateResolverRule", tokyo).await > waits);
    }

    #[tokio::test]
    async fn buckets_are_kept_while_they_are_needed() {
        let limits = Limits::new([(Family::Ec2Read, Rate::new(2_000, 1))].into());
        for number in 0..200 {
            let called = called("EC2", &format!("Describe{number}"));
            limits.turn(Region::Tokyo, &called, Purpose::Read, Lane::Poll).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let kept: usize = limits.lock().values().map(HashMap::len).sum();
        assert!(kept <= MANY, "{kept}");
    }

    #[test]
    fn every_family_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = Family::ALL.iter().map(|family| family.name()).collect();
        assert_eq!(names.len(), Family::ALL.len());
    }
}
