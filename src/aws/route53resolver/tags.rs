//! Tags of Resolver's things.

use aws_sdk_route53resolver::Client;
use aws_sdk_route53resolver::types::Tag;
use jichitai_plan::observation::Fault;
use jichitai_plan::route53resolver::tags::Action;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::Shared;
use crate::answer::done;
use crate::error::{fault, incomplete};

/// The tags of a thing.
pub(super) async fn list(resolver: &Client, arn: &str) -> Result<Tags, Fault> {
    let call = || resolver.list_tags_for_resource().resource_arn(arn);
    let tags: Vec<Tag> = every_page!(call(), tags);
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// Tags for a creation: never after it, so that nothing of ours exists without them.
pub(super) fn at_creation(tags: &Tags) -> Result<Option<Vec<Tag>>, Fault> {
    let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
    let all: Result<Vec<_>, _> = tags.iter().map(tag).collect();
    all.map(Some)
        .map_err(|_| incomplete("route53resolver:TagResource", "complete tags"))
}

/// Performs one write.
pub(super) async fn execute(resolver: &Client, shared: &Shared, action: &Action) -> Result<Option<Created>, Fault> {
    let Action { id: _, arn, tags } = action;
    let call = resolver.tag_resource().resource_arn(arn).set_tags(at_creation(tags)?);
    let result = done(call.send().await.map_err(fault));
    if result.is_ok() {
        shared.tagged(arn, tags);
    }
    result
}
