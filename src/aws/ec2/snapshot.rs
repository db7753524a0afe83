//! Snapshots of EBS volumes.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, InstanceSpecification, ResourceType, SnapshotState};
use jichitai_api::Region;
use jichitai_plan::ec2::snapshot::Action;
use jichitai_plan::observation::{Fault, FaultKind, Listing, OWNERSHIP_LOST};
use jichitai_plan::osaka_backup_policy::copy::{Copy, Label, State};
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::step::Created;
use jichitai_plan::tags::{INSTALLATION, OWNER, ROLE, Tags};

use super::{PAGE, created, gone, tags};
use crate::answer::moment;
use crate::ec2::presign::Presigner;
use crate::error::{fault, incomplete};

/// How the description begins that AWS gives to the snapshots of an image's copy: they are no copies of their own.
const OF_AN_IMAGE: &str = "Copied for DestinationAmi";

/// A snapshot as it is read.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) copy: Copy,
    of_an_image: bool,
}

/// The account's snapshots that the filters select.
pub(crate) async fn list(ec2: &Client, region: Region, filters: Vec<Filter>) -> Listing<Snapshot> {
    let pages = ec2
        .describe_snapshots()
        .owner_ids("self")
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    found.into_iter().map(|one| read(one, region)).collect()
}

fn read(one: aws_sdk_ec2::types::Snapshot, region: Region) -> Result<Snapshot, Fault> {
    let operation = "ec2:DescribeSnapshots";
    let state = match one.state {
        Some(SnapshotState::Completed) => State::Complete,
        Some(SnapshotState::Error) => {
            let why = one.state_message.unwrap_or_default();
            State::Failed(if why.is_empty() { "error".to_owned() } else { why })
        }
        // Being recovered from the bin or the archive it cannot be used yet.
        _ => State::Pending,
    };
    let tags = tags::read(one.tags);
    // A copy's volume is a number that means nothing.
    let volume = one.volume_id.filter(|_| region == Region::Tokyo);
    let copy = Copy {
        medium: Medium::Snapshot,
        region,
        id: one.snapshot_id.ok_or_else(|| incomplete(operation, "SnapshotId"))?,
        arn: None,
        state,
        started: one
            .start_time
            .and_then(moment)
            .ok_or_else(|| incomplete(operation, "StartTime"))?,
        size: one.volume_size.and_then(|size| u64::try_from(size).ok()),
        encrypted: one.encrypted.unwrap_or_default(),
        keys: one.kms_key_id.into_iter().collect(),
        snapshots: std::collections::BTreeSet::new(),
        used_by: None,
        label: Label::read(Medium::Snapshot, volume.as_deref(), &tags),
        tags,
    };
    let of_an_image = one.description.is_some_and(|text| text.starts_with(OF_AN_IMAGE));
    Ok(Snapshot { copy, of_an_image })
}

/// Ids of the account's copies of snapshots that are under way, whoever began them.
pub(crate) async fn in_flight(ec2: &Client, region: Region) -> Listing<String> {
    let pending = list(ec2, region, vec![super::filter("status", ["pending"])]).await?;
    let own = pending.into_iter().filter(|one| !one.of_an_image);
    Ok(own.map(|one| one.copy.id).collect())
}

/// Performs one write. AWS takes no client token for snapshots; the token is the description, which nobody can change,
/// and what was made by it is found before anything is made again, also after it has lost its tags.
pub(crate) async fn execute(
    ec2: &Client,
    action: &Action,
    token: Option<&str>,
    presigner: &Presigner<'_>,
) -> Result<Option<Created>, Fault> {
    let description = token.map(|token| format!("jichitai {token}"));
    if let (Some(description), Some(tags)) = (&description, action.tags())
        && let Some(found) = made_by(ec2, description).await?
    {
        return still_ours(found, tags).map(Some);
    }
    match action {
        Action::Create { volume_id, tags } => {
            let call = ec2.create_snapshot().volume_id(volume_id);
            let call = call.set_description(description);
            let call = call.tag_specifications(tags::at_creation(ResourceType::Snapshot, tags));
            let id = call.send().await.map_err(fault)?.snapshot_id;
            new(id, "ec2:CreateSnapshot")
        }
        Action::CreateOfInstance {
            instance_id,
            volumes: _,
            without_root,
            without,
            tags,
        } => {
            let instance = InstanceSpecification::builder()
                .instance_id(instance_id)
                .exclude_boot_volume(*without_root)
                .set_exclude_data_volume_ids((!without.is_empty()).then(|| without.iter().cloned().collect()));
            let call = ec2.create_snapshots().instance_specification(instance.build());
            let call = call.set_description(description);
            let call = call.tag_specifications(tags::at_creation(ResourceType::Snapshot, tags));
            let made = call.send().await.map_err(fault)?.snapshots.unwrap_or_default();
            new(made.into_iter().find_map(|one| one.snapshot_id), "ec2:CreateSnapshots")
        }
        Action::Copy {
            from,
            source,
            key_arn,
            tags,
        } => {
            let call = ec2
                .copy_snapshot()
                .set_description(description)
                .source_region(from.as_str())
                .source_snapshot_id(source)
                .encrypted(true)
                .kms_key_id(key_arn)
                .presigned_url(presigner.copy_snapshot(*from, source).await?);
            let call = call.tag_specifications(tags::at_creation(ResourceType::Snapshot, tags));
            new(call.send().await.map_err(fault)?.snapshot_id, "ec2:CopySnapshot")
        }
        Action::Delete { id } => gone(ec2.delete_snapshot().snapshot_id(id).send().await.map_err(fault)),
    }
}

/// A snapshot with this description.
async fn made_by(ec2: &Client, description: &str) -> Result<Option<aws_sdk_ec2::types::Snapshot>, Fault> {
    let by_description = super::filter("description", [description]);
    let call = ec2.describe_snapshots().owner_ids("self").filters(by_description);
    let found = call.send().await.map_err(fault)?.snapshots.unwrap_or_default();
    Ok(found.into_iter().next())
}

/// What was made before, unless its tags no longer tell whose it is.
fn still_ours(found: aws_sdk_ec2::types::Snapshot, wanted: &Tags) -> Result<Created, Fault> {
    let operation = "ec2:DescribeSnapshots";
    let (id, found) = (found.snapshot_id, tags::read(found.tags));
    let id = id.ok_or_else(|| incomplete(operation, "SnapshotId"))?;
    let lost = |key: &&str| found.get(key) != wanted.get(key);
    match [INSTALLATION, OWNER, ROLE].iter().find(|key| lost(key)) {
        None => Ok(created(id, None)),
        Some(key) => Err(Fault {
            kind: FaultKind::Conflict,
            operation: operation.to_owned(),
            code: OWNERSHIP_LOST.to_owned(),
            message: format!("{id} was made for this and has lost its tag {key}: give it back, or delete {id}"),
            request_id: None,
        }),
    }
}

fn new(id: Option<String>, operation: &str) -> Result<Option<Created>, Fault> {
    let id = id.ok_or_else(|| incomplete(operation, "SnapshotId"))?;
    Ok(Some(created(id, Some("pending".to_owned()))))
}

/// What images need to know of their snapshots, by id.
pub(crate) fn by_id(snapshots: &[Snapshot]) -> BTreeMap<&str, &Copy> {
    snapshots.iter().map(|one| (one.copy.id.as_str(), &one.copy)).collect()
}
