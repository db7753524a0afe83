//! What a plan is made from besides the object: the accounts, the configuration, and the objects around it. A process
//! of the operator has it from watches, a command from files.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jichitai_api::{FileLinkBucket, Municipality, Object, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::accounts::Accounts;
use jichitai_plan::roll::Roll;
use jichitai_plan::tenants::Tenants;
use kube::Client;
use kube::runtime::reflector::{Lookup, ObjectRef, Store};

use crate::config::Live;

/// What a plan is made from besides the object.
pub struct World {
    /// AWS, by account.
    pub accounts: Accounts,
    /// Everything else.
    pub view: View,
}

/// What decides before AWS is asked.
pub struct View {
    /// The configuration in force.
    pub config: Arc<Live>,
    /// All municipalities.
    pub municipalities: Shelf<Municipality, Tenants>,
    /// All file-link buckets.
    pub buckets: Shelf<FileLinkBucket, Roll<FileLinkBucket>>,
    /// All policies.
    pub policies: Shelf<OsakaBackupPolicy, Roll<OsakaBackupPolicy>>,
    /// All Resolver endpoints.
    pub endpoints: Shelf<ResolverEndpoint, Roll<ResolverEndpoint>>,
    /// Where Secrets are read that a spec refers to.
    pub secrets: Secrets,
}

/// Where Secrets are read.
pub enum Secrets {
    /// In this cluster.
    In(Client),
    /// Nowhere: an object that refers to one cannot be planned.
    Missing,
    /// Nowhere, and nothing needs them: objects are only looked at.
    Unread,
}

/// Objects of a kind, sorted by what refers to them.
pub enum Shelf<K: Lookup + 'static, I>
where
    K::DynamicType: Eq + Hash,
{
    /// As a watch keeps them, and as they were sorted last: it is done again only when they are others.
    Watched(Store<K>, Mutex<Option<Arc<I>>>),
    /// As they were given.
    Given(Arc<I>),
}

/// A way to sort objects.
pub trait Index<K>: Sized {
    /// Sorts them.
    fn of(all: Vec<Arc<K>>) -> Self;

    /// Sorts them where some are as they were before.
    fn after(all: Vec<Arc<K>>, before: &Self) -> Self;

    /// All of them, and where each is.
    fn roll(&self) -> &Roll<K>;
}

impl<K: Object, I: Index<K>> Shelf<K, I>
where
    K: Lookup<DynamicType: Clone + Eq + Hash> + Clone + 'static,
{
    /// Objects that a watch keeps.
    #[must_use]
    pub fn watched(store: Store<K>) -> Self {
        Self::Watched(store, Mutex::default())
    }

    /// The object of that name as it is now, where a watch keeps it.
    #[must_use]
    pub fn latest(&self, object: &ObjectRef<K>) -> Option<Arc<K>> {
        match self {
            Self::Given(_) => None,
            Self::Watched(store, _) => store.get(object),
        }
    }

    /// The objects as they are now.
    #[must_use]
    pub fn read(&self) -> Arc<I> {
        let (store, last) = match self {
            Self::Given(index) => return Arc::clone(index),
            Self::Watched(store, last) => (store, last),
        };
        let now = store.state();
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |index: &Arc<I>| {
            let before = index.roll().all();
            before.len() == now.len() && before.iter().zip(&now).all(|(before, now)| Arc::ptr_eq(before, now))
        };
        if let Some(index) = last.as_ref().filter(|index| is_same(index)) {
            return Arc::clone(index);
        }
        let index = Arc::new(match last.as_ref() {
            Some(before) => I::after(now, before),
            None => I::of(now),
        });
        *last = Some(Arc::clone(&index));
        index
    }
}

impl Index<Municipality> for Tenants {
    fn of(all: Vec<Arc<Municipality>>) -> Self {
        Self::of(all)
    }

    fn after(all: Vec<Arc<Municipality>>, before: &Self) -> Self {
        Self::after(all, before)
    }

    fn roll(&self) -> &Roll<Municipality> {
        self.roll()
    }
}

impl<K: Object> Index<K> for Roll<K> {
    fn of(all: Vec<Arc<K>>) -> Self {
        Self::of(all)
    }

    fn after(all: Vec<Arc<K>>, before: &Self) -> Self {
        Self::after(all, before)
    }

    fn roll(&self) -> &Self {
        self
    }
}
