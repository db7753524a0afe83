//! What AWS has for one policy: its sources, its copies on both sides, the key, and the room for more copies.

use std::collections::BTreeMap;
use std::sync::Arc;

use jichitai_api::{InventoryEntry, Region};
use jiff::Timestamp;

use crate::cloudformation;
use crate::context::Context;
use crate::ec2::{image, snapshot};
use crate::goal;
use crate::identity::{AccountId, Part};
use crate::inventory;
use crate::kms::key::Key;
use crate::observation::{Listing, Observation};
use crate::osaka_backup_policy::copy::{Copy, State};
use crate::osaka_backup_policy::coverage::Store;
use crate::osaka_backup_policy::source::{Medium, Source, SourceId};
use crate::osaka_backup_policy::target::KeyName;
use crate::osaka_backup_policy::template;
use crate::rds;
use crate::rds::snapshot::Of;
use crate::resolve::owned;
use crate::restore;
use crate::s3::bucket::{self, Bucket};
use crate::s3::contents::Contents;
use crate::step::{Action, Created, Effect};
use crate::tags::Tags;

/// A snapshot that belongs to an image, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSnapshot {
    /// `snap-…`.
    pub id: String,
    /// When AWS began.
    pub started: Timestamp,
    /// Its tags.
    pub tags: Tags,
}

/// What is read for one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Sources by kind, as far as the spec asks for them.
    pub sources: BTreeMap<Medium, Listing<Source>>,
    /// Copies of this object, by kind and Region. A pass keeps several versions of this, and few copies differ.
    pub copies: BTreeMap<(Medium, Region), Listing<Arc<Copy>>>,
    /// The bucket of templates, if the account has it.
    pub buckets: Listing<Bucket>,
    /// Snapshots of images of this object, by Region.
    pub image_snapshots: BTreeMap<Region, Listing<Arc<ImageSnapshot>>>,
    /// Keys in Osaka.
    pub keys: BTreeMap<KeyName, Observation<Key>>,
    /// How many copies may be begun now, by kind; without an entry, none.
    pub room: BTreeMap<Medium, usize>,
    /// Keys in Tokyo, for restore drills.
    pub tokyo_keys: BTreeMap<KeyName, Observation<Key>>,
    /// What a restore drill has made; none where that is not asked.
    pub drill: Option<restore::observed::Observed>,
    /// Everything in the account that holds data, and whose it is.
    pub stores: Listing<Store>,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            sources: BTreeMap::new(),
            copies: BTreeMap::new(),
            buckets: Ok(Vec::new()),
            image_snapshots: BTreeMap::new(),
            keys: BTreeMap::new(),
            room: BTreeMap::new(),
            tokyo_keys: BTreeMap::new(),
            drill: None,
            stores: Ok(Vec::new()),
        }
    }
}

impl Observed {
    /// The copies of a kind on one side, where they could be read.
    pub fn of(&self, medium: Medium, region: Region) -> impl Iterator<Item = &Copy> {
        readable(&self.copies, &(medium, region))
    }

    /// All copies in a Region, as far as they could be read.
    pub fn side(&self, region: Region) -> impl Iterator<Item = &Copy> {
        Medium::ALL.into_iter().flat_map(move |medium| self.of(medium, region))
    }

    /// Whether a source is known not to be there, or not to be asked for any more.
    #[must_use]
    pub fn is_gone(&self, source: &SourceId) -> bool {
        let listing = self.sources.get(&source.medium);
        listing.is_none_or(|all| all.as_ref().is_ok_and(|all| all.iter().all(|one| one.id != *source)))
    }

    fn listing(&mut self, medium: Medium, region: Region) -> Option<&mut Vec<Arc<Copy>>> {
        self.copies
            .entry((medium, region))
            .or_insert_with(|| Ok(Vec::new()))
            .as_mut()
            .ok()
    }

