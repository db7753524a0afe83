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
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub rules: Vec<ForwardRuleStatus>,
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
    /// Name in the spec.
    #[schemars(length(max = 32))]
    pub name: String,
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
