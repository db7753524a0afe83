//! EBS volumes, snapshots of them, and images.

use aws_sdk_ec2::Client;
use jichitai_api::Region;
use jichitai_plan::guardrails::survey::{Encryption, Read, Stored};
use jichitai_plan::observation::{Listing, Observation};

use super::both;
use crate::config::Purpose;
use crate::ec2::{self, tags};
use crate::error::fault;
use crate::session::Session;

/// Items in one answer.
const PAGE: i32 = 1_000;

/// An encryption as EC2 and RDS tell it; a key that is not named is one of AWS.
pub(super) fn encryption(encrypted: Option<bool>, key: Option<String>) -> Encryption {
    match (encrypted, key) {
        (Some(true), Some(key)) => Encryption::Key(key),
        (Some(true), None) => Encryption::ByAws,
        (Some(false) | None, _) => Encryption::None,
    }
}

pub(super) async fn volumes(session: &Session) -> Read<Stored> {
    both(async |region| {
        let found = ec2::volume::volumes(&session.ec2(region, Purpose::Read), Vec::new()).await?;
        let one = |volume: aws_sdk_ec2::types::Volume| Stored {
            region,
            encryption: Some(encryption(volume.encrypted, volume.kms_key_id)),
            public: Observation::Present(false),
            vpc_id: None,
            tags: tags::read(volume.tags),
            id: volume.volume_id.unwrap_or_default(),
        };
        Ok(found.into_iter().map(one).collect())
    })
    .await
}

/// Snapshots; public ones are those that everybody may restore.
pub(super) async fn snapshots(session: &Session) -> Read<Stored> {
    both(async |region| of_region(&session.ec2(region, Purpose::Read), region).await).await
}

async fn of_region(ec2: &Client, region: Region) -> Listing<Stored> {
    let (own, open) = futures::try_join!(own(ec2, None), own(ec2, Some("all")))?;
    let is_open = |id: &str| open.iter().any(|one| one.snapshot_id.as_deref() == Some(id));
    let one = |snapshot: aws_sdk_ec2::types::Snapshot| {
        let id = snapshot.snapshot_id.unwrap_or_default();
        Stored {
            region,
            encryption: Some(encryption(snapshot.encrypted, snapshot.kms_key_id)),
            public: Observation::Present(is_open(&id)),
            vpc_id: None,
            tags: tags::read(snapshot.tags),
            id,
        }
    };
    Ok(own.into_iter().map(one).collect())
}

async fn own(ec2: &Client, restorable_by: Option<&str>) -> Listing<aws_sdk_ec2::types::Snapshot> {
    let call = ec2.describe_snapshots().owner_ids("self");
    let call = call.set_restorable_by_user_ids(restorable_by.map(|who| vec![who.to_owned()]));
    let pages = call.into_paginator().page_size(PAGE).items().send();
    pages.try_collect().await.map_err(fault)
}

/// Images. What encrypts one is what encrypts its snapshots, which are looked at themselves.
pub(super) async fn images(session: &Session) -> Read<Stored> {
    both(async |region| {
        let found = ec2::image::found(&session.ec2(region, Purpose::Read), Vec::new()).await?;
        let one = |image: aws_sdk_ec2::types::Image| Stored {
            region,
            encryption: None,
            public: Observation::Present(image.public == Some(true)),
            vpc_id: None,
            tags: tags::read(image.tags),
            id: image.image_id.unwrap_or_default(),
        };
        Ok(found.into_iter().map(one).collect())
    })
    .await
}

/// Whether new volumes are encrypted.
pub(super) async fn defaults(session: &Session) -> Vec<(Region, Observation<bool>)> {
    let read = async |region| {
        let ec2 = session.ec2(region, Purpose::Read);
        let found = ec2.get_ebs_encryption_by_default().send().await.map_err(fault);
        Ok(Some(found?.ebs_encryption_by_default == Some(true)))
    };
    super::services(read).await
}
