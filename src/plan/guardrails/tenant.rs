//! The tenant that checks are made for, and what of an account concerns it.

use std::collections::BTreeSet;

use jichitai_api::municipality::{Isolation, MunicipalitySpec};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::context::japan_date;
use crate::guardrails::survey::{Encryption, Survey};
use crate::identity::{Identity, Owner};
use crate::kms::key::Key;
use crate::municipality::observed::Observed;
use crate::resolve::is_of;
use crate::tags::{self, Tags};

/// How a backup policy of the tenant stands: none while it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The policy's name.
    pub name: String,
    /// Whether the newest copies are young enough.
    pub objective_met: Option<bool>,
    /// Whether nothing is left out.
    pub complete: Option<bool>,
}

/// The tenant.
pub struct Tenant<'a> {
    /// What is asked for.
    pub spec: &'a MunicipalitySpec,
    /// Installation and owner.
    pub identity: &'a Identity,
    /// What a pass saw of it.
    pub observed: &'a Observed,
    /// Its backup policies.
    pub backups: Vec<Backup>,
    /// Whether there is an object of this name.
    pub is_living: &'a (dyn Fn(&Owner) -> bool + Sync),
    /// Now.
    pub now: Timestamp,
}

/// What tells whose a thing is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks<'a> {
    /// Its tags.
    pub tags: Option<&'a Tags>,
    /// The VPC that it is in.
    pub vpc: Option<&'a str>,
    /// What encrypts it.
    pub encryption: Option<&'a Encryption>,
}

impl Tenant<'_> {
    /// Today in Japan.
    #[must_use]
    pub fn today(&self) -> Date {
        japan_date(self.now)
    }

    /// The tenant's own keys that were seen.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        let all = self
            .observed
            .regions
            .values()
            .flat_map(|region| region.keys.iter().flatten());
        all.filter(|key| is_of(&key.tags, self.identity))
    }

    /// The tenant's VPCs that were seen.
    #[must_use]
    pub fn vpcs(&self) -> BTreeSet<&str> {
        let all = self.observed.network.vpcs.iter().flatten();
        all.map(|vpc| vpc.id.as_str()).collect()
    }

    /// Whether the checks of this tenant are about a thing: one of its own, and one of which nothing tells whose it is, because
    /// nobody else would be told. In an account of its own everything is.
    #[must_use]
    pub fn concerns(&self, marks: Marks<'_>, survey: &Survey) -> bool {
        self.spec.isolation == Isolation::Account || self.owns(marks, survey) != Some(false)
    }

    /// Whether a thing is the tenant's, or another one's; none where nothing tells.
    #[must_use]
    pub fn owns(&self, marks: Marks<'_>, survey: &Survey) -> Option<bool> {
        let by_tags = |tags: &Tags| {
            let code = tags.get(tags::MUNICIPALITY)?;
            let system = tags
                .get(tags::SYSTEM)
                .is_none_or(|system| *system == self.spec.system_name);
            let environment = tags.get(tags::ENVIRONMENT);
            let environment = environment.is_none_or(|environment| environment == self.spec.environment.as_str());
            Some(*code == self.spec.code && system && environment)
        };
        let by_vpc = |id: &str| match self.vpcs().contains(id) {
            true => Some(true),
            false => survey
                .vpcs
                .found
                .iter()
                .find(|vpc| vpc.id == id)
                .and_then(|vpc| by_tags(&vpc.tags)),
        };
        let by_key = |key: &str| match self.is_own_key(key, survey) {
            true => Some(true),
            false => names(key, survey).any(|alias| alias.starts_with(OURS)).then_some(false),
        };
        let key = marks.encryption.and_then(|encryption| match encryption {
            Encryption::Key(key) => Some(key.as_str()),
            Encryption::None | Encryption::ByAws => None,
        });
        let told = marks.tags.and_then(by_tags).or_else(|| marks.vpc.and_then(by_vpc));
        told.or_else(|| key.and_then(by_key))
    }

    /// Whether this is one of the tenant's keys, or one that its spec shares.
    #[must_use]
    pub fn is_own_key(&self, key: &str, survey: &Survey) -> bool {
        let shared = self.spec.encryption.shared.iter();
        let mut shared = shared
            .flat_map(|shared| [&shared.ebs_key_arn, &shared.rds_key_arn])
            .flatten();
        let id = id_of(key, survey);
        shared.any(|arn| arn == key || id_of(arn, survey) == id) || self.keys().any(|own| own.id == id)
    }
}

/// How aliases of the operator's keys begin, whatever the installation.
const OURS: &str = "alias/jichitai/";

/// The id of a key that a service names by id, ARN or alias; an alias that is not known stays as it is.
fn id_of<'a>(key: &'a str, survey: &'a Survey) -> &'a str {
    let Some(at) = key.find("alias/") else {
        return key.rsplit_once("key/").map_or(key, |(_, id)| id);
    };
    let named = survey.aliases.iter().find(|(_, names)| names.contains(&key[at..]));
    named.map_or(key, |(id, _)| id)
}

/// The aliases of a key.
pub(super) fn names<'a>(key: &str, survey: &'a Survey) -> impl Iterator<Item = &'a String> {
    survey.aliases.get(id_of(key, survey)).into_iter().flatten()
}
