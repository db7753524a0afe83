//! Buckets of the Region that encrypt with a key by default.

use aws_sdk_s3::Client;
use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::{Fault, FaultKind, Listing};

use super::{Check, Encrypted};
use crate::concurrently::concurrently;
use crate::error::fault;

/// Buckets that are asked at the same time.
const BUCKETS_AT_ONCE: usize = 16;

pub(super) async fn check(s3: &Client, account: &AccountId, region: Region) -> Check {
    ("bucket", list(s3, account, region).await)
}

async fn list(s3: &Client, account: &AccountId, region: Region) -> Listing<Encrypted> {
    let pages = s3
        .list_buckets()
        .bucket_region(region.as_str())
        .into_paginator()
        .page_size(1_000)
        .items()
        .send();
    let buckets: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let reads = buckets
        .into_iter()
        .filter_map(|bucket| bucket.name)
        .map(|name| keys(s3, account, name))
        .collect();
    let found: Result<Vec<_>, _> = concurrently(BUCKETS_AT_ONCE, reads).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

async fn keys(s3: &Client, account: &AccountId, name: String) -> Result<Vec<Encrypted>, Fault> {
    let call = s3
        .get_bucket_encryption()
        .bucket(&name)
        .expected_bucket_owner(account.as_str());
    let rules = match call.send().await.map_err(fault) {
        Ok(answer) => answer
            .server_side_encryption_configuration
            .map(|found| found.rules)
            .unwrap_or_default(),
        // The bucket is gone by now, or has no configuration.
        Err(fault) if fault.kind == FaultKind::NotFound => Vec::new(),
        Err(fault) => return Err(fault),
    };
    let defaults = rules
        .into_iter()
        .filter_map(|rule| rule.apply_server_side_encryption_by_default);
    Ok(defaults
        .filter_map(|default| Encrypted::new(Some(name.clone()), default.kms_master_key_id))
        .collect())
}
