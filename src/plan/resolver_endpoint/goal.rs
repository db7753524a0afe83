//! What an endpoint's object asks of AWS.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;
use jichitai_api::resolver_endpoint::EndpointDirection;

use crate::context::Context;
use crate::goal::{self, Asked};
use crate::plan::Plan;
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::query::Query;
use crate::resolver_endpoint::target::Target;
use crate::resolver_endpoint::teardown::{self, Remains};
use crate::resolver_endpoint::{planner, watch};

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
        match self.watches {
            true => watch::plan(self, observed, ctx),
            false => planner::plan(self, observed, ctx),
        }
    }

    fn teardown(_: DeletionPolicy, remains: &Remains, observed: &Observed, ctx: &Context) -> Plan {
        teardown::teardown(remains, observed, ctx)
    }

    fn query(&self, ctx: &Context) -> Query {
        Query::for_target(self, ctx)
    }

    fn query_for_teardown(remains: &Remains, ctx: &Context) -> Query {
        Query::for_teardown(remains, ctx)
    }

    fn aspects(target: Option<&Self>) -> Vec<ConditionType> {
        let mut kinds = vec![ConditionType::EndpointReady];
        if let Some(target) = target {
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
