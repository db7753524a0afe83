//! What a restore is to bring back.

use std::collections::BTreeSet;

use jichitai_api::{ConditionType, Region};

use crate::context::Context;
use crate::goal::Goal;
use crate::identity::{Identity, Owner};
use crate::osaka_backup_policy::schedule::Slot;
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::plan::Plan;
use crate::restore::observed::Observed;
use crate::restore::order::Order;
use crate::restore::planner;

/// A recovery point and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The run.
    pub run: Slot,
    /// Where it goes.
    pub order: Order,
}

impl Target {
    /// What the order names.
    #[must_use]
    pub fn named(&self) -> BTreeSet<SourceId> {
        let Order {
            volumes,
            instances,
            databases,
            clusters,
            stacks,
            ..
        } = &self.order;
        let of = |medium, id: &String| SourceId { medium, id: id.clone() };
        let volumes = volumes.iter().map(|one| of(Medium::Snapshot, &one.source));
        let instances = instances.iter().map(|one| of(Medium::Image, &one.source));
        let databases = databases.iter().map(|one| of(Medium::Database, &one.source));
        let clusters = clusters.iter().map(|one| of(Medium::Cluster, &one.source));
        let stacks = stacks.iter().map(|one| of(Medium::Template, &one.source));
        let copied = volumes.chain(instances).chain(databases).chain(clusters);
        copied.chain(stacks).collect()
    }

    /// Whether anything is copied.
    #[must_use]
    pub fn copies_back(&self) -> bool {
        self.order.region == Region::Tokyo
    }
}

/// Whose things of a restore are: not the policy's, which would take them for its own copies.
#[must_use]
pub fn identity(policy: &Identity) -> Identity {
    let Owner { namespace, name, .. } = &policy.owner;
    Identity {
        installation: policy.installation.clone(),
        owner: Owner::restore(namespace, name),
    }
}

impl Goal for Target {
    type Observed = Observed;

    fn plan(&self, observed: &Observed, ctx: &Context) -> Plan {
        planner::plan(self, observed, ctx)
    }

    fn hash(&self) -> Option<String> {
        Some(crate::identity::short_hash(&format!("{self:?}"), 16))
    }

    fn basis(&self) -> String {
        format!("{self:?}")
    }

    fn aspects(&self) -> Vec<ConditionType> {
        Vec::new()
    }
}
