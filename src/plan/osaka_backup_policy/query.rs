//! What has to be read for one policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::identity::Identity;
use crate::osaka_backup_policy::source::Medium;
use crate::osaka_backup_policy::target::{KeyName, Target, Tenancy};
use crate::osaka_backup_policy::transfer::quota;
use crate::tags::Tags;

/// The reads that one pass needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whose copies.
    pub identity: Identity,
    /// Tags of the sources, by kind.
    pub sources: BTreeMap<Medium, Tags>,
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
    /// The reads for making copies.
    #[must_use]
    pub fn for_target(target: &Target, ctx: &Context) -> Self {
        let asked = |medium: &Medium| target.selectors.contains_key(medium);
        Self {
            identity: ctx.identity.clone(),
            sources: target.selectors.clone(),
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
    pub fn for_teardown(ctx: &Context) -> Self {
        Self {
            identity: ctx.identity.clone(),
            sources: BTreeMap::new(),
            keys: BTreeSet::new(),
            tokyo_keys: BTreeSet::new(),
            quota: quotas(ctx),
            drill: true,
            tenancy: None,
        }
    }
}

fn quotas(ctx: &Context) -> BTreeMap<Medium, usize> {
    Medium::ALL
        .into_iter()
        .map(|medium| (medium, quota(medium, ctx)))
        .collect()
}
