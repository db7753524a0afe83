//! Databases: RDS instances and Aurora clusters, and their snapshots.

pub(crate) mod database;
pub(crate) mod restored;
pub(crate) mod snapshot;

use aws_sdk_rds::types::Tag;
use jichitai_plan::tags::Tags;

/// RDS answers with 100 at most.
pub(crate) const PAGE: i32 = 100;

pub(crate) fn tags(tags: Option<Vec<Tag>>) -> Tags {
    let all = tags.unwrap_or_default().into_iter();
    all.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    let one = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
    tags.iter().map(one).collect()
}
