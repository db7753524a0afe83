//! The controllers: what is watched, what wakes whom, and what all of them stop for.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::channel::mpsc;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_aws::accounts::Accounts;
use jichitai_aws::{Desk, Guard};
use jichitai_plan::identity::Owner;
use kube::runtime::controller::{self, Action, Config};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Controller, Predicate, PredicateConfig, WatchStreamExt, predicates, reflector, watcher};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;

use crate::agenda::Agenda;
use crate::backoff::Backoff;
use crate::census::Census;
use crate::config::Live;
use crate::events::Events;
use crate::evidence::Keeper;
use crate::guardrails::{self, Surveyor};
use crate::health::Health;
use crate::heard::Counts;
use crate::installation::Installation;
use crate::kind::Kind;
use crate::metrics::Metrics;
use crate::pages::{Pages, Stores};
use crate::reconcile::{ReconcileError, reconcile};
use crate::reports;
use crate::shards::Shards;
use crate::shared::Shared;
use crate::wakes::{Change, Everybody, Noted, Safety, Wakes};
use crate::watching;
use crate::world::{Secrets, Shelf, View, World};

/// What became of one reconcile.
type Reconciled<K> = Result<(ObjectRef<K>, Action), controller::Error<ReconcileError, watcher::Error>>;

/// Passes that are made at the same time.
const PLACES: usize = 32;
/// Those of them that are kept for what a person waits for.
const KEPT_FOR_EDITS: usize = 4;

