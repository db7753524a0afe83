//! Databases and their snapshots.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbClusterSnapshot, DbSnapshot};
use jichitai_api::Region;
use jichitai_plan::guardrails::survey::{Read, Stored};
use jichitai_plan::observation::{Fault, Listing, Observation};

use super::both;
use super::volume::encryption;
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::fault;
use crate::rds::{PAGE, tags};
use crate::session::Session;

/// Snapshots that are asked at the same time whom they are shared with.
const AT_ONCE: usize = 4;

/// Instances, those of clusters too, and clusters.
pub(super) async fn databases(session: &Session) -> Read<Stored> {
    both(async |region| {
        let rds = session.rds(region, Purpose::Read);
        let (mut all, clusters) = futures::try_join!(instances(&rds, region), clusters(&rds, region))?;
        all.extend(clusters);
        Ok(all)
    })
    .await
}

async fn instances(rds: &Client, region: Region) -> Listing<Stored> {
    let pages = rds
        .describe_db_instances()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<aws_sdk_rds::types::DbInstance> = pages.try_collect().await.map_err(fault)?;
    let one = |one: aws_sdk_rds::types::DbInstance| Stored {
        region,
        encryption: Some(encryption(one.storage_encrypted, one.kms_key_id)),
        public: Observation::Present(one.publicly_accessible == Some(true)),
        vpc_id: one.db_subnet_group.and_then(|group| group.vpc_id),
        tags: tags(one.tag_list),
        id: one.db_instance_identifier.unwrap_or_default(),
    };
    Ok(all.into_iter().map(one).collect())
}

async fn clusters(rds: &Client, region: Region) -> Listing<Stored> {
    let pages = rds
        .describe_db_clusters()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<aws_sdk_rds::types::DbCluster> = pages.try_collect().await.map_err(fault)?;
    let one = |one: aws_sdk_rds::types::DbCluster| Stored {
        region,
        encryption: Some(encryption(one.storage_encrypted, one.kms_key_id)),
        public: Observation::Present(one.publicly_accessible == Some(true)),
        vpc_id: None,
        tags: tags(one.tag_list),
        id: one.db_cluster_identifier.unwrap_or_default(),
    };
    Ok(all.into_iter().map(one).collect())
}

/// Snapshots that people or backups made.
pub(super) async fn snapshots(session: &Session) -> Read<Stored> {
    both(async |region| {
        let rds = session.rds(region, Purpose::Read);
        let (mut all, clusters) = futures::try_join!(of_instances(&rds, region), of_clusters(&rds, region))?;
        all.extend(clusters);
        Ok(all)
    })
    .await
}

async fn of_instances(rds: &Client, region: Region) -> Listing<Stored> {
    let call = rds.describe_db_snapshots().snapshot_type("manual");
    let pages = call.into_paginator().page_size(PAGE).items().send();
    let all: Vec<DbSnapshot> = pages.try_collect().await.map_err(fault)?;
    let one = async |one: DbSnapshot| {
        let id = one.db_snapshot_identifier.unwrap_or_default();
        Stored {
            region,
            public: is_public(one.encrypted, || of_instance(rds, &id)).await,
            encryption: Some(encryption(one.encrypted, one.kms_key_id)),
            vpc_id: one.vpc_id,
            tags: tags(one.tag_list),
            id,
        }
    };
    Ok(concurrently(AT_ONCE, all.into_iter().map(one).collect()).await)
}

async fn of_clusters(rds: &Client, region: Region) -> Listing<Stored> {
    let call = rds.describe_db_cluster_snapshots().snapshot_type("manual");
    let pages = call.into_paginator().page_size(PAGE).items().send();
    let all: Vec<DbClusterSnapshot> = pages.try_collect().await.map_err(fault)?;
    let one = async |one: DbClusterSnapshot| {
        let id = one.db_cluster_snapshot_identifier.unwrap_or_default();
        Stored {
            region,
            public: is_public(one.storage_encrypted, || of_cluster(rds, &id)).await,
            encryption: Some(encryption(one.storage_encrypted, one.kms_key_id)),
            vpc_id: one.vpc_id,
            tags: tags(one.tag_list),
            id,
        }
    };
    Ok(concurrently(AT_ONCE, all.into_iter().map(one).collect()).await)
}

/// AWS shares no encrypted snapshot with everybody, so only others are asked.
async fn is_public<F>(encrypted: Option<bool>, ask: impl FnOnce() -> F) -> Observation<bool>
where
    F: Future<Output = Result<bool, Fault>>,
{
    if encrypted == Some(true) {
        return Observation::Present(false);
    }
    match ask().await {
        Ok(public) => Observation::Present(public),
        Err(fault) => Observation::Unreadable(fault),
    }
}

/// The value that stands for everybody.
const ALL: &str = "all";
/// The attribute that says who may restore.
const RESTORE: &str = "restore";

async fn of_instance(rds: &Client, id: &str) -> Result<bool, Fault> {
    let call = rds.describe_db_snapshot_attributes().db_snapshot_identifier(id);
    let found = call.send().await.map_err(fault)?.db_snapshot_attributes_result;
    let all = found.and_then(|found| found.db_snapshot_attributes).unwrap_or_default();
    let restore = all
        .into_iter()
        .filter(|one| one.attribute_name.as_deref() == Some(RESTORE));
    Ok(restore
        .flat_map(|one| one.attribute_values.unwrap_or_default())
        .any(|value| value == ALL))
}

async fn of_cluster(rds: &Client, id: &str) -> Result<bool, Fault> {
    let call = rds
        .describe_db_cluster_snapshot_attributes()
        .db_cluster_snapshot_identifier(id);
    let found = call.send().await.map_err(fault)?.db_cluster_snapshot_attributes_result;
    let all = found
        .and_then(|found| found.db_cluster_snapshot_attributes)
        .unwrap_or_default();
    let restore = all
        .into_iter()
        .filter(|one| one.attribute_name.as_deref() == Some(RESTORE));
    Ok(restore
        .flat_map(|one| one.attribute_values.unwrap_or_default())
        .any(|value| value == ALL))
}
