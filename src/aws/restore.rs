//! Reads what a restore needs: the policy's copies in Osaka, what is back in Tokyo, and what was made of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jichitai_api::Region;
use jichitai_plan::cloudformation::template::Place;
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::osaka_backup_policy::copy::{Copy, State};
use jichitai_plan::osaka_backup_policy::observed::ImageSnapshot;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::resolve::is_of;
use jichitai_plan::restore::observed::{Observed, Thing, ThingKind};
use jichitai_plan::restore::order::KeptStack;
use jichitai_plan::tags::{INSTALLATION, OWNER, ROLE, Tags};

use crate::config::Purpose;
use crate::osaka_backup_policy::{Side, shared, side};
use crate::session::Session;
use crate::{cloudformation, ec2, rds, s3};

/// What a restore looks for.
#[derive(Clone, Debug)]
pub struct RestoreQuery {
    /// Whose copies.
    pub policy: Identity,
    /// Whose things are made of them.
    pub restore: Identity,
    /// Where they are made.
    pub region: Region,
    /// Whether stacks are made.
    pub stacks: bool,
    /// How many copies AWS takes at a time, by kind.
    pub quota: BTreeMap<Medium, usize>,
}

impl Session {
    /// Reads everything at once.
    pub async fn observe_restore(&self, query: &RestoreQuery) -> Observed {
        let (osaka, templates, mut observed) = futures::join!(
            copies(self, Region::Osaka, &query.policy),
            async {
                match query.stacks {
                    true => s3::template::of_owner(self, &query.policy).await,
                    false => Ok(Vec::new()),
                }
            },
            self.observe_restored(query),
        );
        observed.osaka = osaka.0;
        observed.osaka.insert(Medium::Template, shared(templates));
        observed
    }

    /// Reads what is back and what was made of it, without what there is in Osaka.
    pub async fn observe_restored(&self, query: &RestoreQuery) -> Observed {
        let ((tokyo, image_snapshots), things, room) = futures::join!(
            copies(self, Region::Tokyo, &query.restore),
            things(self, query),
            room(self, query),
        );
        Observed {
            osaka: BTreeMap::new(),
            tokyo,
            image_snapshots,
            things,
            room,
        }
    }

    /// What was kept of the stack that a copy is of.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub async fn kept_stack(&self, copy: &Copy) -> Result<KeptStack, Fault> {
        let kept = s3::template::kept(self, &Place::named(&copy.id)).await?;
        Ok(KeptStack {
            hidden_parameters: kept.description.hidden_parameters,
            role_arn: kept.description.role_arn,
        })
    }

    /// The copies in Osaka of every policy of the installation.
    pub async fn recovery_points(&self, installation: &str) -> RecoveryPoints {
        let region = Region::Osaka;
        let (ec2, rds) = (self.ec2(region, Purpose::Read), self.rds(region, Purpose::Read));
        let filters = || ec2::tags::of_installation(installation);
        let ec2 = async {
            let snapshots = ec2::snapshot::list(&ec2, region, filters()).await?;
            let images = ec2::image::list(&ec2, region, filters(), &snapshots).await;
            Ok::<_, Fault>((snapshots, images))
        };
        let (ec2, databases, clusters, templates) = futures::join!(
            ec2,
            rds::snapshot::of_instances(&rds, region),
            rds::snapshot::of_clusters(&rds, region),
            s3::template::of_installation(self, installation),
        );
        let (snapshots, images) = match ec2 {
            Ok((snapshots, images)) => (Ok(snapshots.into_iter().map(|one| one.copy).collect()), images),
            Err(fault) => (Err(fault.clone()), Err(fault)),
        };
        let lists: [(Medium, Listing<Copy>); 5] = [
            (Medium::Snapshot, snapshots),
            (Medium::Image, images),
            (Medium::Database, databases),
            (Medium::Cluster, clusters),
            (Medium::Template, templates),
        ];
        let mut points = RecoveryPoints::default();
        for (medium, list) in lists {
            let copies = list.unwrap_or_else(|fault| {
                points.unread.insert(medium, fault);
                Vec::new()
            });
            for copy in copies.into_iter().filter(|copy| copy.label.is_some()) {
                let ours = copy.tags.get(INSTALLATION) == Some(installation);
                if let Some(owner) = copy.tags.get(OWNER).filter(|_| ours) {
                    points.copies.entry(owner.to_owned()).or_default().push(copy);
                }
            }
        }
        points
    }
}

