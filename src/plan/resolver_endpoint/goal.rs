//! What the object asks of AWS: its target, or to go.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;
use jichitai_api::resolver_endpoint::EndpointDirection;

use crate::context::Context;
use crate::goal;
use crate::plan::Plan;
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::query::Query;
use crate::resolver_endpoint::target::Target;
use crate::resolver_endpoint::teardown::{self, Remains};
use crate::resolver_endpoint::{planner, watch};

/// What the object asks of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To be like this.
    Present(Box<Target>),
    /// To go, as the policy says.
    Absent {
        /// How far.
        policy: DeletionPolicy,
        /// What can be computed without the spec making sense.
        remains: Box<Remains>,
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
}

impl goal::Goal for Goal {
    type Observed = Observed;

    fn plan(&self, observed: &Observed, ctx: &Context) -> Plan {
        match self {
            Self::Present(target) if target.watches => watch::plan(target, observed, ctx),
            Self::Present(target) => planner::plan(target, observed, ctx),
            Self::Absent { policy: _, remains } => teardown::teardown(remains, observed, ctx),
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
        let mut kinds = vec![ConditionType::EndpointReady];
        if let Self::Present(target) = self {
            let associates = !target.vpcs.is_empty() || !target.zones.is_empty();
            let optional = [
                (
                    target.direction == EndpointDirection::Outbound,
                    ConditionType::RulesReady,
                ),
                (associates, ConditionType::AssociationsReady),
            ];
            kinds.extend(optional.into_iter().filter(|(asked, _)| *asked).map(|(_, kind)| kind));
        }
        kinds
    }
}
