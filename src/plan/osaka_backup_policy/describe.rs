//! The part of status that only a policy has.

use jichitai_api::Region;
use jichitai_api::osaka_backup_policy::{
    BackupFailure, InFlight, OsakaBackupPolicyStatus, RecoveryPointStatus, RunStatus,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::context::Context;
use crate::osaka_backup_policy::copy::State;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::source::Medium;
use crate::osaka_backup_policy::target::Target;
use crate::osaka_backup_policy::{coverage, drill, objective, run, transfer};

/// Failures in status, at most.
const MAX_FAILURES: usize = 50;
/// Uncovered stores in status, at most.
const MAX_UNCOVERED: usize = 100;
/// Characters of AWS's explanation.
const MAX_MESSAGE: usize = 512;

/// Fills the status. What could not be read is left as it was last seen.
pub fn status(target: &Target, observed: &Observed, ctx: &Context, status: &mut OsakaBackupPolicyStatus) {
    let agenda = run::agenda(target, observed, ctx);
    status.next_run = agenda.next.map(|slot| Time(slot.time));
    if let Ok(all) = coverage::uncovered(target, observed) {
        status.uncovered = all.into_iter().take(MAX_UNCOVERED).collect();
    }
    drill::describe(target, observed, ctx, status);
    if !observed.copies.values().all(Result::is_ok) {
        return;
    }
    if let Some(run) = agenda.run {
        let same = |before: &&RunStatus| before.time.0 == run.slot.time && before.label == run.slot.label;
        let before = status.last_run.as_ref().filter(same);
        let completed = before.and_then(|run| run.completed.clone());
        let ended = (!run.is_busy() && !run.unclear).then(|| Time(seconds(ctx.now)));
        if run.succeeded {
            status.last_success = Some(Time(run.slot.time));
        }
        status.last_run = Some(RunStatus {
            time: Time(run.slot.time),
            label: run.slot.label,
            completed: completed.or(ended),
        });
    }
    status.in_flight = in_flight(target, observed, ctx);
    status.newest_recovery_point = newest(observed);
    let failures = transfer::failures(target, observed).into_iter();
    let failures = failures.map(|(label, copy, text)| BackupFailure {
        source: label.source.id.clone(),
        copy: Some(copy.id.clone()),
        state: match copy.state {
            State::Failed(_) => "error".to_owned(),
            State::Pending | State::Complete => "unverified".to_owned(),
        },
        message: text.en.chars().take(MAX_MESSAGE).collect(),
    });
    status.failures = failures.take(MAX_FAILURES).collect();
}

fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// None while nothing is under way: a settled status does not count zeros.
fn in_flight(target: &Target, observed: &Observed, ctx: &Context) -> Option<InFlight> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let pending = |medium| {
        let sides = Region::ALL.into_iter();
        let all = sides.flat_map(|region| observed.of(medium, region));
        all.filter(|copy| copy.label.is_some() && copy.state == State::Pending)
            .count()
    };
    let waiting: usize = target
        .copied()
        .map(|medium| transfer::waiting(medium, observed, ctx))
        .sum();
    let all = InFlight {
        snapshots: count(pending(Medium::Snapshot)),
        images: count(pending(Medium::Image)),
        databases: count(pending(Medium::Database) + pending(Medium::Cluster)),
        waiting: count(waiting),
    };
    (all != InFlight::default()).then_some(all)
}

fn newest(observed: &Observed) -> Option<RecoveryPointStatus> {
    let time = objective::newest(observed).into_values().max()?;
    let good = objective::of_run(time, observed);
    let of = |medium| good.get(&medium).copied().unwrap_or_default();
    Some(RecoveryPointStatus {
        time: Time(time),
        images: of(Medium::Image),
        snapshots: of(Medium::Snapshot),
        databases: of(Medium::Database) + of(Medium::Cluster),
        templates: of(Medium::Template),
    })
}
