//! Verdicts as status shows them: bounded, without times, so that a steady state writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::municipality::{GuardrailOutcome, GuardrailResult, GuardrailStatus};
use jichitai_api::{ConditionType, Reason};

use crate::guardrails::{CHECKS, Check, Finding, Verdict};
use crate::observation::Fault;
use crate::plan::Text;
use crate::report::{Answer, Aspect, Pace};

/// The most results in status.
const MAX_RESULTS: usize = 50;
/// The most results of one check.
const OF_ONE: usize = 5;
/// The longest detail and the longest name of a resource, in characters.
const MAX_DETAIL: usize = 512;
const MAX_RESOURCE: usize = 256;

/// The part of status.
#[must_use]
pub fn status(verdicts: &[Verdict], say: impl Fn(&Text) -> String) -> GuardrailStatus {
    let count = |outcome| {
        let of = verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
        u32::try_from(of).unwrap_or(u32::MAX)
    };
    // What failed comes before what only could not be read.
    let mut ordered: Vec<&Verdict> = verdicts.iter().collect();
    ordered.sort_by_key(|verdict| rank(verdict.outcome));
    let mut found: Vec<Vec<GuardrailResult>> = ordered.into_iter().map(|verdict| results(verdict, &say)).collect();
    found.retain(|results| !results.is_empty());
    // Every check that did not pass is told of, whatever another one found.
    let mut room = MAX_RESULTS.saturating_sub(found.len());
    let results = found.into_iter().flat_map(|mut results| {
        let more = (results.len() - 1).min(room);
        room -= more;
        results.truncate(1 + more);
        results
    });
    GuardrailStatus {
        passed: count(GuardrailOutcome::Passed),
        failed: count(GuardrailOutcome::Failed),
        exempt: count(GuardrailOutcome::Exempt),
        unreadable: count(GuardrailOutcome::Unreadable),
        not_ours: count(GuardrailOutcome::NotOurs),
        results: results.collect(),
    }
}

fn rank(outcome: GuardrailOutcome) -> u8 {
    match outcome {
        GuardrailOutcome::Failed => 0,
        GuardrailOutcome::Unreadable => 1,
        GuardrailOutcome::NotOurs => 2,
        GuardrailOutcome::Exempt => 3,
        GuardrailOutcome::Passed => 4,
    }
}

fn results(verdict: &Verdict, say: impl Fn(&Text) -> String) -> Vec<GuardrailResult> {
    let found = match verdict.outcome {
        GuardrailOutcome::Passed => return Vec::new(),
        GuardrailOutcome::Failed | GuardrailOutcome::Exempt => verdict.judgement.failing.clone(),
        GuardrailOutcome::NotOurs => verdict.judgement.not_ours.clone(),
        GuardrailOutcome::Unreadable => Vec::new(),
    };
    let unread = verdict
        .judgement
        .unreadable
        .iter()
        .map(unread)
        .collect::<BTreeMap<_, _>>();
    let all: Vec<Finding> = found.into_iter().chain(unread.into_values()).collect();
    let more = all.len().saturating_sub(1);
    let one = |(at, finding): (usize, Finding)| {
        let detail = say(&finding.detail);
        let detail = match more {
            n if n > 0 && at == 0 => format!("{detail} (+{n})"),
            _ => detail,
        };
        GuardrailResult {
            id: verdict.check.id.to_owned(),
            result: verdict.outcome,
            resource: clipped(&finding.resource, MAX_RESOURCE),
            detail: clipped(&detail, MAX_DETAIL),
        }
    };
    all.into_iter().take(OF_ONE).enumerate().map(one).collect()
}

/// A call that failed, once whatever its message: AWS gives every refusal another request id.
fn unread(fault: &Fault) -> (String, Finding) {
    let Fault { operation, code, .. } = fault;
    let text = format!("{operation}: {code}");
    (text.clone(), Finding::new(operation, text.clone(), text))
}

fn clipped(text: &str, most: usize) -> Option<String> {
    (!text.is_empty()).then(|| text.chars().take(most).collect())
}

/// The condition. It is advice: nothing of the object is held up by it.
#[must_use]
pub fn aspect(verdicts: &[Verdict]) -> Aspect {
    let ids = |outcome| -> Vec<&str> {
        let of = verdicts.iter().filter(move |verdict| verdict.outcome == outcome);
        of.map(|verdict| verdict.check.id).collect()
    };
    let (failed, unread) = (ids(GuardrailOutcome::Failed), ids(GuardrailOutcome::Unreadable));
    let (answer, reason, message) = match (failed.as_slice(), unread.as_slice()) {
        ([], []) => (
            Answer::True,
            Reason::Converged,
            Text::new(
                "every check passes, or is exempt",
                "すべての確認項目に適合、または適用除外です",
            ),
        ),
        ([], unread) => {
            let list = unread.join(", ");
            let text = Text::new(
                format!("could not be read: {list}"),
                format!("確認できない項目があります: {list}"),
            );
            (Answer::Unknown, Reason::Unreadable, text)
        }
        (failed, _) => {
            let list = failed.join(", ");
            let text = Text::new(format!("failed: {list}"), format!("不適合の項目があります: {list}"));
            (Answer::False, Reason::GuardrailFailed, text)
        }
    };
    Aspect {
        kind: ConditionType::GuardrailsPassed,
        answer,
        pace: Pace::Settled,
        reason,
        message,
    }
}

