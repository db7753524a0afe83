//! Machine images.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, ImageState, ResourceType};
use jichitai_api::Region;
use jichitai_plan::ec2::image::Action;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::osaka_backup_policy::copy::{Copy, Label, State};
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::step::Created;

use super::snapshot::{Snapshot, by_id};
use super::{PAGE, created, gone, tags};
use crate::error::{fault, incomplete};

/// The account's images that the filters select. `snapshots` are those that they are made of, as far as they are
/// the object's: what encrypts an image is what encrypts them.
pub(crate) async fn list(ec2: &Client, region: Region, filters: Vec<Filter>, snapshots: &[Snapshot]) -> Listing<Copy> {
    let found = found(ec2, filters).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let used = used(ec2).await?;
    let snapshots = by_id(snapshots);
    found
        .into_iter()
        .map(|image| read(image, region, &snapshots, &used))
        .collect()
}

/// The account's images that the filters select, as AWS tells them.
pub(crate) async fn found(ec2: &Client, filters: Vec<Filter>) -> Listing<aws_sdk_ec2::types::Image> {
    let pages = ec2
        .describe_images()
        .owners("self")
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    pages.try_collect().await.map_err(fault)
}

fn read(
    image: aws_sdk_ec2::types::Image,
    region: Region,
    known: &BTreeMap<&str, &Copy>,
    used: &BTreeMap<String, String>,
) -> Result<Copy, Fault> {
    let operation = "ec2:DescribeImages";
    let id = image.image_id.ok_or_else(|| incomplete(operation, "ImageId"))?;
    let devices = image.block_device_mappings.unwrap_or_default();
    let devices: Vec<_> = devices.into_iter().filter_map(|device| device.ebs).collect();
    let snapshots: BTreeSet<String> = devices.iter().filter_map(|ebs| ebs.snapshot_id.clone()).collect();
    let parts: Vec<&&Copy> = snapshots.iter().filter_map(|id| known.get(id.as_str())).collect();
    let all_known = parts.len() == devices.len() && !devices.is_empty();
    let failed = image.state_reason.and_then(|reason| reason.message).unwrap_or_default();
    let state = match image.state {
        // It is as complete as the last of its snapshots.
        Some(ImageState::Available) if parts.iter().all(|part| part.state == State::Complete) => State::Complete,
        Some(ImageState::Available | ImageState::Pending | ImageState::Transient) => State::Pending,
        Some(other) if failed.is_empty() => State::Failed(other.as_str().to_owned()),
        _ => State::Failed(failed),
    };
    let tags = tags::read(image.tags);
    let started = image.creation_date.and_then(|text| text.parse().ok());
    Ok(Copy {
        medium: Medium::Image,
        region,
        arn: None,
        state,
        started: started.ok_or_else(|| incomplete(operation, "CreationDate"))?,
        size: all_known.then(|| parts.iter().filter_map(|part| part.size).sum()),
        encrypted: all_known && parts.iter().all(|part| part.encrypted),
        keys: parts.iter().flat_map(|part| part.keys.iter().cloned()).collect(),
        snapshots,
        used_by: used.get(&id).map(|template| format!("launch template {template}")),
        label: Label::read(Medium::Image, None, &tags),
        tags,
        id,
    })
}

/// Launch templates by the image that their newest or default version names.
async fn used(ec2: &Client) -> Result<BTreeMap<String, String>, Fault> {
    let pages = ec2
        .describe_launch_template_versions()
        .versions("$Latest")
        .versions("$Default")
        .into_paginator()
        .page_size(200)
        .items()
        .send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let one = |version: aws_sdk_ec2::types::LaunchTemplateVersion| {
        Some((version.launch_template_data?.image_id?, version.launch_template_id?))
    };
    Ok(all.into_iter().filter_map(one).collect())
}

/// Ids of the account's images that are under way, whoever began them.
pub(crate) async fn in_flight(ec2: &Client) -> Listing<String> {
    let pending = found(ec2, vec![super::filter("state", ["pending"])]).await?;
    Ok(pending.into_iter().filter_map(|image| image.image_id).collect())
}

/// Performs one write; `token` makes a copy repeatable.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            instance_id,
            name,
            reboot,
            tags,
            snapshot_tags,
        } => {
            let call = ec2
                .create_image()
                .instance_id(instance_id)
                .name(name)
                .no_reboot(!reboot);
            let call = call
                .tag_specifications(tags::at_creation(ResourceType::Image, tags))
                .tag_specifications(tags::at_creation(ResourceType::Snapshot, snapshot_tags));
            new(call.send().await.map_err(fault)?.image_id, "ec2:CreateImage")
        }
        Action::Copy {
            from,
            source,
            name,
            key_arn,
            tags,
            snapshot_tags,
        } => {
            let call = ec2
                .copy_image()
                .source_region(from.as_str())
                .source_image_id(source)
                .name(name)
                .encrypted(true)
                .kms_key_id(key_arn)
                .set_client_token(token.map(str::to_owned));
            let call = call
                .tag_specifications(tags::at_creation(ResourceType::Image, tags))
                .tag_specifications(tags::at_creation(ResourceType::Snapshot, snapshot_tags));
            new(call.send().await.map_err(fault)?.image_id, "ec2:CopyImage")
        }
        Action::Deregister { id } => gone(ec2.deregister_image().image_id(id).send().await.map_err(fault)),
    }
}

fn new(id: Option<String>, operation: &str) -> Result<Option<Created>, Fault> {
    let id = id.ok_or_else(|| incomplete(operation, "ImageId"))?;
    Ok(Some(created(id, Some("pending".to_owned()))))
}
