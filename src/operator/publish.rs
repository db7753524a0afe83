//! Writing to the Kubernetes API: the finalizer and status, each only when it changes.

use std::fmt::Debug;

use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// The field manager of everything the operator writes.
pub const MANAGER: &str = "jichitai-operator";
/// Keeps an object until its AWS resources were dealt with.
pub const FINALIZER: &str = "jichitai.dev/aws";

/// The event by which one replica tells another of a change in AWS.
pub const REPORTED: &str = "jichitai.dev/reported";

/// A namespaced kind of ours.
pub trait Kind:
    Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope> + Clone + DeserializeOwned + Debug
{
}
impl<K> Kind for K where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope> + Clone + DeserializeOwned + Debug
{
}

fn api<K: Kind>(client: &Client, object: &K) -> Api<K> {
    Api::namespaced(client.clone(), &object.namespace().unwrap_or_default())
}

/// Writes the whole status by server-side apply.
///
/// The resource version makes it fail on an object that somebody changed since it was read: a pass
/// that was planned on old data must not leave a ledger of its own. Returns the object as stored.
///
/// # Errors
/// As the API server answers; a conflict means that the pass has to start over.
pub async fn status<K: Kind>(client: &Client, object: &K, status: &impl Serialize) -> Result<K, kube::Error> {
    let patch = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": { "name": object.name_any(), "resourceVersion": object.resource_version() },
        "status": status,
    });
    api(client, object)
        .patch_status(
            &object.name_any(),
            &PatchParams::apply(MANAGER).force(),
            &Patch::Apply(patch),
        )
        .await
}

/// Adds the finalizer.
///
/// # Errors
/// As the API server answers.
pub async fn hold<K: Kind>(client: &Client, object: &K) -> Result<K, kube::Error> {
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(FINALIZER.to_owned());
    finalizers_are(client, object, &finalizers).await
}

/// Removes the finalizer: the object goes.
///
/// # Errors
/// As the API server answers; an object that is gone already is no error.
pub async fn release<K: Kind>(client: &Client, object: &K) -> Result<(), kube::Error> {
    let rest: Vec<String> = object
        .finalizers()
        .iter()
        .filter(|one| *one != FINALIZER)
        .cloned()
        .collect();
    match finalizers_are(client, object, &rest).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other.map(drop),
    }
}

async fn finalizers_are<K: Kind>(client: &Client, object: &K, finalizers: &[String]) -> Result<K, kube::Error> {
    // A merge patch with the resource version: the list is replaced whole, so it must not be stale.
    let patch = json!({ "metadata": { "finalizers": finalizers, "resourceVersion": object.resource_version() } });
    let params = PatchParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api(client, object)
        .patch(&object.name_any(), &params, &Patch::Merge(patch))
        .await
}

/// Notes on an object that a change of what it has in AWS was reported; whoever works on it looks at it anew.
///
/// # Errors
/// As the API server answers.
pub async fn reported<K: Kind>(client: &Client, object: &K, event: &str) -> Result<(), kube::Error> {
    let patch = json!({ "metadata": { "annotations": { REPORTED: event } } });
    let params = PatchParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let (api, name) = (api(client, object), object.name_any());
    match api.patch_metadata(&name, &params, &Patch::Merge(patch)).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other.map(drop),
    }
}

/// Whether the object carries our finalizer.
#[must_use]
pub fn is_held<K: Kind>(object: &K) -> bool {
    object.finalizers().iter().any(|one| one == FINALIZER)
}
