//! What an OsakaBackupPolicy copies.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::schema;

/// What is copied (対象).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rules)]
pub struct Sources {
    /// EC2 instances, as machine images (AMI).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<TagSelector>")]
    pub instances: Option<TagSelector>,
    /// EBS volumes, as snapshots that are crash-consistent per instance (スナップショット).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<TagSelector>")]
    pub volumes: Option<TagSelector>,
    /// RDS and Aurora databases, as snapshots (データベース).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<TagSelector>")]
    pub databases: Option<TagSelector>,
    /// CloudFormation stacks: template, parameters and tags (スタック).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::given::<Stacks>")]
    pub stacks: Option<Stacks>,
    /// Whether instances are stopped for their image (静止点): Crash leaves them running, Stopped stops them.
    #[serde(default)]
    pub consistency: Consistency,
}

/// Resources that have all of these tags.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagSelector {
    /// Tags that must all match (タグ条件).
    #[schemars(schema_with = "schema::tag_selector")]
    pub match_tags: BTreeMap<String, String>,
}

/// CloudFormation stacks.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stacks {
    /// Their names (スタック名).
    #[schemars(schema_with = "schema::stack_names")]
    pub names: Vec<String>,
}

/// Whether instances are stopped for their image.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum Consistency {
    /// They go on running.
    #[default]
    Crash,
    /// They are stopped.
    Stopped,
}

fn rules(schema: &mut Schema) {
    let any = schema::rule(
        "has(self.instances) || has(self.volumes) || has(self.databases) || has(self.stacks)",
        "instances, volumes, databases, stacksのうち1つ以上を書いてください (write at least one of instances, volumes, databases, \
         stacks)",
    );
    schema::add_all(schema, [any]);
}
