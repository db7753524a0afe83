//! Network of a Municipality: one VPC in Tokyo, its zones, and what leads out of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network_rules;
use crate::{grant::ExceptionInfo, quoted, schema};

/// Network and zones (ネットワーク・三層分離).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = network_rules::network)]
pub struct Network {
    /// Managed: the operator makes the VPC. Existing: it is observed and checked, never changed (既存VPC).
    /// Immutable; `isolation: Application` needs Existing.
    #[serde(default)]
    #[schemars(transform = schema::immutable)]
    pub management: NetworkManagement,
    /// The VPC with `management: Existing` (既存VPCのID). Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::vpc_id", transform = schema::immutable)]
    pub vpc_id: Option<String>,
    /// Who operates the network (回線運用管理補助者): often another company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<NetworkOwner>")]
    pub owner: Option<NetworkOwner>,
    /// How the municipality's office is reached (接続方式): Direct 専用線, AspDataCenter ASPのデータセンター経由,
    /// PrefecturalWan 都道府県WAN, Lgwan LGWAN.
    #[serde(default)]
    pub connection: NetworkConnection,
    /// Address range of the VPC (VPCのCIDR), /16 to /28, private, canonical. It must not be used on-premises.
    /// Immutable.
    #[schemars(schema_with = "schema::vpc_cidr", transform = schema::immutable)]
    pub vpc_cidr: String,
    /// Further address ranges of the VPC (追加CIDR). Append only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::additional_cidrs")]
    pub additional_cidrs: Vec<String>,
    /// Address ranges of the municipality's office (庁内LAN).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::cidrs")]
    pub on_premises_cidrs: Vec<String>,
    /// What resolves an overlap of address ranges (アドレス重複の解消方法). An overlap without it is refused.
    #[serde(default)]
    pub overlap_resolution: OverlapResolution,
    /// Transit gateway to attach to (Transit Gateway).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::transit_gateway_id")]
    pub transit_gateway_id: Option<String>,
    /// Subnets of endpoints and of the attachment (共通サブネット): the only path that zones share, port 443 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 6),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub service_subnets: Vec<Subnet>,
    /// Zones, kept apart from one another (三層分離).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 5),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub zones: Vec<Zone>,
    /// Exceptions to the separation of zones (領域間通信の例外).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub allowed_cross_zone: Vec<CrossZone>,
    /// Interface endpoints of AWS services (VPCエンドポイント). The network is closed: no internet gateway, no NAT.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 40),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service"])
    )]
    pub endpoints: Vec<Endpoint>,
    /// Flow logs of the VPC (VPCフローログ).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<FlowLogs>")]
    pub flow_logs: Option<FlowLogs>,
}

/// Who makes the VPC.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum NetworkManagement {
    /// The operator.
    #[default]
    Managed,
    /// Somebody else; it is only checked.
    Existing,
}

/// Who operates the network (回線運用管理補助者).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkOwner {
    /// Company or body (事業者名).
    #[schemars(length(min = 1, max = 128))]
    pub organization: String,
    /// Where requests go (連絡窓口): a desk, no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub contact: Option<String>,
    /// Account of the transit gateway, quoted.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "quoted::option"
    )]
    #[schemars(schema_with = "schema::account_id")]
    pub account_id: Option<String>,
}

/// How the office is reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum NetworkConnection {
    /// 専用線.
    #[default]
    Direct,
    /// ASPのデータセンター経由.
    AspDataCenter,
    /// 都道府県WAN経由.
    PrefecturalWan,
    /// LGWAN経由.
    Lgwan,
}

/// What resolves an overlap of address ranges.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum OverlapResolution {
    /// Nothing: an overlap is refused.
    #[default]
    None,
    /// PrivateLink.
    PrivateLink,
    /// Address translation.
    Nat,
    /// A tunnel.
    Tunnel,
}

/// A subnet (サブネット).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    /// Name, unique in its zone.
    #[schemars(schema_with = "schema::part_name")]
    pub name: String,
    /// Address range within the VPC, /16 to /28.
    #[schemars(schema_with = "schema::subnet_cidr")]
    pub cidr: String,
    /// Availability Zone in Tokyo (アベイラビリティゾーン), for example ap-northeast-1a.
    #[schemars(schema_with = "schema::availability_zone")]
    pub availability_zone: String,
    /// The subnet with `management: Existing` (既存サブネットのID).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::subnet_id")]
    pub subnet_id: Option<String>,
}

/// A zone of the separation in three layers (三層分離の領域).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = network_rules::zone)]
pub struct Zone {
    /// Name, unique in the VPC.
    #[schemars(schema_with = "schema::part_name")]
    pub name: String,
    /// Kind of zone (領域の種別): MyNumberAffairs マイナンバー利用事務系, LgwanConnected LGWAN接続系,
    /// Maintenance 運用保守.
    #[serde(rename = "type")]
    pub zone_type: ZoneType,
    /// Subnets; use two Availability Zones.
    #[schemars(
        length(min = 1, max = 10),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub subnets: Vec<Subnet>,
    /// What it talks to outside the VPC (通信先).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub peers: Vec<Peer>,
}

/// Kind of zone.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum ZoneType {
    /// マイナンバー(個人番号)利用事務系.
    MyNumberAffairs,
    /// LGWAN接続系.
    LgwanConnected,
    /// 運用保守.
    Maintenance,
}

/// What a zone talks to outside the VPC (通信先).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its address range.
    #[schemars(schema_with = "schema::cidr")]
    pub cidr: String,
    /// What it is: OnPremises 庁内, OtherVendorVpc 他事業者のVPC, Maintenance 保守拠点.
    pub kind: PeerKind,
    /// Ports (通信ポート).
    #[schemars(length(min = 1, max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub ports: Vec<Port>,
}

/// What a peer is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum PeerKind {
    /// 庁内LAN.
    OnPremises,
    /// 他事業者のVPC.
    OtherVendorVpc,
    /// 保守拠点.
    Maintenance,
}

/// A port or a range of ports (ポート).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = network_rules::port)]
pub struct Port {
    /// Tcp or Udp.
    #[serde(default)]
    pub protocol: Protocol,
    /// Port, or the first of a range.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Last port of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub end_port: Option<u16>,
    /// Who opens the connection, seen from the zone (通信方向).
    #[serde(default)]
    pub direction: Direction,
}

/// Transport protocol.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// Who opens a connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Direction {
    /// The other side.
    #[default]
    Inbound,
    /// The zone.
    Outbound,
    /// Either.
    Both,
}

/// An exception to the separation of zones (領域間通信の例外).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossZone {
    /// Zone that opens the connection.
    #[schemars(schema_with = "schema::part_name")]
    pub from: String,
    /// Zone that answers.
    #[schemars(schema_with = "schema::part_name")]
    pub to: String,
    /// Ports of the answering zone; their direction is not used.
    #[schemars(length(min = 1, max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub ports: Vec<Port>,
    /// Reason, approver and last day.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
}

/// An interface endpoint (VPCエンドポイント).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// AWS service without the Region, for example `s3`, `kms` or `ecr.api`.
    #[schemars(schema_with = "schema::endpoint_service")]
    pub service: String,
}

/// Flow logs of the VPC (VPCフローログ).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowLogs {
    /// ARN of the S3 bucket that receives them (出力先).
    #[schemars(schema_with = "schema::flow_log_destination_arn")]
    pub destination_arn: String,
}
