//! The network and the EBS defaults.
//!
//! One file per EC2 thing: `list` reads all that a filter selects, `execute` performs one write.
//! EC2 answers a filter that selects nothing with an empty list, where an id that does not exist
//! would be an error for the whole call; so ids are given as filters too.

pub(crate) mod ebs_defaults;
pub(crate) mod flow_log;
pub(crate) mod image;
pub(crate) mod instance;
pub(crate) mod internet_gateway;
pub(crate) mod landscape;
pub(crate) mod network;
pub(crate) mod network_acl;
pub(crate) mod presign;
pub(crate) mod route_table;
pub(crate) mod security_group;
pub(crate) mod snapshot;
pub(crate) mod subnet;
pub(crate) mod tags;
pub(crate) mod transit_gateway_attachment;
pub(crate) mod volume;
pub(crate) mod vpc;
pub(crate) mod vpc_endpoint;

use aws_sdk_ec2::types::Filter;
use jichitai_plan::step::Created;

use crate::answer::{done, gone};

/// Items in one answer.
const PAGE: i32 = 1_000;

/// What EC2 ids begin with, as far as they stand in a query.
const PREFIXES: [&str; 8] = [
    vpc::PREFIX,
    subnet::SEARCH.prefix,
    route_table::SEARCH.prefix,
    network_acl::SEARCH.prefix,
    security_group::SEARCH.prefix,
    vpc_endpoint::SEARCH.prefix,
    flow_log::SEARCH.prefix,
    transit_gateway_attachment::SEARCH.prefix,
];

/// Whether the id is one of EC2's; in a query anything else is the id of a key.
pub(crate) fn is_ec2_id(id: &str) -> bool {
    PREFIXES.iter().any(|prefix| id.starts_with(prefix))
}

/// How things of one type are found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    /// The filter for the VPC they are in.
    pub(crate) in_vpc: &'static str,
    /// The filter for their id.
    pub(crate) by_id: &'static str,
    /// What their ids begin with.
    pub(crate) prefix: &'static str,
    /// Whether they are also looked for by tags, outside known VPCs.
    pub(crate) by_tags: bool,
}

pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.into_iter().map(Into::into).collect()))
        .build()
}

fn created(id: String, state: Option<String>) -> Created {
    Created { id, arn: None, state }
}
