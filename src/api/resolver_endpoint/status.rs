//! What a ResolverEndpoint reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::status::CommonStatus;

/// What is so in AWS, what is not, and why (状態).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolverEndpointStatus {
    /// The endpoint (エンドポイントID).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub endpoint_id: Option<String>,
    /// Its state as AWS reports it (状態), for example `OPERATIONAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub endpoint_state: Option<String>,
    /// The VPC in which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub host_vpc_id: Option<String>,
    /// Its addresses (IPアドレス).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 12), extend("x-kubernetes-list-type" = "atomic"))]
    pub ip_addresses: Vec<EndpointIpStatus>,
    /// Its rules (転送ルール).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 250), extend("x-kubernetes-list-type" = "atomic"))]
    pub rules: Vec<ForwardRuleStatus>,
    /// VPCs and how far their association is (関連付け).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 250), extend("x-kubernetes-list-type" = "atomic"))]
    pub associations: Vec<AssociationStatus>,
    /// Private hosted zones (プライベートホストゾーン).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub private_zones: Vec<PrivateZoneStatus>,
    /// Resource shares of rules with other accounts (リソース共有).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub shares: Vec<ShareStatus>,
    /// What every kind reports.
    #[serde(flatten)]
    pub common: CommonStatus,
}

/// One address (IPアドレス).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointIpStatus {
    /// Its subnet.
    #[schemars(length(max = 32))]
    pub subnet_id: String,
    /// Its Availability Zone.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub az: String,
    /// The address.
    #[schemars(length(max = 40))]
    pub ip: String,
    /// State as AWS reports it, for example `ATTACHED`.
    #[schemars(length(max = 64))]
    pub status: String,
    /// Whether it waits for the confirmation that it may go (廃止待ち).
    #[serde(default)]
    pub retiring: bool,
}

/// One rule (転送ルール).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForwardRuleStatus {
    /// Name in the spec; of a rule that somebody else made, the name in AWS.
    #[schemars(length(max = 64))]
    pub name: String,
    /// Domain (ドメイン名).
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub domain: String,
    /// AWS id.
    #[schemars(length(max = 64))]
    pub id: String,
    /// State as AWS reports it, for example `COMPLETE`.
    #[schemars(length(max = 32))]
    pub status: String,
    /// With how many VPCs it is associated.
    #[serde(default)]
    pub associations: u32,
}

/// A VPC and how far its association is (関連付け).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationStatus {
    /// The Municipality, `namespace/name`; none for a VPC that the spec names by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 160))]
    pub municipality: Option<String>,
    /// Its account.
    #[schemars(length(max = 12))]
    pub account_id: String,
    /// The VPC, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub vpc_id: Option<String>,
    /// Whether the Municipality accepts this object (受け入れ).
    #[serde(default)]
    pub accepted: bool,
    /// How many of the rules hold there.
    #[serde(default)]
    pub rules: u32,
}

/// A private hosted zone (プライベートホストゾーン).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateZoneStatus {
    /// Its id.
    #[schemars(length(max = 32))]
    pub zone_id: String,
    /// Its domain (ドメイン名), once it is associated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub domain: Option<String>,
}

/// A resource share with another account (リソース共有).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareStatus {
    /// The account that the rules are shared with.
    #[schemars(length(max = 12))]
    pub account_id: String,
    /// State as AWS reports it (承諾状況): `ASSOCIATING` until the account accepts, then `ASSOCIATED`.
    #[schemars(length(max = 32))]
    pub status: String,
}
