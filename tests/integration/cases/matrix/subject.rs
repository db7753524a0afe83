//! What lives: an object of each kind with what it needs, as it is made and as it is changed.

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::osaka_backup_policy::target::RUN_ANNOTATION;
use kube::Client;
use serde_json::{Value, json};

use crate::backups::Backups;
use crate::cases::files_sftp::{NEW, OLD, server, user};
use crate::endpoints::{self, Endpoints};
use crate::files::{self, Files};
use crate::objects::{Kind, Objects};
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

/// A kind.
pub trait Subject: Sized + Send + Sync {
    type Kind: Kind;
    const KIND: &'static str;

    /// Everything up to the first write that is about it.
    fn born(rig: &Rig, tenant: &Tenant<'_>, client: &Client) -> impl Future<Output = Outcome<Life<Self>>> + Send;

    /// What has to be so, besides Ready, before an operation has come to its end.
    fn has_ended(_object: &Self::Kind, _applied: &Value) -> bool {
        true
    }
}

/// An object as it is made, and as it is changed; it goes with everything in AWS.
pub struct Life<S: Subject> {
    objects: Objects<S::Kind>,
    name: String,
    made: Value,
    changed: Value,
}

impl<S: Subject> Life<S> {
    fn new(tenant: &Tenant<'_>, client: &Client, made: Value, change: impl FnOnce(&mut Value)) -> Self {
        let mut made = made;
        made["spec"]["deletionPolicy"] = json!("Delete");
        let mut changed = made.clone();
        change(&mut changed);
        Self {
            objects: Objects::new(client, &tenant.namespace),
            name: made["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
            made,
            changed,
        }
    }

    /// Does what a person would.
    pub async fn act(&self, operation: &str) -> Outcome {
        match operation {
            "create" => self.objects.apply(&self.made).await.map(drop),
            "change" => self.objects.apply(&self.changed).await.map(drop),
            _ => self.objects.delete(&self.name).await,
        }
    }

    /// Has the object looked at.
    pub async fn poke(&self) -> Outcome {
        self.objects.poke(&self.name).await.map(drop)
    }

    /// Waits until it is not Ready, whatever the reason.
    pub async fn stalled(&self) -> Outcome {
        self.objects.condition(&self.name, "Ready", "False", "").await.map(drop)
    }

    /// Waits until something holds in AWS.
    pub async fn eventually<F>(&self, what: &str, holds: impl FnMut() -> F) -> Outcome
    where
        F: Future<Output = Outcome<bool>>,
    {
        self.objects.eventually(&self.name, what, holds).await
    }

    /// Waits for the end of it.
    pub async fn settled(&self, operation: &str) -> Outcome {
        let applied = match operation {
            "create" => &self.made,
            "change" => &self.changed,
            _ => return self.objects.gone(&self.name).await,
        };
        let ended = |object: Option<&S::Kind>| {
            object.is_some_and(|object| object.is("Ready", "True") && S::has_ended(object, applied))
        };
        self.objects.until(&self.name, "has settled", ended).await.map(drop)
    }
}

pub struct OfMunicipality;

impl Subject for OfMunicipality {
    type Kind = Municipality;
    const KIND: &'static str = "Municipality";

    async fn born(_: &Rig, tenant: &Tenant<'_>, client: &Client) -> Outcome<Life<Self>> {
        let made = tenant.municipality("chiyoda", |_| {});
        Ok(Life::new(tenant, client, made, |object| {
            let network = &mut object["spec"]["network"];
            network["endpoints"] = json!([{"service": "sts"}]);
            network["zones"][1]["subnets"] = json!([
                {"name": "c", "cidr": "10.20.9.0/24", "availabilityZone": "ap-northeast-1c"},
            ]);
            object["spec"]["encryption"]["users"] = json!([]);
        }))
    }
}

pub struct OfBucket;

impl Subject for OfBucket {
    type Kind = FileLinkBucket;
    const KIND: &'static str = "FileLinkBucket";

