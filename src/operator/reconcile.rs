//! One reconcile of an object of any kind: prepare, pass, publish.

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use jichitai_api::Reason;
use jichitai_api::common::{DeletionPolicy, Mode};
use jichitai_aws::{Depth, Errand, Guard, Lane, Place};
use jichitai_plan::identity::Owner;
use jichitai_plan::pass::Ending;
use jichitai_plan::plan::Text;
use jichitai_plan::report::{self, Pace, is_told, next_look};
use jichitai_plan::step::Step;
use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;
use tracing::Instrument as _;

use crate::backoff::End;
use crate::events::Notice;
use crate::evidence::Witness;
use crate::guardrails::Advice;
use crate::kind::{Kind, Sharing, account};
use crate::pass::{self, Outcome, Passed};
use crate::shared::Shared;
use crate::succession::is_succeeded;
use crate::{publish, status};

/// A fault of the Kubernetes API during a reconcile. Everything else reaches status.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Somebody changed the object meanwhile: start over at once.
    #[error("the object changed during the pass")]
    Stale,
    /// The API server refused or did not answer.
    #[error("could not write {what}")]
    Kubernetes {
        /// What was written.
        what: &'static str,
        /// The answer.
        source: Box<kube::Error>,
    },
}

/// Sorts the API server's answers.
pub(crate) fn refused(what: &'static str) -> impl Fn(kube::Error) -> ReconcileError {
    move |error| match &error {
        kube::Error::Api(status) if status.code == 409 => ReconcileError::Stale,
        _ => ReconcileError::Kubernetes {
            what,
            source: Box::new(error),
        },
    }
}

/// Brings AWS to the object, or takes leave of it, when it is its turn; nothing where another replica does.
///
/// # Errors
/// Only when the Kubernetes API cannot be written.
pub async fn reconcile<K: Kind>(object: Arc<K>, shared: Arc<Shared>) -> Result<Action, ReconcileError> {
    let name = Owner::itself(&*object).to_string();
    // What is not listed yet would look like something that is gone.
    if !shared.is_ready().await {
        return Ok(Action::requeue(Duration::from_secs(1)));
    }
    if let Some(rest) = rests(&*object, &shared, &name) {
        return Ok(Action::requeue(rest));
    }
    let Some((_place, object, begun)) = turn(object, &shared, &name).await else {
        return Ok(Action::await_change());
    };
    let account = account(&*object, &shared.world.view);
    let Some(stay) = shared.shards.stay(&account) else {
        leave(&*object, &shared, &name);
        return Ok(Action::await_change());
    };
    let fence = stay.fence();
    let errand = Errand {
        lane: lane(&*object, &shared, &name),
        guard: Guard::new(move || fence.holds()),
    };
    // Only what has its turn takes the room of a whole pass.
    shared.agenda.begins(K::KIND, &name, &account, begun);
    let work = Box::pin(errand.run(look(Arc::clone(&object), Arc::clone(&shared), &name)));
    tokio::select! {
        done = work => done,
        // Another replica goes on from what AWS and the ledger show.
        () = stay.lost() => {
            leave(&*object, &shared, &name);
            Ok(Action::await_change())
        }
    }
}

/// Another replica looks at an object, and tells how it stands.
fn leave<K: Kind>(object: &K, shared: &Shared, name: &str) {
    shared.agenda.forget(K::KIND, name);
    forget(object, shared, name);
}

/// Waits for the object's turn; nothing where it is gone by then, or another replica's, or the process ends.
async fn turn<K: Kind>(object: Arc<K>, shared: &Shared, name: &str) -> Option<(Place, Arc<K>, Instant)> {
    let key = ObjectRef::from_obj(&*object);
    let hurry = shared.agenda.waits(K::KIND, name, Instant::now());
    loop {
        // The object as it is now: it may have waited for long.
        let latest = K::shelf(&shared.world.view).latest(&key);
        let latest = latest.map(|latest| (account(&*latest, &shared.world.view), latest));
        let Some((account, latest)) = latest.filter(|(account, _)| shared.shards.is_mine(account)) else {
            leave(&*object, shared, name);
            return None;
        };
        tokio::select! {
            biased;
            place = shared.desk.place(lane(&*latest, shared, name), &account) => {
                // Whatever changes from now on is not what this look is at.
                let begun = Instant::now();
                let latest = K::shelf(&shared.world.view).latest(&key)?;
                return Some((place, latest, begun));
            }
            () = hurry.notified() => {}
            () = shared.stops() => return None,
        }
    }
}

/// How long an object need not be looked at, though it was woken: a look that began after that has answered it.
fn rests<K: Kind>(object: &K, shared: &Shared, name: &str) -> Option<Duration> {
    if object.meta().deletion_timestamp.is_some() || !publish::is_held(object) {
        return None;
    }
    shared.agenda.rests(K::KIND, name, version(object), Instant::now())
}