/// Runs all controllers until `stop` turns true, over the objects of the shards that are this replica's.
pub async fn run(
    client: Client,
    config: Arc<Live>,
    (metrics, health, pages): (Arc<Metrics>, Arc<Health>, Arc<Pages>),
    shards: Shards,
    instance: &str,
    stop: watch::Receiver<bool>,
) {
    let (buckets, bucket_writer) = reflector::store::<FileLinkBucket>();
    let (municipalities, municipality_writer) = reflector::store::<Municipality>();
    let (endpoints, endpoint_writer) = reflector::store::<ResolverEndpoint>();
    let (policies, policy_writer) = reflector::store::<OsakaBackupPolicy>();
    let begins = watching::config(&client).await;
    // Each stream fills its store and then wakes: a reconcile never sees an older object than woke it.
    let agenda = Agenda::default();
    let (wakes_municipalities, woken_municipalities) = Wakes::new(&municipalities, &agenda);
    let (wakes_buckets, woken_buckets) = Wakes::new(&buckets, &agenda);
    let (wakes_endpoints, woken_endpoints) = Wakes::new(&endpoints, &agenda);
    let (wakes_policies, woken_policies) = Wakes::new(&policies, &agenda);
    let everybody = Everybody {
        municipalities: wakes_municipalities,
        buckets: wakes_buckets,
        policies: wakes_policies,
        endpoints: wakes_endpoints,
    };
    let (all, mut noted) = (everybody.clone(), Noted::default());
    let heard = move |bucket: &_, change| all.bucket_changed(&mut noted, bucket, change);
    let (bucket_changes, buckets_listed) = changes(&client, &begins, &everybody.buckets, bucket_writer, heard);
    let (all, mut noted) = (everybody.clone(), Noted::default());
    let heard = move |endpoint: &_, change| all.endpoint_changed(&mut noted, endpoint, change);
    let (endpoint_changes, endpoints_listed) = changes(&client, &begins, &everybody.endpoints, endpoint_writer, heard);
    let (all, mut noted, mut safety) = (everybody.clone(), Noted::default(), Safety::default());
    let heard = move |policy: &_, change| all.policy_changed(&mut noted, &mut safety, policy, change);
    let (policy_changes, policies_listed) = changes(&client, &begins, &everybody.policies, policy_writer, heard);
    let (all, mut noted) = (everybody.clone(), Noted::default());
    let heard = move |municipality: &_, change| all.municipality_changed(&mut noted, municipality, change);
    let (municipality_changes, municipalities_listed) =
        changes(&client, &begins, &everybody.municipalities, municipality_writer, heard);
    let listed = [municipalities_listed, buckets_listed, endpoints_listed, policies_listed];
    health.works(listed.clone());
    let stores = Stores {
        municipalities: municipalities.clone(),
        buckets: buckets.clone(),
        policies: policies.clone(),
        endpoints: endpoints.clone(),
    };
    let follow_listing = tokio::spawn({
        let listed = listed.clone();
        async move { pages.show_once(stores, listed).await }
    });
    let division = shards.clone();
    let own = Guard::new(move || division.holds_any());
    let accounts = Accounts::new().await.guarded(own.clone());
    metrics.follow(accounts.calls());
    let installation = Arc::new(Installation::default());
    metrics.stands(&installation);
    let admits = Arc::clone(&installation);
    let hub = Arc::new(accounts.beside(own));
    // Each object's errand adds that its shard is ours.
    let work = accounts.beside(Guard::new(move || admits.admits()));
    let follow_lock = tokio::spawn({
        let (installation, config, client) = (Arc::clone(&installation), Arc::clone(&config), client.clone());
        let (by, shards) = (instance.to_owned(), shards.clone());
        async move { installation.watch(accounts, client, config, &by, &shards).await }
    });
    let (changed, _) = watch::channel(0_u64);
    let reloads = || {
        let (config, lock) = (changed.subscribe(), installation.changes());
        let either = futures::stream::select(tokio_stream(config), tokio_stream(lock));
        let any = futures::stream::select(either, tokio_stream(shards.changes()));
        let agenda = agenda.clone();
        any.inspect(move |()| agenda.all_are_woken(Instant::now()))
    };
    let (of_municipalities, of_buckets) = (reloads(), reloads());
    let (of_endpoints, of_policies) = (reloads(), reloads());
    let reloaded = changed.subscribe();
    let follow_config = tokio::spawn(Arc::clone(&config).follow(changed));
    metrics.follow_agenda(&agenda);
    let (evidence, late) = Keeper::new(Arc::clone(&hub), Arc::clone(&config));
    let evidence = Arc::new(evidence);
    metrics.keeps(evidence.counts());
    let follow_evidence = tokio::spawn({
        let evidence = Arc::clone(&evidence);
        async move { evidence.follow(late).await }
    });
    let (surveyor, surveys) = Surveyor::new();
    let shared = Arc::new(Shared {
        client: client.clone(),
        world: World {
            accounts: work,
            view: View {
                config,
                municipalities: Shelf::watched(municipalities.clone()),
                buckets: Shelf::watched(buckets.clone()),
                policies: Shelf::watched(policies.clone()),
                endpoints: Shelf::watched(endpoints.clone()),
                secrets: Secrets::In(client.clone()),
            },
        },
        shards,
        stop: stop.clone(),
        desk: Desk::new(PLACES, KEPT_FOR_EDITS),
        installation,
        metrics,
        health,
        listed,
        reports: Counts::default(),
        events: Events::new(client.clone(), instance),
        backoff: Backoff::default(),
        agenda,
        evidence,
        surveyor,
        announced: Mutex::default(),
    });
    shared.metrics.hears(&shared.reports);
    let follow_surveys = tokio::spawn(guardrails::follow(
        Arc::clone(&shared),
        everybody.municipalities.clone(),
        surveys,
    ));
    let follow_reports = tokio::spawn(reports::follow(Arc::clone(&shared), everybody, hub, reloaded));
    shared.metrics.count({
        let (municipalities, buckets) = (municipalities.clone(), buckets.clone());
        let (endpoints, policies) = (endpoints.clone(), policies.clone());
        move || {
            let mut census = Census::default();
            census.add(&municipalities);
            census.add_keys(&municipalities);
            census.add_guardrails(&municipalities);
            census.add(&buckets);
            census.add(&endpoints);
            census.add(&policies);
            census
        }
    });
    let municipalities = controller(
        municipality_changes,
        municipalities,
        woken_municipalities,
        of_municipalities,
        &stop,
    )
    .run(reconcile::<Municipality>, on_error, Arc::clone(&shared))
    .for_each(told);
    let buckets = controller(bucket_changes, buckets, woken_buckets, of_buckets, &stop)
        .run(reconcile::<FileLinkBucket>, on_error, Arc::clone(&shared))
        .for_each(told);
    let endpoints = controller(endpoint_changes, endpoints, woken_endpoints, of_endpoints, &stop)
        .run(reconcile::<ResolverEndpoint>, on_error, Arc::clone(&shared))
        .for_each(told);
    let policies = controller(policy_changes, policies, woken_policies, of_policies, &stop)
        .run(reconcile::<OsakaBackupPolicy>, on_error, Arc::clone(&shared))
        .for_each(told);
    let all = futures::future::join4(municipalities, buckets, endpoints, policies);
    tokio::select! {
        _ = all => {}
        () = stopped_before_all_is_listed(&shared) => tracing::info!("nothing had begun: not everything was listed yet"),
    }
    shared.evidence.close().await;
    follow_config.abort();
    follow_lock.abort();
    follow_reports.abort();
    follow_listing.abort();
    follow_surveys.abort();
    follow_evidence.abort();
}

