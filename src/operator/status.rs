//! The status of an object, made from what a pass ended with.

use jichitai_api::status::{Drift, MAX_CONSUMED, MAX_DRIFT, MAX_LINE, MAX_PLAN_STEPS, PlanStatus};
use jichitai_api::{CommonStatus, ConditionType, Reason};
use jichitai_plan::goal::Goal;
use jichitai_plan::guardrails::{self, Change, Verdict};
use jichitai_plan::inventory;
use jichitai_plan::pass::Ending;
use jichitai_plan::plan::Text;
use jichitai_plan::report::{self, Answer, Aspect, Outcome, Pace};
use jichitai_plan::step::Step;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::conditions::conditions;
use crate::config::Language;
use crate::events::Notice;
use crate::guardrails::Advice;
use crate::kind::{Kind, Seen};
use crate::obstacle::Obstacle;
use crate::pass::Passed;

/// What is published.
pub struct Report<S> {
    /// The whole status.
    pub status: S,
    /// Events: transitions only.
    pub notices: Vec<Notice>,
    /// Who has to move.
    pub pace: Pace,
}

/// The status that is written before the first creations of a round, and before the first step of an
/// approved plan: the ledger, what the approval admits, and that we work, unless all steps are routine.
pub fn intended<K: Kind>(object: &K, ending: &Ending<Seen<K>>, steps: &[Step], language: Language) -> K::Status {
    let mut status = object.status().cloned().unwrap_or_default();
    let text = || Text::new("steps are being executed", "手順を実行中です");
    let aspect = |kind, answer| Aspect {
        kind,
        answer,
        pace: Pace::Moving,
        reason: Reason::Applying,
        message: text(),
    };
    let now = [
        aspect(ConditionType::Ready, Answer::False),
        aspect(ConditionType::Reconciling, Answer::True),
    ];
    let generation = object.meta().generation;
    let common = K::common_status_mut(&mut status);
    if steps.iter().any(|step| !step.routine) {
        let fresh = conditions(&now, &common.conditions, generation, language, ending.ctx.now);
        common
            .conditions
            .retain(|old| fresh.iter().all(|new| new.type_ != old.type_));
        common.conditions.splice(0..0, fresh);
        common.observed_generation = generation;
    }
    common.inventory = ending.ctx.ledger.to_inventory();
    if !ending.verdict.admitted.is_empty() {
        common.plan = plan(ending);
    }
    status
}

/// The status after a reconcile that could not make a pass: what was known stays.
pub fn obstructed<K: Kind>(object: &K, obstacle: &Obstacle, language: Language, now: Timestamp) -> Report<K::Status> {
    let mut status = object.status().cloned().unwrap_or_default();
    let aspects = vec![obstacle.aspect.clone()];
    let (notices, pace) = conclude(object, &mut status, aspects, language, now);
    Report { status, notices, pace }
}

/// The status after a pass, with what guardrails say.
pub fn report<K: Kind>(
    object: &K,
    passed: &Passed<K>,
    advice: &Advice,
    language: Language,
    now: Timestamp,
) -> Report<K::Status> {
    let Passed {
        prepared,
        ending,
        stored: _,
    } = passed;
    let goal = &prepared.goal;
    let kinds = goal.aspects();
    let outcome = Outcome {
        plan: &ending.plan,
        failed: &ending.failed,
        held: &ending.held,
        deleting: object.meta().deletion_timestamp.is_some(),
        kinds: &kinds,
    };
    let mut status = object.status().cloned().unwrap_or_default();
    let (mut notices, pace) = conclude(object, &mut status, aspects(ending, &outcome), language, now);
    notices.extend(repairs(ending));
    notices.extend(
        K::ending(goal)
            .iter()
            .map(|(path, last)| expiring(path, *last, language)),
    );
    notices.extend(ending.notices.iter().map(|halt| Notice {
        warning: is_warning(halt.reason),
        once: true,
        reason: halt.reason,
        action: "Observe",
        message: language.of(&halt.message).to_owned(),
    }));
    let common = K::common_status_mut(&mut status);
    common.inventory = inventory::settle(
        &ending.observed,
        &ending.account,
        &ending.plan,
        &ending.failed,
        &ending.ctx,
    )
    .to_inventory();
    common.drift = drift(ending, &common.drift, now);
    common.plan = plan(ending);
    common.consumed_plans = consumed(ending, &common.consumed_plans);
    if let (Some(hash), true) = (goal.hash(), outcome.is_converged()) {
        common.converged_target = Some(hash);
    }
    K::describe(goal, ending, language, &mut status);
    match advice {
        Advice::Stays => {}
        Advice::Ends => notices.extend(advise(object, &mut status, None, language, now)),
        Advice::Is(verdicts) => notices.extend(advise(object, &mut status, Some(verdicts), language, now)),
    }
    Report { status, notices, pace }
}

