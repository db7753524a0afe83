//! Who is woken by a change of another object: what refers to it, what it refers to, what means the same place in AWS.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Instant;

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use jichitai_api::{
    ConditionType, FileLinkBucket, InventoryState, Municipality, MunicipalitySpec, OsakaBackupPolicy, ResolverEndpoint,
};
use jichitai_plan::identity::Owner;
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};

use crate::agenda::Agenda;
use crate::kind::Kind;
use crate::osaka_backup_policy::refers as copies_of;
use crate::resolver_endpoint::refers as refers_to;

/// The objects of a kind, and how they are woken.
pub struct Wakes<K: Kind> {
    /// All objects.
    pub store: Store<K>,
    agenda: Agenda,
    sender: UnboundedSender<ObjectRef<K>>,
}

impl<K: Kind> Clone for Wakes<K> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            agenda: self.agenda.clone(),
            sender: self.sender.clone(),
        }
    }
}

impl<K: Kind> Wakes<K> {
    /// The objects of a store, and where it is heard who is woken.
    #[must_use]
    pub fn new(store: &Store<K>, agenda: &Agenda) -> (Self, UnboundedReceiver<ObjectRef<K>>) {
        let (sender, woken) = mpsc::unbounded();
        let wakes = Self {
            store: store.clone(),
            agenda: agenda.clone(),
            sender,
        };
        (wakes, woken)
    }

    /// Wakes one: something that it looks at has changed.
    pub fn wake(&self, object: ObjectRef<K>) {
        let name = format!(
            "{}/{}/{}",
            K::KIND,
            object.namespace.as_deref().unwrap_or_default(),
            object.name
        );
        self.agenda.woken(K::KIND, &name, Instant::now());
        // At the end of the process nobody listens any more.
        let _gone_at_the_end = self.sender.unbounded_send(object);
    }

    /// A change of what an object has in AWS was reported.
    pub fn reported(&self, object: &K) {
        self.agenda.reported(K::KIND, &Owner::itself(object).to_string());
        self.wake(ObjectRef::from_obj(object));
    }

    /// Wakes those that meet a condition.
    pub fn wake_those(&self, is_one: impl Fn(&K) -> bool) {
        let all = self.store.state();
        for object in all.iter().filter(|object| is_one(object)) {
            self.wake(ObjectRef::from_obj(object.as_ref()));
        }
    }

    /// Wakes the objects that mean the same place in AWS as one that changed or went: one of them may have it now.
    fn wake_kin(&self, changed: &K) {
        let (me, place) = (Owner::itself(changed), Owner::of(changed));
        self.wake_those(|one| {
            // Most stand for nobody but themselves.
            if one.common().adopt_from.is_none() && place == me {
                return false;
            }
            let (other, its) = (Owner::itself(one), Owner::of(one));
            other != me && (its == place || its == me || other == place)
        });
    }
}

/// All objects, and how they are woken.
#[derive(Clone)]
pub struct Everybody {
    /// Municipalities.
    pub municipalities: Wakes<Municipality>,
    /// File-link buckets.
    pub buckets: Wakes<FileLinkBucket>,
    /// Policies.
    pub policies: Wakes<OsakaBackupPolicy>,
    /// Resolver endpoints.
    pub endpoints: Wakes<ResolverEndpoint>,
}

/// What policies said last of how safe data is.
#[derive(Debug, Default)]
pub struct Safety(HashMap<Owner, Vec<(String, String)>>);

impl Safety {
    fn is_new(&mut self, policy: &OsakaBackupPolicy) -> bool {
        let told = [
            ConditionType::RecoveryPointObjectiveMet,
            ConditionType::CoverageComplete,
        ];
        let conditions = policy.status.iter().flat_map(|status| &status.common.conditions);
        let its = conditions.filter(|one| told.iter().any(|kind| one.type_ == kind.as_str()));
        let now: Vec<_> = its.map(|one| (one.type_.clone(), one.status.clone())).collect();
        let before = self.0.insert(Owner::itself(policy), now.clone());
        before.unwrap_or_default() != now
    }
}

