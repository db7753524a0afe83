//! `Municipality`: one tenant environment with its account, keys, network zones and guardrails.

mod encryption;
mod network;
mod network_rules;
mod status;

use kube::CustomResource;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use encryption::{Encryption, KeyAdministrator, KeyGranularity, KeyService, KeyState, KeyUser, SharedKeys};
pub use network::{
    CrossZone, Direction, Endpoint, FlowLogs, Network, NetworkConnection, NetworkManagement, NetworkOwner,
    OverlapResolution, Peer, PeerKind, Port, Protocol, Subnet, Zone, ZoneType,
};
pub use status::{
    GuardrailOutcome, GuardrailResult, GuardrailStatus, KeyPurpose, KeyStatus, KeyStatusState, MunicipalityStatus,
    NetworkStatus, SubnetStatus, TransitGatewayAttachmentStatus, VpcEndpointStatus, ZoneStatus,
};

use crate::{
    common::{CommonSpec, NamespacedRef},
    grant::ExceptionInfo,
    quoted, schema,
};

/// A tenant environment of one municipality (地方公共団体の環境).
#[expect(
    clippy::duplicated_attributes,
    reason = "every printcolumn has a name, a type and a path of its own"
)]
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "jichitai.dev",
    version = "v1alpha1",
    kind = "Municipality",
    plural = "municipalities",
    shortname = "muni",
    category = "jichitai",
    namespaced,
    status = "MunicipalityStatus",
    derive = "PartialEq",
    doc = "A tenant environment of one municipality (地方公共団体の環境): account, isolation, customer managed keys \
           in Tokyo and Osaka, network zones, guardrails.",
    printcolumn(name = "Code", type_ = "string", json_path = ".spec.code"),
    printcolumn(name = "Municipality", type_ = "string", json_path = ".spec.displayName"),
    printcolumn(name = "Environment", type_ = "string", json_path = ".spec.environment"),
    printcolumn(name = "Isolation", type_ = "string", json_path = ".spec.isolation"),
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
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountId", priority = 1),
    printcolumn(name = "VPC", type_ = "string", json_path = ".status.network.vpcId", priority = 1),
    printcolumn(name = "System", type_ = "string", json_path = ".spec.systemName", priority = 1),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct MunicipalitySpec {
    /// Municipality code (全国地方公共団体コード): six digits with the check digit, quoted. Immutable; a merger
    /// (合併) is a new object that names this one as predecessor.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::code")]
    pub code: String,
    /// Name for people (団体名), for example 千代田区.
    #[schemars(length(min = 1, max = 64))]
    pub display_name: String,
    /// Municipalities that were merged into this one (合併前の団体).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["code"])
    )]
    pub predecessors: Vec<Predecessor>,
    /// Which of several systems of one municipality (システム名). Immutable.
    #[serde(default = "default_system")]
    #[schemars(schema_with = "schema::part_name", transform = schema::immutable)]
    pub system_name: String,
    /// Business ids that this environment serves (業務ID), quoted, for example "001" or "022-0".
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "quoted::list")]
    #[schemars(schema_with = "schema::business_ids")]
    pub businesses: Vec<String>,
    /// Which environment (環境): Production 本番, Verification 検証, Development 開発, Training 研修,
    /// Migration 移行. Immutable.
    #[schemars(transform = schema::immutable)]
    pub environment: Environment,
    /// Whose account it is (利用方式): Shared 共同利用方式, Dedicated 単独利用方式. Immutable.
    #[schemars(transform = schema::immutable)]
    pub usage_model: UsageModel,
    /// How tenants are kept apart (分離方式): Account アカウント分離, Network ネットワーク分離, Application
    /// アプリケーション分離. Immutable.
    #[schemars(transform = schema::immutable)]
    pub isolation: Isolation,
    /// AWS account (アカウントID): twelve digits, quoted. The platform team must have granted it to this
    /// namespace and environment. Immutable.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::account_id", transform = schema::immutable)]
    pub account_id: String,
    /// AWS Region (リージョン): always ap-northeast-1 (東京); copies in Osaka (大阪) are made by the operator
    /// itself. Immutable.
    #[serde(default = "default_region")]
    #[schemars(schema_with = "schema::tokyo")]
    pub region: String,
    /// Customer managed keys (CMK・暗号鍵).
    #[serde(default)]
    pub encryption: Encryption,
    /// Network and zones (ネットワーク・三層分離).
    pub network: Network,
    /// Name resolution (名前解決).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<Dns>")]
    pub dns: Option<Dns>,
    /// Checks of what the platform enforces (ガードレール).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<Guardrails>")]
    pub guardrails: Option<Guardrails>,
    /// How, when and by whose leave the operator acts.
    #[serde(flatten)]
    pub common: CommonSpec,
}