    fn add(&mut self, medium: Medium, region: Region, created: Option<&Created>, tags: &Tags, about: About<'_>) {
        let Some(created) = created else { return };
        let About { volume, key } = about;
        let mut copy = Copy::pending(medium, region, created, key, volume, tags);
        if let Some(volume) = volume {
            // One call makes several, and its answer has one id here: they are told apart until they are read.
            copy.id = format!("{}/{volume}", created.id);
        }
        if let Some(listing) = self.listing(medium, region) {
            listing.push(Arc::new(copy));
        }
    }

    fn remove(&mut self, medium: Medium, region: Region, id: &str) {
        if let Some(listing) = self.listing(medium, region) {
            listing.retain(|copy| copy.id != id);
        }
    }

    fn absorb_snapshot(&mut self, region: Region, action: &snapshot::Action, created: Option<&Created>) {
        let medium = Medium::Snapshot;
        match action {
            snapshot::Action::Create { volume_id, tags } => {
                self.add(medium, region, created, tags, About::of(volume_id));
            }
            snapshot::Action::CreateOfInstance { volumes, tags, .. } => {
                for volume in volumes {
                    self.add(medium, region, created, tags, About::of(volume));
                }
            }
            snapshot::Action::Copy { key_arn, tags, .. } => {
                self.add(medium, region, created, tags, About::under(key_arn));
                self.use_room(medium);
            }
            snapshot::Action::Delete { id } => {
                self.remove(medium, region, id);
                if let Some(Ok(snapshots)) = self.image_snapshots.get_mut(&region) {
                    snapshots.retain(|one| one.id != *id);
                }
            }
        }
    }

    fn absorb_image(&mut self, region: Region, action: &image::Action, created: Option<&Created>) {
        let medium = Medium::Image;
        match action {
            image::Action::Create { tags, .. } => self.add(medium, region, created, tags, About::default()),
            image::Action::Copy { key_arn, tags, .. } => {
                self.add(medium, region, created, tags, About::under(key_arn));
                self.use_room(medium);
            }
            image::Action::Deregister { id } => self.remove(medium, region, id),
        }
    }

    fn absorb_database(&mut self, region: Region, action: &rds::snapshot::Action, created: Option<&Created>) {
        match action {
            rds::snapshot::Action::Create { of, tags, .. } => {
                self.add(medium_of(*of), region, created, tags, About::default());
            }
            rds::snapshot::Action::Copy { of, key_arn, tags, .. } => {
                self.add(medium_of(*of), region, created, tags, About::under(key_arn));
                self.use_room(medium_of(*of));
            }
            rds::snapshot::Action::Delete { of, id } => self.remove(medium_of(*of), region, id),
        }
    }

    fn absorb_template(
        &mut self,
        region: Region,
        action: &cloudformation::template::Action,
        created: Option<&Created>,
    ) {
        use cloudformation::template::Action;
        let medium = Medium::Template;
        match action {
            Action::Keep {
                place, key_arn, tags, ..
            } => {
                let created = created.map(|created| Created {
                    id: place.to_string(),
                    ..created.clone()
                });
                self.add(medium, region, created.as_ref(), tags, About::under(key_arn));
            }
            Action::Delete { place } => self.remove(medium, region, &place.to_string()),
            Action::Purge { bucket } => {
                if let Some(listing) = self.listing(medium, region) {
                    listing.clear();
                }
                let found = self.buckets.iter_mut().flatten();
                for one in found.filter(|one| one.name == *bucket) {
                    one.contents = Some(Ok(Contents::default()));
                }
            }
        }
    }

    fn use_room(&mut self, medium: Medium) {
        if let Some(room) = self.room.get_mut(&medium) {
            *room = room.saturating_sub(1);
        }
    }
}

/// What a call says of the copy that it makes.
#[derive(Debug, Default)]
struct About<'a> {
    volume: Option<&'a str>,
    key: Option<&'a str>,
}

impl<'a> About<'a> {
    fn of(volume: &'a str) -> Self {
        let volume = Some(volume);
        Self { volume, key: None }
    }

    fn under(key: &'a str) -> Self {
        let key = Some(key);
        Self { volume: None, key }
    }
}

/// What one of several lists has, where it could be read.
pub fn readable<'a, K: Ord, T>(
    lists: &'a BTreeMap<K, Listing<Arc<T>>>,
    key: &K,
) -> impl Iterator<Item = &'a T> + use<'a, K, T> {
    lists.get(key).into_iter().flatten().flatten().map(AsRef::as_ref)
}

