//! The status of a municipality, made from what a pass ended with.

use jichitai_api::status::{Drift, MAX_CONSUMED, MAX_DRIFT, MAX_LINE, MAX_PLAN_STEPS, PlanStatus};
use jichitai_api::{CommonStatus, ConditionType, Municipality, MunicipalityStatus, Reason};
use jichitai_plan::context::Context;
use jichitai_plan::municipality::report::{self, Answer, Aspect, Outcome, Pace};
use jichitai_plan::municipality::{describe, inventory};
use jichitai_plan::plan::Text;
use jichitai_plan::step::Step;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::pass::{Ending, is_warning};
use crate::conditions::conditions;
use crate::config::Language;
use crate::events::Notice;

/// What is published.
pub struct Report {
    /// The whole status.
    pub status: MunicipalityStatus,
    /// Events: transitions only.
    pub notices: Vec<Notice>,
    /// Who has to move.
    pub pace: Pace,
}

/// The status that is written before the first creations of a round, and before the first step of an
/// approved plan: the ledger, what the approval admits, and that we work.
pub fn intended(object: &Municipality, ctx: &Context, ending: &Ending, language: Language) -> MunicipalityStatus {
    let mut status = object.status.clone().unwrap_or_default();
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
    let common = &mut status.common;
    let fresh = conditions(&now, &common.conditions, object.metadata.generation, language, ctx.now);
    common
        .conditions
        .retain(|old| fresh.iter().all(|new| new.type_ != old.type_));
    common.conditions.splice(0..0, fresh);
    common.observed_generation = object.metadata.generation;
    common.inventory = ctx.ledger.to_inventory();
    if !ending.verdict.admitted.is_empty() {
        common.plan = plan(ending);
    }
    status
}

/// The status after a pass.
pub fn report(object: &Municipality, ending: &Ending, language: Language, now: Timestamp) -> Report {
    let before = object.status.clone().unwrap_or_default();
    let deleting = object.metadata.deletion_timestamp.is_some();
    let generation = object.metadata.generation;
    let mut aspects = aspects(ending, deleting);
    let overall = report::overall(&aspects);
    let pace = overall[0].pace;
    aspects.splice(0..0, overall);
    let conditions = conditions(&aspects, &before.common.conditions, generation, language, now);
    let mut notices = notices(&before.common.conditions, &conditions, ending, &aspects, language);
    notices.extend(ending.ending.iter().map(|(path, last)| expiring(path, *last, language)));
    let mut status = MunicipalityStatus {
        common: CommonStatus {
            observed_generation: generation,
            conditions,
            converged_target: before.common.converged_target.clone(),
            ..CommonStatus::default()
        },
        ..before.clone()
    };
    if let (Some(observed), Some(ctx), Some(account)) = (&ending.observed, &ending.ctx, &ending.account) {
        status.common.inventory =
            inventory::settle(observed, account, &ending.plan, &ending.failed, ctx).to_inventory();
        status.common.drift = drift(ending, &before, now);
        status.common.plan = plan(ending);
        status.common.consumed_plans = consumed(ending, &before.common.consumed_plans);
        // What could not be read is left as it was last seen: not knowing is not absence.
        if observed.regions.values().all(|region| region.keys.is_ok()) {
            status.keys = describe::keys(observed, &ending.plan, ctx);
        }
        if observed.network.vpcs.is_ok() && observed.network.subnets.is_ok() {
            status.network = describe::network(observed, &ending.zones, ctx);
        }
    } else {
        status.common.inventory.clone_from(&before.common.inventory);
        status.common.drift.clone_from(&before.common.drift);
        status.common.plan.clone_from(&before.common.plan);
        status.common.consumed_plans.clone_from(&before.common.consumed_plans);
    }
    if ending.obstacle.is_none() && ending.target_hash.is_some() && outcome(ending, deleting).is_converged() {
        status.common.converged_target.clone_from(&ending.target_hash);
    }
    Report { status, notices, pace }
}

fn aspects(ending: &Ending, deleting: bool) -> Vec<Aspect> {
    let fine = |kind, text: Text| Aspect {
        kind,
        answer: Answer::True,
        pace: Pace::Settled,
        reason: Reason::Converged,
        message: text,
    };
    let spec = || {
        fine(
            ConditionType::SpecValid,
            Text::new("the spec makes sense", "spec に問題はありません"),
        )
    };
    let account = || {
        fine(
            ConditionType::AccountReady,
            Text::new("confirmed by STS", "STS で確認しました"),
        )
    };
    if let Some(obstacle) = &ending.obstacle {
        return vec![obstacle.clone()];
    }
    let outcome = outcome(ending, deleting);
    let mut all = vec![spec(), account()];
    all.extend(report::aspects(&outcome));
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

fn drift(ending: &Ending, before: &MunicipalityStatus, now: Timestamp) -> Vec<Drift> {
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
            .common
            .drift
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

fn outcome(ending: &Ending, deleting: bool) -> Outcome<'_> {
    Outcome {
        plan: &ending.plan,
        failed: &ending.failed,
        held: &ending.held,
        deleting,
        connected: ending.connected,
    }
}

/// The plan that waits, or the approved one that is under way.
fn plan(ending: &Ending) -> Option<PlanStatus> {
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
        reason: Reason::GrantExpiring,
        action: "Announce",
        message: language.of(&text).to_owned(),
    }
}

/// Plans that have run to their end, the newest last.
fn consumed(ending: &Ending, before: &[String]) -> Vec<String> {
    let mut all = before.to_vec();
    if ending.spent && !all.contains(&ending.verdict.hash) {
        all.push(ending.verdict.hash.clone());
    }
    all.split_off(all.len().saturating_sub(MAX_CONSUMED))
}

fn notices(
    before: &[Condition],
    after: &[Condition],
    ending: &Ending,
    aspects: &[Aspect],
    language: Language,
) -> Vec<Notice> {
    let mut all = Vec::new();
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
        // Only Ready speaks of being fine, and nobody needs an Event for every step.
        let worth = aspect.kind == ConditionType::Ready || aspect.answer != Answer::True;
        if old != new && worth && aspect.reason != Reason::Applying {
            let message = format!("{name}: {}", language.of(&aspect.message));
            all.push(Notice {
                warning: is_warning(aspect.reason),
                reason: aspect.reason,
                action: "Reconcile",
                message,
            });
        }
    }
    if ending.converged_before {
        let repaired = ending.done.iter().map(|step| Notice {
            warning: true,
            reason: Reason::DriftRepaired,
            action: "Repair",
            message: format!("{step} (want {}, had {})", step.difference.want, step.difference.have),
        });
        all.extend(repaired.take(10));
    }
    all
}
