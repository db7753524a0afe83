//! Reads an account for the checks of guardrails: once for all tenants in it, and again within a full check. Only reads; each
//! list carries the fault that kept it from being read.

mod bucket;
mod certificate;
mod connection;
mod database;
mod detector;
mod elsewhere;
mod hub;
mod listener;
mod network;
mod quota;
mod recorder;
mod trail;
mod user;
mod volume;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jichitai_api::Region;
use jichitai_plan::guardrails::Survey;
use jichitai_plan::guardrails::survey::{Read, Service, Tagged};
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::tags;
use jiff::Timestamp;

use crate::config::Purpose;
use crate::kept::FULL_CHECK;
use crate::kms;
use crate::session::Session;

/// What was read last, and when that began.
#[derive(Debug, Default)]
pub(crate) struct Surveys(Mutex<Option<(Instant, Arc<Survey>)>>);

impl Session {
    /// Reads what the account has. `now` is the time that it carries.
    pub async fn survey(&self, installation: &str, now: Timestamp) -> Arc<Survey> {
        let began = Instant::now();
        let survey = Arc::new(Box::pin(read(self, installation, now)).await);
        *self.surveys.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((began, Arc::clone(&survey)));
        survey
    }

    /// What was read last, and when that began.
    pub fn surveyed(&self) -> Option<(Instant, Arc<Survey>)> {
        self.surveys.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is time to read it again: after a full check, and after a change that somebody made.
    pub fn is_survey_due(&self) -> bool {
        self.surveyed().is_none_or(|(began, _)| {
            began.elapsed() > FULL_CHECK
                || self.disturbed_since(began)
                || self.last_write().is_some_and(|at| at > began)
        })
    }
}

async fn read(session: &Session, installation: &str, now: Timestamp) -> Survey {
    let data = Box::pin(async {
        futures::join!(
            volume::volumes(session),
            volume::snapshots(session),
            volume::images(session),
            volume::defaults(session),
            database::databases(session),
            database::snapshots(session),
            bucket::buckets(session),
            aliases(session),
        )
    });
    let networks = Box::pin(async {
        futures::join!(
            network::vpcs(session),
            network::groups(session),
            network::gateways(session),
            network::flow_logs(session),
            listener::listeners(session),
            certificate::certificates(session),
            connection::connections(session),
            quota::quotas(session),
        )
    });
    let services = Box::pin(async {
        futures::join!(
            trail::trails(session),
            recorder::recorders(session),
            detector::detectors(session),
            hub::hubs(session),
            user::users(session),
            elsewhere::regions(session),
            tagged(session, installation),
        )
    });
    let (data, networks, services) = futures::join!(data, networks, services);
    let (volumes, snapshots, images, ebs_defaults, databases, database_snapshots, buckets, (aliases, alias_faults)) =
        data;
    let (vpcs, groups, gateways, flow_logs, listeners, certificates, connections, quotas) = networks;
    let (trails, recorders, detectors, hubs, users, elsewhere, tagged) = services;
    Survey {
        at: now,
        aliases,
        alias_faults,
        volumes,
        snapshots,
        images,
        databases,
        database_snapshots,
        buckets,
        ebs_defaults,
        vpcs,
        groups,
        gateways,
        flow_logs,
        trails,
        recorders,
        detectors,
        hubs,
        users,
        certificates,
        listeners,
        connections,
        quotas,
        elsewhere,
        tagged,
    }
}

/// The same read in both Regions.
async fn both<T, F: Future<Output = Listing<T>>>(read: impl Fn(Region) -> F) -> Read<T> {
    let (tokyo, osaka) = futures::join!(read(Region::Tokyo), read(Region::Osaka));
    [tokyo, osaka].into_iter().collect()
}

/// Keys by id: what they are called.
async fn aliases(session: &Session) -> (BTreeMap<String, BTreeSet<String>>, Vec<Fault>) {
    let read = both(async |region| kms::alias::list(&session.kms(region, Purpose::Read)).await).await;
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for alias in read.found {
        all.entry(alias.key_id).or_default().insert(alias.name);
    }
    (all, read.faults)
}

async fn tagged(session: &Session, installation: &str) -> Read<Tagged> {
    let read = both(async |region| session.tagged(region, installation).await).await;
    let one = |thing: jichitai_plan::orphans::Tagged| {
        let tag = |key: &str| thing.tags.get(key).unwrap_or_default().to_owned();
        Tagged {
            owner: tag(tags::OWNER),
            municipality: tag(tags::MUNICIPALITY),
            arn: thing.arn,
        }
    };
    Read {
        found: read.found.into_iter().map(one).collect(),
        faults: read.faults,
    }
}

/// Whether a service is on in each Region; absent where the account does not use it.
async fn services<F: Future<Output = Result<Option<bool>, Fault>>>(read: impl Fn(Region) -> F) -> Vec<Service> {
    let told = async |region| {
        let have = match read(region).await {
            Ok(Some(on)) => Observation::Present(on),
            Ok(None) => Observation::Absent,
            Err(fault) => Observation::Unreadable(fault),
        };
        (region, have)
    };
    futures::future::join_all(Region::ALL.map(told)).await
}
