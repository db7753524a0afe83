//! Federation: an access token of the municipality's authorization server for temporary AWS credentials.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::{
    grant::{self, GrantInfo},
    quoted, schema,
};

/// Access tokens for temporary AWS credentials (認証連携).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct Federation {
    /// Who checks the token: WebIdentity STS itself, which must reach the issuer; CredentialBroker a broker inside
    /// the closed network (閉域網).
    #[serde(rename = "type")]
    pub federation_type: FederationType,
    /// Issuer of the tokens (認可サーバー).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::issuer")]
    pub issuer: Option<String>,
    /// Audiences that a token may be for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub audiences: Vec<String>,
    /// IAM role of the broker (認証ブローカーのロール).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::role_arn")]
    pub broker_role_arn: Option<String>,
    /// How long credentials hold, in seconds (有効時間); a broker's are at most 3600.
    #[serde(default = "default_session")]
    #[schemars(range(min = 900, max = 43200))]
    pub max_session_seconds: u32,
    /// Clients (クライアント).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["clientId"])
    )]
    pub clients: Vec<FederationClient>,
}

/// Who checks a token.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum FederationType {
    /// STS, which must reach the issuer.
    WebIdentity,
    /// A broker inside the closed network.
    CredentialBroker,
}

/// A client of the authorization server (クライアント).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = grant::ordered)]
pub struct FederationClient {
    /// Its id at the authorization server.
    #[schemars(schema_with = "schema::client_id")]
    pub client_id: String,
    /// Claim that carries the id.
    #[serde(default)]
    pub client_claim: ClientClaim,
    /// Scopes that its token must have (スコープ), each as a session tag `scope:<scope>` that is `true`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub scopes: Vec<String>,
    /// Business for which it acts (業務ID), quoted.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::business_id")]
    pub business_id: String,
    /// What it may do (権限).
    pub access: ClientAccess,
    /// IAM role to assume where `manageIam` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: Option<String>,
    /// On whose behalf and for how long.
    #[serde(flatten)]
    pub grant: GrantInfo,
}

/// Claim that carries a client's id.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ClientClaim {
    /// The audience.
    #[default]
    #[serde(rename = "aud")]
    Aud,
    /// The authorized party.
    #[serde(rename = "azp")]
    Azp,
    /// The subject.
    #[serde(rename = "sub")]
    Sub,
}

/// What a client may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum ClientAccess {
    /// Get and list (利用側).
    Read,
    /// Put, list and delete (提供側).
    Write,
}

fn rules(schema: &mut Schema) {
    schema::add_all(
        schema,
        [
            schema::rule(
                "self.type != 'WebIdentity' || (has(self.issuer) && has(self.audiences) && self.audiences.size() > 0)",
                "WebIdentityにはissuerとaudiencesが必要です (type: WebIdentity needs issuer and audiences)",
            ),
            schema::rule(
                "(self.type == 'CredentialBroker') == has(self.brokerRoleArn)",
                "brokerRoleArnは type: CredentialBroker のときだけ、必ず書いてください (brokerRoleArn belongs to type: \
                 CredentialBroker: write both or neither)",
            ),
            schema::rule(
                "self.type != 'CredentialBroker' || self.maxSessionSeconds <= 3600",
                "ブローカー経由の有効時間は3600秒までです (a broker's sessions last at most 3600 seconds, because AWS limits \
                 chained roles)",
            ),
        ],
    );
}

fn default_session() -> u32 {
    3600
}
