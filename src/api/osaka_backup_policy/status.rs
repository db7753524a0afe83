//! What an OsakaBackupPolicy reports.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{schema, status::CommonStatus};

/// What was copied, what was not, and why (状態).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OsakaBackupPolicyStatus {
    /// The last run (直近の実行).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<RunStatus>")]
    pub last_run: Option<RunStatus>,
    /// When the next run is due (次回の実行).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run: Option<Time>,
    /// Start of the last run of which every copy is good (直近の成功).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Time>,
    /// How long the last restore drill took (訓練で測った復旧時間), for example `1h12m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub measured_restore_time: Option<String>,
    /// The last restore drill (直近の復旧訓練).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<DrillStatus>")]
    pub last_drill: Option<DrillStatus>,
    /// Copies that AWS is making (実行中のコピー).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<InFlight>")]
    pub in_flight: Option<InFlight>,
    /// The newest good copy (最新の復旧ポイント).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<RecoveryPointStatus>")]
    pub newest_recovery_point: Option<RecoveryPointStatus>,
    /// Data of the tenant that no source covers (対象外のデータ).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub uncovered: Vec<UncoveredResource>,
    /// Copies that failed (失敗).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub failures: Vec<BackupFailure>,
    /// What every kind reports.
    #[serde(flatten)]
    pub common: CommonStatus,
}

/// One run (実行).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// The time it was due, or was asked for.
    pub time: Time,
    /// Name of its schedule, or the label it was asked for with.
    #[schemars(length(max = 64))]
    pub label: String,
    /// When its last copy ended; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Time>,
}

/// One restore drill (復旧訓練).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrillStatus {
    /// When it began.
    pub time: Time,
    /// The run that was restored.
    #[schemars(length(max = 128))]
    pub run: String,
    /// When everything was back and verified; absent while it goes on, and when it did not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Time>,
}

/// Copies that AWS is making (実行中のコピー).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlight {
    /// Volume snapshots.
    #[serde(default)]
    pub snapshots: u32,
    /// Machine images.
    #[serde(default)]
    pub images: u32,
    /// Database snapshots.
    #[serde(default)]
    pub databases: u32,
    /// Copies that wait for room in AWS's limits (待機中).
    #[serde(default)]
    pub waiting: u32,
}

/// A set of good copies of one run (復旧ポイント).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryPointStatus {
    /// The moment that it holds.
    pub time: Time,
    /// How many machine images.
    #[serde(default)]
    pub images: u32,
    /// How many volume snapshots.
    #[serde(default)]
    pub snapshots: u32,
    /// How many database snapshots.
    #[serde(default)]
    pub databases: u32,
    /// How many CloudFormation templates.
    #[serde(default)]
    pub templates: u32,
}

/// Data that no source covers (対象外のデータ).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UncoveredResource {
    /// AWS service, for example `efs`.
    #[schemars(length(max = 32))]
    pub service: String,
    /// AWS id.
    #[schemars(length(max = 256))]
    pub id: String,
}

/// A copy that failed (失敗).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupFailure {
    /// AWS id of what was copied.
    #[schemars(length(max = 256))]
    pub source: String,
    /// AWS id of the copy, once there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub copy: Option<String>,
    /// State as AWS reports it.
    #[schemars(length(max = 32))]
    pub state: String,
    /// AWS's explanation.
    #[serde(default)]
    #[schemars(length(max = 512))]
    pub message: String,
}
