//! Where a Resolver endpoint stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules;
use crate::{common::LocalRef, quoted, schema};

/// Where the endpoint stands (設置場所). AWS allows four endpoints per Region by default, so many tenants share one.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules::placement)]
pub struct Placement {
    /// Municipality in whose VPC it stands (団体).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<LocalRef>")]
    pub municipality_ref: Option<LocalRef>,
    /// Zone of the Municipality (領域).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::part_name")]
    pub zone: Option<String>,
    /// A VPC for many tenants (共用VPC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<SharedPlacement>")]
    pub shared: Option<SharedPlacement>,
}

/// A VPC for many tenants (共用VPC).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedPlacement {
    /// Its account, quoted. The platform team must have granted it to this namespace.
    #[serde(deserialize_with = "quoted::string")]
    #[schemars(schema_with = "schema::account_id")]
    pub account_id: String,
    /// The VPC.
    #[schemars(schema_with = "schema::vpc_id")]
    pub vpc_id: String,
    /// Its subnets, with the names that ipAddresses use (サブネット).
    #[schemars(
        length(min = 1, max = 6),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub subnets: Vec<SharedSubnet>,
}

/// A subnet of a shared VPC.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedSubnet {
    /// Name that ipAddresses use.
    #[schemars(schema_with = "schema::part_name")]
    pub name: String,
    /// AWS id.
    #[schemars(schema_with = "schema::subnet_id")]
    pub subnet_id: String,
}