/// The copies in Osaka of all policies.
#[derive(Debug, Default)]
pub struct RecoveryPoints {
    /// By the policies' names in the tags.
    pub copies: BTreeMap<String, Vec<Copy>>,
    /// The kinds that cannot be read, and why.
    pub unread: BTreeMap<Medium, Fault>,
}

/// Copies by kind, and snapshots of images.
type Copies = (BTreeMap<Medium, Listing<Arc<Copy>>>, Listing<Arc<ImageSnapshot>>);

async fn copies(session: &Session, region: Region, identity: &Identity) -> Copies {
    let Side {
        snapshots,
        image_snapshots,
        images,
        databases,
        clusters,
    } = side(session, region, identity).await;
    let all = [
        (Medium::Snapshot, shared(snapshots)),
        (Medium::Image, shared(images)),
        (Medium::Database, shared(databases)),
        (Medium::Cluster, shared(clusters)),
    ];
    (all.into_iter().collect(), shared(image_snapshots))
}

async fn things(session: &Session, query: &RestoreQuery) -> Listing<Thing> {
    let ec2 = session.ec2(query.region, Purpose::Read);
    let rds = session.rds(query.region, Purpose::Read);
    let filters = || ec2::tags::filters(&query.restore);
    let cloudformation = session.cloudformation(query.region, Purpose::Read);
    let (volumes, instances, databases, stacks) = futures::join!(
        ec2::volume::volumes(&ec2, filters()),
        ec2::volume::instances(&ec2, filters()),
        rds::restored::list(&rds),
        async {
            match query.stacks {
                true => cloudformation::stack::restored(&cloudformation).await,
                false => Ok(Vec::new()),
            }
        },
    );
    let thing = |kind: ThingKind, id: Option<String>, state: Option<State>, tags: Tags| {
        let right = tags.get(ROLE) == Some(kind.as_str());
        let (id, state) = (id?, state?);
        right.then_some(Thing { kind, id, state, tags })
    };
    let volumes = volumes?.into_iter().filter_map(|one| {
        let (state, tags) = (ec2::volume::state(&one), ec2::volume::tags_of(&one));
        thing(ThingKind::Volume, one.volume_id, Some(state), tags)
    });
    let instances = instances?.into_iter().filter_map(|one| {
        let (state, tags) = (ec2::instance::state(&one), ec2::instance::tags_of(&one));
        thing(ThingKind::Instance, one.instance_id, state, tags)
    });
    let databases = databases?.into_iter().chain(stacks?);
    let databases = databases.filter(|one| is_of(&one.tags, &query.restore));
    Ok(volumes.chain(instances).chain(databases).collect())
}

/// How many copies to Tokyo may begin; what cannot be counted leaves none.
async fn room(session: &Session, query: &RestoreQuery) -> BTreeMap<Medium, usize> {
    let counts = query.quota.iter().map(|(medium, quota)| async move {
        let in_flight = session.in_flight(*medium, Region::Tokyo).await;
        let left = in_flight.map_or(0, |all| quota.saturating_sub(all.len()));
        // AWS counts the snapshots of databases together, whatever the database.
        let left = match medium {
            Medium::Image | Medium::Snapshot | Medium::Template => left,
            Medium::Database => left.div_ceil(2),
            Medium::Cluster => left / 2,
        };
        (*medium, left)
    });
    futures::future::join_all(counts).await.into_iter().collect()
}
