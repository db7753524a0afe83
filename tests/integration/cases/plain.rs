//! The same against moto without our corrections: nothing may depend on what they say.
//!
//! moto knows no limits, no delays and few refusals, and nobody counts its calls. It makes what it is asked for, and shows
//! it; so an object has to become Ready, to stay as it is without a write, and to go.

use aws_credential_types::Credentials;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_stack::{Options, Stack};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::{OSAKA, TOKYO};
use crate::aws::Person;
use crate::endpoints::{self, Endpoints};
use crate::files::{self, Files};
use crate::objects::{Kind, Objects};
use crate::operator::Operator;
use crate::rig::{HUB, Outcome, Rig, config, root};
use crate::tenant::Tenant;

/// A trust policy for roles that nobody takes here.
const ANYBODY: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}"#;

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

    async fn settled_municipality(&self) -> Outcome {
        let municipalities = self.objects::<Municipality>();
        municipalities
            .apply(&endpoints::municipality(&self.tenant, |_| {}))
            .await?;
        municipalities.condition("chiyoda", "Ready", "True", "").await.map(drop)
    }

    /// Made, left alone, and gone.
    async fn lives<K: Kind>(&self, object: &Value) -> Outcome {
        let (objects, mut object) = (self.objects::<K>(), object.clone());
        object["spec"]["deletionPolicy"] = json!("Delete");
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        objects.apply(&object).await?;
        let made = objects.condition(name, "Ready", "True", "").await?;
        objects.poke(name).await?;
        self.operator.says("reconciled").await?;
        let again = objects.condition(name, "Ready", "True", "").await?;
        let status = |object: &K| serde_json::to_value(object.common().map(|common| common.inventory.clone()));
        assert_eq!(status(&made)?, status(&again)?, "{}", again.name_any());
        objects.delete(name).await?;
        objects.gone(name).await
    }

    async fn stop(self) -> Outcome {
        let Self { stack, operator, .. } = self;
        drop(operator);
        Ok(stack.stop().await?)
    }
}

pub async fn a_municipality_lives_with_plain_moto(rig: &Rig) -> Outcome {
    let plain = Plain::start(rig).await?;
    let object = plain.tenant.municipality("chiyoda", |_| {});
    plain.lives::<Municipality>(&object).await?;
    let person = plain.person(TOKYO).await?;
    let left = person.ec2.describe_tags().send().await?;
    assert!(left.tags().is_empty(), "{:?}", left.tags());
    plain.stop().await
}

pub async fn a_bucket_lives_with_plain_moto(rig: &Rig) -> Outcome {
    let plain = Plain::start(rig).await?;
    let tenant = &plain.tenant;
    let municipalities = plain.objects::<Municipality>();
    municipalities.apply(&files::municipality(tenant, |_| {})).await?;
    municipalities.condition("chiyoda", "Ready", "True", "").await?;
    let person = plain.person(TOKYO).await?;
    for role in ["writer", "reader"] {
        let call = person.iam.create_role().role_name(role);
        call.assume_role_policy_document(ANYBODY).send().await?;
    }
    let files = Files::in_cluster(rig, tenant, &plain.client)?;
    let object = files.bucket("linkage", |object| {
        object["spec"]["replication"] = json!({"osaka": true})
    });
    plain.lives::<FileLinkBucket>(&object).await?;
    let left = person.s3.list_buckets().send().await?;
    assert!(left.buckets().is_empty(), "{:?}", left.buckets());
    plain.stop().await
}

pub async fn a_policy_lives_with_plain_moto(rig: &Rig) -> Outcome {
    let plain = Plain::start(rig).await?;
    plain.settled_municipality().await?;
    let (tokyo, osaka) = (plain.person(TOKYO).await?, plain.person(OSAKA).await?);
    let tag = Tag::builder().key("backup").value("osaka").build();
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::Volume)
        .tags(tag)
        .build();
    let volume = tokyo.ec2.create_volume().availability_zone("ap-northeast-1a").size(8);
    volume.tag_specifications(tags).send().await?;
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let object = json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "OsakaBackupPolicy",
        "metadata": {"name": "daily", "namespace": plain.tenant.namespace, "annotations": {"jichitai.dev/run": format!("by-hand@{now}")}},
        "spec": {
            "municipalityRef": {"name": "chiyoda"}, "schedules": [{"name": "yearly", "cron": "0 0 29 2 *"}],
            "sources": {"volumes": {"matchTags": {"backup": "osaka"}}},
        },
    });
    plain.lives::<OsakaBackupPolicy>(&object).await?;
    let left = osaka.ec2.describe_snapshots().owner_ids("self").send().await?;
    assert!(left.snapshots().is_empty(), "{:?}", left.snapshots());
    plain.stop().await
}

pub async fn a_resolver_endpoint_lives_with_plain_moto(rig: &Rig) -> Outcome {
    let plain = Plain::start(rig).await?;
    plain.settled_municipality().await?;
    let object = Endpoints::in_cluster(&plain.tenant, &plain.client)?.outbound("outbound", |_| {});
    plain.lives::<ResolverEndpoint>(&object).await?;
    let left = plain
        .person(TOKYO)
        .await?
        .resolver
        .list_resolver_endpoints()
        .send()
        .await?;
    assert!(left.resolver_endpoints().is_empty(), "{left:?}");
    plain.stop().await
}
