//! What a municipality asks of AWS: its target, or to go.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;

use crate::context::Context;
use crate::goal;
use crate::municipality::observed::Observed;
use crate::municipality::query::Query;
use crate::municipality::target::{NetworkTarget, Target};
use crate::municipality::teardown::Remains;
use crate::municipality::{planner, teardown};
use crate::plan::Plan;

/// What the object asks of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To be like this.
    Present(Box<Target>),
    /// To go, as the policy says.
    Absent {
        /// How far.
        policy: DeletionPolicy,
        /// Names that only we can compute.
        remains: Remains,
    },
}

impl Goal {
    /// What has to be read.
    #[must_use]
    pub fn query(&self, ctx: &Context) -> Query {
        match self {
            Self::Present(target) => Query::for_target(target, ctx),
            Self::Absent { policy: _, remains } => Query::for_teardown(remains, ctx),
        }
    }

    fn is_connected(&self) -> bool {
        let Self::Present(target) = self else { return false };
        matches!(&target.network, NetworkTarget::Managed(network) if network.transit_gateway.is_some())
    }
}

impl goal::Goal for Goal {
    type Observed = Observed;

    fn plan(&self, observed: &Observed, ctx: &Context) -> Plan {
        match self {
            Self::Present(target) => planner::plan(target, observed, ctx),
            Self::Absent { policy, remains } => teardown::teardown(*policy, remains, observed, ctx),
        }
    }

    fn hash(&self) -> Option<String> {
        match self {
            Self::Present(target) => Some(target.hash()),
            Self::Absent { .. } => None,
        }
    }

    fn basis(&self) -> String {
        match self {
            Self::Present(target) => target.hash(),
            Self::Absent { policy, remains: _ } => format!("deletion: {policy:?}"),
        }
    }

    fn aspects(&self) -> Vec<ConditionType> {
        let mut kinds = vec![ConditionType::KeysReady, ConditionType::NetworkReady];
        if self.is_connected() {
            kinds.push(ConditionType::ConnectionReady);
        }
        kinds
    }
}