/// How urgent a look at an object is.
fn lane<K: Kind>(object: &K, shared: &Shared, name: &str) -> Lane {
    let seen = object
        .status()
        .and_then(|status| K::common_status(status).observed_generation);
    let known = shared.agenda.lane(K::KIND, name, version(object));
    match seen.filter(|seen| *seen >= 0) {
        _ if object.meta().deletion_timestamp.is_some() => Lane::Edit,
        None => Lane::Creation,
        Some(seen) if Some(seen) != object.meta().generation => Lane::Edit,
        Some(_) => known,
    }
}

/// Looks at an object, and does what follows.
async fn look<K: Kind>(object: Arc<K>, shared: Arc<Shared>, name: &str) -> Result<Action, ReconcileError> {
    let begun = Instant::now();
    let _beat = shared.health.begin(name, begun);
    let span = tracing::info_span!("reconcile", object = %name, account = tracing::field::Empty);
    let done = converge(object, &shared, name).instrument(span).await;
    let outcome = match &done {
        Ok((_, Pace::Settled)) => "settled",
        Ok((_, Pace::Moving)) => "moving",
        Ok((_, Pace::Asking)) => "asking",
        Ok((_, Pace::Stuck)) => "stuck",
        Err(_) => "error",
    };
    shared.metrics.reconciled(K::KIND, outcome, begun.elapsed());
    match &done {
        Ok((Next::After(wait), _)) => shared.agenda.ends(K::KIND, name, Some(Instant::now() + *wait)),
        Ok((Next::Gone, _)) => shared.agenda.forget(K::KIND, name),
        // The controller asks again soon, by itself.
        Err(_) => shared.agenda.ends(K::KIND, name, None),
    }
    done.map(|(next, _)| match next {
        Next::After(wait) => Action::requeue(wait),
        Next::Gone => Action::await_change(),
    })
}

/// When an object is looked at again, unless it changes before.
enum Next {
    /// After this time.
    After(Duration),
    /// Never: it is gone, or let go.
    Gone,
}

async fn converge<K: Kind>(object: Arc<K>, shared: &Shared, name: &str) -> Result<(Next, Pace), ReconcileError> {
    let deleting = object.meta().deletion_timestamp.is_some();
    if deleting && !publish::is_held(&*object) {
        forget(&*object, shared, name);
        return Ok((Next::Gone, Pace::Settled));
    }
    if deleting && keeps_everything(&*object) {
        let_go(&*object, shared, name, Stays::ForItself).await?;
        return Ok((Next::Gone, Pace::Settled));
    }
    let object = if deleting || publish::is_held(&*object) {
        object
    } else {
        Arc::new(
            publish::hold(&shared.client, &*object)
                .await
                .map_err(refused("the finalizer"))?,
        )
    };
    if deleting && is_succeeded(&*object, &shared.world.view) {
        let_go(&*object, shared, name, Stays::ForAnother).await?;
        return Ok((Next::Gone, Pace::Settled));
    }
    let now = Timestamp::now();
    let outcome = match object.prepare(&shared.world, now).await {
        Ok(prepared) => {
            let told = object
                .meta()
                .annotations
                .as_ref()
                .and_then(|all| all.get(publish::REPORTED));
            if shared.agenda.is_told(K::KIND, name, told.map(String::as_str)) {
                shared.world.accounts.disturbed(prepared.session.account());
                shared.agenda.reported(K::KIND, name);
            }
            let depth = match shared.agenda.depth(K::KIND, name, version(&*object), Instant::now()) {
                Depth::Anew(_) if K::SHARES == Sharing::FewCalls => Depth::shared(),
                depth => depth,
            };
            pass::pass(prepared, &*object, shared, depth).await?
        }
        Err(obstacle) => Outcome::Obstructed(obstacle),
    };
    let (wait, pace) = finish(&*object, shared, outcome, name, now).await?;
    Ok((wait.map_or(Next::Gone, Next::After), pace))
}

