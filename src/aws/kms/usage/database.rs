//! Databases, database clusters, their snapshots, and backups that outlive a database.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbCluster, DbInstance, MasterUserSecret};
use jichitai_plan::observation::Listing;

use super::{Check, Encrypted};
use crate::error::fault;

/// RDS answers with 100 at most.
const PAGE: i32 = 100;

pub(super) async fn checks(rds: &Client) -> Vec<Check> {
    let (instances, clusters, snapshots, cluster_snapshots, backups) = futures::join!(
        instances(rds),
        clusters(rds),
        snapshots(rds),
        cluster_snapshots(rds),
        backups(rds)
    );
    vec![
        ("database", instances),
        ("database-cluster", clusters),
        ("database-snapshot", snapshots),
        ("database-cluster-snapshot", cluster_snapshots),
        ("database-backup", backups),
    ]
}

async fn instances(rds: &Client) -> Listing<Encrypted> {
    let pages = rds
        .describe_db_instances()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<DbInstance> = pages.try_collect().await.map_err(fault)?;
    let keys = |one: DbInstance| {
        let keys = [
            one.kms_key_id,
            one.performance_insights_kms_key_id,
            one.activity_stream_kms_key_id,
            secret(one.master_user_secret),
        ];
        keys.map(|key| Encrypted::new(one.db_instance_identifier.clone(), key))
            .into_iter()
            .flatten()
    };
    Ok(all.into_iter().flat_map(keys).collect())
}

async fn clusters(rds: &Client) -> Listing<Encrypted> {
    let pages = rds
        .describe_db_clusters()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<DbCluster> = pages.try_collect().await.map_err(fault)?;
    let keys = |one: DbCluster| {
        let keys = [
            one.kms_key_id,
            one.performance_insights_kms_key_id,
            one.activity_stream_kms_key_id,
            secret(one.master_user_secret),
        ];
        keys.map(|key| Encrypted::new(one.db_cluster_identifier.clone(), key))
            .into_iter()
            .flatten()
    };
    Ok(all.into_iter().flat_map(keys).collect())
}

fn secret(secret: Option<MasterUserSecret>) -> Option<String> {
    secret.and_then(|secret| secret.kms_key_id)
}

async fn snapshots(rds: &Client) -> Listing<Encrypted> {
    let pages = rds
        .describe_db_snapshots()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(all
        .into_iter()
        .filter_map(|one| Encrypted::new(one.db_snapshot_identifier, one.kms_key_id))
        .collect())
}

async fn cluster_snapshots(rds: &Client) -> Listing<Encrypted> {
    let pages = rds
        .describe_db_cluster_snapshots()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(all
        .into_iter()
        .filter_map(|one| Encrypted::new(one.db_cluster_snapshot_identifier, one.kms_key_id))
        .collect())
}

async fn backups(rds: &Client) -> Listing<Encrypted> {
    let pages = rds
        .describe_db_instance_automated_backups()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(all
        .into_iter()
        .filter_map(|one| {
            Encrypted::new(
                one.db_instance_automated_backups_arn.or(one.db_instance_arn),
                one.kms_key_id,
            )
        })
        .collect())
}
