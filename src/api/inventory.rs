//! The inventory: which AWS resources an object has, kept in its status.
//!
//! An entry is written before the resource is created, so that a crash between the two leaves a
//! trace. It holds configuration resources only; recovery points are found by their tags.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Region;

/// One AWS resource of this object (リソース台帳の一行).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryEntry {
    /// Which part of the object it is (役割), for example `vpc` or `subnet/mynumber/app-a`.
    #[schemars(length(max = 128))]
    pub role: String,
    /// AWS service, for example `ec2`.
    #[schemars(length(max = 32))]
    pub service: String,
    /// AWS Region (リージョン).
    pub region: Region,
    /// AWS account id (アカウント).
    #[schemars(length(max = 12))]
    pub account: String,
    /// AWS id; empty while the creation is only intended.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub id: String,
    /// AWS ARN where the resource has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1600))]
    pub arn: Option<String>,
    /// What is known of it (状態).
    pub state: InventoryState,
    /// Client token or creator request id that the creation uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub token: Option<String>,
    /// Rises by one each time the resource was deleted for certain and has to be created again.
    #[serde(default)]
    pub incarnation: u32,
    /// Since when the entry has this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}

/// What is known of one resource.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum InventoryState {
    /// Its creation was or will be asked for; whether it exists is not known yet.
    #[default]
    Intended,
    /// It exists and carries our tags.
    Present,
    /// It exists but our tags are gone; nothing is created in its place.
    OwnershipLost,
    /// Its name or place is taken by another owner.
    Conflict,
    /// The object let it go and it stays in AWS.
    Retained,
    /// Its deletion was asked for.
    Deleting,
    /// A key in its waiting period before deletion (削除待機期間).
    PendingDeletion,
}
