//! What AWS has for a restore: the copies in Osaka, what is back, and what was made of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jichitai_api::{InventoryEntry, Region};

use crate::cloudformation::stack;
use crate::context::Context;
use crate::ec2::{image, instance, snapshot, volume};
use crate::goal;
use crate::identity::{AccountId, Part};
use crate::observation::{Fault, Listing};
use crate::osaka_backup_policy::copy::{Copy, State};
use crate::osaka_backup_policy::observed::{ImageSnapshot, medium_of, readable};
use crate::osaka_backup_policy::source::Medium;
use crate::rds;
use crate::step::{Action, Created, Effect};
use crate::tags::{self, Tags};

/// What is made of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThingKind {
    /// An EBS volume.
    Volume,
    /// An EC2 instance.
    Instance,
    /// An RDS instance.
    Database,
    /// A database cluster.
    Cluster,
    /// An instance of a database cluster.
    Member,
    /// A CloudFormation stack.
    Stack,
}

impl ThingKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Volume,
        Self::Instance,
        Self::Database,
        Self::Cluster,
        Self::Member,
        Self::Stack,
    ];

    /// Its role.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Instance => "instance",
            Self::Database => "restored-database",
            Self::Cluster => "restored-cluster",
            Self::Member => "restored-cluster-instance",
            Self::Stack => "restored-stack",
        }
    }
}

/// Something that was made of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: ThingKind,
    /// Its AWS id or identifier.
    pub id: String,
    /// How far AWS is with it.
    pub state: State,
    /// Its tags.
    pub tags: Tags,
}

/// What is read for a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The policy's copies in Osaka, by kind.
    pub osaka: BTreeMap<Medium, Listing<Arc<Copy>>>,
    /// Copies that are back in Tokyo, or on their way, by kind.
    pub tokyo: BTreeMap<Medium, Listing<Arc<Copy>>>,
    /// Snapshots of images that are back.
    pub image_snapshots: Listing<Arc<ImageSnapshot>>,
    /// What was made of copies.
    pub things: Listing<Thing>,
    /// How many copies may be begun now, by kind.
    pub room: BTreeMap<Medium, usize>,
}

impl Observed {
    /// The copies of a kind in Osaka.
    pub fn in_osaka(&self, medium: Medium) -> impl Iterator<Item = &Copy> {
        readable(&self.osaka, &medium)
    }

    /// The copies of a kind that are back.
    pub fn in_tokyo(&self, medium: Medium) -> impl Iterator<Item = &Copy> {
        readable(&self.tokyo, &medium)
    }

