//! `FileLinkBucket`: one access boundary of file linkage (ファイル連携).

mod access;
mod federation;
mod sftp;
mod status;

use kube::CustomResource;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use access::{Access, Consumer, CrossEnvironment, CrossMunicipality, CrossZoneAccess, Provider};
pub use federation::{ClientAccess, ClientClaim, Federation, FederationClient, FederationType};
pub use sftp::{HostKey, SecretKeyRef, Sftp, SftpAccess, SftpServer, SftpUser};
pub use status::{
    AccessStatus, BucketStatus, FederationRoleStatus, FederationStatus, FileLinkBucketStatus, GrantedAccess,
    NeededRole, SftpStatus,
};

use crate::{
    common::{CommonSpec, LocalRef},
    quoted, schema,
};

/// One access boundary of file linkage (ファイル連携の権限単位).
#[expect(
    clippy::duplicated_attributes,
    reason = "every printcolumn has a name, a type and a path of its own"
)]
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "jichitai.dev",
    version = "v1alpha1",
    kind = "FileLinkBucket",
    plural = "filelinkbuckets",
    shortname = "flb",
    category = "jichitai",
    namespaced,
    status = "FileLinkBucketStatus",
    derive = "PartialEq",
    doc = "One access boundary of file linkage (ファイル連携): bucket, bucket policy, key access, SFTP, federation. Rights \
           are managed per bucket, so another set of rights is another FileLinkBucket.",
    printcolumn(name = "Municipality", type_ = "string", json_path = ".spec.municipalityRef.name"),
    printcolumn(name = "Business", type_ = "string", json_path = ".spec.businessId"),
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.accessGroup"),
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
    printcolumn(name = "Bucket", type_ = "string", json_path = ".status.bucket.name", priority = 1),
    printcolumn(name = "Zone", type_ = "string", json_path = ".spec.zone", priority = 1),
    printcolumn(name = "SFTP", type_ = "string", json_path = ".status.sftp.serverId", priority = 1),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct FileLinkBucketSpec {
    /// The municipality whose data is linked (団体). Immutable.
    #[schemars(transform = schema::immutable)]
    pub municipality_ref: LocalRef,
    /// Business that provides the files (提供側の業務ID), quoted, for example "001". Immutable.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::business_id", transform = schema::immutable)]
    pub business_id: String,
    /// Which of several sets of rights of one business (権限グループ). Immutable.
    #[serde(default = "default_group")]
    #[schemars(schema_with = "schema::part_name", transform = schema::immutable)]
    pub access_group: String,
    /// Zone of the Municipality in which the files are used (領域). Immutable.
    #[schemars(schema_with = "schema::part_name", transform = schema::immutable)]
    pub zone: String,
    /// Name of the bucket (バケット名); empty derives it from account and owner. Put no names of people or places in
    /// it. Immutable.
    #[serde(default)]
    #[schemars(schema_with = "schema::optional_bucket_name", transform = schema::immutable)]
    pub bucket_name: String,
    /// Who may do what (アクセス権).
    #[serde(default)]
    pub access: Access,
    /// How objects are named (パス構成). A prefix is never an access boundary.
    #[serde(default)]
    pub layout: Layout,
    /// Whether old versions of objects are kept (バージョニング).
    #[serde(default = "yes")]
    pub versioning: bool,
    /// Whether objects can be deleted before a time (オブジェクトロック).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<ObjectLock>")]
    pub object_lock: Option<ObjectLock>,
    /// When objects and old versions go (保存期間).
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Where accesses are logged (アクセスログ).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<AccessLogs>")]
    pub access_logs: Option<AccessLogs>,
    /// Replica in Osaka (大阪への複製).
    #[serde(default)]
    pub replication: Replication,
    /// SFTP for environments outside AWS (SFTP接続).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<Sftp>")]
    pub sftp: Option<Sftp>,
    /// Access tokens for temporary AWS credentials (認証連携).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<Federation>")]
    pub federation: Option<Federation>,
    /// Whether the operator makes the IAM roles it needs (IAMの管理). With false, role ARNs are given instead.
    #[serde(default = "yes")]
    pub manage_iam: bool,
    /// How, when and by whose leave the operator acts.
    #[serde(flatten)]
    pub common: CommonSpec,
}

