//! Two clusters have one installation name: one of them writes.

use std::process::Output;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use jichitai_api::Municipality;
use serde_json::{Value, json};

use super::TOKYO;
use super::crash::Cluster;
use crate::aws::Person;
use crate::objects::Objects;
use crate::rig::{HUB, Outcome, Rig};
use crate::tenant::{Tenant, ids};

const NAME: &str = "chiyoda";
const KEY: &str = "jichitai/tests.json";
const HELD: &str = "InstallationHeldElsewhere";

/// The bucket that a lock is in.
struct Lock {
    hub: Person,
    bucket: String,
}

impl Lock {
    async fn make(rig: &Rig, tenant: &Tenant<'_>) -> Outcome<Self> {
        let lock = Self {
            hub: Person::new(rig.stack.aws_endpoint()?, HUB, TOKYO),
            bucket: format!("locks-{}", tenant.account),
        };
        lock.make_bucket().await?;
        Ok(lock)
    }

    async fn make_bucket(&self) -> Outcome {
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApNortheast1);
        let call = self.hub.s3.create_bucket().bucket(&self.bucket);
        call.create_bucket_configuration(place.build()).send().await?;
        Ok(())
    }

    async fn remove_bucket(&self) -> Outcome {
        let s3 = &self.hub.s3;
        // Whoever finds it away in between puts it anew.
        for _ in 0..10 {
            s3.delete_object().bucket(&self.bucket).key(KEY).send().await?;
            if s3.delete_bucket().bucket(&self.bucket).send().await.is_ok() {
                return Ok(());
            }
        }
        Err("the bucket cannot be removed".into())
    }

    fn config(&self) -> String {
        let Self { hub: _, bucket } = self;
        format!("installationLock: {{bucket: {bucket}, accountId: \"{HUB}\"}}\n")
    }

    async fn read(&self) -> Outcome<Value> {
        let call = self.hub.s3.get_object().bucket(&self.bucket).key(KEY);
        Ok(serde_json::from_slice(
            &call.send().await?.body.collect().await?.to_vec(),
        )?)
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

async fn take_over(rig: &Rig, cluster: &Cluster<'_>, more: &[&str]) -> Outcome<Output> {
    let mut command = rig.command()?;
    command.env("KUBECONFIG", cluster.stack.kubeconfig());
    command.args(["take-over", "--config"]).arg(cluster.config()).args(more);
    Ok(command.output().await?)
}

pub async fn a_second_cluster_only_observes_until_it_takes_over(rig: &Rig) -> Outcome {
    let (tenant, other) = (rig.tenant()?, rig.tenant()?);
    let lock = Lock::make(rig, &tenant).await?;
    let (first, second) = (Cluster::start(rig).await?, Cluster::start(rig).await?);
    let mut objects = Vec::new();
    for cluster in [&first, &second] {
        cluster.configure(&lock.config())?;
        for namespace in [&tenant.namespace, &other.namespace] {
            cluster.stack.create_namespace(namespace).await?;
        }
        objects.push(Objects::<Municipality>::new(&cluster.client, &tenant.namespace));
    }
    let [here, there] = objects.as_slice() else {
        unreachable!("there are two clusters")
    };
    let writing = first.operator()?;
    here.apply(&tenant.municipality(NAME, |_| {})).await?;
    let made = ids(&here.condition(NAME, "Ready", "True", "").await?);
    let held = lock.read().await?;
    assert_eq!(
        (&held["installation"], &held["by"]),
        (&json!("tests"), &json!("crashing"))
    );

    // The second one sees the same, and neither changes, makes nor deletes anything.
    let observing = second.operator()?;
    let before = tenant.writes().await?;
    let changed = tenant.municipality(NAME, |object| object["spec"]["tags"] = json!({"cost": "second"}));
    there.apply(&changed).await?;
    there.condition(NAME, "Ready", "False", HELD).await?;
    let new: Objects<Municipality> = Objects::new(&second.client, &other.namespace);
    let mine = other.municipality(NAME, |object| object["spec"]["deletionPolicy"] = json!("Delete"));
    new.apply(&mine).await?;
    new.condition(NAME, "Ready", "False", HELD).await?;
    assert_eq!((tenant.writes().await?, other.writes().await?), (before, 0));
    let series = "jichitai_installation_writes";
    for (operator, writes) in [(&writing, "1"), (&observing, "0")] {
        let text = operator.metrics().await?;
        assert!(text.contains(&format!("{series} {writes}\n")), "{text}");
    }

    // Nobody is asked, so nothing is taken; then it is.
    let refused = take_over(rig, &second, &[]).await?;
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert_eq!(lock.read().await?["cluster"], held["cluster"]);
    let taken = take_over(rig, &second, &["--yes"]).await?;
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken));
    assert!(
        said(&taken).contains(held["cluster"].as_str().unwrap_or_default()),
        "{}",
        said(&taken)
    );
    there.condition(NAME, "Ready", "True", "").await?;
    new.condition(NAME, "Ready", "True", "").await?;
    let settled = lock.read().await?;
    assert_ne!(settled["cluster"], held["cluster"]);
    assert_eq!(settled["from"], Value::Null);
    assert_eq!(ids(&there.get(NAME).await?), made, "nothing is made twice");
    let again = take_over(rig, &second, &[]).await?;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));

    // The first one only observes now.
    let before = tenant.writes().await?;
    here.merge(NAME, json!({"spec": {"tags": {"cost": "first"}}})).await?;
    here.condition(NAME, "Ready", "False", HELD).await?;
    assert_eq!(tenant.writes().await?, before);
    drop((writing, observing));
    first.stack.stop().await?;
    second.stack.stop().await?;
    Ok(())
}

pub async fn without_its_lock_nothing_is_written(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let lock = Lock::make(rig, &tenant).await?;
    let cluster = Cluster::start(rig).await?;
    cluster.configure(&lock.config())?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    let operator = cluster.operator()?;
    objects.apply(&tenant.municipality(NAME, |_| {})).await?;
    objects.condition(NAME, "Ready", "True", "").await?;
    lock.remove_bucket().await?;
    operator.says("this cluster only observes").await?;
    let before = tenant.writes().await?;
    objects
        .merge(NAME, json!({"spec": {"tags": {"cost": "later"}}}))
        .await?;
    let object = objects.condition(NAME, "Ready", "False", "InvalidRequest").await?;
    assert!(serde_json::to_string(&object)?.contains("without it nothing is written"));
    assert_eq!(tenant.writes().await?, before);
    lock.make_bucket().await?;
    objects.condition(NAME, "Ready", "True", "").await?;
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}
