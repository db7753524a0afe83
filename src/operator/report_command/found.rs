//! What a report is made of: the objects of a cluster or of files, and the catalogue of checks.

use std::path::PathBuf;
use std::sync::Arc;

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::guardrails::{CHECKS, Severity};
use jichitai_plan::plan::Text;
use jichitai_report::{Check, Evidence, Objects};
use kube::api::ListParams;
use kube::{Api, Client};

use crate::config::Language;
use crate::kind::Kind;
use crate::manifests::{ManifestError, Manifests};

/// Objects with their status.
#[derive(Debug, Default)]
pub struct Found {
    /// Municipalities.
    pub municipalities: Vec<Arc<Municipality>>,
    /// File-link buckets.
    pub buckets: Vec<Arc<FileLinkBucket>>,
    /// Policies.
    pub policies: Vec<Arc<OsakaBackupPolicy>>,
    /// Resolver endpoints.
    pub endpoints: Vec<Arc<ResolverEndpoint>>,
}

/// Objects in one answer of the API server.
const PAGE: u32 = 500;

impl Found {
    /// All of a cluster.
    pub async fn in_cluster() -> Result<Self, kube::Error> {
        let client = Client::try_default().await?;
        Ok(Self {
            municipalities: listed(&client).await?,
            buckets: listed(&client).await?,
            policies: listed(&client).await?,
            endpoints: listed(&client).await?,
        })
    }

    /// Those in files.
    pub fn in_files(files: &[PathBuf], language: Language) -> Result<Self, ManifestError> {
        let found = Manifests::sound(files, language)?;
        Ok(Self {
            municipalities: found.municipalities.into_iter().map(Arc::new).collect(),
            buckets: found.buckets.into_iter().map(Arc::new).collect(),
            policies: found.policies.into_iter().map(Arc::new).collect(),
            endpoints: found.endpoints.into_iter().map(Arc::new).collect(),
        })
    }
}

impl Found {
    /// Everything, of these Municipalities and of none.
    pub fn all<'a>(&'a self, municipalities: Vec<&'a Municipality>) -> Objects<'a> {
        Objects {
            municipalities,
            buckets: self.buckets.iter().map(AsRef::as_ref).collect(),
            policies: self.policies.iter().map(AsRef::as_ref).collect(),
            endpoints: self.endpoints.iter().map(AsRef::as_ref).collect(),
        }
    }

    /// What refers to one of these.
    pub fn of<'a>(&'a self, municipalities: Vec<&'a Municipality>) -> Objects<'a> {
        let is_one = |namespace: &Option<String>, name: &str| {
            let is = |one: &&Municipality| {
                one.metadata.namespace == *namespace && one.metadata.name.as_deref() == Some(name)
            };
            municipalities.iter().any(is)
        };
        let mut all = self.all(municipalities.clone());
        all.buckets
            .retain(|one| is_one(&one.metadata.namespace, &one.spec.municipality_ref.name));
        all.policies.retain(|one| {
            let mut references = one.spec.municipality_ref.iter().chain(&one.spec.municipality_refs);
            references.any(|reference| is_one(&one.metadata.namespace, &reference.name))
        });
        all.endpoints.retain(|one| {
            let place = one.spec.placement.municipality_ref.as_ref();
            let mut associated = one
                .spec
                .associations
                .iter()
                .filter_map(|one| one.municipality_ref.as_ref());
            place.is_some_and(|place| is_one(&one.metadata.namespace, &place.name))
                || associated.any(|other| is_one(&Some(other.namespace.clone()), &other.name))
        });
        all
    }
}

async fn listed<K: Kind>(client: &Client) -> Result<Vec<Arc<K>>, kube::Error> {
    let api = Api::<K>::all(client.clone());
    let (mut all, mut page) = (Vec::new(), ListParams::default().limit(PAGE));
    loop {
        let found = api.list(&page).await?;
        all.extend(found.items.into_iter().map(Arc::new));
        match found.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(all),
        }
    }
}

/// What a report says where no evidence is read for it.
pub fn no_evidence() -> Evidence {
    Evidence::Missing(Text::new(
        "Evidence is not read for this report.",
        "この報告書では証跡を読み取っていません。",
    ))
}

/// The checks as a report shows them.
pub fn catalogue() -> Vec<Check> {
    let check = |check: &jichitai_plan::guardrails::Check| Check {
        id: check.id.to_owned(),
        title: check.title.into(),
        source: check.source.to_owned(),
        severity: match check.severity {
            Severity::High => jichitai_report::Severity::High,
            Severity::Medium => jichitai_report::Severity::Medium,
            Severity::Low => jichitai_report::Severity::Low,
        },
        remediation: check.remedy.into(),
        controls: check.controls.iter().map(|one| (*one).to_owned()).collect(),
    };
    CHECKS.iter().map(check).collect()
}
