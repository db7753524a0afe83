//! What a FileLinkBucket reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Region, schema, status::CommonStatus};

/// What is so in AWS, what is not, and why (状態).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileLinkBucketStatus {
    /// The bucket (バケット).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<BucketStatus>")]
    pub bucket: Option<BucketStatus>,
    /// Which role is let in by which policy (アクセス権の状態).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 250), extend("x-kubernetes-list-type" = "atomic"))]
    pub access: Vec<AccessStatus>,
    /// The SFTP server (SFTPサーバー).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<SftpStatus>")]
    pub sftp: Option<SftpStatus>,
    /// Federation (認証連携).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<FederationStatus>")]
    pub federation: Option<FederationStatus>,
    /// Roles that have to exist where `manageIam` is false, with the policies that they need (必要なロール).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 101), extend("x-kubernetes-list-type" = "atomic"))]
    pub needed_roles: Vec<NeededRole>,
    /// What every kind reports.
    #[serde(flatten)]
    pub common: CommonStatus,
}

/// The bucket (バケット).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BucketStatus {
    /// Its name.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Its ARN.
    #[schemars(length(max = 128))]
    pub arn: String,
    /// AWS Region (リージョン).
    pub region: Region,
    /// Whether old versions are kept.
    pub versioning: bool,
    /// ARN of the key that encrypts new objects; absent while it is not as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub encryption: Option<String>,
    /// Whether anything makes it public (公開状態); absent while not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
}

/// What is granted to a role.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum GrantedAccess {
    /// Get and list.
    Read,
    /// Put, list and delete.
    Write,
    /// Both.
    ReadWrite,
}

/// One role and the policies that let it in.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessStatus {
    /// ARN of the role.
    #[schemars(length(max = 256))]
    pub principal: String,
    /// What it is granted.
    pub access: GrantedAccess,
    /// Whether the bucket policy lets it in.
    pub bucket_policy: bool,
    /// Whether the key policy lets it in.
    pub key_policy: bool,
    /// Why it is not let in yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
}

/// The SFTP server (SFTPサーバー).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SftpStatus {
    /// AWS id.
    #[schemars(length(max = 32))]
    pub server_id: String,
    /// Name under which it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub host: Option<String>,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 6), inner(length(max = 40)), extend("x-kubernetes-list-type" = "atomic"))]
    pub ips: Vec<String>,
    /// Fingerprint of its host key (ホスト鍵の指紋), to hand over to those who connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub host_key_fingerprint: Option<String>,
    /// How many users it has.
    #[serde(default)]
    pub users: u32,
}

/// Federation (認証連携).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FederationStatus {
    /// ARN of the OIDC provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub provider_arn: Option<String>,
    /// The role of each client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub roles: Vec<FederationRoleStatus>,
}

/// The role of a client.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FederationRoleStatus {
    /// Id of the client.
    #[schemars(length(max = 128))]
    pub client_id: String,
    /// ARN of the role.
    #[schemars(length(max = 256))]
    pub arn: String,
}

/// A role that somebody else makes, and what it needs (必要なロール).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NeededRole {
    /// ARN of the role.
    #[schemars(length(max = 256))]
    pub arn: String,
    /// Trust policy, as JSON (信頼ポリシー).
    #[schemars(length(max = 4096))]
    pub trust_policy: String,
    /// Permissions policy, as JSON (許可ポリシー).
    #[schemars(length(max = 10240))]
    pub policy: String,
}
