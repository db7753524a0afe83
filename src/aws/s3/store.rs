//! Buckets as something that holds data: under which key, and whether a bucket in Osaka has a replica of it.

use std::collections::BTreeSet;

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

/// All buckets of the account in Tokyo.
pub(crate) async fn stores(session: &Session) -> Listing<Store> {
    let (names, osaka) = futures::try_join!(names(session, Region::Tokyo), names(session, Region::Osaka))?;
    let replicas: BTreeSet<String> = osaka.iter().map(|name| format!("arn:aws:s3:::{name}")).collect();
    let s3 = session.s3(Region::Tokyo, Purpose::Read);
    let owner = session.account().as_str();
    let reads = names.iter().map(|name| {
        let s3 = &s3;
        store(Address { s3, owner, name }, &replicas)
    });
    concurrently(AT_ONCE, reads.collect()).await.into_iter().collect()
}

/// The names of all buckets in a Region.
pub(crate) async fn names(session: &Session, region: Region) -> Result<Vec<String>, Fault> {
    let s3 = session.s3(region, Purpose::Read);
    let call = s3.list_buckets().bucket_region(region.as_str());
    let pages = call.into_paginator().page_size(1_000).items().send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found.into_iter().filter_map(|bucket| bucket.name).collect())
}

async fn store(at: Address<'_>, replicas: &BTreeSet<String>) -> Result<Store, Fault> {
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
        host: None,
        replicated: rules
            .iter()
            .any(|rule| rule.enabled && replicas.contains(&rule.destination)),
    })
}

fn known<T>(observation: Observation<T>) -> Result<Option<T>, Fault> {
    match observation {
        Observation::Present(value) => Ok(Some(value)),
        Observation::Absent => Ok(None),
        Observation::Unreadable(fault) => Err(fault),
    }
}
