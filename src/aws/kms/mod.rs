//! Keys, their aliases, and what uses them, in one Region.

pub(crate) mod alias;
pub(crate) mod key;
mod orphan;
mod shared;
mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use aws_sdk_kms::Client;
use jichitai_api::Region;
use jichitai_plan::ec2::ebs_defaults::EbsDefaults;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::Key;
use jichitai_plan::municipality::observed::RegionKeys;
use jichitai_plan::municipality::query::Query;
use jichitai_plan::observation::{Listing, Observation};
use jichitai_plan::tags::Tags;

use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::depth::Depth;
use crate::ec2;
use crate::kept::{Kept, Turns};
use crate::session::Session;

pub(crate) use shared::observe as shared_keys;

use self::orphan::Made;

/// Keys that are read at the same time.
const KEYS_AT_ONCE: usize = 4;

/// What objects share of an account's keys in one Region.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    aliases: Kept<Listing<Alias>>,
    pub(crate) details: Turns<key::Details>,
    made: Made,
}

impl Shared {
    /// A key was made with these tags.
    pub(crate) fn made(&self, id: &str, tags: &Tags) {
        self.made.note(id, tags);
    }
}

/// Reads what the query asks for in one Region: states and policies as they are now, tags and rotation as they are known
/// if that is new enough for the `depth`, and so the list of names.
pub(crate) async fn observe(session: &Session, region: Region, query: &Query, depth: Depth) -> RegionKeys {
    let kms = session.kms(region, Purpose::Read);
    let reader = Reader {
        kms: &kms,
        shared: &session.keys[&region],
        lists: session.lists_since(depth),
        depth,
    };
    let (all_aliases, ebs_defaults) = futures::join!(reader.aliases(), ebs_defaults(session, region, query));
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
    let keys = reader.keys(region, query, &aliases, &all_aliases).await;
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

/// Who reads keys, and how new what is read has to be.
struct Reader<'a> {
    kms: &'a Client,
    shared: &'a Shared,
    lists: Option<Instant>,
    depth: Depth,
}

impl Reader<'_> {
    async fn aliases(&self) -> Listing<Alias> {
        if self.depth.is_shared() {
            return self.shared.aliases.get(self.lists, || alias::list(self.kms)).await;
        }
        let began = Instant::now();
        let aliases = alias::list(self.kms).await;
        self.shared.aliases.put(began, aliases.clone()).await;
        aliases
    }

    /// Keys behind the query's aliases and with its ids; and when a name has no key, those that were
    /// created for this owner and never got their name.
    async fn keys(&self, region: Region, query: &Query, aliases: &[Alias], all_aliases: &[Alias]) -> Listing<Key> {
        let named = aliases.iter().map(|alias| alias.key_id.as_str());
        let by_id = query
            .ids
            .get(&region)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|id| !ec2::is_ec2_id(id));
        let ids: BTreeSet<&str> = named.chain(by_id).collect();
        let mut keys = self.read_all(ids.into_iter()).await?;
        if orphan::may_exist(query, aliases, &keys) {
            let found = orphan::search(self.kms, query, (all_aliases, &keys), &self.shared.made).await?;
            keys.extend(self.read_all(found.iter().map(String::as_str)).await?);
        }
        Ok(keys)
    }

    /// Reads keys by id; those that do not exist are left out. One that we may not read makes the
    /// whole listing unreadable: it might be the one that is looked for.
    async fn read_all(&self, ids: impl Iterator<Item = &str>) -> Listing<Key> {
        let reads = ids
            .map(|id| key::read(self.kms, &self.shared.details, id, self.depth.details()))
            .collect();
        let mut keys: Vec<Key> = Vec::new();
        for key in concurrently(KEYS_AT_ONCE, reads).await {
            // An id may be written as an ARN too.
            keys.extend(key?.filter(|key| !keys.iter().any(|known| known.id == key.id)));
        }
        Ok(keys)
    }
}
