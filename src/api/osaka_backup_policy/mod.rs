//! `OsakaBackupPolicy`: scheduled, verified copies in Osaka.

mod retention;
mod sources;
mod status;

use kube::CustomResource;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use retention::{Hold, Retention, SourceSide, Tier};
pub use sources::{Consistency, Sources, Stacks, TagSelector};
pub use status::{
    BackupFailure, DrillStatus, InFlight, OsakaBackupPolicyStatus, RecoveryPointStatus, RunStatus, UncoveredResource,
};

use crate::{
    common::{CommonSpec, LocalRef, asia_tokyo},
    grant::ExceptionInfo,
    schema,
};

/// Scheduled, verified copies in Osaka (大阪リージョンへのバックアップ).
#[expect(
    clippy::duplicated_attributes,
    reason = "every printcolumn has a name, a type and a path of its own"
)]
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "jichitai.dev",
    version = "v1alpha1",
    kind = "OsakaBackupPolicy",
    plural = "osakabackuppolicies",
    shortname = "obp",
    category = "jichitai",
    namespaced,
    status = "OsakaBackupPolicyStatus",
    derive = "PartialEq",
    doc = "Scheduled, verified copies in Osaka (大阪リージョンへのバックアップ) of machine images, volume and database \
           snapshots, and CloudFormation templates.",
    printcolumn(name = "Municipality", type_ = "string", json_path = ".spec.municipalityRef.name"),
    printcolumn(name = "Last Success", type_ = "date", json_path = ".status.lastSuccess"),
    printcolumn(name = "Next", type_ = "string", json_path = ".status.nextRun"),
    printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspend"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "RPO",
        type_ = "string",
        json_path = ".spec.recoveryPointObjective",
        priority = 1
    ),
    printcolumn(
        name = "Restore Time",
        type_ = "string",
        json_path = ".status.measuredRestoreTime",
        priority = 1
    ),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct OsakaBackupPolicySpec {
    /// The municipality whose data is copied (団体). Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<LocalRef>", transform = schema::immutable)]
    pub municipality_ref: Option<LocalRef>,
    /// The municipalities of shared resources (団体の一覧), with `isolation: Application`, in place of municipalityRef.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 200),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub municipality_refs: Vec<LocalRef>,
    /// When copies are made (実行時刻). Without any, only `jichitai backup run` starts one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub schedules: Vec<Schedule>,
    /// Seconds by which a missed run may start late (開始猶予秒数).
    #[serde(default = "default_deadline")]
    #[schemars(range(min = 60, max = 86400))]
    pub starting_deadline_seconds: u32,
    /// Whether no new run is started (一時停止).
    #[serde(default)]
    pub suspend: bool,
    /// What is copied (対象).
    pub sources: Sources,
    /// Where it is copied to (コピー先).
    #[serde(default)]
    pub destination: Destination,
    /// How long copies are kept (保存期間).
    #[serde(default)]
    pub retention: Retention,
    /// Copies that are kept whatever the retention says (削除保留).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["label"])
    )]
    pub holds: Vec<Hold>,
    /// How old the newest good copy may be (目標復旧時点・RPO).
    #[serde(default = "default_rpo")]
    #[schemars(schema_with = "schema::duration")]
    pub recovery_point_objective: String,
    /// How long a recovery may take (目標復旧時間・RTO).
    #[serde(default = "default_rto")]
    #[schemars(schema_with = "schema::duration")]
    pub recovery_time_objective: String,
    /// Rehearsal of a recovery (復旧訓練): copies back, creates volumes, checks, deletes, and measures the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<RestoreDrill>")]
    pub restore_drill: Option<RestoreDrill>,
    /// Data of the tenant that may be without a copy (コピー対象外の例外), such as logs that are kept elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service", "id"])
    )]
    pub coverage_exceptions: Vec<CoverageException>,
    /// How, when and by whose leave the operator acts. A scheduled run is not a change and needs no approval.
    #[serde(flatten)]
    pub common: CommonSpec,
}

/// A time at which copies are made (実行時刻).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Name; it becomes the label of the run.
    #[schemars(schema_with = "schema::part_name")]
    pub name: String,
    /// Five cron fields, for example `0 5 * * *`.
    #[schemars(schema_with = "schema::cron")]
    pub cron: String,
    /// IANA time zone.
    #[serde(default = "asia_tokyo")]
    #[schemars(schema_with = "schema::time_zone")]
    pub time_zone: String,
}

/// Where copies go (コピー先).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// ARN of the key in Osaka (大阪の鍵); empty takes the Municipality's.
    #[serde(default)]
    #[schemars(schema_with = "schema::osaka_key_arn")]
    pub kms_key_arn: String,
    /// Bucket of CloudFormation templates in Osaka (テンプレート保存先), which the operator makes, versioned and for itself
    /// alone; empty lets it choose the name. Immutable.
    #[serde(default)]
    #[schemars(schema_with = "schema::template_bucket_name", transform = schema::immutable)]
    pub template_bucket: String,
}

/// Data of the tenant that may be without a copy (コピー対象外の例外), named as `status.uncovered` does.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoverageException {
    /// AWS service: `ec2`, `rds`, `elasticfilesystem` or `s3`.
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^(ec2|rds|elasticfilesystem|s3)$"))]
    pub service: String,
    /// AWS id of the volume or file system, identifier of the database, or name of the bucket.
    #[schemars(length(min = 1, max = 256))]
    pub id: String,
    /// Reason, approver and last day.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
}

/// Rehearsal of a recovery (復旧訓練).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreDrill {
    /// When it is held: five cron fields.
    #[schemars(schema_with = "schema::cron")]
    pub schedule: String,
    /// IANA time zone.
    #[serde(default = "asia_tokyo")]
    #[schemars(schema_with = "schema::time_zone")]
    pub time_zone: String,
    /// How long what it created stays afterwards.
    #[serde(default = "default_delete_after")]
    #[schemars(schema_with = "schema::duration")]
    pub delete_after: String,
}

fn rules(schema: &mut Schema) {
    schema::add_all(schema, schema::succession("OsakaBackupPolicy"));
    schema::add_all(
        schema,
        [
            schema::rule(
                "has(self.municipalityRef) != (has(self.municipalityRefs) && self.municipalityRefs.size() > 0)",
                "municipalityRefとmunicipalityRefsのどちらか一方を書いてください (write either municipalityRef or municipalityRefs)",
            ),
            schema::fixed_presence("municipalityRef"),
        ],
    );
}

fn default_deadline() -> u32 {
    3600
}

fn default_rpo() -> String {
    "26h".to_owned()
}

fn default_rto() -> String {
    "24h".to_owned()
}

fn default_delete_after() -> String {
    "1h".to_owned()
}
