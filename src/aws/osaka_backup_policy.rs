//! Reads what one policy needs: its sources, its copies on both sides, and the room for more. Never fails as a
//! whole; each listing carries the fault that kept it from being read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jichitai_api::Region;
use jichitai_plan::identity::Identity;
use jichitai_plan::kms::key::Key;
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::osaka_backup_policy::copy::{Copy, IMAGE_SNAPSHOT, State};
use jichitai_plan::osaka_backup_policy::drill;
use jichitai_plan::osaka_backup_policy::observed::{ImageSnapshot, Observed};
use jichitai_plan::osaka_backup_policy::query::Query;
use jichitai_plan::osaka_backup_policy::queue::{Demand, Queue};
use jichitai_plan::osaka_backup_policy::source::{Medium, Selector, Source};
use jichitai_plan::osaka_backup_policy::target::KeyName;
use jichitai_plan::osaka_backup_policy::template;
use jichitai_plan::resolve::is_of;
use jichitai_plan::s3::bucket::Bucket;
use jichitai_plan::tags::{self, Tags};
use jiff::Timestamp;

use crate::config::Purpose;
use crate::restore::RestoreQuery;
use crate::session::Session;
use crate::{cloudformation, ec2, kms, rds, s3};

/// The room for copies in flight, by what AWS counts together.
pub(crate) type Queues = std::sync::Mutex<BTreeMap<&'static str, Queue>>;

/// A policy's copies of one kind that wait for room, and that are in flight.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// In flight.
    pub in_flight: usize,
    /// Waiting.
    pub waiting: usize,
    /// How many AWS takes at a time.
    pub quota: usize,
}

impl Session {
    /// Reads everything at once.
    pub async fn observe_backup(&self, query: &Query) -> Observed {
        let (tokyo, osaka, templates, sources, keys, stores) = futures::join!(
            side(self, Region::Tokyo, &query.identity),
            side(self, Region::Osaka, &query.identity),
            templates(self, query),
            sources(self, query),
            keys_in(self, Region::Osaka, &query.keys),
            async {
                match &query.tenancy {
                    Some(_) => self.stores.get(self).await,
                    None => Ok(Vec::new()),
                }
            },
        );
        let (buckets, kept) = templates;
        let mut observed = Observed {
            sources,
            buckets,
            keys,
            stores,
            ..Observed::default()
        };
        for (region, side) in [(Region::Tokyo, tokyo), (Region::Osaka, osaka)] {
            let Side {
                snapshots,
                image_snapshots,
                images,
                databases,
                clusters,
            } = side;
            observed.image_snapshots.insert(region, shared(image_snapshots));
            observed.copies.insert((Medium::Snapshot, region), shared(snapshots));
            observed.copies.insert((Medium::Image, region), shared(images));
            observed.copies.insert((Medium::Database, region), shared(databases));
            observed.copies.insert((Medium::Cluster, region), shared(clusters));
        }
        if query.templates.is_some() {
            observed.copies.insert((Medium::Template, Region::Osaka), shared(kept));
        }
        if query.drill {
            let asked = RestoreQuery {
                policy: query.identity.clone(),
                restore: drill::identity(&query.identity),
                region: Region::Tokyo,
                stacks: false,
                quota: query.quota.clone(),
            };
            let (drill, tokyo_keys) = futures::join!(
                self.observe_restored(&asked),
                keys_in(self, Region::Tokyo, &query.tokyo_keys),
            );
            let osaka = Medium::COPIED.into_iter().filter_map(|medium| {
                let copies = observed.copies.get(&(medium, Region::Osaka))?;
                Some((medium, copies.clone()))
            });
            observed.drill = Some(jichitai_plan::restore::observed::Observed {
                osaka: osaka.collect(),
                ..drill
            });
            observed.tokyo_keys = tokyo_keys;
        }
        observed
    }

    /// Claims room for copies of one kind to Osaka, in the name of an owner; returns how many may begin now.
    ///
    /// # Errors
    /// What is in flight could not be read; then none may.
    pub async fn claim_room(&self, owner: &str, medium: Medium, claim: Claim, now: Timestamp) -> Result<usize, Fault> {
        let Claim {
            in_flight,
            waiting,
            quota,
        } = claim;
        let of_all = if waiting == 0 {
            in_flight
        } else {
            self.in_flight(medium, Region::Osaka).await?.len()
        };
        let demand = Demand {
            of_all,
            in_flight,
            waiting,
        };
        // AWS counts the snapshots of databases together, whatever the database.
        let counted = match medium {
            Medium::Snapshot => "snapshot",
            Medium::Image => "image",
            Medium::Database | Medium::Cluster => "database",
            Medium::Template => return Ok(usize::MAX),
        };
        let mut queues = self.copies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let owner = format!("{owner} {}", medium.as_str());
        Ok(queues.entry(counted).or_default().take(&owner, demand, quota, now))
    }

    /// Copies into a Region that are under way, whoever began them, as AWS counts them.
    pub(crate) async fn in_flight(&self, medium: Medium, region: Region) -> Listing<String> {
        match medium {
            Medium::Snapshot => ec2::snapshot::in_flight(&self.ec2(region, Purpose::Read), region).await,
            Medium::Image => ec2::image::in_flight(&self.ec2(region, Purpose::Read)).await,
            Medium::Template => Ok(Vec::new()),
            Medium::Database | Medium::Cluster => {
                let client = self.rds(region, Purpose::Read);
                let (instances, clusters) = futures::join!(
                    rds::snapshot::of_instances(&client, region),
                    rds::snapshot::of_clusters(&client, region),
                );
                let all = instances?.into_iter().chain(clusters?);
                Ok(all
                    .filter(|copy| copy.state == State::Pending)
                    .map(|copy| copy.id)
                    .collect())
            }
        }
    }
}

