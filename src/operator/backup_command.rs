//! `jichitai backup`: runs of policies, for people and job schedulers.

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use futures::TryStreamExt;
use jichitai_api::OsakaBackupPolicy;
use jichitai_api::common::Mode;
use jichitai_api::osaka_backup_policy::InFlight;
use jichitai_plan::osaka_backup_policy::schedule::{Slot, is_label};
use jichitai_plan::osaka_backup_policy::target::RUN_ANNOTATION;
use jiff::{SignedDuration, Timestamp};
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;

/// Runs of policies.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(Run),
}

/// Asks a policy for a run now, and prints the run's name.
///
/// Exit codes: 0 asked for, with --wait also ended with a verified copy of every source in Osaka; 1 it ended without
/// that, was not taken up, or the object is missing or not fit; 2 wrong usage; 3 --timeout has passed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Run {
    /// The OsakaBackupPolicy.
    #[arg(long)]
    policy: String,
    /// Its namespace; by default that of the kubeconfig's context.
    #[arg(short, long)]
    namespace: Option<String>,
    /// What the run is called, for example the batch before it; holds refer to it.
    #[arg(long, default_value = "by-hand", value_parser = label)]
    label: String,
    /// Waits until the run has ended, and says on standard error how far it is.
    #[arg(long)]
    wait: bool,
    /// How long to wait, for example 90m.
    #[arg(long, default_value = "6h", requires = "wait")]
    timeout: SignedDuration,
}

const EXAMPLES: &str = "Examples:
  jichitai backup run -n chiyoda --policy daily --label after-batch --wait
  jichitai backup run -n chiyoda --policy daily --label 年度末 --wait --timeout 10h";

fn label(text: &str) -> Result<String, String> {
    if is_label(text) {
        return Ok(text.to_owned());
    }
    Err("1 to 64 letters, digits, spaces and + - = . _ : / are expected".into())
}

/// Why a run did not come to its end, and the exit code.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("cannot reach the Kubernetes API: {0}")]
    Client(String),
    #[error("OsakaBackupPolicy {0}: {1}")]
    Api(String, kube::Error),
    #[error("there is no OsakaBackupPolicy {0}")]
    Missing(String),
    #[error("OsakaBackupPolicy {0} {1}")]
    Unfit(String, &'static str),
    #[error("run {0} was not taken up in time: {1}")]
    NotTakenUp(Slot, String),
    #[error("run {0} gave way to {1}")]
    Overtaken(Slot, Slot),
    #[error("run {0} ended without a verified copy of every source: {1}")]
    Incomplete(Slot, String),
    #[error("run {0} has not ended within {1:#}; it goes on")]
    TimedOut(Slot, SignedDuration),
}

