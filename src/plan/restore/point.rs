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
    /// Sources whose copy is not there yet, or is not what it should be; and those that the run before had, and
    /// this one not at all.
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
            point
                .environments
                .extend(copy.tags.get(tags::ENVIRONMENT).map(str::to_owned));
        } else {
            point.others.insert(label.source.clone());
        }
    }
    let mut before = BTreeSet::new();
    for point in all.values_mut() {
        point.others.append(&mut before);
        point.others.retain(|source| !point.good.contains(source));
        before.clone_from(&point.good);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jichitai_api::Region;
    use jiff::Timestamp;

    use super::points;
    use crate::osaka_backup_policy::copy::{Copy, Label, State};
    use crate::osaka_backup_policy::source::{Medium, SourceId};
    use crate::tags::{self, Tags};

    fn copy(source: &str, slot: &str, state: State) -> Copy {
        let (medium, id) = (Medium::Snapshot, source.to_owned());
        let tags = [(tags::KEY, "key"), (tags::ENVIRONMENT, "Production")];
        Copy {
            medium,
            region: Region::Osaka,
            id: format!("snap-{source}"),
            arn: None,
            state,
            started: Timestamp::UNIX_EPOCH,
            size: None,
            encrypted: true,
            keys: ["key".to_owned()].into(),
            snapshots: BTreeSet::new(),
            used_by: None,
            tags: tags
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect::<Tags>(),
            label: Some(Label {
                source: SourceId { medium, id },
                slot: slot.parse().expect("a slot"),
                attempt: 1,
            }),
        }
    }

    #[test]
    fn what_never_set_out_is_missing_too() {
        let (first, second) = ("daily@20270330T200000Z", "daily@20270331T200000Z");
        let all = [
            copy("vol-1", first, State::Complete),
            copy("vol-2", first, State::Complete),
            copy("vol-1", second, State::Complete),
            copy("vol-3", second, State::Pending),
        ];
        let all = points(all.iter());
        let of = |slot: &str| all[&slot.parse().expect("a slot")].clone();
        assert!(of(first).others.is_empty());
        assert_eq!(of(first).environment(), Some("Production"));
        let missing: Vec<String> = of(second).others.iter().map(ToString::to_string).collect();
        assert_eq!(missing, ["vol-2", "vol-3"]);
    }
}