/// For a pass, which keeps several versions of what was read.
pub(crate) fn shared<T>(all: Listing<T>) -> Listing<Arc<T>> {
    Ok(all?.into_iter().map(Arc::new).collect())
}

/// The copies in one Region.
pub(crate) struct Side {
    pub(crate) snapshots: Listing<Copy>,
    pub(crate) image_snapshots: Listing<ImageSnapshot>,
    pub(crate) images: Listing<Copy>,
    pub(crate) databases: Listing<Copy>,
    pub(crate) clusters: Listing<Copy>,
}

pub(crate) async fn side(session: &Session, region: Region, identity: &Identity) -> Side {
    let (ec2, rds) = (session.ec2(region, Purpose::Read), session.rds(region, Purpose::Read));
    let ours = || ec2::tags::filters(identity);
    let (ebs, databases, clusters) = futures::join!(
        async {
            let snapshots = ec2::snapshot::list(&ec2, region, ours()).await?;
            let images = ec2::image::list(&ec2, region, ours(), &snapshots).await;
            Ok::<_, Fault>((snapshots, images))
        },
        rds::snapshot::of_instances(&rds, region),
        rds::snapshot::of_clusters(&rds, region),
    );
    let own = |copies: Listing<Copy>| -> Listing<Copy> {
        Ok(copies?.into_iter().filter(|copy| is_of(&copy.tags, identity)).collect())
    };
    let (databases, clusters) = (own(databases), own(clusters));
    let (snapshots, images) = match ebs {
        Ok(ebs) => ebs,
        Err(fault) => {
            return Side {
                snapshots: Err(fault.clone()),
                image_snapshots: Err(fault.clone()),
                images: Err(fault),
                databases,
                clusters,
            };
        }
    };
    let of_images = |copy: &Copy| copy.tags.get(tags::ROLE).is_some_and(|role| role == IMAGE_SNAPSHOT);
    let (parts, snapshots): (Vec<Copy>, Vec<Copy>) = snapshots.into_iter().map(|one| one.copy).partition(of_images);
    let part = |copy: Copy| ImageSnapshot {
        id: copy.id,
        started: copy.started,
        tags: copy.tags,
    };
    Side {
        snapshots: Ok(snapshots),
        image_snapshots: Ok(parts.into_iter().map(part).collect()),
        images,
        databases,
        clusters,
    }
}

/// The bucket of templates, and what is kept in it while it is the policy's.
async fn templates(session: &Session, query: &Query) -> (Listing<Bucket>, Listing<Copy>) {
    let Some(name) = &query.templates else {
        return (Ok(Vec::new()), Ok(Vec::new()));
    };
    let buckets = session.observe_bucket(Region::Osaka, name, query.counts).await;
    let copies = match &buckets {
        Ok(_) if template::own(&buckets, &query.identity).is_some() => s3::template::list(session, name).await,
        Ok(_) => Ok(Vec::new()),
        Err(fault) => Err(fault.clone()),
    };
    (buckets, copies)
}

async fn sources(session: &Session, query: &Query) -> BTreeMap<Medium, Listing<Source>> {
    let ec2 = session.ec2(Region::Tokyo, Purpose::Read);
    let rds = session.rds(Region::Tokyo, Purpose::Read);
    let selected = |databases: Listing<rds::database::Database>, selector: &Tags| -> Listing<Source> {
        let matching = databases?.into_iter().filter(|one| tags::has_all(&one.tags, selector));
        Ok(matching.map(|one| one.source).collect())
    };
    let reads = query.sources.iter().map(|(medium, selector)| {
        let (ec2, rds) = (&ec2, &rds);
        async move {
            let found = match (medium, selector) {
                (Medium::Image, Selector::Tags(tags)) => ec2::volume::instances_with_tags(ec2, tags).await,
                (Medium::Snapshot, Selector::Tags(tags)) => ec2::volume::with_tags(ec2, tags).await,
                (Medium::Database, Selector::Tags(tags)) => selected(rds::database::instances(rds).await, tags),
                (Medium::Cluster, Selector::Tags(tags)) => selected(rds::database::clusters(rds).await, tags),
                (Medium::Template, Selector::Names(names)) => {
                    let cloudformation = session.cloudformation(Region::Tokyo, Purpose::Read);
                    cloudformation::stack::named(&cloudformation, names).await
                }
                // No spec asks for this.
                (Medium::Template, Selector::Tags(_)) | (_, Selector::Names(_)) => Ok(Vec::new()),
            };
            (*medium, found)
        }
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

async fn keys_in(session: &Session, region: Region, names: &BTreeSet<KeyName>) -> BTreeMap<KeyName, Observation<Key>> {
    let kms = session.kms(region, Purpose::Read);
    let reads = names.iter().map(|name| {
        let kms = &kms;
        async move {
            let id = match name {
                KeyName::Alias(id) | KeyName::Arn(id) => id,
            };
            (name.clone(), kms::key::behind(kms, id).await)
        }
    });
    futures::future::join_all(reads).await.into_iter().collect()
}