/// The controller of a kind: woken by its own changes, by name, and by a new configuration.
fn controller<K: Kind>(
    changes: impl Stream<Item = Result<K, watcher::Error>> + Send + 'static,
    store: reflector::Store<K>,
    woken: mpsc::UnboundedReceiver<ObjectRef<K>>,
    reloads: impl Stream<Item = ()> + Send + Sync + 'static,
    stop: &watch::Receiver<bool>,
) -> Controller<K> {
    Controller::for_stream(changes, store)
        // How many passes are made at once, and which come first, is decided at the desk.
        .with_config(Config::default().concurrency(0))
        .reconcile_on(woken)
        .reconcile_all_on(reloads)
        .graceful_shutdown_on(stopped(stop.clone()).map(drop))
}

/// The changes of a kind that its own controller acts on: of spec, annotations and finalizers. Our
/// own status writes wake nobody of the same kind: what a pass left open has its own time to be looked
/// at. `also` hears of every change, deletions included.
/// The receiver turns true once all objects were listed: a store itself wakes only the last of those
/// that wait for it, and its controller does.
fn changes<K: Kind>(
    client: &Client,
    begins: &watcher::Config,
    wakes: &Wakes<K>,
    writer: reflector::store::Writer<K>,
    also: impl FnMut(&K, Change) + Send + 'static,
) -> (
    impl Stream<Item = Result<K, watcher::Error>> + Send + 'static,
    watch::Receiver<bool>,
) {
    let (listed, was_listed) = watch::channel(false);
    let events = watcher(Api::<K>::all(client.clone()), begins.clone()).default_backoff();
    let agenda = wakes.agenda.clone();
    let changed = heard(events, wakes.clone(), writer, listed, also)
        .touched_objects()
        .predicate_filter(
            predicates::generation
                .combine(predicates::annotations)
                .combine(predicates::finalizers),
            PredicateConfig::default(),
        )
        .inspect_ok(move |changed| agenda.hurries(K::KIND, &Owner::itself(changed).to_string()));
    (changed, was_listed)
}

/// Fills the store, and tells of what is in it. A list is shown as a whole, once all of it is there: who were woken by one of its
/// objects before that would not find it. So when a watch has to begin anew, all objects are told of at the end of the list:
/// those that came while nobody listened are found, and what is known of the others tells that there is nothing to do.
fn heard<K: Kind>(
    events: impl Stream<Item = Result<watcher::Event<K>, watcher::Error>> + Send + 'static,
    wakes: Wakes<K>,
    writer: reflector::store::Writer<K>,
    listed: watch::Sender<bool>,
    mut also: impl FnMut(&K, Change) + Send + 'static,
) -> impl Stream<Item = Result<watcher::Event<K>, watcher::Error>> + Send + 'static {
    events
        .modify(|object| object.meta_mut().managed_fields = None)
        .reflect(writer)
        .inspect_ok(move |event| match event {
            watcher::Event::Init | watcher::Event::InitApply(_) => {}
            watcher::Event::Apply(object) => also(object, Change::Made),
            watcher::Event::Delete(object) => also(object, Change::Gone),
            watcher::Event::InitDone => {
                let is_first = !*listed.borrow();
                for object in wakes.store.state() {
                    if is_first {
                        also(&object, Change::There);
                    } else {
                        also(&object, Change::Made);
                        wakes.tell(&object);
                    }
                }
                listed.send_replace(true);
            }
        })
}