/// What people change of an object.
fn version<K: Kind>(object: &K) -> u64 {
    hash((object.meta().generation, &object.meta().annotations))
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The object is gone.
fn forget<K: Kind>(object: &K, shared: &Shared, name: &str) {
    shared.backoff.forget(name);
    object.measure(None, &shared.metrics);
}

/// `Observe`, and `Plan` without an approval, never delete: they let go.
fn keeps_everything<K: Kind>(object: &K) -> bool {
    let common = object.common();
    let unapproved = common.mode == Mode::Plan && common.approvals.is_empty();
    common.deletion_policy == DeletionPolicy::Retain || common.mode == Mode::Observe || unapproved
}

/// For whom AWS stays as it is when an object goes.
enum Stays {
    ForItself,
    ForAnother,
}

async fn let_go<K: Kind>(object: &K, shared: &Shared, name: &str, stays: Stays) -> Result<(), ReconcileError> {
    let kept = object
        .status()
        .map_or(0, |status| K::common_status(status).inventory.len());
    let config = shared.world.view.config.get();
    let text = match stays {
        Stays::ForItself => Text::new(
            format!("{kept} AWS resources stay as they are, with their tags; apply the object again to take them up"),
            format!(
                "AWS リソース {kept} 件をタグとともにそのまま残しました。オブジェクトを再適用すると管理を再開します"
            ),
        ),
        Stays::ForAnother => Text::new(
            format!("{kept} AWS resources stay as they are, with their tags: they are another object's (adoptFrom)"),
            format!(
                "AWS リソース {kept} 件をタグとともにそのまま残しました。別のオブジェクトが引き継ぎます(adoptFrom)"
            ),
        ),
    };
    let message = config.language.of(&text).to_owned();
    shared
        .events
        .publish(
            object,
            vec![Notice {
                warning: false,
                once: false,
                reason: Reason::Retained,
                action: "Release",
                message,
            }],
        )
        .await;
    publish::release(&shared.client, object)
        .await
        .map_err(refused("the finalizer"))?;
    forget(object, shared, name);
    Ok(())
}

/// Publishes what a pass ended with; returns when to look again, or nothing when the object goes.
async fn finish<K: Kind>(
    object: &K,
    shared: &Shared,
    outcome: Outcome<K>,
    name: &str,
    now: Timestamp,
) -> Result<(Option<Duration>, Pace), ReconcileError> {
    let config = shared.world.view.config.get();
    let (report, passed) = match outcome {
        Outcome::Obstructed(obstacle) => (status::obstructed(object, &obstacle, config.language, now), None),
        Outcome::Passed(passed) => {
            let advice = appraise(object, &passed, shared);
            let report = status::report(object, &passed, &advice, config.language, now);
            (report, Some(passed))
        }
    };
    let drift_before = object
        .status()
        .map_or(&[][..], |status| &K::common_status(status).drift);
    if let Some(passed) = &passed {
        let milestones = K::milestones(object.status(), &report.status);
        Witness::of(object, shared).ended(&passed.ending, milestones).await;
    }
    let stored = passed.as_ref().and_then(|passed| passed.stored.as_ref());
    let object = stored.unwrap_or(object);
    let published = if object.status() == Some(&report.status) {
        None
    } else {
        let written = publish::status(&shared.client, object, &report.status).await;
        Some(written.map_err(refused("status"))?)
    };
    let new = |notice: &Notice| !notice.once || announce(shared, name, &notice.message);
    let notices = report.notices.into_iter().filter(new).collect();
    shared.events.publish(object, notices).await;
    if passed.as_ref().is_some_and(|passed| passed.ending.released) {
        let last = published.as_ref().unwrap_or(object);
        publish::release(&shared.client, last)
            .await
            .map_err(refused("the finalizer"))?;
        forget(object, shared, name);
        return Ok((None, Pace::Settled));
    }
    if let Some(passed) = &passed {
        let acted = !passed.ending.done.is_empty() || !passed.ending.failed.is_empty();
        let restless = report.pace != Pace::Settled;
        shared.agenda.seen(K::KIND, name, Instant::now(), (acted, restless));
        let (found, repaired) = report::drifts(&passed.ending, drift_before);
        shared.metrics.drifted(K::KIND, found, repaired);
        object.measure(Some((&passed.prepared.goal, &passed.ending)), &shared.metrics);
    }
    let end = passed.as_ref().map_or(End::Open, |passed| end(passed, now));
    let wait = shared
        .backoff
        .next((name, version(object)), report.pace, end, config.resync());
    Ok((Some(wait), report.pace))
}

/// What guardrails say. Half-made things are no findings: what was done in this pass is looked at later.
fn appraise<K: Kind>(object: &K, passed: &Passed<K>, shared: &Shared) -> Advice {
    let Ending {
        observed,
        plan,
        done,
        held,
        failed,
        released,
        ..
    } = &passed.ending;
    // What is held or was refused stays as it is until somebody acts.
    let waits = |step: &Step| {
        let held = held.iter().any(|(one, _, _)| one == step);
        held || failed.iter().any(|(one, _)| one == step)
    };
    match plan.steps.iter().all(waits) && !released {
        true => object.appraise(&passed.prepared, observed, !done.is_empty(), shared),
        false => Advice::Stays,
    }
}

/// When something changes: a wait ends, or the calendar opens.
fn end<K: Kind>(passed: &Passed<K>, now: Timestamp) -> End {
    let (plan, closed) = (&passed.ending.plan, passed.prepared.closed.as_ref());
    let opens = closed.and_then(|closed| closed.until);
    match [next_look(plan), opens].into_iter().flatten().min() {
        Some(until) => End::After(Duration::try_from(until.duration_since(now)).unwrap_or_default()),
        None if is_told(plan) => End::Told,
        None => End::Open,
    }
}

/// Whether something is said for the first time.
fn announce(shared: &Shared, name: &str, message: &str) -> bool {
    shared
        .announced
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(hash((name, message)))
}