/// A check whose outcome is no longer what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it fails now, or no longer does.
    pub fails: bool,
    /// For people.
    pub message: Text,
}

/// Checks that begin or cease to fail, against what was published before.
#[must_use]
pub fn changes(before: Option<&GuardrailStatus>, verdicts: &[Verdict]) -> Vec<Change> {
    let Some(before) = before else {
        return first(verdicts).into_iter().collect();
    };
    let was: BTreeSet<&str> = before
        .results
        .iter()
        .filter(|result| result.result == GuardrailOutcome::Failed)
        .map(|result| result.id.as_str())
        .collect();
    let change = |verdict: &Verdict| {
        let check: &Check = verdict.check;
        let fails = verdict.outcome == GuardrailOutcome::Failed;
        // What can no longer be read has not been mended.
        let unknown = verdict.outcome == GuardrailOutcome::Unreadable;
        (fails != was.contains(check.id) && !unknown).then(|| {
            let (en, ja) = (check.title.en, check.title.ja);
            let first = verdict.judgement.failing.first().filter(|_| fails);
            let about = first.map(|one| {
                (
                    format!(": {} {}", one.resource, one.detail.en),
                    format!(": {} {}", one.resource, one.detail.ja),
                )
            });
            let (about_en, about_ja) = about.unwrap_or_default();
            let (word_en, word_ja) = if fails {
                ("fails", "不適合")
            } else {
                ("no longer fails", "解消")
            };
            Change {
                fails,
                message: Text::new(
                    format!("{} {word_en} ({en}){about_en}", check.id),
                    format!("{} {word_ja}({ja}){about_ja}", check.id),
                ),
            }
        })
    };
    verdicts.iter().filter_map(change).collect()
}

/// What fails when nothing was known before, together: nobody reads thirty Events.
fn first(verdicts: &[Verdict]) -> Option<Change> {
    let aspect = aspect(verdicts);
    (aspect.reason == Reason::GuardrailFailed).then_some(Change {
        fails: true,
        message: aspect.message,
    })
}

/// The check of that id.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guardrails::Judgement;
    use crate::observation::FaultKind;

    fn fault(n: usize) -> Fault {
        Fault {
            kind: FaultKind::Denied,
            operation: "iam:GetCredentialReport".into(),
            code: "AccessDenied".into(),
            message: format!("request {n}"),
            request_id: Some(n.to_string()),
        }
    }

    fn verdict(at: usize, failing: usize, unread: usize) -> Verdict {
        let finding = |n: usize| Finding::new(format!("vol-{n}"), "it is not encrypted", "暗号化されていません");
        let judgement = Judgement {
            looked_at: failing,
            failing: (0..failing).map(finding).collect(),
            not_ours: Vec::new(),
            unreadable: (0..unread).map(fault).collect(),
        };
        Verdict {
            check: &CHECKS[at],
            outcome: judgement.outcome(false),
            judgement,
            exemption: None,
        }
    }

    #[test]
    fn status_is_bounded_and_says_how_many_more() {
        let verdicts: Vec<Verdict> = (0..CHECKS.len()).map(|at| verdict(at, 1_000, 0)).collect();
        let status = status(&verdicts, |text| text.en.clone());
        assert_eq!(
            (status.failed, status.results.len()),
            (u32::try_from(CHECKS.len()).unwrap(), MAX_RESULTS)
        );
        let of = |at: usize| status.results.iter().filter(move |one| one.id == CHECKS[at].id);
        assert_eq!(of(0).count(), OF_ONE);
        assert_eq!(
            of(0).next().and_then(|one| one.detail.as_deref()),
            Some("it is not encrypted (+999)")
        );
        assert!((0..CHECKS.len()).all(|at| of(at).count() > 0), "each is told of");
    }

    #[test]
    fn a_refusal_with_another_request_id_is_the_same_status() {
        let say = |text: &Text| text.en.clone();
        let one = status(&[verdict(0, 0, 1)], say);
        assert_eq!(one, status(&[verdict(0, 0, 3)], say));
        assert_eq!(one.unreadable, 1);
        assert_eq!(aspect(&[verdict(0, 0, 1)]).answer, Answer::Unknown);
        assert_eq!(
            aspect(&[verdict(0, 0, 1), verdict(1, 1, 0)]).reason,
            Reason::GuardrailFailed
        );
        assert_eq!(aspect(&[verdict(0, 0, 0)]).answer, Answer::True);
    }

    #[test]
    fn only_what_changed_is_told_and_what_cannot_be_read_is_not_mended() {
        let say = |text: &Text| text.en.clone();
        let told = |before: Option<&GuardrailStatus>, now: Verdict| -> Vec<bool> {
            changes(before, &[now]).iter().map(|change| change.fails).collect()
        };
        assert_eq!(told(None, verdict(0, 1, 0)), [true]);
        let all: Vec<Verdict> = (0..5).map(|at| verdict(at, 1, 0)).collect();
        assert_eq!(changes(None, &all).len(), 1, "together");
        assert!(told(None, verdict(0, 0, 0)).is_empty());
        let failed = status(&[verdict(0, 1, 0)], say);
        assert!(told(Some(&failed), verdict(0, 2, 0)).is_empty());
        assert!(told(Some(&failed), verdict(0, 0, 1)).is_empty());
        assert_eq!(told(Some(&failed), verdict(0, 0, 0)), [false]);
    }
}
