//! The controllers: what is watched, what wakes whom, and what all of them stop for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

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
use crate::health::Health;
use crate::installation::Installation;
use crate::kind::Kind;
use crate::metrics::Metrics;
use crate::osaka_backup_policy::refers as copies_of;
use crate::reconcile::{ReconcileError, reconcile};
use crate::reports::{self, Counts, Everybody, Wakes};
use crate::resolver_endpoint::refers as refers_to;
use crate::shards::Shards;
use crate::shared::Shared;
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
    (metrics, health): (Arc<Metrics>, Arc<Health>),
    shards: Shards,
    instance: &str,
    stop: watch::Receiver<bool>,
) {
    let (buckets, bucket_writer) = reflector::store::<FileLinkBucket>();
    let (municipalities, municipality_writer) = reflector::store::<Municipality>();
    let (endpoints, endpoint_writer) = reflector::store::<ResolverEndpoint>();
    let (policies, policy_writer) = reflector::store::<OsakaBackupPolicy>();
    // Each stream fills its store and then wakes: a reconcile never sees an older object than woke it.
    let (wake_municipality, woken_municipalities) = mpsc::unbounded();
    let (wake_bucket, woken_buckets) = mpsc::unbounded();
    let (wake_endpoint, woken_endpoints) = mpsc::unbounded();
    let (wake_policy, woken_policies) = mpsc::unbounded();
    let agenda = Agenda::default();
    let of_its_municipality = wake_municipality.clone();
    let kin = wakes_kin(&buckets, &wake_bucket);
    let (bucket_changes, buckets_listed) = changes(&client, &agenda, bucket_writer, move |bucket: &FileLinkBucket| {
        kin(bucket);
        let namespace = bucket.namespace().unwrap_or_default();
        let reference = ObjectRef::<Municipality>::new(&bucket.spec.municipality_ref.name).within(&namespace);
        let _gone_at_the_end = of_its_municipality.unbounded_send(reference);
    });
    let kin = wakes_kin(&endpoints, &wake_endpoint);
    let (endpoint_changes, endpoints_listed) = changes(&client, &agenda, endpoint_writer, kin);
    let kin = wakes_kin(&policies, &wake_policy);
    let (policy_changes, policies_listed) = changes(&client, &agenda, policy_writer, kin);
    let kin = wakes_kin(&municipalities, &wake_municipality);
    let (of_it, about_it, for_it) = (buckets.clone(), endpoints.clone(), policies.clone());
    let (rivals_of, wake_rival) = (municipalities.clone(), wake_municipality.clone());
    let (hears_bucket, hears_endpoint, hears_policy) =
        (wake_bucket.clone(), wake_endpoint.clone(), wake_policy.clone());
    let tell_others = move |municipality: &Municipality| {
        kin(municipality);
        for rival in rivals(&rivals_of, municipality) {
            let _gone_at_the_end = wake_rival.unbounded_send(rival);
        }
        let (namespace, name) = (municipality.namespace().unwrap_or_default(), municipality.name_any());
        let refers = |bucket: &FileLinkBucket| {
            bucket.namespace().as_deref() == Some(namespace.as_str()) && bucket.spec.municipality_ref.name == name
        };
        for reference in those(&of_it, refers) {
            let _gone_at_the_end = wake_bucket.unbounded_send(reference);
        }
        for reference in those(&about_it, |endpoint| refers_to(endpoint, &namespace, &name)) {
            let _gone_at_the_end = wake_endpoint.unbounded_send(reference);
        }
        for reference in those(&for_it, |policy| copies_of(policy, &namespace, &name)) {
            let _gone_at_the_end = wake_policy.unbounded_send(reference);
        }
    };
    let (municipality_changes, municipalities_listed) = changes(&client, &agenda, municipality_writer, tell_others);
    let listed = [municipalities_listed, buckets_listed, endpoints_listed, policies_listed];
    health.works(listed.clone());
    let division = shards.clone();
    let accounts = Accounts::new().await.guarded(Guard::new(move || division.holds_any()));
    metrics.follow(accounts.calls());
    let installation = Arc::new(Installation::default());
    metrics.stands(&installation);
    let admits = Arc::clone(&installation);
    // Each object's errand adds that its shard is ours.
    let own = Guard::new({
        let division = shards.clone();
        move || division.holds_any()
    });
    let hub = accounts.beside(own);
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
        futures::stream::select(either, tokio_stream(shards.taken()))
    };
    let (of_municipalities, of_buckets) = (reloads(), reloads());
    let (of_endpoints, of_policies) = (reloads(), reloads());
    let reloaded = changed.subscribe();
    let follow_config = tokio::spawn(Arc::clone(&config).follow(changed));
    metrics.follow_agenda(&agenda);
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
        desk: Desk::new(PLACES, KEPT_FOR_EDITS),
        installation,
        metrics,
        health,
        listed,
        reports: Counts::default(),
        events: Events::new(client.clone(), instance),
        backoff: Backoff::default(),
        agenda,
        announced: Mutex::default(),
    });
    shared.metrics.hears(&shared.reports);
    let everybody = Everybody {
        municipalities: Wakes {
            store: municipalities.clone(),
            wake: wake_municipality,
        },
        buckets: Wakes {
            store: buckets.clone(),
            wake: hears_bucket,
        },
        policies: Wakes {
            store: policies.clone(),
            wake: hears_policy,
        },
        endpoints: Wakes {
            store: endpoints.clone(),
            wake: hears_endpoint,
        },
    };
    let follow_reports = tokio::spawn(reports::follow(Arc::clone(&shared), everybody, hub, reloaded));
    shared.metrics.count({
        let (municipalities, buckets) = (municipalities.clone(), buckets.clone());
        let (endpoints, policies) = (endpoints.clone(), policies.clone());
        move || {
            let mut census = Census::default();
            census.add(&municipalities);
            census.add_keys(&municipalities);
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
    futures::join!(municipalities, buckets, endpoints, policies);
    follow_config.abort();
    follow_lock.abort();
    follow_reports.abort();
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
fn changes<K>(
    client: &Client,
    agenda: &Agenda,
    writer: reflector::store::Writer<K>,
    also: impl Fn(&K) + Send + 'static,
) -> (
    impl Stream<Item = Result<K, watcher::Error>> + Send + 'static,
    watch::Receiver<bool>,
)
where
    K: Kind,
{
    let (listed, was_listed) = watch::channel(false);
    let agenda = agenda.clone();
    let stream = watcher(Api::<K>::all(client.clone()), watcher::Config::default())
        .default_backoff()
        .modify(|object| object.meta_mut().managed_fields = None)
        .reflect(writer)
        .inspect_ok(move |event| {
            if matches!(event, watcher::Event::InitDone) {
                listed.send_replace(true);
            }
        })
        .touched_objects()
        .inspect_ok(also)
        .predicate_filter(
            predicates::generation
                .combine(predicates::annotations)
                .combine(predicates::finalizers),
            PredicateConfig::default(),
        )
        .inspect_ok(move |changed| agenda.hurries(K::KIND, &Owner::itself(changed).to_string()));
    (stream, was_listed)
}

async fn told<K: Kind>(result: Reconciled<K>) {
    match result {
        Ok((object, action)) => tracing::debug!(object = %object.name, ?action, "reconciled"),
        Err(error) => tracing::debug!(%error, "not reconciled"),
    }
}

/// Wakes the objects that mean the same place in AWS as one that changed or went: one of them may have it now.
fn wakes_kin<K: Kind>(
    store: &reflector::Store<K>,
    wake: &mpsc::UnboundedSender<ObjectRef<K>>,
) -> impl Fn(&K) + Send + 'static {
    let (store, wake) = (store.clone(), wake.clone());
    move |changed| {
        let (me, place) = (Owner::itself(changed), Owner::of(changed));
        let is_kin = |one: &K| {
            // Most stand for nobody but themselves.
            if one.common().adopt_from.is_none() && place == me {
                return false;
            }
            let (other, its) = (Owner::itself(one), Owner::of(one));
            other != me && (its == place || its == me || other == place)
        };
        for reference in those(&store, is_kin) {
            let _gone_at_the_end = wake.unbounded_send(reference);
        }
    }
}

/// The objects of a store that meet a condition.
fn those<K: Kind>(store: &reflector::Store<K>, is_one: impl Fn(&K) -> bool) -> Vec<ObjectRef<K>> {
    let all = store.state();
    let found = all.iter().filter(|object| is_one(object));
    found.map(|object| ObjectRef::from_obj(object.as_ref())).collect()
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

fn tokio_stream<T: Send + Sync + 'static>(changes: watch::Receiver<T>) -> impl Stream<Item = ()> + Send + 'static {
    futures::stream::unfold(changes, |mut changes| async move {
        changes.changed().await.ok().map(|()| ((), changes))
    })
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ended = stop.wait_for(|stop| *stop).await;
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
