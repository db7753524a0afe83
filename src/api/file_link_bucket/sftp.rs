//! SFTP for environments outside AWS, by Transfer Family.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::{
    common::LocalRef,
    grant::{self, GrantInfo},
    schema,
};

/// SFTP for environments outside AWS (SFTP接続). A server costs while it stands, even unused.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = sftp_rules)]
pub struct Sftp {
    /// FileLinkBucket whose server is shared (共用するサーバー).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<LocalRef>")]
    pub server_ref: Option<LocalRef>,
    /// An own server (専用のサーバー).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<SftpServer>")]
    pub server: Option<SftpServer>,
    /// Users (利用者).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub users: Vec<SftpUser>,
}

/// An SFTP server inside the VPC, never public (SFTPサーバー).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SftpServer {
    /// Names of subnets in the Municipality (サブネット名).
    #[schemars(
        length(min = 1, max = 3),
        inner(length(min = 1, max = 32)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub subnets: Vec<String>,
    /// Ranges from which it can be reached (接続元).
    #[schemars(schema_with = "schema::allowed_cidrs")]
    pub allowed_cidrs: Vec<String>,
    /// Security policy of Transfer Family (暗号スイート).
    #[serde(default = "default_policy")]
    #[schemars(length(max = 64), regex(pattern = r"^TransferSecurityPolicy-[A-Za-z0-9-]+$"))]
    pub security_policy: String,
    /// Where the host key is kept (ホスト鍵); without it AWS makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<HostKey>")]
    pub host_key: Option<HostKey>,
}

/// Where a host key is kept (ホスト鍵). The key itself is never written here.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = host_key_rules)]
pub struct HostKey {
    /// Secret in AWS Secrets Manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::secret_arn")]
    pub secrets_manager_arn: Option<String>,
    /// Secret in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<SecretKeyRef>")]
    pub secret_ref: Option<SecretKeyRef>,
}

/// A key of a Secret in the same namespace.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// Key in it.
    #[serde(default = "default_key")]
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// An SFTP user (SFTP利用者).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = grant::ordered)]
pub struct SftpUser {
    /// Name with which the user logs in: a system, not a person.
    #[schemars(schema_with = "schema::sftp_user_name")]
    pub name: String,
    /// SSH public keys (公開鍵), two during a change of keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::public_keys")]
    pub public_keys: Vec<String>,
    /// Beginning of the keys that the user sees as its directory (ディレクトリ).
    #[serde(default)]
    #[schemars(schema_with = "schema::prefix")]
    pub prefix: String,
    /// What the user may do (権限).
    pub access: SftpAccess,
    /// IAM role of the user where `manageIam` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: Option<String>,
    /// On whose behalf and for how long.
    #[serde(flatten)]
    pub grant: GrantInfo,
}

/// What an SFTP user may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum SftpAccess {
    /// 読み取り.
    Read,
    /// 書き込み.
    Write,
    /// 読み書き.
    ReadWrite,
}

fn sftp_rules(schema: &mut Schema) {
    let one = schema::rule(
        "has(self.serverRef) != has(self.server)",
        "serverRefとserverのどちらか一方を書いてください (write either serverRef or server)",
    );
    schema::add_all(schema, [one]);
}

fn host_key_rules(schema: &mut Schema) {
    let one = schema::rule(
        "has(self.secretsManagerArn) != has(self.secretRef)",
        "secretsManagerArnとsecretRefのどちらか一方を書いてください (write either secretsManagerArn or secretRef)",
    );
    schema::add_all(schema, [one]);
}

fn default_policy() -> String {
    "TransferSecurityPolicy-2024-01".to_owned()
}

fn default_key() -> String {
    "ssh-privatekey".to_owned()
}
