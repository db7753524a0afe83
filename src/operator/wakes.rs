//! Who is woken by a change of another object: what refers to it, what it refers to, what means the same place in AWS.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Instant;

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use jichitai_api::{ConditionType, FileLinkBucket, InventoryState, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::identity::Owner;
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};

use crate::agenda::Agenda;
use crate::kind::Kind;
use crate::osaka_backup_policy::refers as copies_of;
use crate::resolver_endpoint::refers as refers_to;

/// What in a Municipality's inventory its buckets' policies name: how roles of it begin.
const NAMED: [&str; 3] = ["key.", "vpc", "endpoint."];

/// The objects of a kind, and how they are woken.
pub struct Wakes<K: Kind> {
    /// All objects.
    pub store: Store<K>,
    /// When they are looked at.
    pub agenda: Agenda,
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

    /// Wakes one: something that it looks at has changed. Somebody may wait for what it does about that.
    pub fn wake(&self, object: ObjectRef<K>) {
        self.agenda.hears(K::KIND, &named(&object), Instant::now());
        self.send(object);
    }

    /// Wakes one for what nobody waits for.
    pub fn wake_in_turn(&self, object: ObjectRef<K>) {
        self.agenda.woken(K::KIND, &named(&object), Instant::now());
        self.send(object);
    }

    /// An object was seen that may have changed unheard: it is looked at if it is another than at the last look.
    pub fn tell(&self, object: &K) {
        self.send(ObjectRef::from_obj(object));
    }

    fn send(&self, object: ObjectRef<K>) {
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

    /// Hears of a change of an object, and tells what of it is one to others. Who means the same place in AWS is woken where
    /// one of them may have it now.
    fn heard(&self, noted: &mut Noted, changed: &K, change: Change) -> News {
        let (me, marks) = (Owner::itself(changed), Marks::of(changed));
        let before = match change {
            Change::There => {
                noted.0.insert(me, marks);
                return News::default();
            }
            Change::Made => noted.0.insert(me.clone(), marks),
            Change::Gone => {
                noted.0.remove(&me);
                None
            }
        };
        let news = marks.news(before);
        if news.place {
            self.wake_kin(changed, &me);
        }
        news
    }

    fn wake_kin(&self, changed: &K, me: &Owner) {
        let place = Owner::of(changed);
        self.wake_those(|one| {
            // Most stand for nobody but themselves.
            if one.common().adopt_from.is_none() && place == *me {
                return false;
            }
            let (other, its) = (Owner::itself(one), Owner::of(one));
            other != *me && (its == place || its == *me || other == place)
        });
    }
}

/// By which name the agenda knows an object.
fn named<K: Kind>(object: &ObjectRef<K>) -> String {
    Owner::new::<K>(object.namespace.as_deref().unwrap_or_default(), &object.name).to_string()
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

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was there at the start, when everything is looked at.
    There,
    /// It was made or changed.
    Made,
    /// It is gone.
    Gone,
}

/// What others look at of an object, as it was last: hashes of it.
#[derive(Debug, Default)]
pub struct Noted(HashMap<Owner, Marks>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    /// Of what people ask of it.
    asked: u64,
    /// Whether it has nothing in AWS, nor makes anything.
    is_empty: bool,
    /// Of what policies of buckets name, and of how its keys stand.
    named: u64,
    /// Of what it has in AWS but for what is being made, and of how that stands but for the words of conditions.
    stands: u64,
}

/// What of an object's change is one to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct News {
    /// What people ask of it.
    asked: bool,
    /// The same, or whether it has its place in AWS.
    place: bool,
    /// What policies of buckets name.
    named: bool,
    /// Anything.
    any: bool,
}

