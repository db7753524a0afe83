//! A copy, in Tokyo or in Osaka, and whether it is good.
//!
//! That AWS took a call says nothing: the key of a copy is looked at afterwards. A copy counts only when AWS says
//! that it is complete, encrypted under the very key that was asked for, of the size of its source, and ours.

use std::collections::BTreeSet;

use jichitai_api::Region;
use jiff::Timestamp;

use crate::context::Context;
use crate::identity::{Part, Role};
use crate::osaka_backup_policy::retention::Promise;
use crate::osaka_backup_policy::schedule::{Slot, compact};
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::plan::Text;
use crate::step::Created;
use crate::tags::{self, Tags};

/// How far AWS is with a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// At work.
    Pending,
    /// Done.
    Complete,
    /// It came to nothing, for this reason.
    Failed(String),
}

/// A copy in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What kind.
    pub medium: Medium,
    /// Where.
    pub region: Region,
    /// `snap-…`, `ami-…`, or the identifier of a database snapshot.
    pub id: String,
    /// The ARN, by which databases' snapshots are copied into another Region.
    pub arn: Option<String>,
    /// How far it is.
    pub state: State,
    /// When AWS began.
    pub started: Timestamp,
    /// Size in GiB, where AWS tells it.
    pub size: Option<u64>,
    /// Whether all of it is encrypted.
    pub encrypted: bool,
    /// ARNs of the keys that it is encrypted under.
    pub keys: BTreeSet<String>,
    /// The snapshots that an image is made of.
    pub snapshots: BTreeSet<String>,
    /// What in AWS uses it, for example a launch template.
    pub used_by: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// What the tags say that it is; none for what they do not say that of.
    pub label: Option<Label>,
}

/// What is known of a copy from its tags.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// What it is a copy of.
    pub source: SourceId,
    /// The run.
    pub slot: Slot,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// Whether a copy can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// AWS is at work.
    Pending,
    /// Verified.
    Good,
    /// It cannot, and why.
    Bad(Text),
}

impl Copy {
    /// One that AWS has just taken the call for, with these tags: of a volume where the call names one, encrypted
    /// where it names a key.
    #[must_use]
    pub fn pending(
        medium: Medium,
        region: Region,
        created: &Created,
        key: Option<&str>,
        volume: Option<&str>,
        tags: &Tags,
    ) -> Self {
        Self {
            medium,
            region,
            id: created.id.clone(),
            arn: created.arn.clone(),
            state: State::Pending,
            started: Timestamp::MAX,
            size: tags.get(tags::SIZE).and_then(|text| text.parse().ok()),
            encrypted: key.is_some(),
            keys: key.map(str::to_owned).into_iter().collect(),
            snapshots: BTreeSet::new(),
            used_by: None,
            label: Label::read(medium, volume, tags),
            tags: tags.clone(),
        }
    }

    /// What was promised when it was made.
    #[must_use]
    pub fn promise(&self) -> Option<Promise> {
        self.tags.get(tags::KEEP).and_then(|text| text.parse().ok())
    }

    /// What keeps it whatever the retention says.
    #[must_use]
    pub fn kept_by(&self) -> Option<String> {
        let held = self
            .tags
            .get(tags::HOLD)
            .map(|why| format!("tag {}: {why}", tags::HOLD));
        held.or_else(|| self.used_by.clone())
    }

