//! The operator as a process against a real API server and the local AWS.
//!
//! One stack and one operator serve all cases; each case has a namespace and an account of its own.

mod api_proxy;
mod aws;
mod backups;
mod cases;
mod census;
mod endpoints;
mod files;
mod objects;
mod operator;
mod permissions;
mod rig;
mod strip;
mod tenant;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use rig::Rig;
use tokio::runtime::Runtime;

/// How long a case may take: it waits for many things, each for a while. What hangs is named, and holds up nobody.
fn patience() -> Duration {
    Duration::from_secs(60 * if rig::is_full() { 60 } else { 15 })
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Cases mostly wait for the operator: more of them than cores keep it busy.
    arguments.test_threads.get_or_insert(6);
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
    }
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    let rig = Arc::new(
        runtime
            .block_on(Rig::start())
            .expect("the stack and the operator start"),
    );
    let conclusion = libtest_mimic::run(&arguments, trials(Some((&runtime, &rig))));
    if conclusion.has_failed() {
        eprintln!("{}", rig.operator_log(40));
    }
    let is_whole = arguments.filter.is_none() && arguments.skip.is_empty() && !conclusion.has_failed();
    if is_whole && !rig::is_full() {
        // Every case has passed, so nothing outside of what it may was needed. Nothing in it is needless, either.
        runtime
            .block_on(permissions::all_are_needed(&rig))
            .expect("the local AWS answers");
    }
    let rig = Arc::into_inner(rig).expect("every case has ended");
    runtime.block_on(rig.stop()).expect("the stack ends well");
    conclusion.exit_code()
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn trials(with: Option<(&Arc<Runtime>, &Arc<Rig>)>) -> Vec<Trial> {
    let with = with.map(|(runtime, rig)| (Arc::clone(runtime), Arc::clone(rig)));
    let trial = |(name, case): (&'static str, cases::Case)| {
        let with = with.clone();
        Trial::test(name, move || {
            let Some((runtime, rig)) = with else { return Ok(()) };
            let ended = runtime.block_on(async { tokio::time::timeout(patience(), case(&rig)).await });
            ended
                .unwrap_or_else(|elapsed| Err(elapsed.into()))
                .map_err(|error| Failed::from(whole(&*error)))
        })
    };
    cases::all().into_iter().map(trial).collect()
}
