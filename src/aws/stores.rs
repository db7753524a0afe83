//! Everything in an account that holds data, read once an hour for all objects: it changes seldom, and every
//! bucket costs two calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jichitai_api::Region;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::observation::Listing;
use jichitai_plan::osaka_backup_policy::coverage::{Host, Store, StoreKind};
use jichitai_plan::tags::Tags;
use tokio::sync::Mutex;

use crate::config::Purpose;
use crate::session::Session;
use crate::{ec2, efs, kms, rds, s3};

/// How long it counts.
const PERIOD: Duration = Duration::from_secs(3600);
/// After a fault it is read again sooner.
const AFTER_FAULT: Duration = Duration::from_secs(60);
/// Where tenants' data is.
const REGION: Region = Region::Tokyo;

/// What was read last, and when.
#[derive(Debug, Default)]
pub(crate) struct Stores(Mutex<Option<(Instant, Listing<Store>)>>);

impl Stores {
    /// Reads, unless somebody did within the period.
    pub(crate) async fn get(&self, session: &Session) -> Listing<Store> {
        let mut kept = self.0.lock().await;
        if let Some((at, stores)) = kept.as_ref()
            && at.elapsed() < if stores.is_ok() { PERIOD } else { AFTER_FAULT }
        {
            return stores.clone();
        }
        let stores = read(session).await;
        *kept = Some((Instant::now(), stores.clone()));
        stores
    }
}

async fn read(session: &Session) -> Listing<Store> {
    let (ec2, rds) = (session.ec2(REGION, Purpose::Read), session.rds(REGION, Purpose::Read));
    let (efs, kms) = (session.efs(REGION, Purpose::Read), session.kms(REGION, Purpose::Read));
    let (volumes, instances, databases, clusters, files, buckets, aliases) = futures::join!(
        ec2::volume::volumes(&ec2, Vec::new()),
        ec2::volume::instances(&ec2, Vec::new()),
        rds::database::instances(&rds),
        rds::database::clusters(&rds),
        efs::stores(&efs),
        s3::store::stores(session),
        kms::alias::list(&kms),
    );
    let aliases = aliases?;
    let tags: BTreeMap<String, Tags> = instances?
        .into_iter()
        .filter_map(|instance| Some((instance.instance_id.clone()?, ec2::instance::tags_of(&instance))))
        .collect();
    let host = |id: String| Host {
        tags: tags.get(&id).cloned().unwrap_or_default(),
        id,
    };
    let volumes = volumes?.into_iter().filter_map(|volume| {
        Some(Store {
            kind: StoreKind::Volume,
            key_aliases: volume.kms_key_id.iter().cloned().collect(),
            tags: ec2::volume::tags_of(&volume),
            host: ec2::volume::attached_to(&volume).map(host),
            id: volume.volume_id?,
            replicated: false,
        })
    });
    let databases = databases?.into_iter().chain(clusters?).map(|one| one.store());
    let all = volumes.chain(databases).chain(files?).chain(buckets?);
    let named = all.map(|store| Store {
        key_aliases: store.key_aliases.iter().flat_map(|key| names(key, &aliases)).collect(),
        ..store
    });
    Ok(named.collect())
}

/// The aliases of a key, which services write as an ARN, an id, or an alias.
fn names(key: &str, aliases: &[Alias]) -> BTreeSet<String> {
    let last = key.rsplit("key/").next().unwrap_or(key);
    let is_it =
        |alias: &&Alias| alias.key_id == last || key.ends_with(&format!(":{}", alias.name)) || alias.name == key;
    aliases.iter().filter(is_it).map(|alias| alias.name.clone()).collect()
}
