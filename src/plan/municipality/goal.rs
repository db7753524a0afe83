//! What a municipality asks of AWS.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;

use crate::context::Context;
use crate::goal::{self, Asked};
use crate::municipality::observed::Observed;
use crate::municipality::query::Query;
use crate::municipality::target::{NetworkTarget, Target};
use crate::municipality::teardown::Remains;
use crate::municipality::{planner, teardown};
use crate::plan::Plan;

/// What the object asks of AWS.
pub type Goal = Asked<Target>;

impl goal::Target for Target {
    type Remains = Remains;
    type Observed = Observed;
    type Query = Query;

    fn fingerprint(&self) -> String {
        self.hash()
    }

    fn plan(&self, observed: &Observed, ctx: &Context) -> Plan {
        planner::plan(self, observed, ctx)
    }

    fn teardown(policy: DeletionPolicy, remains: &Remains, observed: &Observed, ctx: &Context) -> Plan {
        teardown::teardown(policy, remains, observed, ctx)
    }

    fn query(&self, ctx: &Context) -> Query {
        Query::for_target(self, ctx)
    }

    fn query_for_teardown(remains: &Remains, ctx: &Context) -> Query {
        Query::for_teardown(remains, ctx)
    }

    fn aspects(target: Option<&Self>) -> Vec<ConditionType> {
        let mut kinds = vec![ConditionType::KeysReady, ConditionType::NetworkReady];
        let connects = |target: &&Self| matches!(&target.network, NetworkTarget::Managed(network) if network.transit_gateway.is_some());
        if target.is_some_and(|target| connects(&target)) {
            kinds.push(ConditionType::ConnectionReady);
        }
        kinds
    }
}