/// Which environment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Environment {
    /// 本番環境.
    Production,
    /// 検証環境.
    Verification,
    /// 開発環境.
    Development,
    /// 研修環境.
    Training,
    /// 移行環境.
    Migration,
}

impl Environment {
    /// The name in the API, for example `Production`; also the value of the AWS tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Verification => "Verification",
            Self::Development => "Development",
            Self::Training => "Training",
            Self::Migration => "Migration",
        }
    }
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum UsageModel {
    /// 共同利用方式: the vendor's account.
    Shared,
    /// 単独利用方式: the municipality's own account.
    Dedicated,
}

/// How tenants are kept apart.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum Isolation {
    /// アカウント分離: an account for each municipality.
    Account,
    /// ネットワーク分離: a shared account, a VPC for each municipality.
    Network,
    /// アプリケーション分離: account and VPC are shared.
    Application,
}

/// A municipality that was merged into this one (合併前の団体).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Predecessor {
    /// Its code (合併前の団体コード), quoted.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::code_value")]
    pub code: String,
    /// Last day in Japan on which its data may be read (期限), YYYY-MM-DD.
    #[schemars(schema_with = "schema::date")]
    pub until: String,
    /// What may be done with its data.
    #[serde(default)]
    pub access: PredecessorAccess,
}

/// What a successor may do with the data of a predecessor.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum PredecessorAccess {
    /// Read only (参照のみ).
    #[default]
    Read,
}

/// Name resolution (名前解決).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dns {
    /// ResolverEndpoints of others that may associate their rules with this VPC (受け入れる転送ルール).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["namespace", "name"])
    )]
    pub accept_from: Vec<NamespacedRef>,
}

/// Checks of what the platform enforces (ガードレール).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guardrails {
    /// Checks that need not pass (適用除外).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"])
    )]
    pub exempt: Vec<GuardrailExemption>,
}

/// A check that need not pass (適用除外).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardrailExemption {
    /// Id of the check, as in `status.guardrails.results`.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// Reason, approver and last day.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
}

fn rules(schema: &mut Schema) {
    schema::add_all(schema, schema::succession("Municipality"));
    schema::add_all(
        schema,
        [
            schema::rule(
                "self.isolation == 'Account' || !has(self.encryption) || !has(self.encryption.ebsDefaultEncryption) \
                 || !self.encryption.ebsDefaultEncryption",
                "ebsDefaultEncryptionはアカウント分離でのみ使えます。共用アカウントの設定は全団体に及ぶためです \
                 (ebsDefaultEncryption needs isolation: Account, because a shared account belongs to all tenants)",
            ),
            schema::rule(
                "self.isolation == 'Application' || !has(self.encryption) || !has(self.encryption.shared)",
                "encryption.sharedはアプリケーション分離でのみ使えます (encryption.shared needs isolation: Application)",
            ),
            schema::rule(
                "self.isolation != 'Application' || self.network.management == 'Existing'",
                "アプリケーション分離では network.management: Existing にしてください (isolation: Application needs \
                 network.management: Existing, because the VPC is shared)",
            ),
            schema::rule(
                "type(self.code) != string || !has(self.encryption) || !has(self.encryption.confirmDisable) \
                 || self.encryption.confirmDisable.startsWith(self.code + '@')",
                "confirmDisableの団体コードがspec.codeと異なります (confirmDisable must begin with the code of this object)",
            ),
        ],
    );
}

fn default_system() -> String {
    "default".to_owned()
}

fn default_region() -> String {
    crate::Region::Tokyo.as_str().to_owned()
}
