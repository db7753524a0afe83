//! Several replicas: they share the accounts, take over from one that is lost, and nobody does another's work.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jichitai_api::Municipality;
use jichitai_plan::identity::short_hash;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;

use super::crash::Cluster;
use crate::objects::{Objects, PATIENCE};
use crate::operator::Operator;
use crate::rig::{Outcome, Rig};
use crate::tenant::{Tenant, ids};

const NAME: &str = "chiyoda";
const SHARDS: usize = 6;
/// How soon a lost replica is replaced: within 15 seconds, and on a slow machine not much later.
const TAKE_OVER: Duration = Duration::from_secs(30);

pub async fn replicas_share_the_work_and_take_over(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    cluster.configure(&format!("shards: {SHARDS}\n"))?;
    let replica = |name| cluster.replica(name, cluster.stack.kubeconfig());
    let (first, second, third) = (replica("first")?, replica("second")?, replica("third")?);
    divided(&cluster, &[("first", 2), ("second", 2), ("third", 2)]).await?;
    let tenants = one_in_each(rig)?;
    let mut created = Vec::new();
    for tenant in &tenants {
        cluster.stack.create_namespace(&tenant.namespace).await?;
        let objects: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
        objects.apply(&tenant.municipality(NAME, |_| {})).await?;
        created.push(objects);
    }
    let mut before = Vec::new();
    for objects in &created {
        before.push(ids(&objects.condition(NAME, "Ready", "True", "").await?));
    }
    let works = |operator: &Operator, tenant: &Tenant<'_>| {
        operator
            .log(usize::MAX)
            .contains(&format!("Municipality/{}/{NAME}", tenant.namespace))
    };
    for tenant in &tenants {
        let at_work = [&first, &second, &third]
            .iter()
            .filter(|operator| works(operator, tenant))
            .count();
        assert_eq!(at_work, 1, "{}: one replica does all of it", tenant.namespace);
    }
    for operator in [&first, &second, &third] {
        let metrics = operator.metrics().await?;
        assert!(
            metrics.contains("\njichitai_shards 6\n") && metrics.contains("\njichitai_shards_held 2\n"),
            "{metrics}"
        );
        assert!(tenants.iter().any(|tenant| works(operator, tenant)));
    }

    // One is lost without a word; what a person changes meanwhile is done by the others.
    let lost = Instant::now();
    drop(first);
    divided(&cluster, &[("second", 3), ("third", 3)]).await?;
    let took = lost.elapsed();
    assert!(took < TAKE_OVER, "taken over after {took:?}");
    for (objects, before) in created.iter().zip(&before) {
        objects
            .merge(NAME, serde_json::json!({"spec": {"displayName": "Chiyoda"}}))
            .await?;
        assert_eq!(
            &ids(&objects.condition(NAME, "Ready", "True", "").await?),
            before,
            "nothing twice"
        );
    }

    // An update takes them one after the other; each leaves its shards at once.
    let fourth = replica("fourth")?;
    divided(&cluster, &[("second", 2), ("third", 2), ("fourth", 2)]).await?;
    second.stop().await?;
    let left = held(&cluster).await?;
    assert!(!left.contains_key("second"), "left, not lost: {left:?}");
    divided(&cluster, &[("third", 3), ("fourth", 3)]).await?;
    third.stop().await?;
    divided(&cluster, &[("fourth", 6)]).await?;
    for (tenant, (objects, before)) in tenants.iter().zip(created.iter().zip(&before)) {
        objects.poke(NAME).await?;
        objects
            .eventually(NAME, "the last replica at work", || async {
                Ok(works(&fourth, tenant))
            })
            .await?;
        assert_eq!(
            &ids(&objects.condition(NAME, "Ready", "True", "").await?),
            before,
            "nothing twice"
        );
    }
    drop(fourth);
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn another_division_waits_for_the_one_before(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let old = cluster.replica("old", cluster.stack.kubeconfig())?;
    old.says("this replica works").await?;
    cluster.configure("shards: 3\n")?;
    let new = cluster.replica("new", cluster.stack.kubeconfig())?;
    new.says("waiting for replicas that divide the accounts otherwise")
        .await?;
    divided(&cluster, &[("old", 1)]).await?;
    old.stop().await?;
    divided(&cluster, &[("new", 3)]).await?;
    drop(new);
    cluster.stack.stop().await?;
    Ok(())
}

/// A tenant in each shard: every replica has some, however the shards are divided.
fn one_in_each(rig: &Rig) -> Outcome<Vec<Tenant<'_>>> {
    let mut all = BTreeMap::new();
    while all.len() < SHARDS {
        let tenant = rig.tenant()?;
        // The shard of an account is the same in every replica and version.
        let shard = usize::from_str_radix(&short_hash(&tenant.account, 8), 16)? % SHARDS;
        all.entry(shard).or_insert(tenant);
    }
    Ok(all.into_values().collect())
}

/// Waits until the shards are held like this.
async fn divided(cluster: &Cluster<'_>, expected: &[(&str, usize)]) -> Outcome {
    let expected: BTreeMap<String, usize> = expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = held(cluster).await?;
        if held == expected {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("shards are held as {held:?}, and not as {expected:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How many shards each replica holds.
async fn held(cluster: &Cluster<'_>) -> Outcome<BTreeMap<String, usize>> {
    let leases: Api<Lease> = Api::namespaced(cluster.client.clone(), "default");
    let mut held = BTreeMap::new();
    for lease in leases.list(&Default::default()).await? {
        let is_shard = lease
            .metadata
            .labels
            .as_ref()
            .and_then(|all| all.get("jichitai.dev/lease"));
        let is_shard = is_shard.is_some_and(|label| label != "member");
        let holder = lease.spec.and_then(|spec| spec.holder_identity).filter(|_| is_shard);
        if let Some(holder) = holder {
            *held.entry(holder).or_default() += 1;
        }
    }
    Ok(held)
}
