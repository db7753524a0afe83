//! What status says: one aspect per condition, and Ready computed from them.

use jichitai_api::status::Drift;
use jichitai_api::{ConditionType, Reason, Region};
use jiff::Timestamp;

use crate::approval::Held;
use crate::identity::Part;
use crate::observation::{Fault, FaultKind, OWNERSHIP_LOST};
use crate::pass::Ending;
use crate::plan::{Halt, Plan, Text};
use crate::step::Step;

/// The three answers of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It could not be found out.
    Unknown,
}

/// Who has to move before things go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// Nothing to wait for.
    Settled,
    /// It goes on by itself.
    Moving,
    /// It goes on once somebody has agreed or done their part: an approval, a window, another company.
    Asking,
    /// A person has to act.
    Stuck,
}

/// One condition, but for its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// Which one.
    pub kind: ConditionType,
    /// The answer.
    pub answer: Answer,
    /// Who has to move.
    pub pace: Pace,
    /// The stable word.
    pub reason: Reason,
    /// For people.
    pub message: Text,
}

/// The word for a fault of AWS.
#[must_use]
pub fn reason_of(fault: &Fault) -> Reason {
    match fault.kind {
        // The network's operator has not shared the transit gateway with the account yet.
        FaultKind::NotFound if fault.operation.ends_with(":CreateTransitGatewayVpcAttachment") => {
            Reason::AwaitingNetworkOperator
        }
        FaultKind::NotFound | FaultKind::Invalid => Reason::InvalidRequest,
        FaultKind::Conflict if fault.code == OWNERSHIP_LOST => Reason::OwnershipLost,
        FaultKind::Conflict => Reason::Conflict,
        FaultKind::Denied if fault.message.contains("service control policy") => Reason::DeniedByGuardrail,
        FaultKind::Denied => Reason::AccessDenied,
        FaultKind::Throttled => Reason::Throttled,
        FaultKind::Limit => Reason::QuotaExceeded,
        FaultKind::Transient => Reason::AwsUnavailable,
    }
}

/// Whether a fault ends by itself.
fn pace_of(fault: &Fault) -> Pace {
    if reason_of(fault) == Reason::AwaitingNetworkOperator {
        return Pace::Asking;
    }
    match fault.kind {
        FaultKind::Throttled | FaultKind::Transient => Pace::Moving,
        FaultKind::NotFound | FaultKind::Conflict | FaultKind::Denied | FaultKind::Invalid | FaultKind::Limit => {
            Pace::Stuck
        }
    }
}

/// The condition that a part counts for.
#[must_use]
pub fn aspect_of(part: &Part) -> ConditionType {
    let role = part.role.as_str();
    match role.split('.').next().unwrap_or_default() {
        "key" | "alias" | "ebs-defaults" | "shared-key" => ConditionType::KeysReady,
        "tgw-attachment" => ConditionType::ConnectionReady,
        "bucket" if part.region == Region::Osaka => ConditionType::ReplicationReady,
        "bucket" => ConditionType::BucketReady,
        "access" => ConditionType::AccessReady,
        "oidc-provider" => ConditionType::FederationReady,
        "role" if role.starts_with("role.sftp.") => ConditionType::SftpReady,
        "role" if role.starts_with("role.client.") => ConditionType::FederationReady,
        "role" | "replication" => ConditionType::ReplicationReady,
        "sftp-server" | "sftp-user" => ConditionType::SftpReady,
        "security-group" if role == "security-group.sftp" => ConditionType::SftpReady,
        "resolver-endpoint" | "query-log" => ConditionType::EndpointReady,
        "security-group" if role == "security-group.resolver" => ConditionType::EndpointReady,
        "copy" => ConditionType::CopiesReady,
        "recovery-point" => ConditionType::RecoveryPointObjectiveMet,
        "restore" => ConditionType::RecoveryTimeObjectiveMet,
        "coverage" => ConditionType::CoverageComplete,
        "resolver-rule" => ConditionType::RulesReady,
        "rule-association" | "private-zone" | "rule-share" => ConditionType::AssociationsReady,
        _ => ConditionType::NetworkReady,
    }
}

/// The condition among those of the kind that a part counts for. What the spec does not ask for has
/// no condition of its own: taking it away counts for the one that it belonged to.
fn counted_as(part: &Part, kinds: &[ConditionType]) -> ConditionType {
    let mut kind = aspect_of(part);
    while !kinds.contains(&kind) {
        kind = match kind {
            ConditionType::ConnectionReady => ConditionType::NetworkReady,
            ConditionType::SftpReady | ConditionType::FederationReady => ConditionType::AccessReady,
            ConditionType::ReplicationReady | ConditionType::KeysReady => ConditionType::BucketReady,
            ConditionType::RulesReady | ConditionType::AssociationsReady => ConditionType::EndpointReady,
            ConditionType::BucketReady | ConditionType::RecoveryTimeObjectiveMet => ConditionType::CopiesReady,
            other => return other,
        };
    }
    kind
}

