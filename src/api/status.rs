//! The part of status that all kinds share.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{inventory::InventoryEntry, schema};

/// The most entries that `status.inventory` can hold.
pub const MAX_INVENTORY: usize = 600;
/// The most lines that `status.plan.steps` can hold.
pub const MAX_PLAN_STEPS: usize = 100;
/// The most entries that `status.consumedPlans` can hold.
pub const MAX_CONSUMED: usize = 20;
/// The most entries that `status.drift` can hold.
pub const MAX_DRIFT: usize = 50;
/// The most characters of one line of a plan, or of one drifted value.
pub const MAX_LINE: usize = 512;

/// What every kind reports.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommonStatus {
    /// The generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, and the aspects of the kind (状態). `jichitai explain REASON` says what to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
    /// Hash of what AWS last was brought to (収束済みの目標). A later difference from the same target is drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub converged_target: Option<String>,
    /// AWS resources of this object (リソース台帳). Never edit it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 600), extend("x-kubernetes-list-type" = "atomic"))]
    pub inventory: Vec<InventoryEntry>,
    /// What would be done next (実行計画).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<PlanStatus>")]
    pub plan: Option<PlanStatus>,
    /// Hashes of approved plans that have run to their end (実行済みの計画): none of them runs again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub consumed_plans: Vec<String>,
    /// Where AWS differs from the spec (逸脱・ドリフト).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub drift: Vec<Drift>,
}

/// The steps that wait to be taken.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// What an approval names (計画ハッシュ).
    #[schemars(length(max = 64))]
    pub hash: String,
    /// One line per step, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 512)), extend("x-kubernetes-list-type" = "atomic"))]
    pub steps: Vec<String>,
    /// How many further steps are not listed.
    #[serde(default)]
    pub left_off: u32,
    /// How many steps delete, detach, disable or narrow something (破壊的変更).
    #[serde(default)]
    pub destructive: u32,
    /// Parties whose approval was found (承認済み).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub approved_by: Vec<String>,
    /// Short hashes of the steps that the approval admits, while the plan is being executed (承認済みの手順).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2000), inner(length(max = 16)), extend("x-kubernetes-list-type" = "atomic"))]
    pub admitted: Vec<String>,
}

/// One difference between AWS and the spec.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// Which part of the object (役割).
    #[schemars(length(max = 128))]
    pub role: String,
    /// JSON path of the property.
    #[schemars(length(max = 256))]
    pub path: String,
    /// What the spec asks for.
    #[schemars(length(max = 512))]
    pub want: String,
    /// What AWS has.
    #[schemars(length(max = 512))]
    pub have: String,
    /// When the difference was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}
