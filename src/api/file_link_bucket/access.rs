//! Who may do what with the objects of a FileLinkBucket.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::{
    common::NamespacedRef,
    grant::{self, ExceptionInfo, GrantInfo},
    municipality::Environment,
    quoted, schema,
};

/// Who may do what (アクセス権). A role in another account needs its own policies too: `jichitai policy
/// --as-consumer` prints them.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct Access {
    /// Roles that put, list and delete (提供側).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub providers: Vec<Provider>,
    /// Roles that get and list (利用側).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub consumers: Vec<Consumer>,
    /// Named roles that belong to another zone (領域をまたぐ例外).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub cross_zone: Vec<CrossZoneAccess>,
    /// Named roles that belong to another municipality (団体をまたぐ例外).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub cross_municipality: Vec<CrossMunicipality>,
    /// Named roles that belong to another environment (環境をまたぐ例外).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["roleArn"])
    )]
    pub cross_environment: Vec<CrossEnvironment>,
}

/// A role that puts, lists and deletes (提供側).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = grant::ordered)]
pub struct Provider {
    /// ARN of the IAM role.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// VPC endpoints through which it comes (VPCエンドポイント); empty takes those of the Municipality.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::vpc_endpoint_ids")]
    pub vpc_endpoint_ids: Vec<String>,
    /// On whose behalf and for how long.
    #[serde(flatten)]
    pub grant: GrantInfo,
}

/// A role that gets and lists (利用側).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = grant::ordered)]
pub struct Consumer {
    /// ARN of the IAM role.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// Business for which it reads (利用側の業務ID), quoted.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::business_id")]
    pub business_id: String,
    /// VPC endpoints through which it comes (VPCエンドポイント); empty takes those of the Municipality.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::vpc_endpoint_ids")]
    pub vpc_endpoint_ids: Vec<String>,
    /// On whose behalf and for how long.
    #[serde(flatten)]
    pub grant: GrantInfo,
}

/// A named role that belongs to another zone (領域をまたぐ例外).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossZoneAccess {
    /// ARN of a role among providers or consumers.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// Zone to which it belongs.
    #[schemars(schema_with = "schema::part_name")]
    pub zone: String,
    /// Reason, approver and last day.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
}

/// A named role that belongs to another municipality (団体をまたぐ例外).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossMunicipality {
    /// ARN of a role among providers or consumers.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// Municipality to which it belongs.
    pub municipality_ref: NamespacedRef,
    /// Reason, approver and last day.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
}

/// A named role that belongs to another environment (環境をまたぐ例外).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossEnvironment {
    /// ARN of a role among providers or consumers.
    #[schemars(schema_with = "schema::role_arn")]
    pub role_arn: String,
    /// Environment to which it belongs.
    pub environment: Environment,
    /// How personal data is masked before it gets there (マスキング方法).
    #[schemars(length(min = 1, max = 256))]
    pub masked_by: String,
    /// Reason, approver and last day.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
}

fn rules(schema: &mut Schema) {
    schema::add_all(
        schema,
        ["crossZone", "crossMunicipality", "crossEnvironment"].map(named),
    );
}

fn named(field: &str) -> kube::core::Rule {
    schema::rule(
        &format!(
            "!has(self.{field}) || self.{field}.all(x, (has(self.providers) && self.providers.exists(p, p.roleArn == x.roleArn)) \
             || (has(self.consumers) && self.consumers.exists(c, c.roleArn == x.roleArn)))"
        ),
        &format!(
            "{field} のロールをprovidersかconsumersにも書いてください (every role of {field} must be among providers or consumers \
             too)"
        ),
    )
}