/// The kind of copy that a snapshot of a database is.
#[must_use]
pub fn medium_of(of: Of) -> Medium {
    match of {
        Of::Instance => Medium::Database,
        Of::Cluster => Medium::Cluster,
    }
}

impl goal::Observed for Observed {
    fn absorb(&mut self, effect: &Effect) {
        let Effect { step, created } = effect;
        if step.part.role.as_str().starts_with("restore.") {
            if let Some(drill) = &mut self.drill {
                drill.absorb(effect);
            }
            return;
        }
        let (region, created) = (step.part.region, created.as_ref());
        match &step.action {
            Action::Snapshot(action) => self.absorb_snapshot(region, action, created),
            Action::Image(action) => self.absorb_image(region, action, created),
            Action::DatabaseSnapshot(action) => self.absorb_database(region, action, created),
            Action::Template(action) => self.absorb_template(region, action, created),
            Action::Bucket(action) => bucket::absorb(&mut self.buckets, action, created),
            // Other kinds' things, which this one never writes.
            Action::KmsKey(_)
            | Action::KmsAlias(_)
            | Action::EbsDefaults(_)
            | Action::Ec2Tags(_)
            | Action::Vpc(_)
            | Action::Subnet(_)
            | Action::RouteTable(_)
            | Action::NetworkAcl(_)
            | Action::SecurityGroup(_)
            | Action::VpcEndpoint(_)
            | Action::FlowLog(_)
            | Action::TransitGatewayAttachment(_)
            | Action::IamRole(_)
            | Action::OidcProvider(_)
            | Action::SftpServer(_)
            | Action::SftpUser(_)
            | Action::ResolverEndpoint(_)
            | Action::ResolverRule(_)
            | Action::RuleAssociation(_)
            | Action::QueryLog(_)
            | Action::ResolverTags(_)
            | Action::ZoneAssociation(_)
            | Action::RuleShare(_)
            | Action::Volume(_)
            | Action::Instance(_)
            | Action::Database(_)
            | Action::Stack(_) => {}
        }
    }

    fn finish_pending(&mut self) {
        let copies = self.copies.values_mut().flatten().flatten();
        for copy in copies.filter(|copy| copy.state == State::Pending) {
            Arc::make_mut(copy).state = State::Complete;
        }
        // The limits hold only while copies take time.
        self.room = Medium::ALL.into_iter().map(|medium| (medium, usize::MAX)).collect();
        if let Some(drill) = &mut self.drill {
            drill.finish_pending();
        }
        for source in self.sources.values_mut().flatten().flatten() {
            source.ready = true;
        }
    }

    fn find(&self, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
        // Copies are found by their tags, and their number has no bound.
        let buckets = owned(&self.buckets, ctx).map(|(role, bucket)| {
            let part = Part::new(bucket.region, role.as_str());
            let entry = inventory::entry(&part, "s3", account, &bucket.name, Some(&bucket.arn));
            (part, entry)
        });
        buckets.collect()
    }

    fn shows_any(&self, account: &AccountId, ctx: &Context) -> bool {
        let copies = self.copies.values().flatten().flatten();
        copies.count() > 0 || !self.find(account, ctx).is_empty()
    }

    fn shows(&self, id: &str) -> bool {
        self.buckets.iter().flatten().any(|bucket| bucket.name == id)
    }

    fn is_readable(&self, part: &Part) -> bool {
        if part.role.as_str().starts_with("restore.") {
            return self.drill.as_ref().is_some_and(|drill| drill.fault().is_none());
        }
        if *part == template::part() {
            return self.buckets.is_ok();
        }
        let medium = part
            .role
            .as_str()
            .strip_prefix("copy.")
            .and_then(|rest| rest.split('.').next());
        let listing = medium.and_then(|name| {
            let medium = Medium::ALL.into_iter().find(|medium| medium.as_str() == name)?;
            self.copies.get(&(medium, part.region))
        });
        listing.is_some_and(Result::is_ok)
    }
}
