//! Tags of EC2 resources.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use jichitai_plan::ec2::tags::Action;
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::Fault;
use jichitai_plan::step::Created;
use jichitai_plan::tags::{INSTALLATION, OWNER, ROLE, Tags};

use super::{done, filter};
use crate::error::fault;

/// The tags of a resource.
pub(crate) fn read(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

/// Filters for everything of the owner.
pub(crate) fn filters(identity: &Identity) -> Vec<Filter> {
    let Identity { installation, owner } = identity;
    vec![
        filter(&format!("tag:{INSTALLATION}"), [installation]),
        filter(&format!("tag:{OWNER}"), [owner.to_string()]),
    ]
}

/// Filters for everything of the installation.
pub(crate) fn of_installation(installation: &str) -> Vec<Filter> {
    vec![filter(&format!("tag:{INSTALLATION}"), [installation])]
}

/// Filters for the parts with this role of every owner in the installation.
pub(crate) fn with_role(installation: &str, role: &str) -> Vec<Filter> {
    vec![
        filter(&format!("tag:{INSTALLATION}"), [installation]),
        filter(&format!("tag:{ROLE}"), [role]),
    ]
}

/// Tags for a creation: never after it, so that nothing of ours exists without them.
pub(super) fn at_creation(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(resource)
        .set_tags(Some(sdk_tags(tags)))
        .build()
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    let Action { id, tags } = action;
    done(
        ec2.create_tags()
            .resources(id)
            .set_tags(Some(sdk_tags(tags)))
            .send()
            .await
            .map_err(fault),
    )
}
