//! Stacks.

pub(crate) mod description;
pub(crate) mod stack;

use aws_sdk_cloudformation::types::Tag;
use jichitai_plan::tags::Tags;

fn tags(tags: Option<Vec<Tag>>) -> Tags {
    let all = tags.unwrap_or_default().into_iter();
    all.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}
