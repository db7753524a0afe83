//! Buckets as something that holds data: under which key, and whether Osaka has a replica of it.

use jichitai_api::Region;
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::osaka_backup_policy::coverage::{Store, StoreKind};
use jichitai_plan::tags::Tags;

use super::{Address, encryption, replication};
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

/// Buckets that are asked at the same time.
const AT_ONCE: usize = 16;

/// All buckets of the account in the Region.
pub(crate) async fn stores(session: &Session, region: Region) -> Listing<Store> {
    let s3 = session.s3(region, Purpose::Read);
    let call = s3.list_buckets().bucket_region(region.as_str());
    let pages = call.into_paginator().page_size(1_000).items().send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let names: Vec<String> = found.into_iter().filter_map(|bucket| bucket.name).collect();
    let owner = session.account().as_str();
    let reads = names.iter().map(|name| {
        let s3 = &s3;
        store(Address { s3, owner, name })
    });
    concurrently(AT_ONCE, reads.collect()).await.into_iter().collect()
}

async fn store(at: Address<'_>) -> Result<Store, Fault> {
    let (encryption, replication) = futures::join!(encryption::read(at), replication::read(at));
    let key = known(encryption)?.and_then(|encryption| encryption.key);
    let rules = known(replication)?
        .map(|replication| replication.rules)
        .unwrap_or_default();
    Ok(Store {
        kind: StoreKind::Bucket,
        id: at.name.to_owned(),
        key_aliases: key.into_iter().collect(),
        tags: Tags::new(),
        instance: None,
        replicated: rules.iter().any(|rule| rule.enabled),
    })
}

fn known<T>(observation: Observation<T>) -> Result<Option<T>, Fault> {
    match observation {
        Observation::Present(value) => Ok(Some(value)),
        Observation::Absent => Ok(None),
        Observation::Unreadable(fault) => Err(fault),
    }
}
