//! What has to be read for one municipality: by tags, by the names that only we compute, and by the
//! ids in the ledger and in `spec.adopt`.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;

use crate::identity::Identity;

/// The reads that one pass needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whose resources, by tags.
    pub identity: Identity,
    /// Names of key aliases, the same in both Regions.
    pub aliases: BTreeSet<String>,
    /// Ids to look at in each Region whatever their tags: EC2 ids by their prefix (`vpc-`,
    /// `subnet-`, `rtb-`, `acl-`, `sg-`, `vpce-`, `fl-`, `tgw-attach-`), anything else is a key id.
    pub ids: BTreeMap<Region, BTreeSet<String>>,
    /// Which network.
    pub network: NetworkQuery,
    /// Whether the account's EBS defaults matter.
    pub ebs_defaults: bool,
    /// Whether to compute what still uses the keys: many calls, only ahead of a deletion.
    pub key_usage: bool,
    /// Keys of others that are checked, by ARN.
    pub shared_keys: BTreeSet<String>,
}

/// Where the network is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkQuery {
    /// By tags and ids, and everything in the VPC found that way.
    Managed,
    /// Everything in this VPC, which belongs to somebody else.
    Existing {
        /// The VPC's id.
        vpc_id: String,
    },
}
