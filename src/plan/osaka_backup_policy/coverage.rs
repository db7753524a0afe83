//! Data of the tenant that no source covers.
//!
//! A backup that leaves something out looks as good as one that does not, until it is needed.

use std::collections::BTreeSet;

use jichitai_api::Reason;
use jichitai_api::Region;
use jichitai_api::osaka_backup_policy::UncoveredResource;

use crate::identity::Part;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::source::Medium;
use crate::osaka_backup_policy::target::{Target, Tenancy};
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
    pub instance: Option<String>,
    /// For a bucket: whether its objects are replicated to Osaka.
    pub replicated: bool,
}

/// Data of the tenant that no source covers, in a stable order; none while it cannot be told.
#[must_use]
pub fn uncovered(target: &Target, observed: &Observed) -> Option<Vec<UncoveredResource>> {
    let stores = observed.stores.as_ref().ok()?;
    // A drill takes away again what it made.
    let drilled = |store: &&Store| {
        store
            .tags
            .get(tags::OWNER)
            .is_some_and(|owner| owner.starts_with("RestoreDrill/"))
    };
    if observed.sources.values().any(Result::is_err) {
        return None;
    }
    let mut all: Vec<_> = stores
        .iter()
        .filter(|store| !drilled(store))
        .filter(|store| belongs(store, &target.tenancy) && !is_covered(store, observed))
        .map(|store| UncoveredResource {
            service: store.kind.service().to_owned(),
            id: store.id.clone(),
        })
        .collect();
    all.sort_by(|a, b| (&a.service, &a.id).cmp(&(&b.service, &b.id)));
    Some(all)
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

fn is_covered(store: &Store, observed: &Observed) -> bool {
    let selected = |medium: Medium, id: &str| {
        let sources = observed.sources.get(&medium).into_iter().flatten().flatten();
        sources.into_iter().any(|source| source.id.id == id)
    };
    match store.kind {
        StoreKind::Volume => {
            let by_image = store
                .instance
                .as_deref()
                .is_some_and(|instance| selected(Medium::Image, instance));
            by_image || selected(Medium::Snapshot, &store.id)
        }
        StoreKind::Database => selected(Medium::Database, &store.id),
        StoreKind::Cluster => selected(Medium::Cluster, &store.id),
        StoreKind::FileSystem => false,
        StoreKind::Bucket => store.replicated,
    }
}

/// Says what is left out.
pub fn plan(target: &Target, observed: &Observed, plan: &mut Plan) {
    let part = Part::new(Region::Tokyo, "coverage");
    if let Err(fault) = &observed.stores {
        plan.unreadable(&part, fault);
        return;
    }
    let Some(all) = uncovered(target, observed).filter(|all| !all.is_empty()) else {
        return;
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
            format!("{count} stores of data are in no source: {named}; give them the tags of a source, replicate the bucket, or write another policy"),
            format!("対象に含まれないデータが {count} 件あります: {named}。対象のタグを付けるか、バケットを複製するか、別のポリシーを書いてください"),
        ),
    );
}