async fn told<K: Kind>(result: Reconciled<K>) {
    match result {
        Ok((object, action)) => tracing::debug!(object = %object.name, ?action, "reconciled"),
        Err(error) => tracing::debug!(%error, "not reconciled"),
    }
}

fn tokio_stream<T: Send + Sync + 'static>(changes: watch::Receiver<T>) -> impl Stream<Item = ()> + Send + 'static {
    futures::stream::unfold(changes, |mut changes| async move {
        changes.changed().await.ok().map(|()| ((), changes))
    })
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ended = stop.wait_for(|stop| *stop).await;
}

/// A controller ends once its store was filled, which never happens when it is asked to end before that: its watch ends
/// first. No pass begins before all stores are filled, and none after the end was asked for: nothing is under way then.
async fn stopped_before_all_is_listed(shared: &Shared) {
    shared.stops().await;
    if shared.listed.iter().all(|listed| *listed.borrow()) {
        std::future::pending::<()>().await;
    }
}

fn on_error<K: Kind>(object: Arc<K>, error: &ReconcileError, _: Arc<Shared>) -> Action {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bucket(name: &str) -> FileLinkBucket {
        let object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "FileLinkBucket",
            "metadata": {"namespace": "a", "name": name, "uid": name, "generation": 1},
            "spec": {"municipalityRef": {"name": "chiyoda"}, "businessId": "001", "zone": "mynumber", "access": {}},
        });
        serde_json::from_value(object).expect("a bucket")
    }

    /// As when a definition is made again, or the API server has forgotten what it told.
    #[tokio::test]
    async fn what_came_while_a_watch_began_anew_is_told_of_once_it_can_be_found() {
        use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};
        let (store, writer) = reflector::store::<FileLinkBucket>();
        let (wakes, mut woken) = Wakes::new(&store, &Agenda::default());
        let (listed, was_listed) = watch::channel(false);
        let (hears, heard_of) = std::sync::mpsc::channel();
        let also = move |bucket: &FileLinkBucket, change| {
            let is_shown = store.get(&ObjectRef::from_obj(bucket)).is_some();
            hears.send((bucket.name_any(), change, is_shown)).expect("heard");
        };
        let first = [
            Init,
            InitApply(bucket("tax")),
            InitDone,
            Apply(bucket("tax")),
            Delete(bucket("tax")),
        ];
        let again = [Init, InitApply(bucket("roads")), InitDone];
        let events = first.into_iter().chain(again).map(Ok);
        let mut events = std::pin::pin!(heard(futures::stream::iter(events), wakes, writer, listed, also));
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            let of_event: Vec<_> = heard_of.try_iter().collect();
            let names = std::iter::from_fn(|| woken.try_recv().ok()).map(|one| one.name);
            seen.push((matches!(event, Ok(InitDone)), of_event, names.collect::<Vec<_>>()));
        }
        let of = |name: &str, change, is_shown| vec![(name.to_owned(), change, is_shown)];
        let nobody = Vec::new();
        assert_eq!(
            seen,
            [
                (false, Vec::new(), nobody.clone()),
                (false, Vec::new(), nobody.clone()),
                (true, of("tax", Change::There, true), nobody.clone()),
                (false, of("tax", Change::Made, true), nobody.clone()),
                (false, of("tax", Change::Gone, false), nobody.clone()),
                (false, Vec::new(), nobody.clone()),
                (false, Vec::new(), nobody),
                (true, of("roads", Change::Made, true), vec!["roads".to_owned()]),
            ]
        );
        assert!(*was_listed.borrow());
    }
}
