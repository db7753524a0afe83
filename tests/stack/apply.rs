//! Applying YAML as a user would: server-side, whatever the kind, patient while the API server catches up.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{ApiCapabilities, ApiResource, Scope, pinned_kind};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{Stack, StackError};

const FIELD_MANAGER: &str = "jichitai-stack";
const DEFAULT_NAMESPACE: &str = "default";
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

impl Stack {
    /// Applies every object of a text of one or more YAML documents, and returns them as stored.
    ///
    /// Fields of other managers are taken over. Waits for kinds that are not served yet.
    ///
    /// # Errors
    /// At the first document that is no object, or that the API server refuses.
    pub async fn apply_yaml(&self, yaml: &str) -> Result<Vec<DynamicObject>, StackError> {
        let client = self.client().await?;
        apply_documents(&client, yaml, "the given YAML").await
    }

    /// Applies a YAML file, or every YAML file of a folder in the order of their names.
    ///
    /// # Errors
    /// As [`Stack::apply_yaml`], and when a file cannot be read.
    pub async fn apply_path(&self, path: &Path) -> Result<Vec<DynamicObject>, StackError> {
        let client = self.client().await?;
        let mut applied = Vec::new();
        for file in yaml_files(path)? {
            let yaml = std::fs::read_to_string(&file).map_err(|source| StackError::File {
                path: file.clone(),
                source,
            })?;
            applied.extend(apply_documents(&client, &yaml, &file.display().to_string()).await?);
        }
        Ok(applied)
    }

    /// Applies a folder of CustomResourceDefinitions, and returns when their kinds can be listed.
    ///
    /// # Errors
    /// As [`Stack::apply_path`], and when a kind is not served in time.
    pub async fn apply_crds(&self, folder: &Path) -> Result<(), StackError> {
        let client = self.client().await?;
        for applied in self.apply_path(folder).await? {
            let name = applied.name_any();
            let attempt = format!("wait for CustomResourceDefinition {name}");
            patiently(&attempt, || serves(&client, &name)).await?;
        }
        Ok(())
    }

    /// Creates a namespace, if it is not there.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn create_namespace(&self, name: &str) -> Result<Namespace, StackError> {
        let namespace = Patch::Apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        let api = Api::<Namespace>::all(self.client().await?);
        let parameters = PatchParams::apply(FIELD_MANAGER);
        patiently(&format!("create namespace {name}"), || {
            api.patch(name, &parameters, &namespace)
        })
        .await
    }
}

async fn apply_documents(client: &kube::Client, yaml: &str, origin: &str) -> Result<Vec<DynamicObject>, StackError> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).map_err(|error| StackError::Document {
        origin: origin.to_owned(),
        fault: error.to_string(),
    })?;
    let mut applied = Vec::new();
    // A file of comments, or a trailing separator, is a null document.
    for document in documents.iter().filter(|document| !document.is_null()) {
        applied.push(apply(client, document, origin).await?);
    }
    Ok(applied)
}

async fn apply(client: &kube::Client, document: &Value, origin: &str) -> Result<DynamicObject, StackError> {
    let text = |value: &Value, field: &str| {
        value.as_str().map(str::to_owned).ok_or_else(|| StackError::Document {
            origin: origin.to_owned(),
            fault: format!("an object has no {field}"),
        })
    };
    let version = text(&document["apiVersion"], "apiVersion")?;
    let kind = text(&document["kind"], "kind")?;
    let name = text(&document["metadata"]["name"], "metadata.name")?;
    let namespace = document["metadata"]["namespace"].as_str().unwrap_or(DEFAULT_NAMESPACE);
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let kind = GroupVersionKind::gvk(group, version, &kind);

    let attempt = format!("apply {} {name} of {origin}", kind.kind);
    let served = patiently(&attempt, || pinned_kind(client, &kind)).await?;
    let api = api_of(client, &served, namespace);
    let (parameters, patch) = (PatchParams::apply(FIELD_MANAGER).force(), Patch::Apply(document));
    patiently(&attempt, || api.patch(&name, &parameters, &patch)).await
}

fn api_of(
    client: &kube::Client,
    (resource, capabilities): &(ApiResource, ApiCapabilities),
    namespace: &str,
) -> Api<DynamicObject> {
    match capabilities.scope {
        Scope::Cluster => Api::all_with(client.clone(), resource),
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, resource),
    }
}

/// Lists what a CustomResourceDefinition defines: it can say Established before that works.
async fn serves(client: &kube::Client, name: &str) -> Result<(), kube::Error> {
    let crd = Api::<CustomResourceDefinition>::all(client.clone()).get(name).await?;
    for version in crd.spec.versions.iter().filter(|version| version.served) {
        let kind = GroupVersionKind::gvk(&crd.spec.group, &version.name, &crd.spec.names.kind);
        let (resource, _) = pinned_kind(client, &kind).await?;
        let api = Api::<DynamicObject>::all_with(client.clone(), &resource);
        api.list(&ListParams::default().limit(1)).await?;
    }
    Ok(())
}

/// Repeats a request while its refusal only means that the API server is not there yet.
async fn patiently<T, F>(attempt: &str, mut request: impl FnMut() -> F) -> Result<T, StackError>
where
    F: Future<Output = Result<T, kube::Error>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match request().await {
            Ok(answer) => return Ok(answer),
            Err(error) if !is_early(&error) => {
                return Err(StackError::Kubernetes {
                    attempt: attempt.to_owned(),
                    source: Box::new(error),
                });
            }
            Err(_) if Instant::now() > deadline => {
                return Err(StackError::Overdue {
                    attempt: attempt.to_owned(),
                    seconds: PATIENCE.as_secs(),
                });
            }
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

fn is_early(error: &kube::Error) -> bool {
    match error {
        // 429: the storage of a new kind is being initialised.
        kube::Error::Api(status) => matches!(status.code, 404 | 429 | 503),
        kube::Error::Discovery(_) => true,
        _ => false,
    }
}

fn yaml_files(path: &Path) -> Result<Vec<std::path::PathBuf>, StackError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |source| StackError::File {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
