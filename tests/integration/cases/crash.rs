//! The operator is killed right after a write, and started again.

use std::path::{Path, PathBuf};

use jichitai_api::Municipality;
use jichitai_stack::{Options, Stack};
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::converge::{OSAKA, TOKYO};
use crate::endpoints::{self, Endpoints};
use crate::objects::Objects;
use crate::operator::Operator;
use crate::rig::{Outcome, Rig, config, root};
use crate::tenant::{ids, ready_within};

/// Kill points: the AWS writes of a creation, a few of each round.
const KILLS: [u32; 6] = [1, 2, 4, 9, 17, 30];

pub async fn killed_after_a_write_it_leaves_no_duplicate(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let mut operator = cluster.operator()?;
    for after in KILLS {
        let tenant = rig.tenant()?;
        cluster.stack.create_namespace(&tenant.namespace).await?;
        let api: Api<Municipality> = Api::namespaced(cluster.client.clone(), &tenant.namespace);
        cluster
            .kill(
                &operator,
                json!({"kind": "write", "account": tenant.account, "after": after - 1}),
            )
            .await?;
        api.patch(
            "chiyoda",
            &PatchParams::apply("person").force(),
            &Patch::Apply(tenant.municipality("chiyoda", |_| {})),
        )
        .await?;
        operator = cluster.restart(operator).await?;
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
    cluster.stack.stop().await?;
    Ok(())
}

/// The writes of an exchange of two addresses: two are added, two are taken away.
const SWAP: usize = 4;

pub async fn killed_while_addresses_change_it_never_strands_one(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let mut operator = cluster.operator()?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let municipalities: Objects<Municipality> = Objects::new(&cluster.client, &tenant.namespace);
    municipalities.apply(&endpoints::municipality(&tenant, |_| {})).await?;
    municipalities
        .condition(endpoints::MUNICIPALITY, "Ready", "True", "")
        .await?;
    let endpoints = Endpoints::in_cluster(&tenant, &cluster.client)?;
    let with = |number: u8| {
        endpoints.outbound("outbound", |object| {
            object["spec"]["ipAddresses"] = endpoints::addresses(&[number]);
        })
    };
    endpoints.apply(&with(20)).await?;
    let endpoint = endpoints::id(&endpoints.ready("outbound").await?)?;
    for after in 1..=SWAP {
        let number = u8::try_from(20 + after * 10)?;
        let kill =
            json!({"kind": "write", "service": "route53resolver", "account": tenant.account, "after": after - 1});
        cluster.kill(&operator, kill).await?;
        endpoints.apply(&with(number)).await?;
        operator = cluster.restart(operator).await?;
        let object = endpoints.ready("outbound").await?;
        assert_eq!(endpoints::id(&object)?, endpoint, "killed after {after}");
        let have = endpoints.addresses(&endpoint).await?;
        let want = [format!("10.20.0.{number}"), format!("10.20.1.{number}")];
        assert!(have.keys().eq(want.iter()), "killed after {after}: {have:?}");
        assert!(
            have.values().all(|state| state == "ATTACHED"),
            "killed after {after}: {have:?}"
        );
    }
    // AWS never had to keep the last address: each was asked to go only when two others were attached.
    let refused = endpoints.calls(|outcome| outcome == "InvalidRequestException").await?;
    assert!(refused.is_empty(), "{refused:?}");
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}

/// A cluster of its own, so that the others' operator goes on.
pub(super) struct Cluster<'a> {
    rig: &'a Rig,
    pub(super) stack: Stack,
    pub(super) client: Client,
    config: PathBuf,
}

impl<'a> Cluster<'a> {
    pub(super) async fn start(rig: &'a Rig) -> Outcome<Self> {
        let stack = Stack::start(Options {
            aws: false,
            ..Options::default()
        })
        .await?;
        stack.apply_crds(&root().join("crds")).await?;
        let path = stack.folder().join("config.yaml");
        std::fs::write(&path, config("tests", ""))?;
        Ok(Self {
            rig,
            client: stack.client().await?,
            config: path,
            stack,
        })
    }

    /// The operator's configuration.
    pub(super) fn config(&self) -> &Path {
        &self.config
    }

    /// Replaces the configuration.
    pub(super) fn configure(&self, extra: &str) -> Outcome {
        Ok(std::fs::write(&self.config, config("tests", extra))?)
    }

    pub(super) fn operator(&self) -> Outcome<Operator> {
        self.operator_through(self.stack.kubeconfig())
    }

    pub(super) fn operator_through(&self, kubeconfig: &Path) -> Outcome<Operator> {
        self.replica("crashing", kubeconfig)
    }

    pub(super) fn replica(&self, name: &str, kubeconfig: &Path) -> Outcome<Operator> {
        Operator::start(
            name,
            self.stack.folder(),
            kubeconfig,
            &self.config,
            &self.rig.stack.aws_environment()?,
        )
    }

    /// Has the operator killed after the calls that a rule names.
    pub(super) async fn kill(&self, operator: &Operator, mut rule: Value) -> Outcome {
        rule["action"] = json!("kill");
        rule["times"] = json!(1);
        rule["pid"] = json!(operator.id());
        self.rig.fault(rule).await
    }

    /// Waits until the operator is dead, and starts another one.
    pub(super) async fn restart(&self, mut dying: Operator) -> Outcome<Operator> {
        dying.ended().await?;
        self.operator()
    }
}