/// What a pass ended with.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// The last plan.
    pub plan: &'a Plan,
    /// Steps that AWS refused.
    pub failed: &'a [(Step, Fault)],
    /// Steps that were not allowed to run.
    pub held: &'a [Held],
    /// Whether the object is being deleted.
    pub deleting: bool,
    /// The conditions of the kind.
    pub kinds: &'a [ConditionType],
}

impl Outcome<'_> {
    /// Whether AWS is as the target asks, as far as the operator is concerned: what another company
    /// has to do may take weeks, and a difference found meanwhile is a drift.
    #[must_use]
    pub fn is_converged(&self) -> bool {
        let Outcome {
            plan,
            failed,
            held,
            deleting,
            kinds: _,
        } = self;
        let others = plan
            .waits
            .iter()
            .all(|halt| halt.reason == Reason::AwaitingNetworkOperator);
        !deleting && plan.steps.is_empty() && plan.blocks.is_empty() && failed.is_empty() && held.is_empty() && others
    }
}

/// One aspect per condition of the kind.
#[must_use]
pub fn aspects(outcome: &Outcome<'_>) -> Vec<Aspect> {
    outcome.kinds.iter().map(|kind| aspect(*kind, outcome)).collect()
}

fn aspect(kind: ConditionType, outcome: &Outcome<'_>) -> Aspect {
    let Outcome {
        plan,
        failed,
        held,
        deleting,
        kinds,
    } = *outcome;
    let mine = |part: &Part| counted_as(part, kinds) == kind;
    let failures = failed.iter().filter(|(step, _)| mine(&step.part)).map(|(step, fault)| {
        let refused = deleting && fault.kind == FaultKind::Conflict;
        let reason = if refused {
            Reason::DeletionBlocked
        } else {
            reason_of(fault)
        };
        let text = Text::new(
            format!("could not {}: {fault}", step.action),
            format!("実行できませんでした({}): {fault}", step.action),
        );
        (Answer::False, pace_of(fault), reason, text)
    });
    let blocks = plan
        .blocks
        .iter()
        .filter(|halt| mine(&halt.part))
        .map(|halt| match halt.reason {
            Reason::Unreadable => (Answer::Unknown, Pace::Moving, halt.reason, halt.message.clone()),
            reason => (Answer::False, Pace::Stuck, reason, halt.message.clone()),
        });
    let holds = held
        .iter()
        .filter(|(step, _, _)| mine(&step.part))
        .map(|(step, reason, text)| {
            let message = Text::new(format!("{step}: {}", text.en), format!("{step}: {}", text.ja));
            (Answer::False, Pace::Asking, *reason, message)
        });
    let waits = plan.waits.iter().filter(|halt| mine(&halt.part));
    let waits = waits.map(|halt| {
        let pace = if halt.reason == Reason::AwaitingNetworkOperator {
            Pace::Asking
        } else {
            Pace::Moving
        };
        (Answer::False, pace, halt.reason, halt.message.clone())
    });
    let steps = plan
        .steps
        .iter()
        .filter(|step| mine(&step.part) && !held.iter().any(|(held, _, _)| held == *step));
    let steps = steps.map(|step| {
        (
            Answer::False,
            Pace::Moving,
            Reason::Applying,
            Text::new(step.to_string(), step.to_string()),
        )
    });
    let mut all: Vec<_> = blocks.chain(failures).chain(holds).chain(waits).chain(steps).collect();
    // What a person has to do comes first; among equals, in the order above.
    all.sort_by_key(|(_, pace, _, _)| std::cmp::Reverse(*pace));
    let more = all.len().saturating_sub(1);
    match all.into_iter().next() {
        None => match plan.notices.iter().find(|halt| mine(&halt.part)) {
            Some(Halt { reason, message, .. }) => Aspect {
                reason: *reason,
                message: message.clone(),
                ..settled(kind, deleting)
            },
            None => settled(kind, deleting),
        },
        Some((answer, pace, reason, message)) => {
            let message = match more {
                0 => message,
                n => Text::new(
                    format!("{} (and {n} more)", message.en),
                    format!("{}(ほか {n} 件)", message.ja),
                ),
            };
            Aspect {
                kind,
                answer,
                pace,
                reason,
                message,
            }
        }
    }
}

