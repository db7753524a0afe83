//! What a plan may depend on besides target and observation: time, settings, the ledger.

use std::collections::BTreeMap;

use jichitai_api::{InventoryEntry, Region};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::identity::{Identity, Part, Role};
use crate::ledger::Ledger;
use crate::tags::Tags;

/// Settings of the installation that change what is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a thing may be missing from AWS's answers after its creation (default 5 minutes).
    pub consistency_window: SignedDuration,
    /// How long a key stays disabled before its deletion is scheduled (default 7 days).
    pub key_quarantine: SignedDuration,
    /// KMS's waiting period in days, 7 to 30 (default 30).
    pub key_deletion_window_days: u32,
    /// Rules per direction of a network ACL (AWS default 20).
    pub network_acl_rule_quota: usize,
    /// Resolver endpoints per account and Region (AWS default 4).
    pub resolver_endpoint_quota: usize,
    /// Addresses per Resolver endpoint (AWS default 6).
    pub resolver_address_quota: usize,
    /// Copies of EBS snapshots in flight per account and destination (AWS default 20).
    pub snapshot_copy_quota: usize,
    /// Copies of images in flight per account and destination (AWS default 100).
    pub image_copy_quota: usize,
    /// Copies of database snapshots in flight per account and destination (AWS default 20).
    pub database_copy_quota: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consistency_window: SignedDuration::from_mins(5),
            key_quarantine: SignedDuration::from_hours(7 * 24),
            key_deletion_window_days: 30,
            network_acl_rule_quota: 20,
            resolver_endpoint_quota: 4,
            resolver_address_quota: 6,
            snapshot_copy_quota: 20,
            image_copy_quota: 100,
            database_copy_quota: 20,
        }
    }
}

/// Everything a plan depends on besides target and observation.
#[derive(Clone, Debug)]
pub struct Context {
    /// Installation and owner.
    pub identity: Identity,
    /// The moment of this pass.
    pub now: Timestamp,
    /// Settings of the installation.
    pub settings: Settings,
    /// What we intended and created so far (`status.inventory`).
    pub ledger: Ledger,
    /// Existing resources to take over: role → id (`spec.adopt`).
    pub adopt: BTreeMap<String, String>,
    /// Descriptive tags for every part.
    pub common_tags: Tags,
}

impl Context {
    /// All tags that a part shall carry.
    #[must_use]
    pub fn tags(&self, role: &Role) -> Tags {
        self.identity.tags(role, &self.common_tags)
    }

    /// Whether the entry is so new that AWS's lists may not have it yet.
    #[must_use]
    pub fn may_lag(&self, entry: &InventoryEntry) -> bool {
        self.listed_by(entry).is_some_and(|until| self.now < until)
    }

    /// The moment from which AWS's lists certainly have the entry.
    #[must_use]
    pub fn listed_by(&self, entry: &InventoryEntry) -> Option<Timestamp> {
        let since = entry.since.as_ref()?;
        Some(
            since
                .0
                .checked_add(self.settings.consistency_window)
                .unwrap_or(Timestamp::MAX),
        )
    }

    /// Today's date in Japan, where the dates of contracts and exceptions are meant.
    #[must_use]
    pub fn today(&self) -> Date {
        japan_date(self.now)
    }

    /// The id that `spec.adopt` gives for this part: under its role in Tokyo, under
    /// `role@ap-northeast-3` in Osaka.
    #[must_use]
    pub fn adopted(&self, part: &Part) -> Option<&str> {
        let name = match part.region {
            Region::Tokyo => part.role.to_string(),
            Region::Osaka => format!("{}@{}", part.role, part.region),
        };
        self.adopt.get(&name).map(String::as_str)
    }
}

/// The date in Japan (UTC+9, no daylight saving) at a moment.
#[must_use]
pub fn japan_date(at: Timestamp) -> Date {
    TimeZone::fixed(jiff::tz::offset(9)).to_datetime(at).date()
}
