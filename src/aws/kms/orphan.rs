//! Keys that were created but never got their alias, because the operator died in between.
//!
//! `CreateKey` has no client token and KMS cannot list keys by tag, so every key of the account that
//! has no name of ours is asked for its tags. That happens only while a name has no key.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use aws_sdk_kms::Client;
use aws_sdk_kms::types::KeyManagerType;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::{Key, KeyState};
use jichitai_plan::municipality::query::Query;
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::tags::{self, Tags};

use super::key;
use crate::concurrently::concurrently;
use crate::error::fault;

/// Keys that are asked for their tags at the same time.
const TAGS_AT_ONCE: usize = 8;

/// So many keys get their names within a short time.
const REMEMBERED: usize = 256;

/// Names that are given with the key: a key that has one is no orphan.
const NAMED: [&str; 2] = ["alias/jichitai/", "alias/aws/"];

/// Keys that this process has made lately, with their tags: of these it need not ask AWS whose they are.
#[derive(Debug, Default)]
pub(super) struct Made(Mutex<VecDeque<(String, Tags)>>);

impl Made {
    pub(super) fn note(&self, id: &str, tags: &Tags) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back((id.to_owned(), tags.clone()));
        if all.len() > REMEMBERED {
            all.pop_front();
        }
    }

    fn is_for_another(&self, id: &str, query: &Query) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(made, tags)| made == id && !is_ours(tags, query))
    }
}

/// Whether a name of the query has no key and no known key without a name explains it.
pub(super) fn may_exist(query: &Query, aliases: &[Alias], known: &[Key]) -> bool {
    let missing = query.aliases.len().saturating_sub(aliases.len());
    let explains = |key: &&Key| {
        let named = aliases.iter().any(|alias| alias.key_id == key.id);
        !named && is_ours(&key.tags, query) && !matches!(key.state, KeyState::PendingDeletion { .. })
    };
    missing > known.iter().filter(explains).count()
}

/// The ids of keys that carry the owner's tags and no name.
pub(super) async fn search(
    kms: &Client,
    query: &Query,
    (all_aliases, known): (&[Alias], &[Key]),
    made: &Made,
) -> Result<Vec<String>, Fault> {
    let named = |alias: &&Alias| NAMED.iter().any(|prefix| alias.name.starts_with(prefix));
    let named = all_aliases.iter().filter(named).map(|alias| alias.key_id.as_str());
    let settled: BTreeSet<&str> = named.chain(known.iter().map(|key| key.id.as_str())).collect();
    let all: Vec<_> = kms
        .list_keys()
        .limit(1_000)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(fault)?;
    let unnamed = all
        .into_iter()
        .filter_map(|entry| entry.key_id)
        .filter(|id| !settled.contains(id.as_str()) && !made.is_for_another(id, query));
    let reads = unnamed.map(|id| ours(kms, query, id)).collect();
    let found: Result<Vec<_>, _> = concurrently(TAGS_AT_ONCE, reads).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

/// The id, when the key is this owner's.
async fn ours(kms: &Client, query: &Query, id: String) -> Result<Option<String>, Fault> {
    match key::tags(kms, &id).await {
        Ok(tags) => Ok(is_ours(&tags, query).then_some(id)),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        // Tags that we may not read cannot prove that the key is not ours; only AWS's own keys
        // certainly are not.
        Err(fault) if fault.kind == FaultKind::Denied => match key::metadata(kms, &id).await {
            Ok(None) => Ok(None),
            Ok(Some(metadata)) if metadata.key_manager == Some(KeyManagerType::Aws) => Ok(None),
            Ok(Some(_)) | Err(_) => Err(fault),
        },
        Err(fault) => Err(fault),
    }
}

fn is_ours(tags: &Tags, query: &Query) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|have| have == value);
    has(tags::INSTALLATION, &query.identity.installation) && has(tags::OWNER, &query.identity.owner.to_string())
}