impl Marks {
    fn of<K: Kind>(object: &K) -> Self {
        let (meta, status) = (object.meta(), object.status().map(K::common_status));
        let (mut asked, mut named, mut stands) = (DefaultHasher::new(), DefaultHasher::new(), DefaultHasher::new());
        (meta.generation, meta.deletion_timestamp.is_some(), &meta.uid).hash(&mut asked);
        for condition in status.iter().flat_map(|status| &status.conditions) {
            let answer = (&condition.type_, &condition.status, &condition.reason);
            answer.hash(&mut stands);
            if condition.type_ == ConditionType::KeysReady.as_str() {
                answer.hash(&mut named);
            }
        }
        let entries = status.iter().flat_map(|status| &status.inventory);
        for entry in entries.filter(|entry| entry.state == InventoryState::Present) {
            let what = (&entry.role, &entry.region, &entry.id);
            what.hash(&mut stands);
            if NAMED.iter().any(|role| entry.role.starts_with(role)) {
                what.hash(&mut named);
            }
        }
        Self {
            asked: asked.finish(),
            is_empty: status.is_none_or(|status| status.inventory.is_empty()),
            named: named.finish(),
            stands: stands.finish(),
        }
    }

    /// What is new since then: everything of what was not there.
    fn news(self, before: Option<Self>) -> News {
        let is_new = |is_other: fn(&Self, &Self) -> bool| before.is_none_or(|before| is_other(&before, &self));
        let asked = is_new(|one, other| one.asked != other.asked);
        News {
            asked,
            place: asked || is_new(|one, other| one.is_empty != other.is_empty),
            named: asked || is_new(|one, other| one.named != other.named),
            any: is_new(|one, other| one != other),
        }
    }
}

impl Everybody {
    /// What follows from a change of a bucket: its Municipality's key policies say what its spec admits.
    pub fn bucket_changed(&self, noted: &mut Noted, bucket: &FileLinkBucket, change: Change) {
        if self.buckets.heard(noted, bucket, change).asked {
            let namespace = bucket.namespace().unwrap_or_default();
            let municipality = ObjectRef::new(&bucket.spec.municipality_ref.name).within(&namespace);
            self.municipalities.wake(municipality);
        }
    }

    /// What follows from a change of an endpoint.
    pub fn endpoint_changed(&self, noted: &mut Noted, endpoint: &ResolverEndpoint, change: Change) {
        self.endpoints.heard(noted, endpoint, change);
    }

