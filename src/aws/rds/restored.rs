//! Databases that are restored from snapshots.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbCluster, DbInstance};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::osaka_backup_policy::copy::State;
use jichitai_plan::rds::database::{Action, Placement};
use jichitai_plan::restore::observed::{Thing, ThingKind};
use jichitai_plan::step::Created;
use jichitai_plan::tags::ROLE;

use super::{PAGE, sdk_tags, tags};
use crate::error::fault;

/// All databases that say of themselves that they were restored.
pub(crate) async fn list(rds: &Client) -> Listing<Thing> {
    let (instances, clusters) = futures::join!(
        async {
            let pages = rds
                .describe_db_instances()
                .into_paginator()
                .page_size(PAGE)
                .items()
                .send();
            let all: Vec<DbInstance> = pages.try_collect().await.map_err(fault)?;
            Ok::<_, Fault>(all)
        },
        async {
            let pages = rds
                .describe_db_clusters()
                .into_paginator()
                .page_size(PAGE)
                .items()
                .send();
            let all: Vec<DbCluster> = pages.try_collect().await.map_err(fault)?;
            Ok::<_, Fault>(all)
        },
    );
    let instances = instances?
        .into_iter()
        .map(|one| (one.db_instance_identifier, one.db_instance_status, one.tag_list));
    let clusters = clusters?
        .into_iter()
        .map(|one| (one.db_cluster_identifier, one.status, one.tag_list));
    let read = |(id, state, list): (Option<String>, Option<String>, _)| {
        let tags = tags(list);
        let role = tags.get(ROLE)?;
        let kind = ThingKind::ALL.into_iter().find(|kind| kind.as_str() == role)?;
        let state = state.unwrap_or_default();
        Some(Thing {
            kind,
            id: id?,
            state: match state.as_str() {
                "available" | "stopped" | "backing-up" => State::Complete,
                "failed" | "restore-error" | "storage-full" => State::Failed(state),
                other if other.starts_with("incompatible") || other.starts_with("inaccessible") => State::Failed(state),
                _ => State::Pending,
            },
            tags,
        })
    };
    Ok(instances.chain(clusters).filter_map(read).collect())
}

/// Performs one write. A database of this name that is there already is somebody else's, or would have been listed.
pub(crate) async fn execute(rds: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    let groups = |placement: &Placement| {
        let all = &placement.security_group_ids;
        (!all.is_empty()).then(|| all.clone())
    };
    let arn = match action {
        Action::Restore {
            snapshot_id,
            id,
            class,
            placement,
            tags,
        } => {
            let call = rds
                .restore_db_instance_from_db_snapshot()
                .db_snapshot_identifier(snapshot_id)
                .db_instance_identifier(id)
                .db_instance_class(class)
                .db_subnet_group_name(&placement.subnet_group)
                .publicly_accessible(false)
                .set_vpc_security_group_ids(groups(placement))
                .set_tags(Some(sdk_tags(tags)));
            let answer = call.send().await.map_err(fault)?;
            answer.db_instance.and_then(|one| one.db_instance_arn)
        }
        Action::RestoreCluster {
            snapshot_id,
            id,
            engine,
            placement,
            tags,
        } => {
            let call = rds
                .restore_db_cluster_from_snapshot()
                .snapshot_identifier(snapshot_id)
                .db_cluster_identifier(id)
                .engine(engine)
                .db_subnet_group_name(&placement.subnet_group)
                .set_vpc_security_group_ids(groups(placement))
                .set_tags(Some(sdk_tags(tags)));
            let answer = call.send().await.map_err(fault)?;
            answer.db_cluster.and_then(|one| one.db_cluster_arn)
        }
        Action::AddToCluster {
            cluster,
            id,
            class,
            engine,
            tags,
        } => {
            let call = rds
                .create_db_instance()
                .db_cluster_identifier(cluster)
                .db_instance_identifier(id)
                .db_instance_class(class)
                .engine(engine)
                .publicly_accessible(false)
                .set_tags(Some(sdk_tags(tags)));
            let answer = call.send().await.map_err(fault)?;
            answer.db_instance.and_then(|one| one.db_instance_arn)
        }
    };
    Ok(Some(Created {
        id: action.id().to_owned(),
        arn,
        state: Some("creating".to_owned()),
    }))
}
