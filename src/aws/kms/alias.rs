//! Aliases of keys.

use aws_sdk_kms::Client;
use jichitai_plan::kms::alias::{Action, Alias};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::step::Created;

use crate::error::fault;

/// All aliases of the account and Region that point to a key. KMS cannot be asked for one by name.
pub(crate) async fn list(kms: &Client) -> Listing<Alias> {
    let entries: Vec<_> = kms
        .list_aliases()
        .limit(100)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(fault)?;
    let alias = |entry: aws_sdk_kms::types::AliasListEntry| {
        Some(Alias {
            name: entry.alias_name?,
            key_id: entry.target_key_id?,
        })
    };
    Ok(entries.into_iter().filter_map(alias).collect())
}

/// Performs one write.
pub(crate) async fn execute(kms: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create { name, key_id } => {
            kms.create_alias()
                .alias_name(name)
                .target_key_id(key_id)
                .send()
                .await
                .map_err(fault)?;
        }
        Action::Retarget { name, key_id } => {
            kms.update_alias()
                .alias_name(name)
                .target_key_id(key_id)
                .send()
                .await
                .map_err(fault)?;
        }
    }
    Ok(None)
}
