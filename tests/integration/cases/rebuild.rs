//! The ops cluster is lost: a new one gets the same YAML in another order.

use jichitai_stack::{Options, Stack};
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::Value;

use jichitai_api::Municipality;

use super::converge::TOKYO;
use crate::operator::Operator;
use crate::rig::{Outcome, Rig, config, root};
use crate::tenant::{ids, ready_within};

pub async fn a_new_cluster_finds_everything_again(rig: &Rig) -> Outcome {
    let tenants = [rig.tenant()?, rig.tenant()?, rig.tenant()?];
    let mut manifests: Vec<Value> = Vec::new();
    let mut before = Vec::new();
    for tenant in &tenants {
        let manifest = tenant.municipality("chiyoda", |_| {});
        tenant.apply(&manifest).await?;
        manifests.push(manifest);
    }
    for tenant in &tenants {
        before.push(ids(&tenant.ready("chiyoda").await?));
    }
    let mut writes = Vec::new();
    let mut policies = Vec::new();
    for tenant in &tenants {
        writes.push(tenant.writes().await?);
        let object = tenant.get("chiyoda").await?;
        policies.push(
            tenant
                .person(TOKYO)?
                .key_policy(&crate::tenant::id(&object, "key.all", TOKYO)?)
                .await?,
        );
    }
    let cluster = Stack::start(Options {
        aws: false,
        ..Options::default()
    })
    .await?;
    cluster.apply_crds(&root().join("crds")).await?;
    let client = cluster.client().await?;
    for (tenant, manifest) in tenants.iter().zip(&manifests).rev() {
        cluster.create_namespace(&tenant.namespace).await?;
        let api: Api<Municipality> = Api::namespaced(client.clone(), &tenant.namespace);
        api.patch(
            "chiyoda",
            &PatchParams::apply("person").force(),
            &Patch::Apply(manifest),
        )
        .await?;
    }
    let path = cluster.folder().join("config.yaml");
    std::fs::write(&path, config("tests", ""))?;
    let operator = Operator::start(
        "new-cluster",
        cluster.folder(),
        cluster.kubeconfig(),
        &path,
        &rig.stack.aws_environment()?,
    )?;
    for (index, tenant) in tenants.iter().enumerate() {
        let api: Api<Municipality> = Api::namespaced(client.clone(), &tenant.namespace);
        let object = ready_within(&api, "chiyoda")
            .await
            .map_err(|error| format!("{error}\n{}", operator.log(40)))?;
        assert_eq!(ids(&object), before[index], "every id stays the same");
        assert_eq!(
            tenant.writes().await?,
            writes[index],
            "nothing is created or changed: {:?}",
            tenant.counts().await?
        );
        let policy = tenant
            .person(TOKYO)?
            .key_policy(&crate::tenant::id(&object, "key.all", TOKYO)?)
            .await?;
        assert_eq!(policy, policies[index]);
    }
    drop(operator);
    cluster.stop().await?;
    Ok(())
}
