//! Keys, their aliases, and what uses them, in one Region.

pub(crate) mod alias;
pub(crate) mod key;
mod orphan;
mod shared;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::Client;
use jichitai_api::Region;
use jichitai_plan::ec2::ebs_defaults::EbsDefaults;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::Key;
use jichitai_plan::municipality::observed::RegionKeys;
use jichitai_plan::municipality::query::Query;
use jichitai_plan::observation::{Listing, Observation};

use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::ec2;
use crate::session::Session;

pub(crate) use shared::observe as shared_keys;

/// Keys that are read at the same time.
const KEYS_AT_ONCE: usize = 4;

/// Reads what the query asks for in one Region.
pub(crate) async fn observe(session: &Session, region: Region, query: &Query) -> RegionKeys {
    let kms = session.kms(region, Purpose::Read);
    let (all_aliases, ebs_defaults) = futures::join!(alias::list(&kms), ebs_defaults(session, region, query));
    let all_aliases = match all_aliases {
        Ok(aliases) => aliases,
        // Without aliases no key can be said to be missing.
        Err(fault) => {
            return RegionKeys {
                keys: Err(fault.clone()),
                aliases: Err(fault),
                ebs_defaults,
                usage: BTreeMap::new(),
            };
        }
    };
    let aliases: Vec<Alias> = all_aliases
        .iter()
        .filter(|alias| query.aliases.contains(&alias.name))
        .cloned()
        .collect();
    let keys = keys(&kms, region, query, &aliases, &all_aliases).await;
    let usage = match &keys {
        Ok(keys) if query.key_usage => usage::observe(session, region, keys, &all_aliases).await,
        Ok(_) | Err(_) => BTreeMap::new(),
    };
    RegionKeys {
        keys,
        aliases: Ok(aliases),
        ebs_defaults,
        usage,
    }
}

async fn ebs_defaults(session: &Session, region: Region, query: &Query) -> Observation<EbsDefaults> {
    if !query.ebs_defaults {
        return Observation::Absent;
    }
    match ec2::ebs_defaults::read(&session.ec2(region, Purpose::Read)).await {
        Ok(defaults) => Observation::Present(defaults),
        Err(fault) => Observation::Unreadable(fault),
    }
}

/// Keys behind the query's aliases and with its ids; and when a name has no key, those that were
/// created for this owner and never got their name.
async fn keys(kms: &Client, region: Region, query: &Query, aliases: &[Alias], all_aliases: &[Alias]) -> Listing<Key> {
    let named = aliases.iter().map(|alias| alias.key_id.as_str());
    let by_id = query
        .ids
        .get(&region)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|id| !ec2::is_ec2_id(id));
    let ids: BTreeSet<&str> = named.chain(by_id).collect();
    let mut keys = read_all(kms, ids.into_iter()).await?;
    if orphan::may_exist(query, aliases, &keys) {
        let found = orphan::search(kms, query, all_aliases, &keys).await?;
        keys.extend(read_all(kms, found.iter().map(String::as_str)).await?);
    }
    Ok(keys)
}

/// Reads keys by id; those that do not exist are left out. One that we may not read makes the
/// whole listing unreadable: it might be the one that is looked for.
async fn read_all(kms: &Client, ids: impl Iterator<Item = &str>) -> Listing<Key> {
    let reads = ids.map(|id| key::read(kms, id)).collect();
    let mut keys: Vec<Key> = Vec::new();
    for key in concurrently(KEYS_AT_ONCE, reads).await {
        // An id may be written as an ARN too.
        keys.extend(key?.filter(|key| !keys.iter().any(|known| known.id == key.id)));
    }
    Ok(keys)
}
