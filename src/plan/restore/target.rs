//! What a restore is to bring back.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{ConditionType, Region};

use crate::context::Context;
use crate::goal::Goal;
use crate::identity::{Identity, Owner};
use crate::osaka_backup_policy::copy::Copy;
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

    /// The verified copies of the run, by source.
    #[must_use]
    pub fn good<'a>(&self, medium: Medium, observed: &'a Observed) -> BTreeMap<&'a SourceId, &'a Copy> {
        let of_run = observed.in_osaka(medium).filter_map(|copy| {
            let label = copy.label.as_ref().filter(|label| label.slot == self.run)?;
            copy.is_good().then_some((&label.source, copy))
        });
        of_run.collect()
    }

    /// What of the run the order does not name.
    #[must_use]
    pub fn unnamed(&self, observed: &Observed) -> BTreeSet<SourceId> {
        let named = self.named();
        let copies = Medium::ALL.into_iter().flat_map(|medium| observed.in_osaka(medium));
        let labels = copies.filter_map(|copy| copy.label.as_ref());
        let of_run = labels.filter(|label| label.slot == self.run).map(|label| &label.source);
        of_run.filter(|source| !named.contains(source)).cloned().collect()
    }

    /// Whether copies of this kind are copied to Tokyo: a stack is made of the template where it is.
    #[must_use]
    pub fn copies_back(&self, medium: Medium) -> bool {
        self.order.region == Region::Tokyo && medium.made_in() == Region::Tokyo
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
