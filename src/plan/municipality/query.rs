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

impl Query {
    /// The reads for a pass: by tags always, plus every id in the ledger and in `spec.adopt`.
    #[must_use]
    pub fn new(ctx: &crate::context::Context, aliases: BTreeSet<String>, network: NetworkQuery) -> Self {
        let mut ids: BTreeMap<Region, BTreeSet<String>> = BTreeMap::new();
        for (part, entry) in ctx.ledger.iter().filter(|(_, entry)| !entry.id.is_empty()) {
            ids.entry(part.region).or_default().insert(entry.id.clone());
        }
        for id in ctx.adopt.values() {
            // A key of this id exists in one Region only, so looking in both does no harm.
            Region::ALL.into_iter().for_each(|region| {
                ids.entry(region).or_default().insert(id.clone());
            });
        }
        Self {
            identity: ctx.identity.clone(),
            aliases,
            ids,
            network,
            ebs_defaults: false,
            key_usage: false,
            shared_keys: BTreeSet::new(),
        }
    }

    /// The reads for bringing a target about.
    #[must_use]
    pub fn for_target(target: &crate::municipality::target::Target, ctx: &crate::context::Context) -> Self {
        use crate::municipality::target::NetworkTarget;
        let network = match &target.network {
            NetworkTarget::Managed(_) => NetworkQuery::Managed,
            NetworkTarget::Existing(existing) => NetworkQuery::Existing {
                vpc_id: existing.vpc_id.clone(),
            },
        };
        let aliases = target.keys.iter().map(|key| key.alias.clone()).collect();
        Self {
            ebs_defaults: target.ebs_defaults,
            shared_keys: target.shared_keys.values().cloned().collect(),
            ..Self::new(ctx, aliases, network)
        }
    }

    /// The reads for a deletion: what uses the keys, and whether they are the EBS default.
    #[must_use]
    pub fn for_teardown(remains: &crate::municipality::teardown::Remains, ctx: &crate::context::Context) -> Self {
        let aliases = remains.aliases.values().cloned().collect();
        Self {
            ebs_defaults: true,
            key_usage: true,
            ..Self::new(ctx, aliases, NetworkQuery::Managed)
        }
    }
}
