//! What backups are made of, volumes with their instances and instances with their volumes; and volumes that are
//! made of backups.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Instance, InstanceStateName, ResourceType, Volume, VolumeState};
use jichitai_plan::ec2::volume::Action;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::osaka_backup_policy::copy::State;
use jichitai_plan::osaka_backup_policy::source::{Machine, Medium, Source, SourceId};
use jichitai_plan::step::Created;
use jichitai_plan::tags::{Tags, has_all};

use super::{PAGE, created, filter, gone, tags};
use crate::answer::moment;
use crate::error::{fault, incomplete};

/// Values that a filter takes.
const VALUES: usize = 200;

/// Those with these tags, and some more: to a filter `*`, `?` and `\` mean something, and `?` finds each of them. Who
/// asks compares again.
fn by_tags(tags: &Tags) -> Vec<Filter> {
    let pattern = |value: &str| value.replace(['*', '?', '\\'], "?");
    let one = |(key, value): (&str, &str)| filter(&format!("tag:{key}"), [pattern(value)]);
    tags.iter().map(one).collect()
}

/// All volumes that the filters select.
pub(crate) async fn volumes(ec2: &Client, filters: Vec<Filter>) -> Listing<Volume> {
    let pages = ec2
        .describe_volumes()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    pages.try_collect().await.map_err(fault)
}

/// All instances that the filters select.
pub(crate) async fn instances(ec2: &Client, filters: Vec<Filter>) -> Listing<Instance> {
    let pages = ec2
        .describe_instances()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(all
        .into_iter()
        .flat_map(|one| one.instances.unwrap_or_default())
        .collect())
}

/// The instance that a volume is attached to.
pub(crate) fn attached_to(volume: &Volume) -> Option<String> {
    volume
        .attachments
        .iter()
        .flatten()
        .find_map(|one| one.instance_id.clone())
}

/// The volumes with these tags.
pub(crate) async fn with_tags(ec2: &Client, selector: &Tags) -> Listing<Source> {
    let mut found = volumes(ec2, by_tags(selector)).await?;
    found.retain(|volume| has_all(&tags_of(volume), selector));
    let ids: BTreeSet<String> = found.iter().filter_map(attached_to).collect();
    let machines = machines(ec2, ids).await?;
    let one = |volume: Volume| {
        let machine = attached_to(&volume).and_then(|id| machines.get(&id).cloned());
        let ready = matches!(volume.state, Some(VolumeState::Available | VolumeState::InUse));
        Some(Source {
            id: SourceId {
                medium: Medium::Snapshot,
                id: volume.volume_id?,
            },
            size: volume.size.and_then(|size| u64::try_from(size).ok()),
            since: volume.create_time.and_then(moment)?,
            ready,
            machine,
        })
    };
    Ok(found.into_iter().filter_map(one).collect())
}

async fn machines(ec2: &Client, ids: BTreeSet<String>) -> Result<BTreeMap<String, Machine>, Fault> {
    let mut all = BTreeMap::new();
    let ids: Vec<String> = ids.into_iter().collect();
    for chunk in ids.chunks(VALUES) {
        for instance in instances(ec2, vec![filter("instance-id", chunk)]).await? {
            let Some(id) = instance.instance_id.clone() else {
                continue;
            };
            let (root, volumes) = devices(&instance);
            all.insert(id.clone(), Machine { id, root, volumes });
        }
    }
    Ok(all)
}

/// The root volume of an instance, and all of its volumes.
fn devices(instance: &Instance) -> (Option<String>, BTreeSet<String>) {
    let devices = instance.block_device_mappings.iter().flatten();
    let devices =
        devices.filter_map(|device| Some((device.device_name.clone()?, device.ebs.as_ref()?.volume_id.clone()?)));
    let devices: Vec<(String, String)> = devices.collect();
    let is_root = |(name, _): &&(String, String)| instance.root_device_name.as_ref() == Some(name);
    let root = devices.iter().find(is_root).map(|(_, id)| id.clone());
    (root, devices.into_iter().map(|(_, id)| id).collect())
}

/// The instances with these tags, but for those that are going.
pub(crate) async fn instances_with_tags(ec2: &Client, selector: &Tags) -> Listing<Source> {
    let found = instances(ec2, by_tags(selector)).await?;
    let state = |instance: &Instance| instance.state.as_ref().and_then(|state| state.name.clone());
    let gone = |instance: &Instance| {
        matches!(
            state(instance),
            Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown)
        )
    };
    let is_one = |instance: &Instance| !gone(instance) && has_all(&super::instance::tags_of(instance), selector);
    let found: Vec<Instance> = found.into_iter().filter(is_one).collect();
    let ids: Vec<String> = found
        .iter()
        .filter_map(|instance| instance.instance_id.clone())
        .collect();
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for chunk in ids.chunks(VALUES) {
        for volume in volumes(ec2, vec![filter("attachment.instance-id", chunk)]).await? {
            let size = volume
                .size
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default();
            if let Some(instance) = attached_to(&volume) {
                *sizes.entry(instance).or_default() += size;
            }
        }
    }
    let one = |instance: Instance| {
        let ready = matches!(
            state(&instance),
            Some(InstanceStateName::Running | InstanceStateName::Stopped)
        );
        let id = instance.instance_id?;
        Some(Source {
            size: sizes.get(&id).copied(),
            id: SourceId {
                medium: Medium::Image,
                id,
            },
            // A start sets it anew; there is no older time that all instances tell.
            since: instance.launch_time.and_then(moment)?,
            ready,
            machine: None,
        })
    };
    Ok(found.into_iter().filter_map(one).collect())
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            snapshot_id,
            availability_zone,
            volume_type,
            tags,
        } => {
            let call = ec2
                .create_volume()
                .snapshot_id(snapshot_id)
                .availability_zone(availability_zone)
                .volume_type(volume_type.as_str().into())
                .set_client_token(token.map(str::to_owned));
            let call = call.tag_specifications(tags::at_creation(ResourceType::Volume, tags));
            let made = call.send().await.map_err(fault)?;
            let id = made
                .volume_id
                .ok_or_else(|| incomplete("ec2:CreateVolume", "VolumeId"))?;
            Ok(Some(created(id, Some("creating".to_owned()))))
        }
        Action::Delete { id } => gone(ec2.delete_volume().volume_id(id).send().await.map_err(fault)),
    }
}

/// How far AWS is with a volume.
pub(crate) fn state(volume: &Volume) -> State {
    match &volume.state {
        Some(VolumeState::Available | VolumeState::InUse) => State::Complete,
        Some(VolumeState::Error) => State::Failed("error".to_owned()),
        _ => State::Pending,
    }
}

/// The tags of a volume.
pub(crate) fn tags_of(volume: &Volume) -> Tags {
    tags::read(volume.tags.clone())
}
