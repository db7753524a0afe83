//! Data of the tenant that no source covers.
//!
//! A backup that leaves something out looks as good as one that does not, until it is needed.

use std::collections::BTreeSet;

use jichitai_api::common::Mode;
use jichitai_api::osaka_backup_policy::{OsakaBackupPolicySpec, UncoveredResource};
use jichitai_api::{Reason, Region};
use jiff::civil::Date;

use crate::grant::{self, Expiry};
use crate::identity::Part;
use crate::observation::Fault;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::source::{Medium, Selector};
use crate::osaka_backup_policy::target::{Target, Tenancy, selectors};
use crate::plan::{Plan, Text};
use crate::tags::{self, Tags};

/// What kind of thing holds data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreKind {
    /// An EBS volume.
    Volume,
    /// An RDS instance that is in no cluster.
    Database,
    /// An Aurora or Multi-AZ cluster.
    Cluster,
    /// An EFS file system.
    FileSystem,
    /// An S3 bucket in Tokyo.
    Bucket,
}

impl StoreKind {
    /// The service's name, as in ARNs.
    #[must_use]
    pub fn service(self) -> &'static str {
        match self {
            Self::Volume => "ec2",
            Self::Database | Self::Cluster => "rds",
            Self::FileSystem => "elasticfilesystem",
            Self::Bucket => "s3",
        }
    }
}

/// The instance that a volume is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its id.
    pub id: String,
    /// Its tags.
    pub tags: Tags,
}

/// Something that holds data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// What it is.
    pub kind: StoreKind,
    /// Its id or name.
    pub id: String,
    /// The aliases of the key that it is encrypted under.
    pub key_aliases: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
    /// For a volume: the instance that it is attached to.
    pub host: Option<Host>,
    /// For a bucket: whether its objects are replicated to a bucket of the account in Osaka.
    pub replicated: bool,
}

/// How this policy and the others of its account find what they copy, and what may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How the other policies find their sources: what they copy is left out by none.
    pub others: Vec<(Medium, Tags)>,
    /// What may be without a copy, by service and id, while its exception holds.
    pub exceptions: BTreeSet<(String, String)>,
}

impl Coverage {
    /// What the spec and the other policies say on that day.
    #[must_use]
    pub fn new(spec: &OsakaBackupPolicySpec, others: &[&OsakaBackupPolicySpec], today: Date) -> Self {
        let copies = |other: &&&OsakaBackupPolicySpec| !other.suspend && other.common.mode != Mode::Observe;
        let found = others.iter().filter(copies).flat_map(|other| selectors(other));
        let tags = found.filter_map(|(medium, selector)| match selector {
            Selector::Tags(tags) => Some((medium, tags)),
            Selector::Names(_) => None,
        });
        let holding = spec
            .coverage_exceptions
            .iter()
            .filter(|one| grant::excepted(&one.exception, today, Expiry::Respected));
        Self {
            others: tags.collect(),
            exceptions: holding.map(|one| (one.service.clone(), one.id.clone())).collect(),
        }
    }

    fn excepts(&self, store: &Store) -> bool {
        self.exceptions
            .contains(&(store.kind.service().to_owned(), store.id.clone()))
    }
}

/// Data of the tenant that no source covers, in a stable order.
///
/// # Errors
/// What could not be read, while it cannot be told.
pub fn uncovered(target: &Target, observed: &Observed) -> Result<Vec<UncoveredResource>, Fault> {
    let stores = observed.stores.as_ref().map_err(Clone::clone)?;
    let sources = Medium::COPIED
        .into_iter()
        .filter_map(|medium| observed.sources.get(&medium));
    for sources in sources {
        sources.as_ref().map_err(Clone::clone)?;
    }
    // A drill takes away again what it made.
    let drilled = |store: &&Store| {
        store
            .tags
            .get(tags::OWNER)
            .is_some_and(|owner| owner.starts_with("RestoreDrill/"))
    };
    let left_out = stores
        .iter()
        .filter(|store| !drilled(store) && belongs(store, &target.tenancy))
        .filter(|store| !is_covered(store, target, observed) && !target.coverage.excepts(store));
    let mut all: Vec<_> = left_out
        .map(|store| UncoveredResource {
            service: store.kind.service().to_owned(),
            id: store.id.clone(),
        })
        .collect();
    all.sort_by(|a, b| (&a.service, &a.id).cmp(&(&b.service, &b.id)));
    Ok(all)
}

