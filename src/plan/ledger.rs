//! The ledger (`status.inventory`): what we meant to create, and what came of it.
//!
//! An entry is written as `Intended` before the first call of a creation, so that a crash between
//! the call and the answer leaves a trace. It is a cache of identity, not its source: with the
//! ledger lost, the tags find everything again.

use std::collections::BTreeMap;

use jichitai_api::{InventoryEntry, InventoryState};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::identity::{AccountId, Part};
use crate::step::{Created, Step};

/// How the roles begin whose creations carry a client token.
const REMEMBERED: [&str; 7] = [
    "route-table.",
    "network-acl.",
    "endpoint.",
    "flow-log.",
    "resolver-",
    "query-log.",
    "rule-share.",
];

/// The entries by part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    entries: BTreeMap<Part, InventoryEntry>,
}

impl Ledger {
    /// Reads the ledger from `status.inventory`.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = InventoryEntry>) -> Self {
        let entries = entries
            .into_iter()
            .map(|entry| (Part::new(entry.region, entry.role.clone()), entry))
            .collect();
        Self { entries }
    }

    /// The list for `status.inventory`, in a stable order.
    #[must_use]
    pub fn to_inventory(&self) -> Vec<InventoryEntry> {
        self.entries.values().cloned().collect()
    }

    /// The entry of a part.
    #[must_use]
    pub fn get(&self, part: &Part) -> Option<&InventoryEntry> {
        self.entries.get(part)
    }

    /// Whether nothing is known of the object yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (&Part, &InventoryEntry)> {
        self.entries.iter()
    }

    /// Notes that a creation is about to be called.
    pub fn intend(&mut self, step: &Step, account: &AccountId, now: Timestamp) {
        let Some(creation) = &step.creation else { return };
        let entry = InventoryEntry {
            role: step.part.role.to_string(),
            service: step.action.service().to_owned(),
            region: step.part.region,
            account: account.to_string(),
            id: String::new(),
            arn: None,
            state: InventoryState::Intended,
            token: Some(creation.token.clone()),
            incarnation: creation.incarnation,
            since: Some(Time(now)),
        };
        self.entries.insert(step.part.clone(), entry);
    }

    /// Notes what a creation brought. The time stays: it starts the consistency window.
    pub fn record(&mut self, step: &Step, created: &Created, now: Timestamp) {
        if let (Some(_), Some(entry)) = (&step.creation, self.entries.get_mut(&step.part)) {
            entry.id.clone_from(&created.id);
            entry.arn.clone_from(&created.arn);
            entry.state = InventoryState::Present;
            entry.since = Some(Time(now));
        }
    }

    /// Notes that a part was removed.
    pub fn removed(&mut self, step: &Step) {
        if step.removal {
            self.bury(&step.part);
        }
    }

    /// Notes that AWS refused a creation for certain: nothing was made, so nothing is awaited.
    pub fn refused(&mut self, step: &Step) {
        if let Some(entry) = self.entries.get_mut(&step.part)
            && entry.state == InventoryState::Intended
        {
            entry.since = None;
        }
    }

    /// Brings the ledger in line with what was found: ours are `Present` with their id.
    pub fn settle(&mut self, part: &Part, found: InventoryEntry) {
        let kept = self.entries.get(part);
        let entry = InventoryEntry {
            token: kept.and_then(|e| e.token.clone()),
            incarnation: kept.map_or(0, |e| e.incarnation),
            since: kept.filter(|e| e.id == found.id).and_then(|e| e.since.clone()),
            ..found
        };
        self.entries.insert(part.clone(), entry);
    }

    /// Changes the state of an entry.
    pub fn mark(&mut self, part: &Part, state: InventoryState) {
        if let Some(entry) = self.entries.get_mut(part) {
            entry.state = state;
        }
    }

    /// There never was such a part.
    pub fn forget(&mut self, part: &Part) {
        self.entries.remove(part);
    }

    /// A part that is confirmed gone. Its successor is another incarnation; where creations carry a
    /// client token that has to be remembered, or AWS would answer with the one that is gone.
    pub fn bury(&mut self, part: &Part) {
        if REMEMBERED.iter().any(|prefix| part.role.as_str().starts_with(prefix)) {
            if let Some(entry) = self.entries.get_mut(part) {
                *entry = InventoryEntry {
                    id: String::new(),
                    arn: None,
                    state: InventoryState::Deleting,
                    incarnation: entry.incarnation + 1,
                    since: None,
                    ..entry.clone()
                };
            }
        } else {
            self.entries.remove(part);
        }
    }
}
