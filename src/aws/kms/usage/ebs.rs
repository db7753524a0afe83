//! Volumes, snapshots and images of the account, and the key that new volumes get.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Image, Snapshot};
use jichitai_plan::observation::Listing;

use super::{Check, Encrypted, same};
use crate::error::fault;

/// Items in one answer: an unpaged listing of thousands of snapshots times out.
const PAGE: i32 = 500;

pub(super) async fn checks(ec2: &Client) -> Vec<Check> {
    let (volumes, snapshots, images, default) = futures::join!(volumes(ec2), snapshots(ec2), images(ec2), default(ec2));
    let images = match (&snapshots, images) {
        // An image names its snapshots, and only those tell the key.
        (Err(fault), _) => same(fault),
        (Ok(_), Err(fault)) => Err(fault),
        (Ok(snapshots), Ok(images)) => Ok(images_with_keys(images, snapshots)),
    };
    let snapshot = |snapshot: Snapshot| Encrypted::new(snapshot.snapshot_id, snapshot.kms_key_id);
    let snapshots = snapshots.map(|all| all.into_iter().filter_map(snapshot).collect());
    vec![
        ("volume", volumes),
        ("snapshot", snapshots),
        ("image", images),
        ("ebs-default", default),
    ]
}

async fn volumes(ec2: &Client) -> Listing<Encrypted> {
    let pages = ec2.describe_volumes().into_paginator().page_size(PAGE).items().send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(all
        .into_iter()
        .filter_map(|volume| Encrypted::new(volume.volume_id, volume.kms_key_id))
        .collect())
}

async fn snapshots(ec2: &Client) -> Listing<Snapshot> {
    let pages = ec2
        .describe_snapshots()
        .owner_ids("self")
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    pages.try_collect().await.map_err(fault)
}

async fn images(ec2: &Client) -> Listing<Image> {
    let pages = ec2
        .describe_images()
        .owners("self")
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    pages.try_collect().await.map_err(fault)
}

async fn default(ec2: &Client) -> Listing<Encrypted> {
    let answer = ec2.get_ebs_default_kms_key_id().send().await.map_err(fault)?;
    Ok(Encrypted::new(Some("default key of EBS".to_owned()), answer.kms_key_id)
        .into_iter()
        .collect())
}

fn images_with_keys(images: Vec<Image>, snapshots: &[Snapshot]) -> Vec<Encrypted> {
    let key_of = |snapshot: &Snapshot| Some((snapshot.snapshot_id.clone()?, snapshot.kms_key_id.clone()?));
    let keys: BTreeMap<String, String> = snapshots.iter().filter_map(key_of).collect();
    let mut found = Vec::new();
    for image in images {
        let disks = image
            .block_device_mappings
            .unwrap_or_default()
            .into_iter()
            .filter_map(|mapping| mapping.ebs);
        for disk in disks {
            let by_snapshot = disk.snapshot_id.and_then(|id| keys.get(&id).cloned());
            let named = disk.kms_key_id.into_iter().chain(by_snapshot);
            found.extend(named.filter_map(|key| Encrypted::new(image.image_id.clone(), Some(key))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice};

    use super::*;

    #[test]
    fn an_image_needs_the_keys_of_its_snapshots() {
        let disk = EbsBlockDevice::builder().snapshot_id("snap-1").build();
        let image = Image::builder()
            .image_id("ami-1")
            .block_device_mappings(BlockDeviceMapping::builder().ebs(disk).build())
            .build();
        let snapshot = Snapshot::builder().snapshot_id("snap-1").kms_key_id("key").build();
        assert_eq!(
            images_with_keys(vec![image], &[snapshot]),
            [Encrypted {
                id: "ami-1".into(),
                key: "key".into()
            }]
        );
    }
}
