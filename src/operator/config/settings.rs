//! Times and limits of an installation.

use std::time::Duration;

use jichitai_plan::context::Settings;
use jiff::SignedDuration;
use serde::Deserialize;

use super::Config;

/// Times and limits, with durations like `5m` or `168h`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Times {
    /// How long a new AWS resource may be missing from AWS's answers.
    pub consistency_window: SignedDuration,
    /// How long a key stays disabled before its deletion is scheduled.
    pub key_quarantine: SignedDuration,
    /// KMS's waiting period, 7 to 30 days.
    pub key_deletion_window_days: u32,
    /// Rules per direction of a network ACL, as the account's quota allows.
    pub network_acl_rule_quota: usize,
    /// Resolver endpoints per account and Region, as the account's quota allows.
    pub resolver_endpoint_quota: usize,
    /// Addresses per Resolver endpoint, as the account's quota allows.
    pub resolver_address_quota: usize,
    /// Copies of EBS snapshots to Osaka in flight per account, as the account's quota allows.
    pub snapshot_copy_quota: usize,
    /// Copies of machine images to Osaka in flight per account, likewise.
    pub image_copy_quota: usize,
    /// Copies of database snapshots to Osaka in flight per account, likewise.
    pub database_copy_quota: usize,
    /// How often a settled object is looked at; without it twelve hours where changes of AWS are reported, and else one.
    pub resync: Option<SignedDuration>,
}

impl Default for Times {
    fn default() -> Self {
        let Settings {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
        } = Settings::default();
        Self {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
            resync: None,
        }
    }
}

/// How often a settled object is looked at where changes of AWS are reported, and where they are not.
const RESYNC: [Duration; 2] = [Duration::from_hours(12), Duration::from_hours(1)];

impl Config {
    /// How often a settled object is looked at.
    #[must_use]
    pub fn resync(&self) -> Duration {
        let [with_events, without] = RESYNC;
        let default = if self.events.is_some() { with_events } else { without };
        let said = self.settings.resync.and_then(|said| Duration::try_from(said).ok());
        said.unwrap_or(default)
    }

    /// The settings that change what is planned.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let Times {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
            resync: _,
        } = self.settings.clone();
        Settings {
            consistency_window,
            key_quarantine,
            key_deletion_window_days,
            network_acl_rule_quota,
            resolver_endpoint_quota,
            resolver_address_quota,
            snapshot_copy_quota,
            image_copy_quota,
            database_copy_quota,
        }
    }
}
