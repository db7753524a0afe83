//! What a Municipality reports.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Region, schema, status::CommonStatus};

/// What is so in AWS, what is not, and why (状態).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MunicipalityStatus {
    /// Customer managed keys (CMK・暗号鍵).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub keys: Vec<KeyStatus>,
    /// Network and zones (ネットワーク).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<NetworkStatus>")]
    pub network: Option<NetworkStatus>,
    /// Results of the checks (ガードレール).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<GuardrailStatus>")]
    pub guardrails: Option<GuardrailStatus>,
    /// What every kind reports.
    #[serde(flatten)]
    pub common: CommonStatus,
}

/// One key (暗号鍵).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyStatus {
    /// AWS Region (リージョン).
    pub region: Region,
    /// What it encrypts (用途).
    pub purpose: KeyPurpose,
    /// ARN, once it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub arn: Option<String>,
    /// State in AWS (鍵の状態).
    pub state: KeyStatusState,
    /// Rotation period found in AWS, in days (ローテーション周期); absent while rotation is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation_period_days: Option<u32>,
    /// Whether a use is known (利用中); absent while not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_use: Option<bool>,
    /// Which kinds of use were looked for (確認済みの利用先).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub uses_checked: Vec<String>,
    /// When AWS deletes it (削除予定日).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_date: Option<Time>,
    /// Until when it stays disabled before its deletion is scheduled (削除前の待機期限).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantined_until: Option<Time>,
    /// What keeps it from being deleted (削除できない理由).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub blockers: Vec<String>,
}

/// What a key encrypts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum KeyPurpose {
    /// Everything of the municipality.
    All,
    /// Volumes and snapshots.
    Ebs,
    /// Buckets.
    S3,
    /// Databases.
    Rds,
}

/// State of a key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum KeyStatusState {
    /// It does not exist yet.
    Absent,
    /// In use or ready for it.
    Enabled,
    /// No new use.
    Disabled,
    /// AWS deletes it on `deletionDate`.
    PendingDeletion,
    /// It could not be read, or AWS reports something else.
    Unknown,
}

/// Network and zones (ネットワーク).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkStatus {
    /// The VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub vpc_id: Option<String>,
    /// Zones (領域).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 6), extend("x-kubernetes-list-type" = "atomic"))]
    pub zones: Vec<ZoneStatus>,
    /// Attachment to the transit gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<TransitGatewayAttachmentStatus>")]
    pub transit_gateway_attachment: Option<TransitGatewayAttachmentStatus>,
    /// Interface endpoints (VPCエンドポイント).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40), extend("x-kubernetes-list-type" = "atomic"))]
    pub endpoints: Vec<VpcEndpointStatus>,
}

/// One zone (領域).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneStatus {
    /// Name in the spec.
    #[schemars(length(max = 32))]
    pub name: String,
    /// Its route table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub route_table_id: Option<String>,
    /// Its network ACL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub network_acl_id: Option<String>,
    /// Its security group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub security_group_id: Option<String>,
    /// Its subnets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 12), extend("x-kubernetes-list-type" = "atomic"))]
    pub subnets: Vec<SubnetStatus>,
}

/// One subnet (サブネット).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubnetStatus {
    /// Name in the spec.
    #[schemars(length(max = 32))]
    pub name: String,
    /// AWS id.
    #[schemars(length(max = 32))]
    pub id: String,
    /// Availability Zone.
    #[schemars(length(max = 32))]
    pub availability_zone: String,
}

/// Attachment to the transit gateway.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransitGatewayAttachmentStatus {
    /// AWS id.
    #[schemars(length(max = 64))]
    pub id: String,
    /// State as AWS reports it, for example `pendingAcceptance`.
    #[schemars(length(max = 32))]
    pub state: String,
}

/// One interface endpoint.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcEndpointStatus {
    /// Service in the spec.
    #[schemars(length(max = 64))]
    pub service: String,
    /// AWS id.
    #[schemars(length(max = 32))]
    pub id: String,
    /// State as AWS reports it, for example `available`.
    #[schemars(length(max = 32))]
    pub state: String,
}

/// Results of the checks (ガードレール).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardrailStatus {
    /// How many passed (適合).
    #[serde(default)]
    pub passed: u32,
    /// How many failed (不適合).
    #[serde(default)]
    pub failed: u32,
    /// How many are exempt (適用除外).
    #[serde(default)]
    pub exempt: u32,
    /// How many could not be read (確認不能).
    #[serde(default)]
    pub unreadable: u32,
    /// How many are somebody else's to mend (対象外).
    #[serde(default)]
    pub not_ours: u32,
    /// The checks that did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub results: Vec<GuardrailResult>,
}

/// One check.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardrailResult {
    /// Id of the check.
    #[schemars(length(max = 64))]
    pub id: String,
    /// Its outcome (結果).
    pub result: GuardrailOutcome,
    /// Resource it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub resource: Option<String>,
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub detail: Option<String>,
}

/// Outcome of a check.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum GuardrailOutcome {
    /// 適合.
    Passed,
    /// 不適合.
    Failed,
    /// 適用除外.
    Exempt,
    /// 確認不能.
    Unreadable,
    /// Somebody else's to mend (対象外).
    NotOurs,
}
