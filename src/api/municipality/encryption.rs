//! Customer managed keys of a Municipality: independent keys in Tokyo and Osaka.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::{
    grant::{self, GrantInfo},
    schema,
};

/// Customer managed keys (CMK・暗号鍵).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct Encryption {
    /// One key for all data, or one each for EBS, S3 and RDS (鍵の単位). Immutable.
    #[serde(default)]
    #[schemars(transform = schema::immutable)]
    pub key_granularity: KeyGranularity,
    /// How often key material is rotated, in days (自動ローテーション周期), 90 to 2560.
    #[serde(default = "default_rotation")]
    #[schemars(range(min = 90, max = 2560))]
    pub rotation_period_days: u32,
    /// Roles that administer the keys and cannot use data (鍵管理者).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub administrators: Vec<KeyAdministrator>,
    /// Roles that use the keys through named AWS services (鍵利用者).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub users: Vec<KeyUser>,
    /// Disabled stops new use of the keys (鍵の有効・無効); it needs confirmDisable.
    #[serde(default)]
    pub state: KeyState,
    /// Confirmation of `state: Disabled` (無効化の確認): code and today's date in Japan, for example
    /// `131016@2027-04-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::confirm_disable")]
    pub confirm_disable: Option<String>,
    /// Whether new EBS volumes of the account are encrypted with this key by default, in both Regions
    /// (EBSのデフォルト暗号化). Default: true with `isolation: Account`; otherwise the account belongs to many
    /// tenants, the setting is never touched, and true is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ebs_default_encryption: Option<bool>,
    /// Keys of volumes and databases that hold many tenants (共用の鍵), with `isolation: Application`: checked,
    /// never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<SharedKeys>")]
    pub shared: Option<SharedKeys>,
}

impl Default for Encryption {
    fn default() -> Self {
        Self {
            key_granularity: KeyGranularity::default(),
            rotation_period_days: default_rotation(),
            administrators: Vec::new(),
            users: Vec::new(),
            state: KeyState::default(),
            confirm_disable: None,
            ebs_default_encryption: None,
            shared: None,
        }
    }
}

/// How many keys a municipality has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum KeyGranularity {
    /// One key per Region.
    #[default]
    PerMunicipality,
    /// Ebs, S3 and Rds have a key each.
    PerService,
}

/// Whether the keys may be used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum KeyState {
    /// 有効.
    #[default]
    Enabled,
    /// 無効.
    Disabled,
}

/// A role that administers the keys (鍵管理者).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = grant::ordered)]
pub struct KeyAdministrator {
    /// ARN of the IAM role.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// On whose behalf and for how long.
    #[serde(flatten)]
    pub grant: GrantInfo,
}

/// A role that uses the keys (鍵利用者).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = grant::ordered)]
pub struct KeyUser {
    /// ARN of the IAM role.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// AWS services through which it may use them (利用サービス).
    #[schemars(length(min = 1, max = 6), extend("x-kubernetes-list-type" = "set"))]
    pub services: Vec<KeyService>,
    /// On whose behalf and for how long.
    #[serde(flatten)]
    pub grant: GrantInfo,
}

/// An AWS service that uses keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum KeyService {
    /// Volumes and snapshots.
    Ebs,
    /// Buckets.
    S3,
    /// Databases.
    Rds,
    /// File systems.
    Efs,
    /// CloudWatch Logs.
    Logs,
    /// Secrets Manager.
    SecretsManager,
}

/// Keys of volumes and databases that hold many tenants (共用の鍵).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedKeys {
    /// ARN of the key of shared volumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::tokyo_key_arn")]
    pub ebs_key_arn: Option<String>,
    /// ARN of the key of shared databases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::tokyo_key_arn")]
    pub rds_key_arn: Option<String>,
}

fn rules(schema: &mut Schema) {
    let rule = schema::rule(
        "self.state != 'Disabled' || has(self.confirmDisable)",
        "鍵を無効にするには confirmDisable が必要です (state: Disabled needs confirmDisable, the code, @ and today's date in \
         Japan): \"131016@2027-04-01\"",
    );
    schema::add_all(schema, [rule]);
}

fn default_rotation() -> u32 {
    365
}
