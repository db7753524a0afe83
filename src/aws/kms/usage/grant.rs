//! Grants: services hold one for as long as they use a key on somebody's behalf.

use aws_sdk_kms::Client;
use jichitai_plan::kms::key::Key;
use jichitai_plan::observation::{FaultKind, Listing};

use super::{Check, Encrypted};
use crate::concurrently::concurrently;
use crate::error::fault;

/// Keys that are asked at the same time.
const KEYS_AT_ONCE: usize = 4;

pub(super) async fn check(kms: &Client, keys: &[Key]) -> Check {
    let reads = keys.iter().map(|key| list(kms, key)).collect();
    let found: Result<Vec<_>, _> = concurrently(KEYS_AT_ONCE, reads).await.into_iter().collect();
    ("grant", found.map(|found| found.into_iter().flatten().collect()))
}

async fn list(kms: &Client, key: &Key) -> Listing<Encrypted> {
    let pages = kms
        .list_grants()
        .key_id(&key.id)
        .limit(100)
        .into_paginator()
        .items()
        .send();
    let grants: Vec<_> = match pages.try_collect().await.map_err(fault) {
        Ok(grants) => grants,
        // A key on its way out: KMS refuses to list its grants, and nobody can use them.
        Err(fault) if fault.kind == FaultKind::Conflict => Vec::new(),
        Err(fault) => return Err(fault),
    };
    Ok(grants
        .into_iter()
        .filter_map(|grant| Encrypted::new(grant.grant_id, Some(key.arn.clone())))
        .collect())
}
