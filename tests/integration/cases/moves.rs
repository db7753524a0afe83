//! Objects that are renamed, or moved to another namespace: AWS stays as it is.

use std::io::Write as _;

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use serde_json::{Value, json};

use crate::backups::{Backups, POLICY};
use crate::endpoints::{self, Endpoints};
use crate::files::{self, Files};
use crate::objects::{Kind, Objects};
use crate::rig::{MOVED_TO, NOT_MOVED_TO, Outcome, Rig};

const OLD: &str = "chiyoda";
const NEW: &str = "chiyoda-ward";

/// The object under its new name in another namespace.
fn moved(object: &Value, namespace: &str, name: &str) -> Value {
    let (kind, metadata) = (&object["kind"], &object["metadata"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let former = [kind, &metadata["namespace"], &metadata["name"]].map(text).join("/");
    let mut new = object.clone();
    new["metadata"] = json!({"namespace": namespace, "name": name});
    new["spec"]["adoptFrom"] = json!(former);
    new
}

/// Parts and their ids.
fn parts<K: Kind>(object: &K) -> Vec<(String, String)> {
    let entries = object.common().into_iter().flat_map(|common| &common.inventory);
    entries.map(|entry| (entry.role.clone(), entry.id.clone())).collect()
}

/// A kind of which one object is moved.
struct Move<K> {
    from: Objects<K>,
    to: Objects<K>,
    name: String,
    new: Value,
}

impl<K: Kind> Move<K> {
    fn of(rig: &Rig, object: &Value, name: &str, edit: impl FnOnce(&mut Value)) -> Self {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let mut new = moved(object, MOVED_TO, name);
        edit(&mut new["spec"]);
        Self {
            from: Objects::new(&rig.client, &text("namespace")),
            to: Objects::new(&rig.client, MOVED_TO),
            name: text("name"),
            new,
        }
    }

    fn new_name(&self) -> &str {
        self.new["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The new object waits for the old one, which would take everything with it if it went alone.
    async fn waits(&self) -> Outcome {
        self.from
            .merge(&self.name, json!({"spec": {"deletionPolicy": "Delete"}}))
            .await?;
        self.from.condition(&self.name, "Ready", "True", "").await?;
        self.to.apply(&self.new).await?;
        let new = self
            .to
            .condition(self.new_name(), "Ready", "False", "ReferenceNotReady")
            .await?;
        let said = serde_json::to_string(&new)?;
        assert!(said.contains("is still there"), "{said}");
        Ok(())
    }

    /// The old one goes, and the new one has everything.
    async fn succeeds(&self) -> Outcome {
        let before = parts(&self.from.get(&self.name).await?);
        self.from.delete(&self.name).await?;
        self.from.gone(&self.name).await?;
        let new = self.to.condition(self.new_name(), "Ready", "True", "").await?;
        assert_eq!(parts(&new), before);
        Ok(())
    }
}

pub async fn all_four_kinds_are_moved_and_aws_stays_as_it_is(rig: &Rig) -> Outcome {
    let tenant = rig.mover();
    let municipality = endpoints::municipality(&tenant, |object| {
        object["spec"]["network"]["endpoints"] = json!([{"service": "s3"}]);
    });
    tenant.apply(&municipality).await?;
    tenant.ready(OLD).await?;
    let files = Files::in_cluster(rig, &tenant, &rig.client)?;
    files.make_role("writer").await?;
    files.make_role("reader").await?;
    let bucket = files.bucket("tax", |_| {});
    files.apply(&bucket).await?;
    let in_no_source = files::name(&files.ready("tax").await?)?;
    let endpoints = Endpoints::in_cluster(&tenant, &rig.client)?;
    let endpoint = endpoints.outbound("office", |_| {});
    endpoints.apply(&endpoint).await?;
    endpoints.ready("office").await?;
    let backups = Backups::in_cluster(&tenant, &rig.client)?;
    backups.instance("instance", "backup").await?;
    let policy = backups.policy(|object| {
        object["spec"]["coverageExceptions"] = json!([{
            "service": "s3", "id": in_no_source, "reason": "files pass through", "approvedBy": "somebody", "until": "2999-12-31",
        }]);
    });
    backups.apply(&policy).await?;
    backups.run_ended().await?;
    backups.ready().await?;

    // Where the platform team did not allow it, nothing is taken over.
    let refused = moved(&municipality, NOT_MOVED_TO, NEW);
    let elsewhere = Objects::<Municipality>::new(&rig.client, NOT_MOVED_TO);
    elsewhere.apply(&refused).await?;
    elsewhere
        .condition(NEW, "Ready", "False", "ReferenceNotAccepted")
        .await?;
    elsewhere
        .merge(NEW, json!({"spec": {"deletionPolicy": "Delete"}}))
        .await?;
    elsewhere.delete(NEW).await?;
    elsewhere.gone(NEW).await?;

    let reference = json!({"name": NEW});
    let municipality = Move::<Municipality>::of(rig, &municipality, NEW, |_| {});
    let bucket = Move::<FileLinkBucket>::of(rig, &bucket, "tax-files", |spec| {
        spec["municipalityRef"] = reference.clone();
    });
    let endpoint = Move::<ResolverEndpoint>::of(rig, &endpoint, "office", |spec| {
        spec["placement"]["municipalityRef"] = reference.clone();
        spec["associations"] = json!([{"municipalityRef": {"namespace": MOVED_TO, "name": NEW}}]);
    });
    let policy = Move::<OsakaBackupPolicy>::of(rig, &policy, POLICY, |spec| {
        spec["municipalityRef"] = reference.clone();
    });
    let writes = tenant.writes().await?;
    municipality.waits().await?;
    bucket.waits().await?;
    endpoint.waits().await?;
    policy.waits().await?;
    // Whoever refers to the municipality goes before it, or would miss it.
    bucket.from.delete(&bucket.name).await?;
    bucket.from.gone(&bucket.name).await?;
    municipality.succeeds().await?;
    let found = bucket.to.condition(bucket.new_name(), "Ready", "True", "").await?;
    assert!(!parts(&found).is_empty());
    endpoint.succeeds().await?;
    policy.succeeds().await?;
    municipality.to.poke(NEW).await?;
    municipality.to.condition(NEW, "Ready", "True", "Converged").await?;
    assert_eq!(tenant.writes().await?, writes, "a move costs no write");
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml")?;
    writeln!(file, "{}", municipality.new)?;
    let mut plan = rig.command()?;
    plan.args(["plan", "-f"])
        .arg(file.path())
        .arg("--config")
        .arg(rig.config());
    assert_eq!(plan.output().await?.status.code(), Some(0), "nothing is left to change");

    // The name is free for nobody while its things are another's.
    let again = tenant.municipality(OLD, |object| object["spec"]["deletionPolicy"] = json!("Delete"));
    tenant.apply(&again).await?;
    tenant.condition(OLD, "Ready", "False", "Conflict").await?;
    tenant.delete(OLD).await?;
    tenant.gone(OLD).await?;
    assert_eq!(
        tenant.writes().await?,
        writes,
        "nothing is made or taken for the old name"
    );

    // It is the new one's now: it goes with it.
    endpoint
        .to
        .merge(endpoint.new_name(), json!({"spec": {"deletionPolicy": "Delete"}}))
        .await?;
    endpoint.to.delete(endpoint.new_name()).await?;
    endpoint.to.gone(endpoint.new_name()).await?;
    let left = endpoints.person.resolver.list_resolver_endpoints().send().await?;
    assert!(left.resolver_endpoints().is_empty(), "{left:?}");
    Ok(())
}

pub async fn what_takes_over_nothing_makes_nothing(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let object = tenant.municipality(NEW, |object| {
        object["spec"]["adoptFrom"] = json!(format!("Municipality/{}/mistyped", tenant.namespace));
    });
    tenant.apply(&object).await?;
    tenant.condition(NEW, "Ready", "False", "ReferenceNotFound").await?;
    assert_eq!(tenant.writes().await?, 0);
    tenant.delete(NEW).await?;
    tenant.gone(NEW).await?;
    Ok(())
}