fn settled(kind: ConditionType, deleting: bool) -> Aspect {
    let (reason, message) = match deleting {
        true => (
            Reason::Deleting,
            Text::new("nothing of it is left to do", "残りの作業はありません"),
        ),
        false => (Reason::Converged, Text::new("as the spec asks", "spec のとおりです")),
    };
    Aspect {
        kind,
        answer: Answer::True,
        pace: Pace::Settled,
        reason,
        message,
    }
}

/// Ready, Reconciling and Stalled, computed from the aspects.
#[must_use]
pub fn overall(aspects: &[Aspect]) -> [Aspect; 3] {
    let worst = aspects
        .iter()
        .filter(|aspect| aspect.answer != Answer::True)
        .max_by(|a, b| {
            // The first of the worst: `max_by` would take the last.
            a.pace.cmp(&b.pace).then(std::cmp::Ordering::Greater)
        });
    let of = |kind, answer| Aspect {
        kind,
        answer,
        pace: worst.map_or(Pace::Settled, |aspect| aspect.pace),
        reason: worst.map_or(Reason::Converged, |aspect| aspect.reason),
        message: worst.map_or_else(
            || Text::new("as the spec asks", "spec のとおりです"),
            |aspect| aspect.message.clone(),
        ),
    };
    let yes_if = |yes: bool| if yes { Answer::True } else { Answer::False };
    let ready = match worst {
        None => Answer::True,
        Some(_) if aspects.iter().any(|aspect| aspect.answer == Answer::False) => Answer::False,
        Some(_) => Answer::Unknown,
    };
    let pace = worst.map_or(Pace::Settled, |aspect| aspect.pace);
    [
        of(ConditionType::Ready, ready),
        of(
            ConditionType::Reconciling,
            yes_if(matches!(pace, Pace::Moving | Pace::Asking)),
        ),
        of(ConditionType::Stalled, yes_if(pace == Pace::Stuck)),
    ]
}

/// The earliest moment at which looking again makes sense; none while something may end any time.
#[must_use]
pub fn next_look(plan: &Plan) -> Option<Timestamp> {
    // What AWS does not list yet it may list any moment; the end of the window is only the last.
    let known = |halt: &Halt| halt.until.filter(|_| halt.reason != Reason::WaitingForConsistency);
    let waits = plan.waits.iter().map(known).collect::<Option<Vec<_>>>()?;
    let notices = plan.notices.iter().filter_map(|halt| halt.until);
    waits.into_iter().chain(notices).chain(plan.look_at).min()
}

/// Whether all that is waited for is what other objects have to bring, or stands on that: their changes are heard of.
#[must_use]
pub fn is_told(plan: &Plan) -> bool {
    let of_others = |halt: &Halt| halt.reason == Reason::ReferenceNotReady;
    let stands_on_them = |halt: &Halt| of_others(halt) || halt.reason == Reason::WaitingForDependency;
    plan.steps.is_empty() && plan.waits.iter().any(of_others) && plan.waits.iter().all(stands_on_them)
}

/// How many differences a pass found that were not known before, and how many it took away, in an object that AWS was
/// like already. Routine work is no difference.
#[must_use]
pub fn drifts<O>(ending: &Ending<O>, known: &[Drift]) -> (usize, usize) {
    if !ending.converged_before {
        return (0, 0);
    }
    let is_known = |step: &Step| {
        let (role, difference) = (step.part.to_string(), &step.difference);
        known.iter().any(|one| one.role == role && one.path == difference.path)
    };
    let found = ending
        .predicted
        .iter()
        .filter(|step| !step.routine && !is_known(step))
        .count();
    (found, ending.done.iter().filter(|step| !step.routine).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_where_nothing_but_other_objects_is_waited_for() {
        use Reason::{ReferenceNotReady, WaitingForAws, WaitingForConsistency, WaitingForDependency};
        for (waits, told) in [
            (&[ReferenceNotReady][..], true),
            (&[WaitingForDependency, ReferenceNotReady], true),
            (&[WaitingForDependency], false),
            (&[ReferenceNotReady, WaitingForAws], false),
            (&[WaitingForConsistency], false),
            (&[], false),
        ] {
            let mut plan = Plan::default();
            for reason in waits {
                plan.wait(
                    &Part::new(Region::Tokyo, "access"),
                    *reason,
                    Text::new("waits", "待機中"),
                );
            }
            assert_eq!(is_told(&plan), told, "{waits:?}");
        }
    }
}
