//! Runs and drills of a backup policy that came to their end between two states of it.

use jichitai_api::OsakaBackupPolicyStatus;
use jichitai_api::osaka_backup_policy::{DrillStatus, RunStatus};

use crate::evidence::RecordKind;

/// What came to its end, in words.
#[must_use]
pub fn of_backup(
    before: Option<&OsakaBackupPolicyStatus>,
    after: &OsakaBackupPolicyStatus,
) -> Vec<(RecordKind, String)> {
    let run_before = before.and_then(|status| status.last_run.as_ref());
    let drill_before = before.and_then(|status| status.last_drill.as_ref());
    let run = after
        .last_run
        .as_ref()
        .and_then(|run| run_ended(run, run_before, after));
    let drill = after
        .last_drill
        .as_ref()
        .and_then(|drill| drill_ended(drill, drill_before, after));
    let run = run.map(|summary| (RecordKind::Run, summary));
    let drill = drill.map(|summary| (RecordKind::Drill, summary));
    run.into_iter().chain(drill).collect()
}

fn run_ended(run: &RunStatus, before: Option<&RunStatus>, after: &OsakaBackupPolicyStatus) -> Option<String> {
    let RunStatus { time, label, completed } = run;
    let completed = completed.as_ref().map(|end| end.0)?;
    let was_known = before.is_some_and(|before| before.time == *time && before.completed.is_some());
    let result = match after.last_success.as_ref() == Some(time) {
        true => "every copy is good".to_owned(),
        false => format!("{} copies failed or are missing", after.failures.len()),
    };
    (!was_known).then(|| format!("run {label} of {} ended at {completed}: {result}", time.0))
}

fn drill_ended(drill: &DrillStatus, before: Option<&DrillStatus>, after: &OsakaBackupPolicyStatus) -> Option<String> {
    let DrillStatus { time, run, completed } = drill;
    let same = before.filter(|before| before.time == *time);
    match (completed, before) {
        (Some(end), _) if same.is_none_or(|before| before.completed.is_none()) => {
            let took = after.measured_restore_time.as_deref().unwrap_or("-");
            Some(format!(
                "drill of {run} ended at {}: everything was back after {took}",
                end.0
            ))
        }
        (_, Some(before)) if same.is_none() && before.completed.is_none() => Some(format!(
            "drill of {}, begun at {}, did not come to its end",
            before.run, before.time.0
        )),
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
        assert!(of_backup(None, &going).is_empty());
        let told = |before: &OsakaBackupPolicyStatus, after: &OsakaBackupPolicyStatus| of_backup(Some(before), after);
        assert!(told(&going, &good)[0].1.ends_with("every copy is good"));
        assert!(told(&going, &bad)[0].1.ends_with("1 copies failed or are missing"));
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
        assert!(of_backup(Some(&one), &done)[0].1.contains("after 1h12m"));
        assert!(of_backup(Some(&one), &next)[0].1.contains("did not come to its end"));
        assert!(of_backup(Some(&done), &next).is_empty());
    }
}
