//! How long copies are kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{common::asia_tokyo, schema};

/// How long copies are kept (保存期間). A copy stays if any rule keeps it; the newest good copy always stays.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// How many of the newest copies stay (世代数).
    #[serde(default = "default_copies")]
    #[schemars(range(min = 1, max = 1000))]
    pub copies: u32,
    /// Days for which each copy stays (保存日数).
    #[serde(default = "default_days")]
    #[schemars(range(min = 1, max = 36500))]
    pub days: u32,
    /// Copies that stay longer, for example that of the end of the fiscal year (長期保存).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub tiers: Vec<Tier>,
    /// Copies in Tokyo (東京側).
    #[serde(default)]
    pub source_side: SourceSide,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            copies: default_copies(),
            days: default_days(),
            tiers: Vec::new(),
            source_side: SourceSide::default(),
        }
    }
}

/// Copies that stay longer (長期保存): the first run at or after each time of the cron.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tier {
    /// Name, for example 年度末.
    #[schemars(length(min = 1, max = 32))]
    pub name: String,
    /// Five cron fields.
    #[schemars(schema_with = "schema::cron")]
    pub cron: String,
    /// IANA time zone.
    #[serde(default = "asia_tokyo")]
    #[schemars(schema_with = "schema::time_zone")]
    pub time_zone: String,
    /// Days for which the copy stays (保存日数).
    #[schemars(range(min = 1, max = 36500))]
    pub days: u32,
}

/// Copies in Tokyo (東京側).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceSide {
    /// How many of the newest stay (世代数); the next copy needs one to be incremental.
    #[serde(default = "default_source_copies")]
    #[schemars(range(min = 1, max = 100))]
    pub copies: u32,
}

impl Default for SourceSide {
    fn default() -> Self {
        Self {
            copies: default_source_copies(),
        }
    }
}

/// Copies that are kept whatever the retention says (削除保留).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Label of the run.
    #[schemars(length(min = 1, max = 64))]
    pub label: String,
    /// Last day in Japan (期限), YYYY-MM-DD.
    #[schemars(schema_with = "schema::date")]
    pub until: String,
    /// Why (理由).
    #[schemars(length(min = 1, max = 256))]
    pub reason: String,
}

fn default_copies() -> u32 {
    14
}

fn default_days() -> u32 {
    30
}

fn default_source_copies() -> u32 {
    2
}