impl Problem {
    fn code(&self) -> ExitCode {
        match self {
            Self::TimedOut(..) => ExitCode::from(3),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs the command.
pub async fn run(args: Args) -> ExitCode {
    let Command::Run(args) = args.command;
    match ask(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            problem.code()
        }
    }
}

async fn ask(args: &Run) -> Result<(), Problem> {
    let client = Client::try_default()
        .await
        .map_err(|error| Problem::Client(error.to_string()))?;
    let namespace = args
        .namespace
        .clone()
        .unwrap_or_else(|| client.default_namespace().to_owned());
    let called = format!("{namespace}/{}", args.policy);
    let api: Api<OsakaBackupPolicy> = Api::namespaced(client, &namespace);
    let found = api.get_opt(&args.policy).await;
    let object = found.map_err(|error| Problem::Api(called.clone(), error))?;
    let object = object.ok_or_else(|| Problem::Missing(called.clone()))?;
    if object.spec.suspend {
        return Err(Problem::Unfit(called, "is suspended: take spec.suspend away first"));
    }
    if object.spec.common.mode == Mode::Observe {
        return Err(Problem::Unfit(
            called,
            "only observes: spec.mode has to be Enforce or Plan",
        ));
    }
    let now = Timestamp::now();
    let slot = Slot {
        time: Timestamp::from_second(now.as_second()).unwrap_or(now),
        label: args.label.clone(),
    };
    let change = json!({"metadata": {"annotations": {RUN_ANNOTATION: slot.to_string()}}});
    let params = PatchParams::apply("jichitai-backup");
    let patched = api.patch(&args.policy, &params, &Patch::Merge(change)).await;
    patched.map_err(|error| Problem::Api(called.clone(), error))?;
    println!("{slot}");
    if !args.wait {
        return Ok(());
    }
    let patience = Duration::try_from(args.timeout).unwrap_or(Duration::ZERO);
    let ended = tokio::time::timeout(patience, follow(&api, &args.policy, &called, &slot)).await;
    ended.unwrap_or_else(|_| Err(Problem::TimedOut(slot, args.timeout)))
}

/// Follows a run to its end.
async fn follow(api: &Api<OsakaBackupPolicy>, name: &str, called: &str, slot: &Slot) -> Result<(), Problem> {
    let mut seen = pin!(watcher::watch_object(api.clone(), name).default_backoff());
    let (mut said, mut object) = (String::new(), None::<OsakaBackupPolicy>);
    loop {
        // Looked at again as time passes, too: that nobody takes a run up is no event.
        let next = tokio::time::timeout(Duration::from_secs(5), seen.try_next()).await;
        match next {
            Ok(Ok(Some(Some(now)))) => object = Some(now),
            Ok(Ok(Some(None) | None)) => return Err(Problem::Missing(called.to_owned())),
            // What passes by itself is tried again.
            Ok(Err(error)) => tracing::debug!(%error, "the watch was interrupted"),
            Err(_) => {}
        }
        let Some(object) = &object else { continue };
        if let Some(end) = end(object, slot, Timestamp::now()) {
            return end;
        }
        let says = progress(object, slot);
        if says != said {
            eprintln!("{says}");
            said = says;
        }
    }
}

/// How a run ended, once it has.
fn end(object: &OsakaBackupPolicy, slot: &Slot, now: Timestamp) -> Option<Result<(), Problem>> {
    let status = object.status.as_ref();
    let last = status.and_then(|status| status.last_run.as_ref());
    let of = last.map(|run| Slot {
        time: run.time.0,
        label: run.label.clone(),
    });
    match (&of, last) {
        (Some(of), Some(run)) if of == slot => {
            run.completed.as_ref()?;
            let success = status.and_then(|status| status.last_success.as_ref());
            let complete = success.is_some_and(|time| time.0 == slot.time);
            let problem = || Problem::Incomplete(slot.clone(), failures(object));
            Some(if complete { Ok(()) } else { Err(problem()) })
        }
        (Some(of), _) if of > slot => Some(Err(Problem::Overtaken(slot.clone(), of.clone()))),
        _ => {
            let deadline = SignedDuration::from_secs(i64::from(object.spec.starting_deadline_seconds));
            let late = now > slot.time.checked_add(deadline).unwrap_or(Timestamp::MAX);
            late.then(|| Err(Problem::NotTakenUp(slot.clone(), ready(object))))
        }
    }
}

fn failures(object: &OsakaBackupPolicy) -> String {
    let all = object.status.iter().flat_map(|status| &status.failures);
    let all: Vec<String> = all
        .take(5)
        .map(|one| format!("{}: {}", one.source, one.message))
        .collect();
    if all.is_empty() { ready(object) } else { all.join("; ") }
}

/// What the Ready condition says.
fn ready(object: &OsakaBackupPolicy) -> String {
    let conditions = object.status.iter().flat_map(|status| &status.common.conditions);
    let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready");
    let text = ready.map(|one| format!("{}: {}", one.reason, one.message));
    text.unwrap_or_else(|| format!("{} has no status yet: does the operator run?", object.name_any()))
}

fn progress(object: &OsakaBackupPolicy, slot: &Slot) -> String {
    let status = object.status.as_ref();
    let last = status.and_then(|status| status.last_run.as_ref());
    let Some(run) = last.filter(|run| run.time.0 == slot.time && run.label == slot.label) else {
        let before = last.filter(|run| run.completed.is_none());
        return match before {
            Some(run) => format!("{slot}: waits for the end of {} of {}", run.label, run.time.0),
            None => format!("{slot}: not taken up yet"),
        };
    };
    let InFlight {
        snapshots,
        images,
        databases,
        waiting,
    } = status.and_then(|status| status.in_flight.clone()).unwrap_or_default();
    let label = &run.label;
    format!(
        "{label}: AWS makes {images} images, {snapshots} snapshots and {databases} database snapshots; {waiting} wait for room"
    )
}

#[cfg(test)]
mod tests {
    use jichitai_api::OsakaBackupPolicy;
    use jichitai_plan::osaka_backup_policy::schedule::Slot;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{Problem, end, label, progress};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn policy(status: &Value) -> OsakaBackupPolicy {
        serde_json::from_value(json!({
            "apiVersion": "jichitai.dev/v1alpha1", "kind": "OsakaBackupPolicy",
            "metadata": {"name": "daily", "namespace": "chiyoda"},
            "spec": {
                "municipalityRef": {"name": "chiyoda"},
                "sources": {"volumes": {"matchTags": {"backup": "osaka"}}},
                "startingDeadlineSeconds": 600,
            },
            "status": status,
        }))
        .expect("a policy")
    }

    fn slot() -> Slot {
        "after-batch@20270331T200000Z".parse().expect("a slot")
    }

    fn run(more: &Value) -> Value {
        let mut status = json!({"lastRun": {"time": "2027-03-31T20:00:00Z", "label": "after-batch"}});
        for (key, value) in more.as_object().expect("a map") {
            status[key] = value.clone();
        }
        status
    }

    #[test]
    fn a_run_ends_well_only_with_every_source() {
        let now = at("2027-03-31T20:05:00Z");
        assert!(end(&policy(&run(&json!({}))), &slot(), now).is_none());
        let completed =
            json!({"time": "2027-03-31T20:00:00Z", "label": "after-batch", "completed": "2027-03-31T21:00:00Z"});
        let incomplete = end(&policy(&json!({"lastRun": completed})), &slot(), now);
        assert!(matches!(incomplete, Some(Err(Problem::Incomplete(..)))));
        let before = json!({"lastRun": completed, "lastSuccess": "2027-03-30T20:00:00Z"});
        assert!(matches!(
            end(&policy(&before), &slot(), now),
            Some(Err(Problem::Incomplete(..)))
        ));
        let success = json!({"lastRun": completed, "lastSuccess": "2027-03-31T20:00:00Z"});
        assert!(matches!(end(&policy(&success), &slot(), now), Some(Ok(()))));
    }

    #[test]
    fn a_run_that_nobody_takes_up_is_told_after_its_deadline() {
        let nobody = policy(&json!({}));
        assert!(end(&nobody, &slot(), at("2027-03-31T20:10:00Z")).is_none());
        let late = end(&nobody, &slot(), at("2027-03-31T20:10:01Z"));
        assert!(matches!(late, Some(Err(Problem::NotTakenUp(..)))));
        let other = policy(&json!({"lastRun": {"time": "2027-03-31T20:00:01Z", "label": "nightly"}}));
        let now = at("2027-03-31T20:05:00Z");
        assert!(matches!(end(&other, &slot(), now), Some(Err(Problem::Overtaken(..)))));
        let busy = policy(&json!({"lastRun": {"time": "2027-03-31T19:00:00Z", "label": "nightly"}}));
        assert!(progress(&busy, &slot()).contains("waits for the end of nightly"));
    }

    #[test]
    fn labels_fit_a_tag() {
        assert_eq!(label("年度末 2026").as_deref(), Ok("年度末 2026"));
        for wrong in ["", "a@b", "a\nb", &"x".repeat(65)] {
            assert!(label(wrong).is_err(), "{wrong}");
        }
    }
}
