//! The operator is killed right after a write, and started again.

use jichitai_api::Municipality;
use jichitai_stack::{Options, Stack};
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::converge::{OSAKA, TOKYO};
use crate::operator::Operator;
use crate::rig::{Outcome, Rig, config, root};
use crate::tenant::{ids, ready_within};

/// Kill points: the AWS writes of a creation, a few of each round.
const KILLS: [u32; 6] = [1, 2, 4, 9, 17, 30];

pub async fn killed_after_a_write_it_leaves_no_duplicate(rig: &Rig) -> Outcome {
    // A cluster of its own, so that the others' operator goes on.
    let cluster = Stack::start(Options {
        aws: false,
        ..Options::default()
    })
    .await?;
    cluster.apply_crds(&root().join("crds")).await?;
    let client = cluster.client().await?;
    let path = cluster.folder().join("config.yaml");
    std::fs::write(&path, config("tests", ""))?;
    let start = || {
        Operator::start(
            "crashing",
            cluster.folder(),
            cluster.kubeconfig(),
            &path,
            &rig.stack.aws_environment()?,
        )
    };
    let mut operator = start()?;
    for after in KILLS {
        let tenant = rig.tenant()?;
        cluster.create_namespace(&tenant.namespace).await?;
        let api: Api<Municipality> = Api::namespaced(client.clone(), &tenant.namespace);
        rig.fault(json!({"kind": "write", "account": tenant.account, "after": after - 1, "times": 1, "action": "kill", "pid": operator.id()})).await?;
        api.patch(
            "chiyoda",
            &PatchParams::apply("person").force(),
            &Patch::Apply(tenant.municipality("chiyoda", |_| {})),
        )
        .await?;
        let mut dying = operator;
        tokio::task::spawn_blocking(move || dying.wait().map(|()| drop(dying))).await??;
        operator = start()?;
        let object = ready_within(&api, "chiyoda").await?;
        let known: Vec<String> = ids(&object).into_iter().map(|(_, _, id)| id).collect();
        for found in tenant.everything().await? {
            assert!(
                known.contains(&found),
                "killed after {after}: {found} is in AWS but in no inventory"
            );
        }
        for region in [TOKYO, OSAKA] {
            let keys = tenant.person(region)?.kms.list_keys().send().await?;
            assert_eq!(keys.keys().len(), 1, "killed after {after}: keys in {region}");
        }
    }
    drop(operator);
    cluster.stop().await?;
    Ok(())
}
