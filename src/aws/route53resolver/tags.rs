//! Tags of Resolver's things.

use aws_sdk_route53resolver::Client;
use aws_sdk_route53resolver::types::Tag;
use jichitai_plan::observation::Fault;
use jichitai_plan::route53resolver::tags::Action;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::{PAGE, Shared};
use crate::answer::done;
use crate::config::Purpose;
use crate::error::{fault, incomplete};

/// The tags of a thing.
pub(super) async fn list(resolver: &Client, shared: &Shared, arn: &str) -> Result<Tags, Fault> {
    let mut all = Tags::new();
    let mut next = None;
    loop {
        shared.turn(Purpose::Read).await;
        let call = resolver.list_tags_for_resource().resource_arn(arn).max_results(PAGE);
        let answer = call.set_next_token(next).send().await.map_err(fault)?;
        let tags = answer.tags.unwrap_or_default().into_iter();
        all.extend(tags.map(|tag| (tag.key, tag.value)));
        next = answer.next_token;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// Tags for a creation: never after it, so that nothing of ours exists without them.
pub(super) fn at_creation(tags: &Tags) -> Result<Option<Vec<Tag>>, Fault> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
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