    async fn born(rig: &Rig, tenant: &Tenant<'_>, client: &Client) -> Outcome<Life<Self>> {
        settled_municipality(client, tenant, &files::municipality(tenant, |_| {})).await?;
        let files = Files::in_cluster(rig, tenant, client)?;
        for role in ["writer", "reader", "broker"] {
            files.make_role(role).await?;
        }
        let client_of = |access: &str| {
            json!({
                "type": "CredentialBroker", "brokerRoleArn": files.role("broker"),
                "clients": [{"clientId": "tax", "businessId": "010", "access": access}],
            })
        };
        let made = files.bucket("linkage", |object| {
            object["spec"]["replication"] = json!({"osaka": true});
            object["spec"]["federation"] = client_of("Read");
            object["spec"]["sftp"] = json!({"server": server(), "users": [user("health", OLD)]});
        });
        Ok(Life::new(tenant, client, made, |object| {
            object["spec"]["access"]["consumers"] = json!([]);
            object["spec"]["federation"] = client_of("Write");
            object["spec"]["sftp"]["users"] = json!([user("health", NEW), user("tax", OLD)]);
        }))
    }
}

pub struct OfPolicy;

impl Subject for OfPolicy {
    type Kind = OsakaBackupPolicy;
    const KIND: &'static str = "OsakaBackupPolicy";

    async fn born(_: &Rig, tenant: &Tenant<'_>, client: &Client) -> Outcome<Life<Self>> {
        let backups = Backups::of(tenant, client).await?;
        backups.instance("image", "image").await?;
        backups.instance("instance", "backup").await?;
        backups.database("residents").await?;
        let template = json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}).to_string();
        let stack = backups.tokyo.cloudformation.create_stack().stack_name("batch");
        stack.template_body(template).send().await?;
        let made = backups.policy(|object| object["spec"]["sources"]["stacks"] = json!({"names": ["batch"]}));
        Ok(Life::new(tenant, client, made, |object| {
            // The next run, whose copies take the place of the first ones in Tokyo.
            let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
            let soon = soon.strftime("%Y%m%dT%H%M%SZ");
            object["metadata"]["annotations"][RUN_ANNOTATION] = json!(format!("again@{soon}"));
            object["spec"]["retention"] = json!({"sourceSide": {"copies": 1}});
        }))
    }

    fn has_ended(object: &OsakaBackupPolicy, applied: &Value) -> bool {
        let asked = applied["metadata"]["annotations"][RUN_ANNOTATION].as_str();
        let run = object.status.as_ref().and_then(|status| status.last_run.as_ref());
        run.is_some_and(|run| {
            let name = format!("{}@{}", run.label, run.time.0.strftime("%Y%m%dT%H%M%SZ"));
            run.completed.is_some() && asked == Some(name.as_str())
        })
    }
}

pub struct OfEndpoint;

impl Subject for OfEndpoint {
    type Kind = ResolverEndpoint;
    const KIND: &'static str = "ResolverEndpoint";

    async fn born(_: &Rig, tenant: &Tenant<'_>, client: &Client) -> Outcome<Life<Self>> {
        settled_municipality(client, tenant, &endpoints::municipality(tenant, |_| {})).await?;
        let endpoints = Endpoints::in_cluster(tenant, client)?;
        let made = endpoints.outbound("outbound", |_| {});
        Ok(Life::new(tenant, client, made, |object| {
            object["spec"]["ipAddresses"] = endpoints::addresses(&[30]);
            object["spec"]["rules"][0]["targets"] = json!([{"ip": "172.16.0.54"}]);
            object["spec"]["rules"][1] =
                json!({"name": "branch", "domain": "branch.chiyoda.lg.jp", "targets": [{"ip": "172.16.1.53"}]});
        }))
    }
}

async fn settled_municipality(client: &Client, tenant: &Tenant<'_>, object: &Value) -> Outcome {
    let municipalities: Objects<Municipality> = Objects::new(client, &tenant.namespace);
    municipalities.apply(object).await?;
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    municipalities.condition(name, "Ready", "True", "").await.map(drop)
}
