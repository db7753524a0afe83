//! `ResolverEndpoint`: name resolution across the closed network.

mod placement;
mod rules;
mod status;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use placement::{Placement, SharedPlacement, SharedSubnet};
pub use status::{
    AssociationStatus, EndpointIpStatus, ForwardRuleStatus, PrivateZoneStatus, ResolverEndpointStatus, ShareStatus,
};

use crate::{
    common::{CommonSpec, NamespacedRef},
    schema,
};

/// Name resolution across the closed network (閉域網の名前解決).
#[expect(
    clippy::duplicated_attributes,
    reason = "every printcolumn has a name, a type and a path of its own"
)]
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "jichitai.dev",
    version = "v1alpha1",
    kind = "ResolverEndpoint",
    plural = "resolverendpoints",
    shortname = "rslv",
    category = "jichitai",
    namespaced,
    status = "ResolverEndpointStatus",
    derive = "PartialEq",
    doc = "Name resolution across the closed network (閉域網の名前解決): a Route 53 Resolver endpoint, its addresses, \
           forwarding rules, and their associations.",
    printcolumn(
        name = "Municipality",
        type_ = "string",
        json_path = ".spec.placement.municipalityRef.name"
    ),
    printcolumn(name = "Direction", type_ = "string", json_path = ".spec.direction"),
    printcolumn(name = "Address", type_ = "string", json_path = ".status.ipAddresses[0].ip"),
    printcolumn(name = "Second", type_ = "string", json_path = ".status.ipAddresses[1].ip"),
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
    printcolumn(name = "Endpoint", type_ = "string", json_path = ".status.endpointId", priority = 1),
    printcolumn(name = "VPC", type_ = "string", json_path = ".status.hostVpcId", priority = 1),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules::spec)]
pub struct ResolverEndpointSpec {
    /// Where the endpoint stands (設置場所): a zone of a Municipality, or a shared VPC. Immutable.
    #[schemars(transform = schema::immutable)]
    pub placement: Placement,
    /// Who asks (方向): Inbound オンプレミスからVPCへ, Outbound VPCからオンプレミス・他CSPへ. Immutable.
    #[schemars(transform = schema::immutable)]
    pub direction: EndpointDirection,
    /// Addresses of the endpoint (IPアドレス), at least two, in two Availability Zones.
    #[schemars(length(min = 2, max = 6), extend("x-kubernetes-list-type" = "atomic"))]
    pub ip_addresses: Vec<EndpointIp>,
    /// Addresses that may go (廃止するアドレス): an inbound address taken out of ipAddresses stays until the change of
    /// the forwarders is confirmed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["ip"])
    )]
    pub retire: Vec<Retire>,
    /// Protocols (プロトコル).
    #[serde(default = "default_protocols")]
    #[schemars(length(min = 1, max = 2), extend("x-kubernetes-list-type" = "set"))]
    pub protocols: Vec<DnsProtocol>,
    /// Ranges that may ask, or are asked (許可するアドレス範囲): port 53 over TCP and UDP, 443 with DoH.
    #[schemars(schema_with = "schema::allowed_cidrs")]
    pub allowed_cidrs: Vec<String>,
    /// What is forwarded (転送ルール), with `direction: Outbound`; one rule per domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 250),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub rules: Vec<ForwardRule>,
    /// VPCs in which the rules hold (関連付けるVPC).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 250), extend("x-kubernetes-list-type" = "atomic"))]
    pub associations: Vec<Association>,
    /// Private hosted zones to associate with the VPC of the endpoint (プライベートホストゾーン).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["zoneId"])
    )]
    pub private_zones: Vec<PrivateZone>,
    /// Where queries are logged (クエリログ).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<QueryLog>")]
    pub query_log: Option<QueryLog>,
    /// How, when and by whose leave the operator acts.
    #[serde(flatten)]
    pub common: CommonSpec,
}

/// Who asks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum EndpointDirection {
    /// オンプレミスからVPCへ.
    Inbound,
    /// VPCからオンプレミス・他CSPへ.
    Outbound,
}

