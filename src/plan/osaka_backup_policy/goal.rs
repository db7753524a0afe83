//! What a policy's object asks of AWS.

use jichitai_api::ConditionType;
use jichitai_api::common::DeletionPolicy;
use jichitai_api::osaka_backup_policy::OsakaBackupPolicySpec;

use crate::context::Context;
use crate::goal::{self, Asked};
use crate::identity::Identity;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::query::Query;
use crate::osaka_backup_policy::retention::Held;
use crate::osaka_backup_policy::target::Target;
use crate::osaka_backup_policy::{planner, teardown, template};
use crate::plan::Plan;

/// What the object asks of AWS.
pub type Goal = Asked<Target>;

/// What the end of a policy needs to know, besides whose copies they are, which the context says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// The bucket of templates, if there is any.
    pub templates: String,
    /// What the spec holds.
    pub holds: Held,
}

impl Remains {
    /// What a spec leaves behind.
    #[must_use]
    pub fn of(spec: &OsakaBackupPolicySpec, identity: &Identity) -> Self {
        Self {
            templates: template::bucket_name(spec, identity),
            holds: Held::of(&spec.holds),
        }
    }
}

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
        match target {
            None => vec![ConditionType::CopiesReady],
            Some(target) => {
                let mut all = vec![
                    ConditionType::CopiesReady,
                    ConditionType::RecoveryPointObjectiveMet,
                    ConditionType::CoverageComplete,
                ];
                all.extend(target.drill.as_ref().map(|_| ConditionType::RecoveryTimeObjectiveMet));
                all
            }
        }
    }
}
