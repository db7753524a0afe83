//! Recovery points: what of one run is in Osaka.

use std::collections::{BTreeMap, BTreeSet};

use crate::osaka_backup_policy::copy::Copy;
use crate::osaka_backup_policy::schedule::Slot;
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::tags;

/// What of one run is in Osaka.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Sources with a verified copy.
    pub good: BTreeSet<SourceId>,
    /// Sources whose copy is not there yet, or is not what it should be.
    pub others: BTreeSet<SourceId>,
    /// Environments that the tags of the copies tell.
    pub environments: BTreeSet<String>,
}

impl Point {
    /// How many verified copies of a kind there are.
    #[must_use]
    pub fn of(&self, medium: Medium) -> usize {
        self.good.iter().filter(|source| source.medium == medium).count()
    }

    /// The environment of all copies, where it is one.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        let mut all = self.environments.iter();
        all.next().filter(|_| all.next().is_none()).map(String::as_str)
    }
}

/// The recovery points among copies in Osaka, by run.
pub fn points<'a>(copies: impl Iterator<Item = &'a Copy>) -> BTreeMap<Slot, Point> {
    let mut all: BTreeMap<Slot, Point> = BTreeMap::new();
    for copy in copies {
        let Some(label) = &copy.label else { continue };
        let point = all.entry(label.slot.clone()).or_default();
        if copy.is_good() {
            point.good.insert(label.source.clone());
            point.environments.extend(copy.tags.get(tags::ENVIRONMENT).cloned());
        } else {
            point.others.insert(label.source.clone());
        }
    }
    for point in all.values_mut() {
        point.others.retain(|source| !point.good.contains(source));
    }
    all
}
