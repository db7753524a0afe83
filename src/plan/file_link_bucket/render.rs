//! The policies of one bucket as they would be put, without AWS: what only AWS can tell stands in them
//! as `(known after apply: …)`.

use std::collections::BTreeSet;

use jichitai_api::Region;
use jichitai_api::file_link_bucket::GrantedAccess;
use serde::Serialize;
use serde_json::{Value, json};

use crate::file_link_bucket::target::Target;
use crate::file_link_bucket::{grants, iam};
use crate::identity::Part;
use crate::municipality;
use crate::policy::bucket_policy::From;
use crate::policy::consumer::{OtherSide, as_consumer};
use crate::policy::document::Document;
use crate::policy::key_policy::RoleArn;
use crate::policy::role_policy::Access;
use crate::step::known_after_apply;

/// Everything that one bucket's object lets in, for a review.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rendered {
    /// `FileLinkBucket/<namespace>/<name>`.
    pub object: String,
    /// The bucket policy.
    pub bucket_policy: Value,
    /// The policy of the municipality's key in Tokyo, with every bucket that was given.
    pub key_policy: Value,
    /// The policy of the replica.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_bucket_policy: Option<Value>,
    /// The policy of the municipality's key in Osaka, where there is a replica.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_key_policy: Option<Value>,
    /// The roles.
    pub roles: Vec<RenderedRole>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderedRole {
    /// Its name.
    pub name: String,
    /// Whom it trusts.
    pub trust_policy: Value,
    /// What it permits.
    pub policy: Value,
}

/// What the owner of a role has to add on its own side.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderedConsumer {
    /// `FileLinkBucket/<namespace>/<name>`.
    pub object: String,
    /// The role.
    pub role: String,
    /// A policy for the role.
    pub identity_policy: Value,
    /// A statement for the policy of the VPC endpoint by which it comes.
    pub vpc_endpoint_policy: Value,
}

/// The policies of a bucket, with the municipality's keys as its own target composes them.
#[must_use]
pub fn render(target: &Target, municipality: &municipality::target::Target) -> Rendered {
    let replicated = target.replica.is_some();
    let bucket = |region| grants::want(target, region, &key_arn(target, region), &way(target)).document;
    let roles = iam::roles(
        target,
        &key_arn(target, Region::Tokyo),
        replicated.then(|| key_arn(target, Region::Osaka)).as_deref(),
    );
    Rendered {
        object: target.owner.to_string(),
        bucket_policy: value(&bucket(Region::Tokyo)),
        key_policy: key_policy(target, municipality, Region::Tokyo),
        replica_bucket_policy: replicated.then(|| value(&bucket(Region::Osaka))),
        replica_key_policy: replicated.then(|| key_policy(target, municipality, Region::Osaka)),
        roles: roles
            .iter()
            .map(|role| RenderedRole {
                name: role.want.name.clone(),
                trust_policy: value(&role.want.trust),
                policy: value(&role.want.policy),
            })
            .collect(),
    }
}

/// What the owner of a role has to add; none when the bucket does not admit the role.
#[must_use]
pub fn consumer(target: &Target, role: &RoleArn) -> Option<RenderedConsumer> {
    let access = match target.admitted.granted(role)? {
        GrantedAccess::Read => Access::Read,
        GrantedAccess::Write => Access::Write,
        GrantedAccess::ReadWrite => Access::ReadWrite,
    };
    let OtherSide { identity, endpoint } = as_consumer(role, &target.bucket, &key_arn(target, Region::Tokyo), access);
    Some(RenderedConsumer {
        object: target.owner.to_string(),
        role: role.arn.clone(),
        identity_policy: value(&identity),
        vpc_endpoint_policy: value(&endpoint),
    })
}

fn key_policy(target: &Target, municipality: &municipality::target::Target, region: Region) -> Value {
    let alias = &target.tenant.key_alias;
    let key = municipality
        .keys
        .iter()
        .find(|key| key.part.region == region && key.alias == *alias);
    key.map_or(Value::Null, |key| value(&key.want.policy))
}

/// What stands for the key's ARN; what is known of it is its Region and account.
fn key_arn(target: &Target, region: Region) -> String {
    let id = known_after_apply(&Part::new(region, "key"));
    format!("arn:aws:kms:{region}:{}:key/{id}", target.account)
}

fn way(target: &Target) -> From {
    let unknown = |role: &str| known_after_apply(&Part::new(Region::Tokyo, role));
    match (&target.tenant.has_endpoint, &target.tenant.vpc_id) {
        (true, _) => From::Endpoints(BTreeSet::from([unknown("endpoint.s3")])),
        (false, Some(id)) => From::Vpc(id.clone()),
        (false, None) => From::Vpc(unknown("vpc")),
    }
}

fn value(document: &Document) -> Value {
    serde_json::from_str(&document.to_json()).unwrap_or_else(|_| json!(document.to_json()))
}