/// What the last change of each object was, as far as others look at it.
#[derive(Debug, Default)]
pub struct Noted(HashMap<String, u64>);

impl Noted {
    /// Whether an object differs from when this was asked last, in anything but the ledger of what is being made and the
    /// words of its conditions.
    pub fn is_new<K: Kind>(&mut self, object: &K) -> bool {
        let mut hasher = DefaultHasher::new();
        let meta = object.meta();
        (meta.generation, meta.deletion_timestamp.is_some(), &meta.uid).hash(&mut hasher);
        let status = object.status().map(K::common_status);
        for condition in status.iter().flat_map(|status| &status.conditions) {
            (&condition.type_, &condition.status, &condition.reason).hash(&mut hasher);
        }
        let entries = status.iter().flat_map(|status| &status.inventory);
        for entry in entries.filter(|entry| entry.state == InventoryState::Present) {
            (&entry.role, &entry.region, &entry.id).hash(&mut hasher);
        }
        let now = hasher.finish();
        self.0.insert(Owner::itself(object).to_string(), now) != Some(now)
    }
}

impl Everybody {
    /// What follows from a change of a bucket: its keys' policies are its Municipality's.
    pub fn bucket_changed(&self, noted: &mut Noted, bucket: &FileLinkBucket) {
        self.buckets.wake_kin(bucket);
        if noted.is_new(bucket) {
            let namespace = bucket.namespace().unwrap_or_default();
            let municipality = ObjectRef::new(&bucket.spec.municipality_ref.name).within(&namespace);
            self.municipalities.wake(municipality);
        }
    }

    /// What follows from a change of an endpoint.
    pub fn endpoint_changed(&self, endpoint: &ResolverEndpoint) {
        self.endpoints.wake_kin(endpoint);
    }

    /// What follows from a change of a policy: guardrails of its Municipalities say how safe their data is.
    pub fn policy_changed(&self, safety: &mut Safety, policy: &OsakaBackupPolicy) {
        self.policies.wake_kin(policy);
        if safety.is_new(policy) {
            let namespace = policy.namespace().unwrap_or_default();
            let references = policy
                .spec
                .municipality_ref
                .iter()
                .chain(&policy.spec.municipality_refs);
            for reference in references {
                self.municipalities
                    .wake(ObjectRef::new(&reference.name).within(&namespace));
            }
        }
    }

    /// What follows from a change of a Municipality: everything else stands on what it has in AWS.
    pub fn municipality_changed(&self, noted: &mut Noted, municipality: &Municipality) {
        self.municipalities.wake_kin(municipality);
        if !noted.is_new(municipality) {
            return;
        }
        self.municipalities.wake_those(|other| is_rival(municipality, other));
        let (namespace, name) = (municipality.namespace().unwrap_or_default(), municipality.name_any());
        let is_of_it = |bucket: &FileLinkBucket| {
            bucket.namespace().as_deref() == Some(namespace.as_str()) && bucket.spec.municipality_ref.name == name
        };
        self.buckets.wake_those(is_of_it);
        self.endpoints
            .wake_those(|endpoint| refers_to(endpoint, &namespace, &name));
        self.policies.wake_those(|policy| copies_of(policy, &namespace, &name));
    }
}

/// Whether an object could be freed of a conflict, or get into one, by a change of another: it is of the same account, code
/// or transit gateway, and not valid.
fn is_rival(changed: &Municipality, other: &Municipality) -> bool {
    let (ours, theirs) = (&changed.spec, &other.spec);
    let gateway = |spec: &MunicipalitySpec| spec.network.transit_gateway_id.clone();
    let joined = gateway(theirs).is_some() && gateway(theirs) == gateway(ours);
    Owner::itself(other) != Owner::itself(changed)
        && (theirs.code == ours.code || theirs.account_id == ours.account_id || joined)
        && is_stalled(other)
}

fn is_stalled(object: &Municipality) -> bool {
    let conditions = object.status.iter().flat_map(|status| &status.common.conditions);
    let mut validity = conditions.filter(|condition| condition.type_ == "SpecValid");
    validity.any(|condition| condition.status != "True")
}