/// Conditions and what is computed from them; returns the Events of their transitions.
fn conclude<K: Kind>(
    object: &K,
    status: &mut K::Status,
    mut aspects: Vec<Aspect>,
    language: Language,
    now: Timestamp,
) -> (Vec<Notice>, Pace) {
    let overall = report::overall(&aspects);
    let pace = overall[0].pace;
    aspects.splice(0..0, overall);
    let generation = object.meta().generation;
    let common: &mut CommonStatus = K::common_status_mut(status);
    let fresh = conditions(&aspects, &common.conditions, generation, language, now);
    let notices = transitions(&common.conditions, &fresh, &aspects, language);
    let advice = common.conditions.iter().filter(|one| one.type_ == ADVICE.as_str());
    let advice: Vec<Condition> = advice.cloned().collect();
    common.conditions = fresh;
    common.conditions.extend(advice);
    common.observed_generation = generation;
    (notices, pace)
}

/// The condition that comes of no pass, and holds nothing up.
const ADVICE: ConditionType = ConditionType::GuardrailsPassed;

/// What guardrails say, which is nothing once they are turned off; returns the Events of what changed.
fn advise<K: Kind>(
    object: &K,
    status: &mut K::Status,
    verdicts: Option<&[Verdict]>,
    language: Language,
    now: Timestamp,
) -> Vec<Notice> {
    let changes = K::keep_verdicts(status, verdicts, language);
    let common = K::common_status_mut(status);
    let aspect: Vec<Aspect> = verdicts.map(guardrails::aspect).into_iter().collect();
    let fresh = conditions(&aspect, &common.conditions, object.meta().generation, language, now);
    common.conditions.retain(|one| one.type_ != ADVICE.as_str());
    common.conditions.extend(fresh);
    let notice = |change: Change| Notice {
        warning: change.fails,
        once: false,
        reason: if change.fails {
            Reason::GuardrailFailed
        } else {
            Reason::GuardrailPassed
        },
        action: "Check",
        message: language.of(&change.message).to_owned(),
    };
    changes.into_iter().map(notice).collect()
}

fn aspects<O>(ending: &Ending<O>, outcome: &Outcome<'_>) -> Vec<Aspect> {
    let fine = |kind, text: Text| Aspect {
        kind,
        answer: Answer::True,
        pace: Pace::Settled,
        reason: Reason::Converged,
        message: text,
    };
    let mut all = vec![
        fine(
            ConditionType::SpecValid,
            Text::new("the spec makes sense", "spec に問題はありません"),
        ),
        fine(
            ConditionType::AccountReady,
            Text::new("confirmed by STS", "STS で確認しました"),
        ),
    ];
    all.extend(report::aspects(outcome));
    if !ending.held.is_empty() && ending.converged_before {
        let n = ending.held.len();
        let text = Text::new(
            format!("{n} properties differ from the spec; see status.drift"),
            format!("{n} 件が spec と異なります。status.drift を参照してください"),
        );
        all.push(Aspect {
            kind: ConditionType::DriftFree,
            answer: Answer::False,
            pace: Pace::Moving,
            reason: Reason::DriftDetected,
            message: text,
        });
    }
    all
}

fn drift<O>(ending: &Ending<O>, before: &[Drift], now: Timestamp) -> Vec<Drift> {
    let clip = |text: &str| text.chars().take(MAX_LINE).collect::<String>();
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let held = ending.held.iter().filter(|(_, reason, _)| {
        ending.converged_before || matches!(reason, Reason::ObserveOnly | Reason::DriftDetected)
    });
    let one = |(step, _, _): &(Step, Reason, Text)| {
        let (role, path) = (
            step.part.to_string(),
            clip(&step.difference.path).chars().take(256).collect::<String>(),
        );
        let (want, have) = (clip(&step.difference.want), clip(&step.difference.have));
        let known = before
            .iter()
            .find(|old| (&old.role, &old.path, &old.want) == (&role, &path, &want));
        Drift {
            since: known.map_or(Some(Time(seconds)), |old| old.since.clone()),
            role,
            path,
            want,
            have,
        }
    };
    held.map(one).take(MAX_DRIFT).collect()
}

