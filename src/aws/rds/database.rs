//! Databases: instances that are in no cluster, and clusters.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbCluster, DbInstance};
use jichitai_plan::observation::Listing;
use jichitai_plan::osaka_backup_policy::coverage::{Store, StoreKind};
use jichitai_plan::osaka_backup_policy::source::{Medium, Source, SourceId};
use jichitai_plan::tags::Tags;

use super::{PAGE, tags};
use crate::answer::moment;
use crate::error::fault;

/// A database, as a source and as a store of data.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) source: Source,
    pub(crate) key: Option<String>,
    pub(crate) tags: Tags,
}

impl Database {
    /// The same as something that holds data.
    pub(crate) fn store(&self) -> Store {
        Store {
            kind: match self.source.id.medium {
                Medium::Cluster => StoreKind::Cluster,
                _ => StoreKind::Database,
            },
            id: self.source.id.id.clone(),
            key_aliases: self.key.iter().cloned().collect(),
            tags: self.tags.clone(),
            host: None,
            replicated: false,
        }
    }
}

/// Instances that are in no cluster.
pub(crate) async fn instances(rds: &Client) -> Listing<Database> {
    let pages = rds
        .describe_db_instances()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<DbInstance> = pages.try_collect().await.map_err(fault)?;
    let alone = all.into_iter().filter(|one| one.db_cluster_identifier.is_none());
    Ok(alone.filter_map(instance).collect())
}

fn instance(one: DbInstance) -> Option<Database> {
    // Without a time of creation it is still being made.
    let since = one.instance_create_time.and_then(moment)?;
    Some(Database {
        source: Source {
            id: SourceId {
                medium: Medium::Database,
                id: one.db_instance_identifier?,
            },
            size: one.allocated_storage.and_then(|size| u64::try_from(size).ok()),
            since,
            ready: is_ready(one.db_instance_status.as_deref()),
            machine: None,
        },
        key: one.kms_key_id,
        tags: tags(one.tag_list),
    })
}

/// Clusters.
pub(crate) async fn clusters(rds: &Client) -> Listing<Database> {
    let pages = rds
        .describe_db_clusters()
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<DbCluster> = pages.try_collect().await.map_err(fault)?;
    Ok(all.into_iter().filter_map(cluster).collect())
}

fn cluster(one: DbCluster) -> Option<Database> {
    let since = one.cluster_create_time.and_then(moment)?;
    Some(Database {
        source: Source {
            id: SourceId {
                medium: Medium::Cluster,
                id: one.db_cluster_identifier?,
            },
            // It grows by itself, so sizes of copies cannot be compared with it.
            size: None,
            since,
            ready: is_ready(one.status.as_deref()),
            machine: None,
        },
        key: one.kms_key_id,
        tags: tags(one.tag_list),
    })
}

/// RDS takes a snapshot of what is available only.
fn is_ready(state: Option<&str>) -> bool {
    state == Some("available")
}
