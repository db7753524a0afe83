//! Snapshots of databases.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbClusterSnapshot, DbSnapshot};
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind, Listing};
use jichitai_plan::osaka_backup_policy::copy::{Copy, Label, State};
use jichitai_plan::osaka_backup_policy::schedule::compact_time;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::rds::snapshot::{Action, Of};
use jichitai_plan::step::Created;
use jichitai_plan::tags::BEGUN;

use super::{PAGE, sdk_tags, tags};
use crate::answer::{gone, moment};
use crate::error::{fault, incomplete};

/// The account's own snapshots of instances.
pub(crate) async fn of_instances(rds: &Client, region: Region) -> Listing<Copy> {
    let call = rds.describe_db_snapshots().snapshot_type("manual");
    let pages = call.into_paginator().page_size(PAGE).items().send();
    let all: Vec<DbSnapshot> = pages.try_collect().await.map_err(fault)?;
    all.into_iter().map(|one| instance(one, region)).collect()
}

/// The account's own snapshots of clusters.
pub(crate) async fn of_clusters(rds: &Client, region: Region) -> Listing<Copy> {
    let call = rds.describe_db_cluster_snapshots().snapshot_type("manual");
    let pages = call.into_paginator().page_size(PAGE).items().send();
    let all: Vec<DbClusterSnapshot> = pages.try_collect().await.map_err(fault)?;
    all.into_iter().map(|one| cluster(one, region)).collect()
}

/// What both kinds say.
struct Found {
    id: Option<String>,
    arn: Option<String>,
    state: Option<String>,
    created: Option<aws_smithy_types::DateTime>,
    size: Option<i32>,
    encrypted: Option<bool>,
    key: Option<String>,
    tags: Option<Vec<aws_sdk_rds::types::Tag>>,
}

fn instance(one: DbSnapshot, region: Region) -> Result<Copy, Fault> {
    let found = Found {
        id: one.db_snapshot_identifier,
        arn: one.db_snapshot_arn,
        state: one.status,
        created: one.snapshot_create_time,
        size: one.allocated_storage,
        encrypted: one.encrypted,
        key: one.kms_key_id,
        tags: one.tag_list,
    };
    read(found, Medium::Database, region)
}

fn cluster(one: DbClusterSnapshot, region: Region) -> Result<Copy, Fault> {
    let found = Found {
        id: one.db_cluster_snapshot_identifier,
        arn: one.db_cluster_snapshot_arn,
        state: one.status,
        created: one.snapshot_create_time,
        // A cluster grows by itself: nothing is to be learnt from it.
        size: None,
        encrypted: one.storage_encrypted,
        key: one.kms_key_id,
        tags: one.tag_list,
    };
    read(found, Medium::Cluster, region)
}

fn read(found: Found, medium: Medium, region: Region) -> Result<Copy, Fault> {
    let operation = "rds:DescribeDBSnapshots";
    let state = found.state.unwrap_or_default();
    let tags = tags(found.tags);
    // While it is being made it has no time but the one at which it was asked for.
    let begun = tags.get(BEGUN).and_then(compact_time);
    Ok(Copy {
        medium,
        region,
        id: found.id.ok_or_else(|| incomplete(operation, "DBSnapshotIdentifier"))?,
        arn: found.arn,
        state: match state.as_str() {
            "available" => State::Complete,
            "failed" | "incompatible-restore" | "incompatible-parameters" => State::Failed(state),
            _ => State::Pending,
        },
        started: begun
            .or_else(|| found.created.and_then(moment))
            .unwrap_or(jiff::Timestamp::MAX),
        size: found.size.and_then(|size| u64::try_from(size).ok()),
        encrypted: found.encrypted.unwrap_or_default(),
        keys: found.key.into_iter().collect(),
        snapshots: std::collections::BTreeSet::new(),
        used_by: None,
        label: Label::read(medium, None, &tags),
        tags,
    })
}

/// Performs one write. A snapshot of this name that is there already is the one that was asked for: the name
/// says whose it is, of what, and of which run.
pub(crate) async fn execute(rds: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    let (id, arn) = match action {
        Action::Create { of, database, id, tags } => (id, create(rds, *of, database, id, tags).await),
        Action::Copy { id, .. } => (id, copy(rds, action).await),
        Action::Delete { of, id } => return gone(delete(rds, *of, id).await),
    };
    let arn = match arn {
        Err(fault) if fault.kind == FaultKind::Conflict && fault.code.contains("AlreadyExists") => None,
        other => other?,
    };
    Ok(Some(Created {
        id: id.clone(),
        arn,
        state: Some("creating".to_owned()),
    }))
}

async fn create(
    rds: &Client,
    of: Of,
    database: &str,
    id: &str,
    tags: &jichitai_plan::tags::Tags,
) -> Result<Option<String>, Fault> {
    match of {
        Of::Instance => {
            let call = rds
                .create_db_snapshot()
                .db_instance_identifier(database)
                .db_snapshot_identifier(id);
            let answer = call.set_tags(Some(sdk_tags(tags))).send().await.map_err(fault)?;
            Ok(answer.db_snapshot.and_then(|one| one.db_snapshot_arn))
        }
        Of::Cluster => {
            let call = rds.create_db_cluster_snapshot().db_cluster_identifier(database);
            let call = call.db_cluster_snapshot_identifier(id);
            let answer = call.set_tags(Some(sdk_tags(tags))).send().await.map_err(fault)?;
            Ok(answer.db_cluster_snapshot.and_then(|one| one.db_cluster_snapshot_arn))
        }
    }
}

async fn copy(rds: &Client, action: &Action) -> Result<Option<String>, Fault> {
    let Action::Copy {
        of,
        from: _,
        source_arn,
        id,
        key_arn,
        tags,
    } = action
    else {
        return Ok(None);
    };
    match of {
        Of::Instance => {
            let call = rds
                .copy_db_snapshot()
                .source_db_snapshot_identifier(source_arn)
                .target_db_snapshot_identifier(id)
                .kms_key_id(key_arn);
            let answer = call.set_tags(Some(sdk_tags(tags))).send().await.map_err(fault)?;
            Ok(answer.db_snapshot.and_then(|one| one.db_snapshot_arn))
        }
        Of::Cluster => {
            let call = rds
                .copy_db_cluster_snapshot()
                .source_db_cluster_snapshot_identifier(source_arn)
                .target_db_cluster_snapshot_identifier(id)
                .kms_key_id(key_arn);
            let answer = call.set_tags(Some(sdk_tags(tags))).send().await.map_err(fault)?;
            Ok(answer.db_cluster_snapshot.and_then(|one| one.db_cluster_snapshot_arn))
        }
    }
}

async fn delete(rds: &Client, of: Of, id: &str) -> Result<(), Fault> {
    match of {
        Of::Instance => {
            let call = rds.delete_db_snapshot().db_snapshot_identifier(id);
            call.send().await.map(drop).map_err(fault)
        }
        Of::Cluster => {
            let call = rds.delete_db_cluster_snapshot().db_cluster_snapshot_identifier(id);
            call.send().await.map(drop).map_err(fault)
        }
    }
}
