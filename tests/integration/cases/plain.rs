//! The same against moto without our corrections: nothing may depend on what they say.
//!
//! moto knows no limits, no delays and few refusals, and nobody counts its calls. What it can do is shown here. It drops
//! the tags that a bucket and a copy of a snapshot are made with, ends no update of a Resolver endpoint, and does not know
//! the default key of EBS, without which no key is deleted.

use aws_credential_types::Credentials;
use aws_sdk_ec2::types::Filter;
use jichitai_api::Municipality;
use jichitai_plan::tags::OWNER;
use jichitai_stack::{Options, Stack};
use kube::{Client, ResourceExt};
use serde_json::Value;

use super::TOKYO;
use crate::aws::Person;
use crate::objects::{Kind, Objects};
use crate::operator::Operator;
use crate::rig::{HUB, Outcome, Rig, config, root};
use crate::tenant::Tenant;

/// A cluster and an operator beside moto.
struct Plain<'a> {
    tenant: Tenant<'a>,
    stack: Stack,
    client: Client,
    operator: Operator,
}

impl<'a> Plain<'a> {
    async fn start(rig: &'a Rig) -> Outcome<Self> {
        let stack = Stack::start(Options {
            aws_arguments: vec!["--plain".to_owned()],
            ..Options::default()
        })
        .await?;
        stack.apply_crds(&root().join("crds")).await?;
        let tenant = rig.tenant()?;
        stack.create_namespace(&tenant.namespace).await?;
        let path = stack.folder().join("config.yaml");
        std::fs::write(&path, config("plain", ""))?;
        let operator = Operator::start(
            "plain",
            stack.folder(),
            stack.kubeconfig(),
            &path,
            &stack.aws_environment()?,
        )?;
        Ok(Self {
            tenant,
            client: stack.client().await?,
            stack,
            operator,
        })
    }

    /// Somebody in the tenant's account: moto has one root for all, and roles that let everybody in.
    async fn person(&self, region: &'static str) -> Outcome<Person> {
        let endpoint = self.stack.aws_endpoint()?;
        let sts = Person::new(endpoint, HUB, region).sts;
        let role = self.tenant.role_arn("person");
        let keys = sts
            .assume_role()
            .role_arn(role)
            .role_session_name("person")
            .send()
            .await?;
        let keys = keys.credentials.ok_or("credentials")?;
        let token = Some(keys.session_token);
        let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "tests");
        Ok(Person::with(endpoint, credentials, region))
    }

    fn objects<K: Kind>(&self) -> Objects<K> {
        Objects::new(&self.client, &self.tenant.namespace)
    }

    /// Made, and left alone.
    async fn stays<K: Kind>(&self, object: &Value) -> Outcome {
        let objects = self.objects::<K>();
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        objects.apply(object).await?;
        let made = objects.condition(name, "Ready", "True", "").await?;
        objects.poke(name).await?;
        self.operator.says("reconciled").await?;
        let again = objects.condition(name, "Ready", "True", "").await?;
        let inventory = |object: &K| serde_json::to_value(object.common().map(|common| common.inventory.clone()));
        assert_eq!(inventory(&made)?, inventory(&again)?, "{}", again.name_any());
        Ok(())
    }

    async fn stop(self) -> Outcome {
        let Self { stack, operator, .. } = self;
        drop(operator);
        Ok(stack.stop().await?)
    }
}

pub async fn a_municipality_stays_with_plain_moto(rig: &Rig) -> Outcome {
    let plain = Plain::start(rig).await?;
    let object = plain.tenant.municipality("chiyoda", |_| {});
    plain.stays::<Municipality>(&object).await?;
    let ec2 = plain.person(TOKYO).await?.ec2;
    let ours = Filter::builder().name("tag-key").values(OWNER);
    let found = ec2.describe_vpcs().filters(ours.build()).send().await?;
    assert_eq!(found.vpcs().len(), 1, "{:?}", found.vpcs());
    plain.stop().await
}