/// An address of the endpoint (IPアドレス).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointIp {
    /// Name of a subnet of the zone or of the shared placement, or in an existing network of serviceSubnets
    /// (サブネット名).
    #[schemars(schema_with = "schema::part_name")]
    pub subnet: String,
    /// The address (IPアドレス); others write it into their forwarders.
    #[schemars(schema_with = "schema::ip")]
    pub ip: String,
}

/// Confirmation that an address may go (廃止の確認).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retire {
    /// The address.
    #[schemars(schema_with = "schema::ip")]
    pub ip: String,
    /// Who confirmed that no forwarder uses it any more (確認者): a post or company, no personal data.
    #[schemars(length(min = 1, max = 128))]
    pub confirmed_by: String,
    /// Ticket or document (申請番号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub ticket: Option<String>,
    /// First day in Japan on which it may go (廃止可能日), YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date")]
    pub not_before: Option<String>,
}

/// Protocol of queries.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum DnsProtocol {
    /// DNS over port 53.
    #[default]
    Do53,
    /// DNS over HTTPS.
    DoH,
}

impl DnsProtocol {
    /// AWS's word, which is ours.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Do53 => "Do53",
            Self::DoH => "DoH",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_plain(&self) -> bool {
        *self == Self::Do53
    }
}

/// What is forwarded (転送ルール).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules::forward_rule)]
pub struct ForwardRule {
    /// Name, unique here.
    #[schemars(schema_with = "schema::part_name")]
    pub name: String,
    /// Domain with all that is below it (ドメイン名).
    #[schemars(schema_with = "schema::domain")]
    pub domain: String,
    /// Forward sends queries to the targets (転送); System keeps a domain below it inside AWS (転送の除外).
    #[serde(default, rename = "type")]
    pub rule_type: ForwardRuleType,
    /// Name servers (転送先), with `type: Forward`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 6), extend("x-kubernetes-list-type" = "atomic"))]
    pub targets: Vec<ForwardTarget>,
}

/// What happens to queries.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ForwardRuleType {
    /// They are sent to the targets.
    #[default]
    Forward,
    /// They stay inside AWS.
    System,
}

/// A name server (転送先).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules::target)]
pub struct ForwardTarget {
    /// Its address.
    #[schemars(schema_with = "schema::ip")]
    pub ip: String,
    /// Its port.
    #[serde(default = "default_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// How it is asked (プロトコル): DoH needs DoH under `spec.protocols` and the port of that service.
    #[serde(default, skip_serializing_if = "DnsProtocol::is_plain")]
    pub protocol: DnsProtocol,
    /// Name in the certificate of a DoH server (サーバー名).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), extend("pattern" = "^[A-Za-z0-9.-]+$"))]
    pub server_name: Option<String>,
}

/// A VPC in which the rules hold (関連付けるVPC).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules::association)]
pub struct Association {
    /// The VPC of a Municipality. It must accept this object under `spec.dns.acceptFrom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<NamespacedRef>")]
    pub municipality_ref: Option<NamespacedRef>,
    /// A VPC by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::vpc_id")]
    pub vpc_id: Option<String>,
    /// Names of the rules that hold there (適用するルール名); empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 32)), extend("x-kubernetes-list-type" = "set"))]
    pub rules: Vec<String>,
}

/// A private hosted zone (プライベートホストゾーン).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateZone {
    /// Its id.
    #[schemars(schema_with = "schema::hosted_zone_id")]
    pub zone_id: String,
}

/// Where queries are logged (クエリログ).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryLog {
    /// ARN of the bucket, log group or Firehose stream that receives them (出力先).
    #[schemars(schema_with = "schema::log_destination_arn")]
    pub destination_arn: String,
}

fn default_protocols() -> Vec<DnsProtocol> {
    vec![DnsProtocol::Do53]
}

fn default_port() -> u16 {
    53
}