/// How objects are named (パス構成).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// Template of the prefix (接頭辞のひな形).
    #[serde(default = "default_template")]
    #[schemars(schema_with = "schema::prefix_template")]
    pub prefix_template: String,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            prefix_template: default_template(),
        }
    }
}

/// Whether objects can be deleted before a time (オブジェクトロック).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectLock {
    /// Who may lift it: Governance named roles, Compliance nobody, not even the account's owner.
    #[serde(default)]
    pub mode: ObjectLockMode,
    /// Days for which a new object is locked (保護日数); 0 locks none by default.
    #[serde(default)]
    #[schemars(range(min = 0, max = 36500))]
    pub days: u32,
}

/// Who may lift an object lock.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ObjectLockMode {
    /// Named roles.
    #[default]
    Governance,
    /// Nobody.
    Compliance,
}

/// When objects and old versions go (保存期間).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    /// Days after which an object goes (保存日数). Without it objects stay, and a condition says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 36500))]
    pub expire_after_days: Option<u32>,
    /// Days for which an old version is kept (旧バージョンの保存日数).
    #[serde(default = "default_noncurrent")]
    #[schemars(range(min = 1, max = 36500))]
    pub noncurrent_days: u32,
    /// Days after which an unfinished upload goes (未完了アップロードの保存日数).
    #[serde(default = "default_multipart")]
    #[schemars(range(min = 1, max = 365))]
    pub abort_multipart_days: u32,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            expire_after_days: None,
            noncurrent_days: default_noncurrent(),
            abort_multipart_days: default_multipart(),
        }
    }
}

/// Where accesses are logged (アクセスログ).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessLogs {
    /// Bucket that receives the logs.
    #[schemars(schema_with = "schema::bucket_name")]
    pub bucket: String,
    /// Beginning of the keys of the logs.
    #[serde(default)]
    #[schemars(schema_with = "schema::prefix")]
    pub prefix: String,
}

/// Replica in Osaka (大阪への複製).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replication {
    /// Whether a replica bucket in Osaka is kept under the Osaka key.
    #[serde(default)]
    pub osaka: bool,
    /// IAM role of the replication where `manageIam` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: Option<String>,
}

fn rules(schema: &mut Schema) {
    schema::add_all(schema, schema::succession("FileLinkBucket"));
    schema::add_all(
        schema,
        [
            schema::rule(
                "self.versioning || !has(self.objectLock)",
                "objectLockには versioning: true が必要です (objectLock needs versioning: true)",
            ),
            schema::rule(
                "self.versioning || !has(self.replication) || !self.replication.osaka",
                "大阪への複製には versioning: true が必要です (replication needs versioning: true)",
            ),
            schema::rule(
                "self.manageIam || !has(self.sftp) || !has(self.sftp.users) || self.sftp.users.all(u, has(u.roleArn))",
                "manageIam: false では、SFTP利用者ごとに roleArn を書いてください (with manageIam: false every SFTP user needs \
                 its roleArn)",
            ),
            schema::rule(
                "self.manageIam || !has(self.federation) || !has(self.federation.clients) \
                 || self.federation.clients.all(c, has(c.roleArn))",
                "manageIam: false では、クライアントごとに roleArn を書いてください (with manageIam: false every client needs its \
                 roleArn)",
            ),
            schema::rule(
                "self.manageIam || !has(self.replication) || !self.replication.osaka || has(self.replication.roleArn)",
                "manageIam: false では、replication.roleArn を書いてください (with manageIam: false the replication needs its \
                 roleArn)",
            ),
            schema::rule(
                "!has(oldSelf.objectLock) || has(self.objectLock)",
                "objectLockは一度有効にすると外せません (objectLock cannot be taken off once it is on)",
            ),
        ],
    );
}

fn default_group() -> String {
    "default".to_owned()
}

fn default_template() -> String {
    "{provider}/{consumer}/{linkId}/{date}/".to_owned()
}

fn yes() -> bool {
    true
}

fn default_noncurrent() -> u32 {
    30
}

fn default_multipart() -> u32 {
    7
}
