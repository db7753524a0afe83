//! Something that the operator depends on is away, or changes all the time.

use std::time::Duration;

use jichitai_api::Municipality;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::DeleteParams;
use kube::runtime::conditions::is_deleted;
use kube::runtime::wait::await_condition;
use kube::{Api, CustomResourceExt, ResourceExt};
use serde_json::json;

use super::crash::Cluster;
use super::{OSAKA, TOKYO};
use crate::api_proxy::ApiProxy;
use crate::objects::{Kind, Objects, PATIENCE};
use crate::rig::{Outcome, Rig, root};
use crate::tenant::{Tenant, ids};

const NAME: &str = "chiyoda";
/// A time in which a pass would write.
const QUIET: Duration = Duration::from_secs(2);

pub async fn a_holder_that_was_stopped_leaves_the_rest_to_the_next(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let mut first = cluster.replica("first", cluster.stack.kubeconfig())?;
    first.says("this replica works").await?;
    let second = cluster.replica("second", cluster.stack.kubeconfig())?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    // It stops in the middle of its work, and does not know that time passes.
    let stop = json!({"kind": "write", "account": tenant.account, "after": 6, "signal": 19});
    cluster.kill(&first, stop).await?;
    let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    objects.apply(&tenant.municipality(NAME, |_| {})).await?;
    second.says("this replica works").await?;
    let object = objects.condition(NAME, "Ready", "True", "").await?;

    first.resume()?;
    first.says("the lease is lost").await?;
    nothing_twice(&tenant, &object).await?;
    let again = objects.condition(NAME, "Ready", "True", "").await?;
    assert_eq!(ids(&again), ids(&object));
    assert!(!first.has_ended(), "it stands by");
    drop(second);
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn an_api_server_that_was_gone_is_taken_up_again(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let proxy = ApiProxy::start(cluster.client.clone(), cluster.stack.folder()).await?;
    let mut operator = cluster.operator_through(proxy.kubeconfig())?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    objects.apply(&tenant.municipality(NAME, |_| {})).await?;
    let begun = || async { Ok(tenant.writes().await? > 6) };
    objects.eventually(NAME, "some writes", begun).await?;
    proxy.go();
    // How long it is away: shorter than the lease can be relied on.
    tokio::time::sleep(Duration::from_secs(4)).await;
    proxy.come_back();
    let object = objects.condition(NAME, "Ready", "True", "").await?;
    nothing_twice(&tenant, &object).await?;
    assert!(!operator.has_ended());

    // Away for longer, it may have lost the lease: it stops what it does, and writes nothing before it has it again.
    let writes = tenant.writes().await?;
    proxy.go();
    operator.says("the lease is lost").await?;
    assert_eq!(tenant.writes().await?, writes);
    proxy.come_back();
    objects.merge(NAME, json!({"spec": {"displayName": "Chiyoda"}})).await?;
    let again = objects.condition(NAME, "Ready", "True", "").await?;
    assert_eq!(ids(&again), ids(&object));
    assert!(!operator.has_ended());
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn a_crd_that_was_deleted_takes_nothing_with_it(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let operator = cluster.operator()?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    let manifest = tenant.municipality(NAME, |_| {});
    objects.apply(&manifest).await?;
    let before = objects.condition(NAME, "Ready", "True", "").await?;
    let writes = tenant.writes().await?;

    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    let name = Municipality::crd_name();
    let uid = crds.get(name).await?.uid().unwrap_or_default();
    crds.delete(name, &DeleteParams::default()).await?;
    tokio::time::timeout(PATIENCE, await_condition(crds, name, is_deleted(&uid))).await??;
    cluster.stack.apply_crds(&root().join("crds")).await?;
    objects.apply(&manifest).await?;
    let after = objects.condition(NAME, "Ready", "True", "").await?;
    assert_eq!(ids(&after), ids(&before));
    assert_eq!(tenant.writes().await?, writes, "found again without a write");
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn edits_in_every_step_make_nothing_twice(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality(NAME, |_| {})).await?;
    for edit in 0..40 {
        tenant
            .merge(NAME, json!({"spec": {"tags": {"edit": edit.to_string()}}}))
            .await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let object = tenant.ready(NAME).await?;
    nothing_twice(&tenant, &object).await?;
    let last = edit_of(&tenant, &object).await?;
    assert_eq!(last.as_deref(), Some("39"), "the last edit counts");
    Ok(())
}

/// The edit that has reached AWS.
async fn edit_of(tenant: &Tenant<'_>, object: &Municipality) -> Outcome<Option<String>> {
    let vpc = crate::tenant::id(object, "vpc", TOKYO)?;
    let found = tenant.person(TOKYO)?.ec2.describe_vpcs().vpc_ids(vpc).send().await?;
    let tags = found.vpcs().first().map(aws_sdk_ec2::types::Vpc::tags);
    let mut tags = tags.unwrap_or_default().iter();
    let edit = tags.find(|tag| tag.key() == Some("edit"));
    Ok(edit.and_then(|tag| tag.value()).map(str::to_owned))
}

pub async fn throttled_calls_are_made_later(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    for (service, times) in [("kms", 8), ("ec2", 12)] {
        let rule = json!({"service": service, "account": tenant.account, "action": "throttle", "times": times});
        rig.fault(rule).await?;
    }
    tenant.apply(&tenant.municipality(NAME, |_| {})).await?;
    let object = tenant.ready(NAME).await?;
    nothing_twice(&tenant, &object).await
}

pub async fn watches_that_are_forgotten_begin_anew(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let proxy = ApiProxy::start(cluster.client.clone(), cluster.stack.folder()).await?;
    let operator = cluster.operator_through(proxy.kubeconfig())?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    objects.apply(&tenant.municipality(NAME, |_| {})).await?;
    let made = objects.condition(NAME, "Ready", "True", "").await?;
    for edit in ["first", "second"] {
        // Each kind is watched once or twice; whatever happens meanwhile, no watch tells it.
        proxy.forget(5);
        objects.merge(NAME, json!({"spec": {"tags": {"edit": edit}}})).await?;
        let refused = || async { Ok(proxy.has_refused()) };
        objects.eventually(NAME, "watches begin anew", refused).await?;
        objects.condition(NAME, "Ready", "True", "").await?;
        assert_eq!(edit_of(&tenant, &made).await?.as_deref(), Some(edit));
    }
    nothing_twice(&tenant, &made).await?;
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn a_cache_that_is_late_makes_nothing_twice(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let proxy = ApiProxy::start(cluster.client.clone(), cluster.stack.folder()).await?;
    let operator = cluster.operator_through(proxy.kubeconfig())?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    objects.apply(&tenant.municipality(NAME, |_| {})).await?;
    let begun = || async { Ok(tenant.writes().await? > 4) };
    objects.eventually(NAME, "some writes", begun).await?;
    // In the middle of its work it is told nothing any more, and works with what it knows.
    proxy.is_late(true);
    objects
        .merge(NAME, json!({"spec": {"tags": {"edit": "unheard"}}}))
        .await?;
    let quiet = || async {
        let before = tenant.writes().await?;
        tokio::time::sleep(QUIET).await;
        Ok(tenant.writes().await? == before)
    };
    objects
        .eventually(NAME, "nothing is written on old knowledge any more", quiet)
        .await?;
    assert!(!objects.get(NAME).await?.is("Ready", "True"));
    proxy.is_late(false);
    let object = objects.condition(NAME, "Ready", "True", "").await?;
    assert_eq!(edit_of(&tenant, &object).await?.as_deref(), Some("unheard"));
    nothing_twice(&tenant, &object).await?;
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn credentials_that_end_and_clocks_that_differ_are_lived_through(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    for (service, code, times) in [
        ("ec2", "RequestExpired", 9),
        ("kms", "ExpiredTokenException", 6),
        ("ec2", "RequestTimeTooSkewed", 5),
    ] {
        let rule = json!({
            "service": service, "account": tenant.account, "action": "error",
            "code": code, "status": 403, "times": times, "after": times,
        });
        rig.fault(rule).await?;
    }
    tenant.apply(&tenant.municipality(NAME, |_| {})).await?;
    let object = tenant.ready(NAME).await?;
    nothing_twice(&tenant, &object).await
}

/// Everything that AWS has is in the inventory, and there is one key in each Region.
async fn nothing_twice(tenant: &Tenant<'_>, object: &Municipality) -> Outcome {
    let known: Vec<String> = ids(object).into_iter().map(|(_, _, id)| id).collect();
    let found = tenant.everything().await?;
    let unknown: Vec<_> = found.iter().filter(|id| !known.contains(id)).collect();
    assert!(unknown.is_empty(), "in AWS but in no inventory: {unknown:?}");
    for region in [TOKYO, OSAKA] {
        let keys = tenant.person(region)?.kms.list_keys().send().await?;
        assert_eq!(keys.keys().len(), 1, "keys in {region}");
    }
    Ok(())
}
