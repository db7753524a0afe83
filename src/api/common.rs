//! The part of spec that all kinds share: how, when and by whose leave the operator acts.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::schema;

/// What every kind can be told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommonSpec {
    /// Whether the operator changes AWS (動作モード): Enforce converges, Plan only after approval, Observe never.
    #[serde(default)]
    pub mode: Mode,
    /// Approvals of plans by their hash (承認).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub approvals: Vec<Approval>,
    /// Whether deleting and narrowing steps need an approval (破壊的変更の扱い). Default: RequireApproval in
    /// Production, Allow elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<DestructiveChanges>")]
    pub destructive_changes: Option<DestructiveChanges>,
    /// What happens in AWS when this object is deleted (削除時の扱い).
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// Whether a difference found in AWS is repaired or only reported (逸脱時の動作).
    #[serde(default)]
    pub drift_action: DriftAction,
    /// When changes may be made (作業時間帯); empty means at any time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub change_windows: Vec<ChangeWindow>,
    /// Periods without changes (変更凍結期間): 年度切替, 当初賦課, 選挙.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub freezes: Vec<Freeze>,
    /// Existing AWS resources to take over (引き継ぐ既存リソース): role to AWS id, for example `vpc: vpc-0abc`; in
    /// Osaka `key.all@ap-northeast-3: <key id>`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::adopt")]
    pub adopt: BTreeMap<String, String>,
    /// Former object whose AWS resources this one takes over (改名・移動元): `Kind/namespace/name`. It is set when the
    /// object is created and stays: in AWS everything keeps the former name. Platform team only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::adopt_from", transform = schema::immutable)]
    pub adopt_from: Option<String>,
    /// Additional AWS tags, for example for cost allocation (コスト配分タグ).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::tags")]
    pub tags: BTreeMap<String, String>,
}

/// Whether the operator changes AWS.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum Mode {
    /// AWS is converged to the spec.
    #[default]
    Enforce,
    /// Steps are shown and run only when the approval names their plan.
    Plan,
    /// AWS is only read.
    Observe,
}

/// Whether destructive steps need an approval.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum DestructiveChanges {
    /// They wait for an approval.
    RequireApproval,
    /// They run like any other.
    Allow,
}

/// What happens in AWS when the object is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum DeletionPolicy {
    /// Everything stays.
    #[default]
    Retain,
    /// Data stays, every access of people and systems goes (委託先変更, 廃止).
    RetainDataRevokeAccess,
    /// What holds no data and has no use is deleted.
    Delete,
}

/// What is done about a difference.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum DriftAction {
    /// It is repaired.
    #[default]
    Repair,
    /// It is reported.
    Report,
}

/// Approval of exactly one plan (計画の承認).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// `status.plan.hash` of the approved plan (計画ハッシュ).
    #[schemars(schema_with = "schema::plan_hash")]
    pub plan_hash: String,
    /// In which capacity it is given (承認主体).
    pub party: Party,
    /// Who gave it (承認者): a post or account, no personal data.
    #[schemars(length(min = 1, max = 128))]
    pub approver: String,
    /// Ticket or document (申請番号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub ticket: Option<String>,
    /// Last day of the approval in Japan (有効期限), YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date")]
    pub valid_until: Option<String>,
}

/// Who approves.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Party {
    /// The vendor that runs the system (ASP事業者).
    Asp,
    /// The municipality (地方公共団体).
    Municipality,
    /// The operator of the network (回線運用管理補助者).
    NetworkOperator,
}

/// A recurring time in which changes may be made (作業時間帯).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeWindow {
    /// When it opens: five cron fields.
    #[schemars(schema_with = "schema::cron")]
    pub cron: String,
    /// How long it stays open, for example `4h` or `1h30m`.
    #[schemars(schema_with = "schema::duration")]
    pub duration: String,
    /// IANA time zone.
    #[serde(default = "asia_tokyo")]
    #[schemars(schema_with = "schema::time_zone")]
    pub time_zone: String,
}

/// A period without changes (変更凍結期間).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = freeze_rules)]
pub struct Freeze {
    /// Beginning, for example `2027-03-25T00:00:00+09:00`.
    pub from: Time,
    /// End.
    pub until: Time,
    /// Why (理由).
    #[schemars(length(min = 1, max = 256))]
    pub reason: String,
}

/// A reference to a Municipality in the same namespace (団体への参照).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalRef {
    /// Name of the object.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
}

/// A reference to an object that may be in another namespace (他の名前空間への参照).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamespacedRef {
    /// Namespace of the object.
    #[schemars(schema_with = "schema::object_name")]
    pub namespace: String,
    /// Name of the object.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
}

fn freeze_rules(schema: &mut Schema) {
    let rule = schema::rule(
        "self.from < self.until",
        "凍結の終了は開始より後にしてください (a freeze must end after it begins)",
    );
    schema::add_all(schema, [rule]);
}

pub(crate) fn asia_tokyo() -> String {
    "Asia/Tokyo".to_owned()
}
