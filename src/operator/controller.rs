//! The controllers: what is watched, what wakes whom, and what all of them stop for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use jichitai_api::{FileLinkBucket, Municipality};
use kube::runtime::controller::{Action, Config};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Controller, Predicate, PredicateConfig, WatchStreamExt, predicates, reflector, watcher};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;

use crate::backoff::Backoff;
use crate::config::Live;
use crate::events::Events;
use crate::reconcile::{ReconcileError, reconcile};
use crate::shared::Shared;

/// Reconciles that run at the same time.
const AT_ONCE: u16 = 16;

/// Runs all controllers until `stop` turns true.
pub async fn run(client: Client, config: Arc<Live>, instance: &str, stop: watch::Receiver<bool>) {
    // One stream fills the store and wakes: a reconcile never sees an older bucket than woke it.
    let (buckets, writer) = reflector::store::<FileLinkBucket>();
    let bucket_changes = watcher(Api::<FileLinkBucket>::all(client.clone()), watcher::Config::default())
        .default_backoff()
        .modify(|object| object.metadata.managed_fields = None)
        .reflect(writer)
        .touched_objects();
    let (changed, changes) = watch::channel(0_u64);
    let follow_config = tokio::spawn(Arc::clone(&config).follow(changed));
    let (store, writer) = reflector::store::<Municipality>();
    let changes_of_spec = watcher(Api::<Municipality>::all(client.clone()), watcher::Config::default())
        .default_backoff()
        .modify(|object| object.metadata.managed_fields = None)
        .reflect(writer)
        .applied_objects()
        // Our own status writes wake nobody: what a pass left open has its own time to be looked at.
        .predicate_filter(
            predicates::generation
                .combine(predicates::annotations)
                .combine(predicates::finalizers),
            PredicateConfig::default(),
        );
    let controller =
        Controller::for_stream(changes_of_spec, store.clone()).with_config(Config::default().concurrency(AT_ONCE));
    // One waiter for the store: it wakes only the last of many.
    let (filled, listed) = watch::channel(false);
    let stores = (store.clone(), buckets.clone());
    let await_stores = tokio::spawn(async move {
        if stores.0.wait_until_ready().await.is_ok() && stores.1.wait_until_ready().await.is_ok() {
            filled.send_replace(true);
        }
        filled.closed().await;
    });
    let shared = Arc::new(Shared {
        client: client.clone(),
        accounts: jichitai_aws::accounts::Accounts::new().await,
        config,
        municipalities: store.clone(),
        buckets,
        listed,
        events: Events::new(client.clone(), instance),
        backoff: Backoff::default(),
        announced: Mutex::default(),
    });
    let reloads = tokio_stream(changes);
    let controller = controller
        .watches_stream(bucket_changes, |bucket| {
            let namespace = bucket.namespace().unwrap_or_default();
            Some(ObjectRef::<Municipality>::new(&bucket.spec.municipality_ref.name).within(&namespace))
        })
        .watches(
            Api::<Municipality>::all(client),
            watcher::Config::default(),
            move |changed| rivals(&store, &changed),
        )
        .reconcile_all_on(reloads)
        .graceful_shutdown_on(stopped(stop).map(drop));
    let ended = controller
        .run(reconcile::<Municipality>, on_error, Arc::clone(&shared))
        .for_each(|result| async move {
            match result {
                Ok((object, action)) => tracing::debug!(object = %object.name, ?action, "reconciled"),
                Err(error) => tracing::debug!(%error, "not reconciled"),
            }
        });
    ended.await;
    await_stores.abort();
    follow_config.abort();
}

/// Who could be freed of a conflict, or get into one, by a change of this object: those of the same
/// account, code or transit gateway that are not ready. The object itself wakes anyway.
fn rivals(store: &reflector::Store<Municipality>, changed: &Municipality) -> Vec<ObjectRef<Municipality>> {
    let (spec, me) = (&changed.spec, (changed.namespace(), changed.name_any()));
    let gateway = |spec: &jichitai_api::MunicipalitySpec| spec.network.transit_gateway_id.clone();
    let related = |other: &&Arc<Municipality>| {
        let theirs = &other.spec;
        let joined = gateway(theirs).is_some() && gateway(theirs) == gateway(spec);
        (other.namespace(), other.name_any()) != me
            && (theirs.code == spec.code || theirs.account_id == spec.account_id || joined)
            && stalled(other)
    };
    store
        .state()
        .iter()
        .filter(related)
        .map(|other| ObjectRef::from_obj(other.as_ref()))
        .collect()
}

fn stalled(object: &Municipality) -> bool {
    let conditions = object
        .status
        .as_ref()
        .map(|status| status.common.conditions.as_slice())
        .unwrap_or_default();
    conditions
        .iter()
        .any(|condition| condition.type_ == "SpecValid" && condition.status != "True")
}

fn tokio_stream(changes: watch::Receiver<u64>) -> impl futures::Stream<Item = ()> + Send + 'static {
    futures::stream::unfold(changes, |mut changes| async move {
        changes.changed().await.ok().map(|()| ((), changes))
    })
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ended = stop.wait_for(|stop| *stop).await;
}

fn on_error(object: Arc<Municipality>, error: &ReconcileError, _: Arc<Shared>) -> Action {
    let name = object.name_any();
    match error {
        // The watch brings the new version, and with it the next reconcile; this is the safety net.
        ReconcileError::Stale => Action::requeue(Duration::from_secs(1)),
        ReconcileError::Kubernetes { what, source } => {
            tracing::warn!(object = %name, %what, error = %source, "the API server refused a write");
            Action::requeue(Duration::from_secs(5))
        }
    }
}