/// The plan that waits, or the approved one that is under way.
fn plan<O>(ending: &Ending<O>) -> Option<PlanStatus> {
    let under_way = !ending.verdict.admitted.is_empty() && !ending.spent;
    if ending.held.is_empty() && !under_way {
        return None;
    }
    let lines = ending
        .waiting
        .iter()
        .map(|step| step.to_string().chars().take(MAX_LINE).collect::<String>());
    let steps: Vec<String> = lines.take(MAX_PLAN_STEPS).collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(PlanStatus {
        hash: ending.verdict.hash.clone(),
        left_off: count(ending.waiting.len() - steps.len()),
        steps,
        destructive: count(ending.waiting.iter().filter(|step| step.is_destructive()).count()),
        approved_by: ending
            .verdict
            .approved_by
            .iter()
            .map(|party| format!("{party:?}"))
            .collect(),
        admitted: ending.verdict.admitted.iter().cloned().collect(),
    })
}

fn expiring(path: &str, last: jiff::civil::Date, language: Language) -> Notice {
    let text = Text::new(
        format!("{path} ends with {last}"),
        format!("{path} は {last} で終了します"),
    );
    Notice {
        warning: true,
        once: true,
        reason: Reason::GrantExpiring,
        action: "Announce",
        message: language.of(&text).to_owned(),
    }
}

/// Plans that have run to their end, the newest last.
fn consumed<O>(ending: &Ending<O>, before: &[String]) -> Vec<String> {
    let mut all = before.to_vec();
    if ending.spent && !all.contains(&ending.verdict.hash) {
        all.push(ending.verdict.hash.clone());
    }
    all.split_off(all.len().saturating_sub(MAX_CONSUMED))
}

fn transitions(before: &[Condition], after: &[Condition], aspects: &[Aspect], language: Language) -> Vec<Notice> {
    let mut all = Vec::new();
    let ready = aspects.iter().find(|aspect| aspect.kind == ConditionType::Ready);
    let is_said = |reason| ready.is_some_and(|ready| ready.reason == reason);
    for aspect in aspects
        .iter()
        .filter(|aspect| !matches!(aspect.kind, ConditionType::Reconciling | ConditionType::Stalled))
    {
        let name = aspect.kind.as_str();
        let find = |list: &[Condition]| {
            list.iter()
                .find(|one| one.type_ == name)
                .map(|one| (one.status.clone(), one.reason.clone()))
        };
        let (old, new) = (find(before), find(after));
        // Only Ready speaks of being fine, and says again what an aspect says. Nobody needs an Event for every step, nor for
        // what goes on by itself.
        let is_ready = aspect.kind == ConditionType::Ready;
        let worth = match aspect.reason {
            Reason::Applying | Reason::WaitingForAws | Reason::WaitingForConsistency => false,
            reason => is_ready || (aspect.answer != Answer::True && !is_said(reason)),
        };
        if old != new && worth {
            let message = format!("{name}: {}", language.of(&aspect.message));
            all.push(Notice {
                warning: is_warning(aspect.reason),
                once: false,
                reason: aspect.reason,
                action: "Reconcile",
                message,
            });
        }
    }
    all
}

/// What was repaired, as Events.
fn repairs<O>(ending: &Ending<O>) -> Vec<Notice> {
    let repaired = ending
        .done
        .iter()
        .filter(|step| ending.converged_before && !step.routine)
        .map(|step| Notice {
            warning: true,
            once: false,
            reason: Reason::DriftRepaired,
            action: "Repair",
            message: format!("{step} (want {}, had {})", step.difference.want, step.difference.have),
        });
    repaired.take(10).collect()
}

/// Whether a reason is one that a person should be warned of.
fn is_warning(reason: Reason) -> bool {
    !matches!(
        reason,
        Reason::Converged
            | Reason::Applying
            | Reason::Observed
            | Reason::WaitingForAws
            | Reason::WaitingForConsistency
            | Reason::Deleting
    )
}
