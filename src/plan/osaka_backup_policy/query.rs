//! What has to be read for one policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::identity::Identity;
use crate::osaka_backup_policy::goal::Remains;
use crate::osaka_backup_policy::source::{Medium, Selector};
use crate::osaka_backup_policy::target::{KeyName, Target, Tenancy};
use crate::osaka_backup_policy::transfer::quota;

/// The reads that one pass needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whose copies.
    pub identity: Identity,
    /// How sources are found, by kind.
    pub sources: BTreeMap<Medium, Selector>,
    /// The bucket of templates, where there is one or shall be.
    pub templates: Option<String>,
    /// Whether what that bucket holds is counted.
    pub counts: bool,
    /// Keys in Osaka.
    pub keys: BTreeSet<KeyName>,
    /// Keys in Tokyo, for restore drills.
    pub tokyo_keys: BTreeSet<KeyName>,
    /// How many copies AWS takes at a time, by kind.
    pub quota: BTreeMap<Medium, usize>,
    /// Whether what a restore drill made is looked for.
    pub drill: bool,
    /// What belongs to the tenant; none when that is not asked.
    pub tenancy: Option<Tenancy>,
}

impl Query {
    /// Sources, and nothing of copies.
    #[must_use]
    pub fn of_sources(identity: Identity, sources: impl IntoIterator<Item = (Medium, Selector)>) -> Self {
        Self {
            identity,
            sources: sources.into_iter().collect(),
            templates: None,
            counts: false,
            keys: BTreeSet::new(),
            tokyo_keys: BTreeSet::new(),
            quota: BTreeMap::new(),
            drill: false,
            tenancy: None,
        }
    }

    /// The reads for making copies.
    #[must_use]
    pub fn for_target(target: &Target, ctx: &Context) -> Self {
        let asked = |medium: &Medium| {
            let bucket = *medium == Medium::Template && target.templates.is_some();
            bucket || target.selectors.contains_key(medium)
        };
        Self {
            identity: ctx.identity.clone(),
            sources: target.selectors.clone(),
            templates: target.templates.as_ref().map(|templates| templates.bucket.clone()),
            counts: false,
            keys: target
                .keys
                .iter()
                .filter(|(medium, _)| asked(medium))
                .map(|(_, key)| key.clone())
                .collect(),
            tokyo_keys: target
                .drill
                .iter()
                .flat_map(|drill| drill.keys.values().cloned())
                .collect(),
            quota: quotas(ctx),
            drill: target.drill.is_some() || target.last_drill.is_some(),
            tenancy: Some(target.tenancy.clone()),
        }
    }

    /// The reads for a deletion.
    #[must_use]
    pub fn for_teardown(remains: &Remains, ctx: &Context) -> Self {
        Self {
            identity: ctx.identity.clone(),
            sources: BTreeMap::new(),
            templates: Some(remains.templates.clone()),
            counts: true,
            keys: BTreeSet::new(),
            tokyo_keys: BTreeSet::new(),
            quota: quotas(ctx),
            drill: true,
            tenancy: None,
        }
    }
}

fn quotas(ctx: &Context) -> BTreeMap<Medium, usize> {
    Medium::COPIED
        .into_iter()
        .map(|medium| (medium, quota(medium, ctx)))
        .collect()
}