    /// Whether it can be relied on.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match &self.state {
            State::Pending => Verdict::Pending,
            State::Failed(why) => {
                let id = &self.id;
                let en = format!("{id} came to nothing: {why}");
                Verdict::Bad(Text::new(en, format!("{id} は失敗しました: {why}")))
            }
            State::Complete => self.flaw().map_or(Verdict::Good, Verdict::Bad),
        }
    }

    /// What is wrong with a complete copy.
    fn flaw(&self) -> Option<Text> {
        let Self { id, keys, size, .. } = self;
        let key = self.tags.get(tags::KEY);
        if key.is_none() && self.region == Region::Osaka {
            return Some(Text::new(
                format!("{id} does not say which key it was to be encrypted under"),
                format!("{id} には暗号化に使う鍵の記録がありません"),
            ));
        }
        if let Some(key) = key {
            if !self.encrypted {
                let ja = format!("{id} は暗号化されていません");
                return Some(Text::new(format!("{id} is not encrypted"), ja));
            }
            if keys.len() != 1 || !keys.contains(key) {
                let have = keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Some(Text::new(
                    format!("{id} is encrypted under {have} and not under {key}"),
                    format!("{id} は {key} ではなく {have} で暗号化されています"),
                ));
            }
        }
        let want = self.tags.get(tags::SIZE).and_then(|text| text.parse::<u64>().ok());
        match (want, size) {
            (Some(want), Some(have)) if want != *have => Some(Text::new(
                format!("{id} has {have} GiB and its source {want} GiB"),
                format!("{id} は {have} GiB ですが、元は {want} GiB です"),
            )),
            _ => None,
        }
    }

    /// Whether it is verified, or may come to be.
    #[must_use]
    pub fn is_not_bad(&self) -> bool {
        !matches!(self.verdict(), Verdict::Bad(_))
    }

    /// Whether it is verified.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict() == Verdict::Good
    }
}

impl Label {
    /// What the tags of a copy say that it is. `volume` is what AWS says that a snapshot in Tokyo is of: those of
    /// all volumes of an instance are made by one call, with the same tags.
    #[must_use]
    pub fn read(medium: Medium, volume: Option<&str>, tags: &Tags) -> Option<Self> {
        let tag = |name| tags.get(name);
        if tag(tags::ROLE) != Some(medium.as_str()) {
            return None;
        }
        // A copy of a copy is of what its tag says; its volume is a number that means nothing.
        let volume = volume.filter(|_| tag(tags::KEY).is_none());
        let id = volume.or_else(|| tag(tags::SOURCE))?.to_owned();
        Some(Self {
            source: SourceId { medium, id },
            slot: tag(tags::RUN)?.parse().ok()?,
            attempt: tag(tags::ATTEMPT).and_then(|text| text.parse().ok()).unwrap_or(1),
        })
    }

    /// The part that stands for this copy in a Region.
    #[must_use]
    pub fn part(&self, region: Region) -> Part {
        let Self { source, slot, attempt } = self;
        let (medium, id) = (source.medium.as_str(), &source.id);
        Part::new(region, format!("copy.{medium}.{id}.{slot}.{attempt}"))
    }

    /// Its tags, but for what only one side has.
    #[must_use]
    pub fn tags(&self, ctx: &Context) -> Tags {
        let Self { source, slot, attempt } = self;
        let mut all = ctx.tags(&Role::new(source.medium.as_str()));
        all.extend([
            (tags::RUN, slot.to_string()),
            (tags::SOURCE, source.id.clone()),
            (tags::ATTEMPT, attempt.to_string()),
            (tags::BEGUN, compact(ctx.now)),
            ("Name", format!("{} {} {slot}", ctx.identity.owner.name, source.id)),
        ]);
        all
    }
}

/// The role of the snapshots that an image is made of.
pub const IMAGE_SNAPSHOT: &str = "image-snapshot";

/// The tags of the snapshots of an image.
#[must_use]
pub fn snapshot_tags(image: &Tags) -> Tags {
    let mut all = image.clone();
    all.insert(tags::ROLE, IMAGE_SNAPSHOT);
    all
}

/// Copies with their labels, by source, run and attempt.
pub fn labelled<'a>(copies: impl Iterator<Item = &'a Copy>) -> Vec<(&'a Label, &'a Copy)> {
    let mut all: Vec<_> = copies.filter_map(|copy| Some((copy.label.as_ref()?, copy))).collect();
    all.sort_by(|a, b| a.0.cmp(b.0));
    all
}