    /// Why what is back, or was made of it, could not be read.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        let lists = self.tokyo.values().filter_map(|list| list.as_ref().err());
        let others = [self.things.as_ref().err(), self.image_snapshots.as_ref().err()];
        lists.chain(others.into_iter().flatten()).next()
    }

    /// What was made of the copy of a source in a run; what came to nothing counts for its own attempt only.
    #[must_use]
    pub fn thing(&self, kind: ThingKind, run: &str, source: &str, attempt: u32) -> Option<&Thing> {
        let tag = |thing: &Thing, key| thing.tags.get(key).unwrap_or_default().to_owned();
        let all = self.things.iter().flatten();
        let found = all.filter(|thing| {
            let of_it = tag(thing, tags::RUN) == run && tag(thing, tags::SOURCE) == source;
            let now = tag(thing, tags::ATTEMPT) == attempt.to_string();
            thing.kind == kind && of_it && (now || !matches!(thing.state, State::Failed(_)))
        });
        found.min_by_key(|thing| matches!(thing.state, State::Failed(_)))
    }

    fn copied(&mut self, medium: Medium, created: &Created, key_arn: &str, tags: &Tags) {
        let copy = Copy::pending(medium, Region::Tokyo, created, Some(key_arn), None, tags);
        if let Ok(all) = self.tokyo.entry(medium).or_insert_with(|| Ok(Vec::new())) {
            all.push(Arc::new(copy));
        }
        if let Some(room) = self.room.get_mut(&medium) {
            *room = room.saturating_sub(1);
        }
    }

    /// What a drill deletes.
    fn take_away(&mut self, action: &Action) {
        let (medium, id) = match action {
            Action::Volume(volume::Action::Delete { id }) => {
                if let Ok(things) = &mut self.things {
                    things.retain(|thing| thing.id != *id);
                }
                return;
            }
            Action::Snapshot(snapshot::Action::Delete { id }) => (Medium::Snapshot, id),
            Action::Image(image::Action::Deregister { id }) => (Medium::Image, id),
            Action::DatabaseSnapshot(rds::snapshot::Action::Delete { of, id }) => (medium_of(*of), id),
            _ => return,
        };
        if let Some(Ok(copies)) = self.tokyo.get_mut(&medium) {
            copies.retain(|copy| copy.id != *id);
        }
        if let Ok(snapshots) = &mut self.image_snapshots {
            snapshots.retain(|one| one.id != *id);
        }
    }

    fn made(&mut self, kind: ThingKind, id: String, tags: &Tags) {
        if let Ok(things) = &mut self.things {
            things.push(Thing {
                kind,
                id,
                state: State::Pending,
                tags: tags.clone(),
            });
        }
    }
}

impl goal::Observed for Observed {
    fn absorb(&mut self, effect: &Effect) {
        self.take_away(&effect.step.action);
        let Some(created) = effect.created.as_ref() else { return };
        let id = created.id.clone();
        match &effect.step.action {
            Action::Snapshot(snapshot::Action::Copy { key_arn, tags, .. }) => {
                self.copied(Medium::Snapshot, created, key_arn, tags);
            }
            Action::Image(image::Action::Copy { key_arn, tags, .. }) => {
                self.copied(Medium::Image, created, key_arn, tags)
            }
            Action::DatabaseSnapshot(rds::snapshot::Action::Copy { of, key_arn, tags, .. }) => {
                self.copied(medium_of(*of), created, key_arn, tags);
            }
            Action::Volume(volume::Action::Create { tags, .. }) => self.made(ThingKind::Volume, id, tags),
            Action::Instance(instance::Action::Run { tags, .. }) => self.made(ThingKind::Instance, id, tags),
            Action::Stack(stack::Action::Create { name, tags, .. }) => {
                self.made(ThingKind::Stack, name.clone(), tags);
            }
            Action::Database(action) => {
                use rds::database::Action::{AddToCluster, Restore, RestoreCluster};
                let (kind, tags) = match action {
                    Restore { tags, .. } => (ThingKind::Database, tags),
                    RestoreCluster { tags, .. } => (ThingKind::Cluster, tags),
                    AddToCluster { tags, .. } => (ThingKind::Member, tags),
                };
                self.made(kind, id, tags);
            }
            // A restore writes nothing else.
            _ => {}
        }
    }

    fn finish_pending(&mut self) {
        let copies = self.osaka.values_mut().chain(self.tokyo.values_mut());
        for copy in copies.flatten().flatten().filter(|copy| copy.state == State::Pending) {
            Arc::make_mut(copy).state = State::Complete;
        }
        for thing in self.things.iter_mut().flatten() {
            thing.state = State::Complete;
        }
        self.room = Medium::ALL.into_iter().map(|medium| (medium, usize::MAX)).collect();
    }

    fn find(&self, _: &AccountId, _: &Context) -> Vec<(Part, InventoryEntry)> {
        // There is no object whose inventory this could be.
        Vec::new()
    }

    fn shows(&self, _: &str) -> bool {
        false
    }

    fn is_readable(&self, _: &Part) -> bool {
        let copies = self.osaka.values().chain(self.tokyo.values());
        copies.into_iter().all(Result::is_ok) && self.things.is_ok()
    }
}
