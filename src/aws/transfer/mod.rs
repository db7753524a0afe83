//! SFTP servers and their users.
//!
//! Transfer Family lists show no tags, so what belongs to whom takes a description of each thing.

mod endpoint;
mod host_key;
pub(crate) mod server;
pub(crate) mod user;

use aws_sdk_transfer::Client;
use aws_sdk_transfer::types::Tag;
use jichitai_plan::observation::Fault;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use crate::answer::{done, gone, if_found};
use crate::error::{fault, incomplete};

pub use server::servers;
pub use user::{others_users, users};

/// Things that are described at the same time.
const AT_ONCE: usize = 4;

fn tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect()
}

fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>, Fault> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(tag)
        .collect::<Result<_, _>>()
        .map_err(|_| incomplete("transfer:TagResource", "complete tags"))
}

/// `TagResource`.
async fn tag(transfer: &Client, arn: &str, tags: &Tags) -> Result<Option<Created>, Fault> {
    let call = transfer.tag_resource().arn(arn).set_tags(Some(sdk_tags(tags)?));
    done(call.send().await.map_err(fault))
}
