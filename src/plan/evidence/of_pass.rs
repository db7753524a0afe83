//! The records of a pass: of the approval with which a plan begins, of what was sent to AWS, and of what is left different.

use jichitai_api::common::Approval;
use jichitai_api::status::{Drift, MAX_DRIFT};
use jiff::Timestamp;

use crate::approval::Held;
use crate::evidence::{Approved, Outcome, Record, RecordKind};
use crate::identity::Owner;
use crate::observation::{Fault, NOT_SENT};
use crate::pass::Ending;
use crate::step::Step;

/// A step that was sent to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The step.
    pub step: Step,
    /// Whether an approval admits it.
    pub approved: bool,
    /// When it was answered.
    pub time: Timestamp,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// Why it came to nothing.
    pub refused: Option<Fault>,
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

/// The approval with which a plan begins.
#[must_use]
pub fn approval<O>(facts: &Facts<'_>, ending: &Ending<O>) -> Record {
    let hash = &ending.verdict.hash;
    Record {
        kind: RecordKind::Approval,
        summary: format!("plan {hash} is approved and begins"),
        ..approved(facts, ending)
    }
}

fn approved<O>(facts: &Facts<'_>, ending: &Ending<O>) -> Record {
    let hash = &ending.verdict.hash;
    let of = facts.approvals.iter().filter(|approval| approval.plan_hash == *hash);
    let given = of.map(|approval| Approved {
        party: approval.party,
        approver: approval.approver.clone(),
        ticket: approval.ticket.clone(),
    });
    Record {
        plan_hash: Some(hash.clone()),
        approvals: given.collect(),
        ..basis(facts.object, ending)
    }
}

/// What was sent to AWS.
#[must_use]
pub fn writes<O>(facts: &Facts<'_>, ending: &Ending<O>, receipts: &[Receipt]) -> Vec<Record> {
    let is_sent = |receipt: &&Receipt| {
        let code = receipt.refused.as_ref().map(|fault| fault.code.as_str());
        code.is_none_or(|code| !NOT_SENT.contains(&code))
    };
    receipts
        .iter()
        .filter(is_sent)
        .map(|receipt| write(facts, ending, receipt))
        .collect()
}

fn write<O>(facts: &Facts<'_>, ending: &Ending<O>, receipt: &Receipt) -> Record {
    let Receipt {
        step,
        approved: is_approved,
        time,
        request_id,
        refused,
    } = receipt;
    let repairs = ending.converged_before && !step.routine && refused.is_none();
    let difference = format!("want {}, had {}", step.difference.want, step.difference.have);
    let since = known(step, facts.drift).and_then(|one| one.since.as_ref().map(|time| time.0));
    Record {
        time: *time,
        kind: if repairs { RecordKind::Repair } else { RecordKind::Write },
        part: Some(step.part.to_string()),
        summary: step.action.to_string(),
        outcome: Some(if refused.is_some() {
            Outcome::Refused
        } else {
            Outcome::Done
        }),
        detail: match refused {
            Some(fault) => Some(format!("{}: {}", fault.operation, fault.code)),
            None => repairs.then_some(difference),
        },
        destructive: step.is_destructive(),
        request_id: refused
            .as_ref()
            .and_then(|fault| fault.request_id.clone())
            .or_else(|| request_id.clone()),
        // One that was not known before was seen in this pass.
        since: repairs.then(|| since.unwrap_or(ending.ctx.now)),
        ..match is_approved {
            true => approved(facts, ending),
            false => basis(facts.object, ending),
        }
    }
}

/// What differs and is left, when it is seen for the first time.
#[must_use]
pub fn drifts<O>(facts: &Facts<'_>, ending: &Ending<O>) -> Vec<Record> {
    // Of more than status tells, it is not known which were seen before.
    if !ending.converged_before || facts.drift.len() >= MAX_DRIFT {
        return Vec::new();
    }
    let is_new = |(step, _, _): &&Held| !step.routine && known(step, facts.drift).is_none();
    let drift = |(step, reason, _): &Held| Record {
        kind: RecordKind::Drift,
        part: Some(step.part.to_string()),
        summary: format!("AWS differs, and is left so ({reason}): {}", step.action),
        detail: Some(format!("want {}, have {}", step.difference.want, step.difference.have)),
        since: Some(ending.ctx.now),
        ..basis(facts.object, ending)
    };
    ending.held.iter().filter(is_new).map(drift).collect()
}

fn known<'a>(step: &Step, drift: &'a [Drift]) -> Option<&'a Drift> {
    let role = step.part.to_string();
    drift
        .iter()
        .find(|one| one.role == role && one.path == step.difference.path)
}
