//! What a plan is made from besides the object: the accounts, the configuration, and the objects around it. A process
//! of the operator has it from watches, a command from files.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jichitai_api::{FileLinkBucket, Municipality, Object, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::accounts::Accounts;
use jichitai_plan::identity::Owner;
use jichitai_plan::succession::Heirs;
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
    pub buckets: Shelf<FileLinkBucket, ByNamespace<FileLinkBucket>>,
    /// All policies.
    pub policies: Shelf<OsakaBackupPolicy, ByNamespace<OsakaBackupPolicy>>,
    /// All Resolver endpoints.
    pub endpoints: Shelf<ResolverEndpoint, ByNamespace<ResolverEndpoint>>,
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
    /// As a watch keeps them.
    Watched(Store<K>, Mutex<Last<K, I>>),
    /// As they were given.
    Given(Arc<I>),
}

/// How objects were sorted, and from which: it is done again only when they are others.
pub type Last<K, I> = Option<(Vec<Arc<K>>, Arc<I>)>;

/// A way to sort objects.
pub trait Index<K>: Sized {
    /// Sorts them.
    fn of(all: Vec<Arc<K>>) -> Self;

    /// Sorts them where some are as they were before.
    fn after(all: Vec<Arc<K>>, _before: &Self) -> Self {
        Self::of(all)
    }

    /// The one of that name.
    fn find(&self, name: &Owner) -> Option<&K>;

    /// Those that take the place of a former one.
    fn heirs(&self, place: &Owner) -> &[Arc<K>];
}

impl<K, I: Index<K>> Shelf<K, I>
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
        let is_same = |before: &[Arc<K>]| {
            before.len() == now.len() && before.iter().zip(&now).all(|(before, now)| Arc::ptr_eq(before, now))
        };
        if let Some((_, index)) = last.as_ref().filter(|(before, _)| is_same(before)) {
            return Arc::clone(index);
        }
        let index = Arc::new(match last.as_ref() {
            Some((_, before)) => I::after(now.clone(), before),
            None => I::of(now.clone()),
        });
        *last = Some((now, Arc::clone(&index)));
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

    fn find(&self, name: &Owner) -> Option<&Municipality> {
        self.find(&name.namespace, &name.name)
    }

    fn heirs(&self, place: &Owner) -> &[Arc<Municipality>] {
        self.heirs(place)
    }
}

/// Objects by their namespace.
#[derive(Debug)]
pub struct ByNamespace<K> {
    sorted: HashMap<String, Vec<Arc<K>>>,
    heirs: Heirs<K>,
}

impl<K: Object> ByNamespace<K> {
    /// Those in a namespace.
    #[must_use]
    pub fn within(&self, namespace: &str) -> &[Arc<K>] {
        self.sorted.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The one of that name.
    #[must_use]
    pub fn named(&self, namespace: &str, name: &str) -> Option<&K> {
        let is_it = |one: &&Arc<K>| one.object_meta().name.as_deref() == Some(name);
        self.within(namespace).iter().find(is_it).map(Arc::as_ref)
    }
}

impl<K: Object> Index<K> for ByNamespace<K> {
    fn of(all: Vec<Arc<K>>) -> Self {
        let heirs = Heirs::of(&all);
        let mut sorted = HashMap::<String, Vec<Arc<K>>>::new();
        for one in all {
            let namespace = one.object_meta().namespace.clone().unwrap_or_default();
            sorted.entry(namespace).or_default().push(one);
        }
        Self { sorted, heirs }
    }

    fn find(&self, name: &Owner) -> Option<&K> {
        self.named(&name.namespace, &name.name)
    }

    fn heirs(&self, place: &Owner) -> &[Arc<K>] {
        self.heirs.to(place)
    }
}