    /// What follows from a change of a policy: guardrails of its Municipalities say how safe their data is.
    pub fn policy_changed(&self, noted: &mut Noted, safety: &mut Safety, policy: &OsakaBackupPolicy, change: Change) {
        self.policies.heard(noted, policy, change);
        // At the start everybody is looked at anyway.
        if safety.is_new(policy) && change != Change::There {
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

    /// What follows from a change of a Municipality: everything else stands on what it has in AWS, a bucket on what its
    /// policies name, and on all of it where it has a server in the network.
    pub fn municipality_changed(&self, noted: &mut Noted, municipality: &Municipality, change: Change) {
        let news = self.municipalities.heard(noted, municipality, change);
        if !news.any {
            return;
        }
        self.municipalities.wake_those(|other| is_rival(municipality, other));
        let (namespace, name) = (municipality.namespace().unwrap_or_default(), municipality.name_any());
        let is_of_it = |bucket: &FileLinkBucket| {
            bucket.spec.municipality_ref.name == name
                && bucket.metadata.namespace.as_ref() == Some(&namespace)
                && (news.named || bucket.spec.sftp.is_some())
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
    let gateway = &theirs.network.transit_gateway_id;
    let joined = gateway.is_some() && *gateway == ours.network.transit_gateway_id;
    (theirs.code == ours.code || theirs.account_id == ours.account_id || joined)
        && is_stalled(other)
        && Owner::itself(other) != Owner::itself(changed)
}

fn is_stalled(object: &Municipality) -> bool {
    let conditions = object.status.iter().flat_map(|status| &status.common.conditions);
    let mut validity = conditions.filter(|condition| condition.type_ == "SpecValid");
    validity.any(|condition| condition.status != "True")
}

#[cfg(test)]
mod tests {
    use kube::runtime::{reflector, watcher};
    use serde_json::{Value, json};

    use super::*;

    fn bucket(name: &str, former: Option<&str>, status: &Value) -> FileLinkBucket {
        let object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "FileLinkBucket",
            "metadata": {"namespace": "a", "name": name, "uid": name, "generation": 1},
            "spec": {"municipalityRef": {"name": "chiyoda"}, "businessId": "001", "zone": "mynumber", "access": {},
                "adoptFrom": former.map(|former| format!("FileLinkBucket/a/{former}"))},
            "status": status,
        });
        serde_json::from_value(object).expect("a bucket")
    }

    fn status(reason: &str, message: &str, state: Option<&str>) -> Value {
        let entry = |state| {
            json!({"role": "bucket", "service": "s3", "region": "ap-northeast-1", "account": "111122223333",
                "id": "a-bucket", "state": state})
        };
        json!({
            "conditions": [{"type": "Ready", "status": "False", "reason": reason, "message": message,
                "lastTransitionTime": "2026-04-01T00:00:00Z"}],
            "inventory": state.map(entry).into_iter().collect::<Vec<_>>(),
        })
    }

    #[test]
    fn others_are_woken_by_what_they_look_at() {
        let (store, mut writer) = reflector::store();
        for one in [
            bucket("old", None, &Value::Null),
            bucket("heir", Some("old"), &Value::Null),
        ] {
            writer.apply_watcher_event(&watcher::Event::Apply(one));
        }
        let (wakes, mut woken) = Wakes::<FileLinkBucket>::new(&store, &Agenda::default());
        let mut noted = Noted::default();
        let mut hears = |status: &Value, change| {
            let news = wakes.heard(&mut noted, &bucket("old", None, status), change);
            let kin = std::iter::from_fn(|| woken.try_recv().ok()).map(|one| one.name);
            (news, kin.collect::<Vec<_>>())
        };
        let heir = vec!["heir".to_owned()];
        let nobody: Vec<String> = Vec::new();
        let news = |asked, place, any| News {
            asked,
            place,
            named: asked,
            any,
        };
        let (all, nothing, its_standing) = (
            news(true, true, true),
            news(false, false, false),
            news(false, false, true),
        );
        let begun = |reason, message| status(reason, message, Some("Intended"));
        let made = status("Progressing", "", Some("Present"));
        for (status, change, news, kin) in [
            (Value::Null, Change::Made, all, &heir),
            (Value::Null, Change::Made, nothing, &nobody),
            // It has something in AWS: who has the place may be another now.
            (begun("Progressing", ""), Change::Made, news(false, true, true), &heir),
            (begun("Progressing", "more"), Change::Made, nothing, &nobody),
            (begun("Waiting", ""), Change::Made, its_standing, &nobody),
            (made.clone(), Change::Made, its_standing, &nobody),
            (made.clone(), Change::Gone, all, &heir),
            (made, Change::Made, all, &heir),
        ] {
            assert_eq!(hears(&status, change), (news, kin.clone()), "{status} {change:?}");
        }
    }

    #[test]
    fn a_bucket_is_woken_by_what_its_policies_name() {
        let municipality = |keys: &str, roles: &[&str]| {
            let entry = |role: &&str| json!({"role": role, "service": "ec2", "region": "ap-northeast-1", "account": "111122223333", "id": "an-id", "state": "Present"});
            let object = json!({
                "apiVersion": "jichitai.dev/v1alpha1",
                "kind": "FileLinkBucket",
                "metadata": {"namespace": "a", "name": "chiyoda", "uid": "chiyoda", "generation": 1},
                "spec": {"municipalityRef": {"name": "chiyoda"}, "businessId": "001", "zone": "mynumber", "access": {}},
                "status": {
                    "conditions": [{"type": "KeysReady", "status": keys, "reason": "", "message": "",
                        "lastTransitionTime": "2026-04-01T00:00:00Z"}],
                    "inventory": roles.iter().map(entry).collect::<Vec<_>>(),
                },
            });
            // Marks are of what all kinds have.
            Marks::of(&serde_json::from_value::<FileLinkBucket>(object).expect("an object"))
        };
        let before = municipality("False", &["key.all", "vpc"]);
        for (after, named) in [
            (municipality("False", &["key.all", "vpc", "subnet.mynumber.a"]), false),
            (municipality("False", &["key.all", "vpc", "endpoint.s3"]), true),
            (municipality("False", &["vpc"]), true),
            (municipality("True", &["key.all", "vpc"]), true),
        ] {
            assert_eq!(after.news(Some(before)).named, named, "{after:?}");
        }
    }
}
