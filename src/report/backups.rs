//! How old the newest recovery points are against what was promised, and how long a recovery took.

use jichitai_api::ConditionType;
use jichitai_api::osaka_backup_policy::{OsakaBackupPolicy, OsakaBackupPolicyStatus};
use jiff::{SignedDuration, Timestamp};

use crate::reader::Reader;
use crate::standing::Standing;
use crate::tenant::{Policy, Tenant, name};

/// The newest recovery point of one policy against its objective.
#[derive(Clone, Debug)]
pub(crate) struct Freshness<'a> {
    pub name: &'a str,
    pub policy: &'a OsakaBackupPolicy,
    /// How many other municipalities the policy serves.
    pub others: usize,
    pub newest: Option<Timestamp>,
    pub age: Option<SignedDuration>,
    /// None where the specification's text is no duration.
    pub objective: Option<SignedDuration>,
    pub standing: Standing,
    pub measured: Option<SignedDuration>,
    pub restore_objective: Option<SignedDuration>,
    pub restore_standing: Standing,
}

/// All policies of a municipality.
pub(crate) fn freshness<'a>(tenant: &Tenant<'a>, reader: Reader) -> Vec<Freshness<'a>> {
    tenant.policies.iter().map(|policy| of(policy, reader)).collect()
}

fn of<'a>(policy: &Policy<'a>, reader: Reader) -> Freshness<'a> {
    let Policy { policy, others } = *policy;
    let status = policy.status.as_ref();
    let newest = status.and_then(|status| status.newest_recovery_point.as_ref());
    let newest = newest.map(|point| point.time.0);
    let age = newest.map(|time| reader.age(time));
    let objective = policy.spec.recovery_point_objective.parse().ok();
    let measured = status.and_then(|status| status.measured_restore_time.as_ref());
    let measured: Option<SignedDuration> = measured.and_then(|text| text.parse().ok());
    let restore_objective = policy.spec.recovery_time_objective.parse().ok();
    Freshness {
        name: name(&policy.metadata),
        policy,
        others,
        newest,
        age,
        objective,
        standing: point_standing(status, age, objective),
        measured,
        restore_objective,
        restore_standing: within(measured, restore_objective).unwrap_or(Standing::Absent),
    }
}

fn within(what: Option<SignedDuration>, objective: Option<SignedDuration>) -> Option<Standing> {
    match (what?, objective?) {
        (what, objective) if what <= objective => Some(Standing::Good),
        _ => Some(Standing::Bad),
    }
}

/// The operator looks at every source; the newest point alone can only be too old. Time goes on since its look.
fn point_standing(
    status: Option<&OsakaBackupPolicyStatus>,
    age: Option<SignedDuration>,
    objective: Option<SignedDuration>,
) -> Standing {
    let conditions = status.map(|status| status.common.conditions.as_slice());
    let told = conditions.unwrap_or_default().iter();
    let told = told
        .filter(|one| one.type_ == ConditionType::RecoveryPointObjectiveMet.as_str())
        .map(crate::standing::of_condition)
        .next();
    let by_age = within(age, objective);
    told.max(by_age).unwrap_or(Standing::Unknown)
}