fn belongs(store: &Store, tenancy: &Tenancy) -> bool {
    match tenancy {
        Tenancy::Account => true,
        Tenancy::Shared { keys, codes } => {
            let tagged = store
                .tags
                .get(tags::MUNICIPALITY)
                .is_some_and(|code| codes.contains(code));
            tagged || store.key_aliases.iter().any(|alias| keys.contains(alias))
        }
    }
}

fn is_covered(store: &Store, target: &Target, observed: &Observed) -> bool {
    let copied = |medium: Medium, id: &str, tags: &Tags| {
        let mut sources = observed.sources.get(&medium).into_iter().flatten().flatten();
        let mut others = target.coverage.others.iter().filter(|(of, _)| *of == medium);
        sources.any(|source| source.id.id == id) || others.any(|(_, selector)| tags::has_all(tags, selector))
    };
    let itself = |medium| copied(medium, &store.id, &store.tags);
    match store.kind {
        StoreKind::Volume => {
            let host = store.host.as_ref();
            host.is_some_and(|host| copied(Medium::Image, &host.id, &host.tags)) || itself(Medium::Snapshot)
        }
        StoreKind::Database => itself(Medium::Database),
        StoreKind::Cluster => itself(Medium::Cluster),
        StoreKind::FileSystem => false,
        StoreKind::Bucket => store.replicated,
    }
}

/// Says what is left out.
pub fn plan(target: &Target, observed: &Observed, plan: &mut Plan) {
    let part = Part::new(Region::Tokyo, "coverage");
    let all = match uncovered(target, observed) {
        Ok(all) if all.is_empty() => return,
        Ok(all) => all,
        Err(fault) => return plan.unreadable(&part, &fault),
    };
    let named: Vec<_> = all
        .iter()
        .take(5)
        .map(|one| format!("{} ({})", one.id, one.service))
        .collect();
    let (named, count) = (named.join(", "), all.len());
    plan.block(
        &part,
        Reason::Uncovered,
        Text::new(
            format!("{count} stores of data are in no source: {named}; give them the tags of a source, replicate the bucket to Osaka, write another policy, or say in spec.coverageExceptions why they may be without a copy"),
            format!("対象に含まれないデータが {count} 件あります: {named}。対象のタグを付けるか、バケットを大阪に複製するか、別のポリシーを書くか、コピーが要らない理由を spec.coverageExceptions に書いてください"),
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn spec(value: serde_json::Value) -> OsakaBackupPolicySpec {
        serde_json::from_value(value).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn only_policies_that_copy_count() {
        let databases = serde_json::json!({"databases": {"matchTags": {"Backup": "daily"}}});
        let own = spec(serde_json::json!({"sources": databases}));
        let of = |more: serde_json::Value| {
            let mut value = serde_json::json!({"sources": databases});
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Coverage::new(&own, &[&spec(value)], day("2027-04-01")).others
        };
        let daily = tags(&[("Backup", "daily")]);
        assert_eq!(
            of(serde_json::json!({})),
            [(Medium::Database, daily.clone()), (Medium::Cluster, daily)]
        );
        assert_eq!(of(serde_json::json!({"suspend": true})), []);
        assert_eq!(of(serde_json::json!({"mode": "Observe"})), []);
    }

    #[test]
    fn an_exception_holds_until_the_end_of_its_last_day() {
        let own = spec(serde_json::json!({
            "sources": {},
            "coverageExceptions": [{"service": "s3", "id": "trail", "reason": "kept elsewhere", "approvedBy": "CIO", "until": "2027-03-31"}],
        }));
        let holds = |today| !Coverage::new(&own, &[], day(today)).exceptions.is_empty();
        assert!(holds("2027-03-31"));
        assert!(!holds("2027-04-01"));
    }
}
