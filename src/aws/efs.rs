//! EFS file systems: only that they are there.

use aws_sdk_efs::Client;
use jichitai_plan::observation::Listing;
use jichitai_plan::osaka_backup_policy::coverage::{Store, StoreKind};

use crate::error::fault;

/// All file systems of the account in the Region.
pub(crate) async fn stores(efs: &Client) -> Listing<Store> {
    let pages = efs
        .describe_file_systems()
        .into_paginator()
        .page_size(100)
        .items()
        .send();
    let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let one = |found: aws_sdk_efs::types::FileSystemDescription| Store {
        kind: StoreKind::FileSystem,
        id: found.file_system_id,
        key_aliases: found.kms_key_id.into_iter().collect(),
        tags: found.tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        host: None,
        replicated: false,
    };
    Ok(all.into_iter().map(one).collect())
}
