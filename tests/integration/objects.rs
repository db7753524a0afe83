//! Objects of one kind in a namespace: how they are changed, and how to wait for what they become.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use jichitai_api::{CommonStatus, FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use k8s_openapi::NamespaceResourceScope;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::rig::Outcome;

/// How long anything may take, of which a watch that hears of nothing is a minute. Reached only when something is wrong.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A kind with the status that all kinds share.
pub trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + Serialize + DeserializeOwned
{
    /// The shared part of its status.
    fn common(&self) -> Option<&CommonStatus>;

    /// Whether a condition is so for the present generation.
    fn is(&self, kind: &str, status: &str) -> bool {
        let conditions = self.common().into_iter().flat_map(|common| &common.conditions);
        let mut current =
            conditions.filter(|one| one.type_ == kind && one.observed_generation == self.meta().generation);
        current.any(|one| one.status == status)
    }
}

impl Kind for Municipality {
    fn common(&self) -> Option<&CommonStatus> {
        self.status.as_ref().map(|status| &status.common)
    }
}

impl Kind for FileLinkBucket {
    fn common(&self) -> Option<&CommonStatus> {
        self.status.as_ref().map(|status| &status.common)
    }
}

impl Kind for OsakaBackupPolicy {
    fn common(&self) -> Option<&CommonStatus> {
        self.status.as_ref().map(|status| &status.common)
    }
}

impl Kind for ResolverEndpoint {
    fn common(&self) -> Option<&CommonStatus> {
        self.status.as_ref().map(|status| &status.common)
    }
}

/// The objects of a kind in one namespace.
pub struct Objects<K>(Api<K>);

impl<K: Kind> Objects<K> {
    pub fn new(client: &Client, namespace: &str) -> Self {
        Self(Api::namespaced(client.clone(), namespace))
    }

    /// Applies an object as a person would.
    pub async fn apply(&self, object: &Value) -> Outcome<K> {
        let name = object["metadata"]["name"].as_str().ok_or("a name")?;
        let params = PatchParams::apply("person").force();
        Ok(self.0.patch(name, &params, &Patch::Apply(object)).await?)
    }

    /// Merges a change into an object.
    pub async fn merge(&self, name: &str, change: Value) -> Outcome<K> {
        let params = PatchParams::default();
        Ok(self.0.patch(name, &params, &Patch::Merge(change)).await?)
    }

    /// Makes the operator look again, as any edit does.
    pub async fn poke(&self, name: &str) -> Outcome<K> {
        let now = jiff::Timestamp::now().to_string();
        self.merge(name, json!({"metadata": {"annotations": {"tests/poked": now}}}))
            .await
    }

    /// The object as it is.
    pub async fn get(&self, name: &str) -> Outcome<K> {
        Ok(self.0.get(name).await?)
    }

    /// Asks for its deletion.
    pub async fn delete(&self, name: &str) -> Outcome {
        self.0.delete(name, &DeleteParams::default()).await?;
        Ok(())
    }

    /// Waits until the object is gone.
    pub async fn gone(&self, name: &str) -> Outcome {
        self.until(name, "is gone", |object| object.is_none()).await.map(drop)
    }

    /// Waits for a condition of the present generation.
    pub async fn condition(&self, name: &str, kind: &str, status: &str, reason: &str) -> Outcome<K> {
        let what = format!("has {kind}={status} ({reason})");
        let holds = |object: &K| {
            let conditions = object.common().into_iter().flat_map(|common| &common.conditions);
            let mut current =
                conditions.filter(|one| one.type_ == kind && one.observed_generation == object.meta().generation);
            current.any(|one| one.status == status && (reason.is_empty() || one.reason == reason))
        };
        let found = self.until(name, &what, |object| object.is_some_and(holds)).await?;
        found.ok_or_else(|| "the object is gone".into())
    }

    /// Waits until something holds for the object.
    pub async fn until(&self, name: &str, what: &str, holds: impl Fn(Option<&K>) -> bool) -> Outcome<Option<K>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let object = self.0.get_opt(name).await?;
            if holds(object.as_ref()) {
                return Ok(object);
            }
            if Instant::now() > deadline {
                let status = shown(object.as_ref())?;
                return Err(format!("{name} was expected to be so: {what}; it is {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until something holds in AWS.
    pub async fn eventually<F>(&self, name: &str, what: &str, mut holds: impl FnMut() -> F) -> Outcome
    where
        F: Future<Output = Outcome<bool>>,
    {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await? {
            if Instant::now() > deadline {
                let status = shown(self.0.get_opt(name).await?.as_ref())?;
                return Err(format!("expected in AWS: {what}; the object's status is {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        Ok(())
    }
}

fn shown(object: Option<&impl Serialize>) -> Outcome<String> {
    let object = serde_json::to_value(object)?;
    Ok(serde_json::to_string_pretty(&object["status"])?)
}
