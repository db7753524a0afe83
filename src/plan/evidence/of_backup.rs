//! Runs and drills of a backup policy that came to their end between two states of it.

use jichitai_api::OsakaBackupPolicyStatus;
use jichitai_api::osaka_backup_policy::{DrillStatus, RunStatus};
use jiff::Timestamp;

use crate::evidence::{Outcome, Record, RecordKind};
use crate::osaka_backup_policy::schedule::compact;

/// Something that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// A run, or a drill.
    pub kind: RecordKind,
    /// The run, by its name.
    pub run: String,
    /// For when it was, or when it began.
    pub since: Timestamp,
    /// When it ended; none when it never did.
    pub ended: Option<Timestamp>,
    /// Why it is no good.
    pub fault: Option<String>,
    /// One line that says it.
    pub summary: String,
}

impl Milestone {
    /// The same as a record.
    #[must_use]
    pub fn record(self, basis: Record) -> Record {
        let Self {
            kind,
            run,
            since,
            ended,
            fault,
            summary,
        } = self;
        Record {
            time: ended.unwrap_or(basis.time),
            kind,
            part: Some(run),
            summary,
            outcome: Some(if fault.is_none() {
                Outcome::Done
            } else {
                Outcome::Refused
            }),
            detail: fault,
            since: Some(since),
            ..basis
        }
    }
}

/// What came to its end. A run is seen under way before it has ended; one that is seen for the first time when it is over
/// was told of before the status was lost.
#[must_use]
pub fn of_backup(before: Option<&OsakaBackupPolicyStatus>, after: &OsakaBackupPolicyStatus) -> Vec<Milestone> {
    let run_before = before.and_then(|status| status.last_run.as_ref());
    let drill_before = before.and_then(|status| status.last_drill.as_ref());
    let run = after.last_run.as_ref().zip(run_before);
    let run = run.and_then(|(run, before)| run_ended(run, before, after));
    let drill = after.last_drill.as_ref().zip(drill_before);
    let drill = drill.and_then(|(drill, before)| drill_ended(drill, before, after));
    run.into_iter().chain(drill).collect()
}

fn run_ended(run: &RunStatus, before: &RunStatus, after: &OsakaBackupPolicyStatus) -> Option<Milestone> {
    let RunStatus { time, label, completed } = run;
    let ended = completed.as_ref().map(|end| end.0)?;
    if before.time == *time && before.completed.is_some() {
        return None;
    }
    let good = after.last_success.as_ref() == Some(time);
    let fault = (!good).then(|| format!("{} copies failed or are missing", after.failures.len()));
    let result = fault.clone().unwrap_or_else(|| "every copy is good".to_owned());
    Some(Milestone {
        kind: RecordKind::Run,
        run: format!("{label}@{}", compact(time.0)),
        since: time.0,
        ended: Some(ended),
        fault,
        summary: format!("run {label} of {} ended at {ended}: {result}", time.0),
    })
}

fn drill_ended(drill: &DrillStatus, before: &DrillStatus, after: &OsakaBackupPolicyStatus) -> Option<Milestone> {
    let same = before.time == drill.time;
    let of = |drill: &DrillStatus, fault: Option<String>, summary: String| Milestone {
        kind: RecordKind::Drill,
        run: drill.run.clone(),
        since: drill.time.0,
        ended: drill.completed.as_ref().map(|end| end.0),
        fault,
        summary,
    };
    match &drill.completed {
        Some(end) if !same || before.completed.is_none() => {
            let took = after.measured_restore_time.as_deref().unwrap_or("-");
            let summary = format!(
                "drill of {} ended at {}: everything was back after {took}",
                drill.run, end.0
            );
            Some(of(drill, None, summary))
        }
        None if !same && before.completed.is_none() => {
            let fault = "it did not come to its end".to_owned();
            let summary = format!(
                "drill of {}, begun at {}, did not come to its end",
                before.run, before.time.0
            );
            Some(of(before, Some(fault), summary))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(value: serde_json::Value) -> OsakaBackupPolicyStatus {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_run_is_told_once_it_has_ended_and_once() {
        let run = |completed: Option<&str>| json!({"time": "2026-04-01T20:00:00Z", "label": "nightly", "completed": completed});
        let going = status(json!({"lastRun": run(None)}));
        let good = status(json!({"lastRun": run(Some("2026-04-01T21:00:00Z")), "lastSuccess": "2026-04-01T20:00:00Z"}));
        let bad = status(json!({"lastRun": run(Some("2026-04-01T21:00:00Z")), "failures": [
            {"source": "vol-1", "copy": "snap-1", "state": "error", "message": "x"},
        ]}));
        for lost in [None, Some(&status(json!({})))] {
            assert!(of_backup(lost, &good).is_empty(), "the status was lost");
        }
        let told = |before: &OsakaBackupPolicyStatus, after: &OsakaBackupPolicyStatus| of_backup(Some(before), after);
        let well = &told(&going, &good)[0];
        assert_eq!(
            (well.run.as_str(), well.fault.as_deref()),
            ("nightly@20260401T200000Z", None)
        );
        assert_eq!(
            told(&going, &bad)[0].fault.as_deref(),
            Some("1 copies failed or are missing")
        );
        assert!(told(&good, &good).is_empty());
    }

    #[test]
    fn a_drill_is_told_when_it_ended_and_when_it_never_did() {
        let drill = |at: &str, completed: Option<&str>| json!({"time": at, "run": "nightly@1", "completed": completed});
        let one = status(json!({"lastDrill": drill("2026-04-01T04:00:00Z", None)}));
        let done = status(json!({
            "lastDrill": drill("2026-04-01T04:00:00Z", Some("2026-04-01T05:12:00Z")), "measuredRestoreTime": "1h12m",
        }));
        let next = status(json!({"lastDrill": drill("2026-05-01T04:00:00Z", None)}));
        assert!(of_backup(None, &one).is_empty());
        assert!(of_backup(Some(&one), &done)[0].summary.contains("after 1h12m"));
        let lost = &of_backup(Some(&one), &next)[0];
        assert!(lost.ended.is_none() && lost.fault.is_some());
        assert_eq!(lost.since, "2026-04-01T04:00:00Z".parse().unwrap());
        assert!(of_backup(Some(&done), &next).is_empty());
    }
}
