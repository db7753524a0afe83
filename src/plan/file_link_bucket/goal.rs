//! What a bucket's object asks of AWS: its target, or to go.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;

use crate::context::Context;
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::planner;
use crate::file_link_bucket::query::Query;
use crate::file_link_bucket::target::Target;
use crate::file_link_bucket::teardown::{self, Remains};
use crate::goal;
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
        let mut kinds = vec![ConditionType::BucketReady, ConditionType::AccessReady];
        if let Self::Present(target) = self {
            let optional = [
                (target.sftp.is_some(), ConditionType::SftpReady),
                (target.federation.is_some(), ConditionType::FederationReady),
                (target.replica.is_some(), ConditionType::ReplicationReady),
            ];
            kinds.extend(optional.into_iter().filter(|(asked, _)| *asked).map(|(_, kind)| kind));
        }
        kinds
    }
}
