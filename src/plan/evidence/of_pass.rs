//! The records of one pass.

use jichitai_api::common::Approval;
use jichitai_api::status::{Drift, PlanStatus};
use jiff::Timestamp;

use crate::approval::Held;
use crate::evidence::{Approved, Outcome, Record, RecordKind};
use crate::identity::Owner;
use crate::observation::Fault;
use crate::pass::Ending;
use crate::step::Step;

/// A step that was sent to AWS, and by which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The step.
    pub step: Step,
    /// When it was answered.
    pub time: Timestamp,
    /// AWS's request id.
    pub request_id: Option<String>,
}

/// What of the object and its last status matters.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The object.
    pub object: &'a Owner,
    /// Approvals in its spec.
    pub approvals: &'a [Approval],
    /// Differences that were known before.
    pub drift: &'a [Drift],
    /// The plan that was known before.
    pub plan: Option<&'a PlanStatus>,
}

/// Everything that happened in a pass, in the order of time.
#[must_use]
pub fn of_pass<O>(facts: &Facts<'_>, ending: &Ending<O>, receipts: &[Receipt]) -> Vec<Record> {
    let Ending {
        failed,
        held,
        done,
        verdict,
        converged_before,
        ..
    } = ending;
    let under_way = !verdict.admitted.is_empty();
    let approvals = if under_way {
        given(facts.approvals, &verdict.hash)
    } else {
        Vec::new()
    };
    let basis = Record {
        plan_hash: under_way.then(|| verdict.hash.clone()),
        approvals,
        ..basis(facts.object, ending)
    };
    let begun = facts
        .plan
        .is_some_and(|plan| plan.hash == verdict.hash && !plan.admitted.is_empty());
    let approval = (under_way && !begun).then(|| Record {
        kind: RecordKind::Approval,
        summary: format!("plan {} is approved and begins", verdict.hash),
        ..basis.clone()
    });
    let is_repair = |step: &Step| *converged_before && !step.routine;
    let write = |step: &Step, refused: Option<&Fault>| {
        let receipt = receipts.iter().find(|receipt| receipt.step == *step);
        written(step, refused, is_repair(step), receipt, facts.drift, &basis)
    };
    let writes = done.iter().map(|step| write(step, None));
    let refusals = failed.iter().map(|(step, fault)| write(step, Some(fault)));
    let drifts = held
        .iter()
        .filter(|_| *converged_before)
        .filter_map(|held| drift(held, facts.drift, &basis));
    let mut all: Vec<Record> = approval
        .into_iter()
        .chain(writes)
        .chain(refusals)
        .chain(drifts)
        .collect();
    all.sort_by_key(|record| record.time);
    all
}

/// A record about an object that says nothing yet.
#[must_use]
pub fn basis<O>(object: &Owner, ending: &Ending<O>) -> Record {
    let Ending { ctx, account, .. } = ending;
    Record {
        time: ctx.now,
        installation: ctx.identity.installation.clone(),
        object: object.to_string(),
        account: account.to_string(),
        kind: RecordKind::Write,
        part: None,
        summary: String::new(),
        outcome: None,
        detail: None,
        destructive: false,
        plan_hash: None,
        approvals: Vec::new(),
        request_id: None,
        since: None,
    }
}

/// The approvals of a plan.
fn given(approvals: &[Approval], hash: &str) -> Vec<Approved> {
    let of = approvals.iter().filter(|approval| approval.plan_hash == hash);
    of.map(|approval| Approved {
        party: approval.party,
        approver: approval.approver.clone(),
        ticket: approval.ticket.clone(),
    })
    .collect()
}

fn known<'a>(step: &Step, drift: &'a [Drift]) -> Option<&'a Drift> {
    let role = step.part.to_string();
    drift
        .iter()
        .find(|one| one.role == role && one.path == step.difference.path)
}

fn written(
    step: &Step,
    refused: Option<&Fault>,
    is_repair: bool,
    receipt: Option<&Receipt>,
    drift: &[Drift],
    basis: &Record,
) -> Record {
    let difference = format!("want {}, had {}", step.difference.want, step.difference.have);
    Record {
        time: receipt.map_or(basis.time, |receipt| receipt.time),
        kind: if is_repair && refused.is_none() {
            RecordKind::Repair
        } else {
            RecordKind::Write
        },
        part: Some(step.part.to_string()),
        summary: step.action.to_string(),
        outcome: Some(if refused.is_some() {
            Outcome::Refused
        } else {
            Outcome::Done
        }),
        detail: match refused {
            Some(fault) => Some(format!("{}: {}", fault.operation, fault.code)),
            None => is_repair.then_some(difference),
        },
        destructive: step.is_destructive(),
        request_id: match refused {
            Some(fault) => fault.request_id.clone(),
            None => receipt.and_then(|receipt| receipt.request_id.clone()),
        },
        since: known(step, drift)
            .filter(|_| is_repair)
            .and_then(|one| one.since.as_ref().map(|time| time.0)),
        ..basis.clone()
    }
}

/// A difference that is left, when it is seen for the first time.
fn drift((step, reason, _): &Held, before: &[Drift], basis: &Record) -> Option<Record> {
    if known(step, before).is_some() || step.routine {
        return None;
    }
    Some(Record {
        kind: RecordKind::Drift,
        part: Some(step.part.to_string()),
        summary: format!("AWS differs, and is left so ({reason}): {}", step.action),
        detail: Some(format!("want {}, have {}", step.difference.want, step.difference.have)),
        since: Some(basis.time),
        plan_hash: None,
        approvals: Vec::new(),
        ..basis.clone()
    })
}
