//! What a bucket's object asks of AWS.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;

use crate::context::Context;
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::planner;
use crate::file_link_bucket::query::Query;
use crate::file_link_bucket::target::Target;
use crate::file_link_bucket::teardown::{self, Remains};
use crate::goal::{self, Asked};
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
        let mut kinds = vec![ConditionType::BucketReady, ConditionType::AccessReady];
        if let Some(target) = target {
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
