//! One reconcile of a `Municipality`: prepare, pass, publish.

mod pass;
mod prepare;
mod status;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jichitai_api::common::{DeletionPolicy, Mode};
use jichitai_api::{Municipality, Reason};
use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::controller::Action;

use crate::events::Notice;
use crate::publish;
use crate::shared::Shared;

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

/// Brings AWS to the object, or takes leave of it.
///
/// # Errors
/// Only when the Kubernetes API cannot be written.
pub async fn reconcile(object: Arc<Municipality>, shared: Arc<Shared>) -> Result<Action, ReconcileError> {
    let name = format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
    let deleting = object.metadata.deletion_timestamp.is_some();
    if deleting && !publish::is_held(&*object) {
        shared.backoff.forget(&name);
        return Ok(Action::await_change());
    }
    if deleting && keeps_everything(&object) {
        return let_go(&object, &shared, &name).await;
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
    // Grants of buckets that are not listed yet would look like orphans.
    let listed = shared.buckets_listed.clone().wait_for(|listed| *listed).await.is_ok();
    if !listed {
        return Ok(Action::requeue(Duration::from_secs(1)));
    }
    let now = Timestamp::now();
    let ending = match prepare::prepare(&object, &shared, now).await {
        Ok(prepared) => pass::pass(prepared, &object, &shared).await?,
        Err(obstacle) => pass::Ending::obstructed(obstacle),
    };
    let wait = finish(&object, &shared, ending, &name, now).await?;
    Ok(wait.map_or_else(Action::await_change, Action::requeue))
}

/// `Observe`, and `Plan` without an approval, never delete: they let go.
fn keeps_everything(object: &Municipality) -> bool {
    let common = &object.spec.common;
    let unapproved = common.mode == Mode::Plan && common.approvals.is_empty();
    common.deletion_policy == DeletionPolicy::Retain || common.mode == Mode::Observe || unapproved
}

async fn let_go(object: &Municipality, shared: &Shared, name: &str) -> Result<Action, ReconcileError> {
    let kept = object.status.as_ref().map_or(0, |status| status.common.inventory.len());
    let config = shared.config.get();
    let text = jichitai_plan::plan::Text::new(
        format!("{kept} AWS resources stay as they are, with their tags; apply the object again to take them up"),
        format!("AWS リソース {kept} 件をタグとともにそのまま残しました。オブジェクトを再適用すると管理を再開します"),
    );
    let message = config.language.of(&text).to_owned();
    shared
        .events
        .publish(
            object,
            vec![Notice {
                warning: false,
                reason: Reason::Retained,
                action: "Release",
                message,
            }],
        )
        .await;
    publish::release(&shared.client, object)
        .await
        .map_err(refused("the finalizer"))?;
    shared.backoff.forget(name);
    Ok(Action::await_change())
}

/// Publishes what a pass ended with; returns when to look again, or nothing when the object goes.
async fn finish(
    object: &Municipality,
    shared: &Shared,
    ending: pass::Ending,
    name: &str,
    now: Timestamp,
) -> Result<Option<Duration>, ReconcileError> {
    let config = shared.config.get();
    let report = status::report(object, &ending, config.language, now);
    let object = ending.stored.as_ref().unwrap_or(object);
    let published = if object.status.as_ref() == Some(&report.status) {
        None
    } else {
        Some(
            publish::status(&shared.client, object, &report.status)
                .await
                .map_err(refused("status"))?,
        )
    };
    let new = |notice: &Notice| notice.reason != Reason::GrantExpiring || announce(shared, name, &notice.message);
    shared
        .events
        .publish(object, report.notices.into_iter().filter(new).collect())
        .await;
    if ending.released {
        publish::release(&shared.client, published.as_ref().unwrap_or(object))
            .await
            .map_err(refused("the finalizer"))?;
        shared.backoff.forget(name);
        return Ok(None);
    }
    let until = ending
        .until
        .map(|until| Duration::try_from(until.duration_since(now)).unwrap_or_default());
    let resync = Duration::try_from(config.settings.resync).unwrap_or(Duration::from_secs(3600));
    Ok(Some(shared.backoff.next(name, report.pace, until, resync)))
}

/// Whether something is said for the first time.
fn announce(shared: &Shared, name: &str, message: &str) -> bool {
    shared
        .announced
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(format!("{name}: {message}"))
}
