//! File-link buckets of a tenant: objects, and how to wait for them.

use std::ops::Deref;

use aws_credential_types::Credentials;
use jichitai_api::{FileLinkBucket, InventoryState};
use kube::Client;
use serde_json::{Value, json};

use crate::aws::Person;
use crate::cases::TOKYO;
use crate::objects::Objects;
use crate::rig::{HUB, Outcome, Rig};
use crate::tenant::Tenant;

/// The name of the municipality of every bucket here.
pub const MUNICIPALITY: &str = "chiyoda";

/// The buckets of one tenant.
pub struct Files<'a> {
    /// The tenant.
    pub tenant: &'a Tenant<'a>,
    endpoint: String,
    buckets: Objects<FileLinkBucket>,
}

impl Deref for Files<'_> {
    type Target = Objects<FileLinkBucket>;

    fn deref(&self) -> &Self::Target {
        &self.buckets
    }
}

/// A municipality that has an endpoint for S3 and lets SFTP in.
pub fn municipality(tenant: &Tenant<'_>, edit: impl FnOnce(&mut Value)) -> Value {
    tenant.municipality(MUNICIPALITY, |object| {
        object["spec"]["network"]["endpoints"] = json!([{"service": "s3"}]);
        object["spec"]["network"]["zones"][0]["peers"] = json!([
            {"cidr": "172.16.40.0/24", "kind": "OnPremises", "ports": [{"port": 22}]},
        ]);
        edit(object);
    })
}

impl<'a> Files<'a> {
    /// A tenant with a Ready municipality that has an endpoint for S3 and lets SFTP in.
    pub async fn of(rig: &Rig, tenant: &'a Tenant<'a>, edit: impl FnOnce(&mut Value)) -> Outcome<Self> {
        tenant.apply(&municipality(tenant, edit)).await?;
        tenant.ready(MUNICIPALITY).await?;
        Self::in_cluster(rig, tenant, &rig.client)
    }

    /// The buckets of a tenant in whatever cluster.
    pub fn in_cluster(rig: &Rig, tenant: &'a Tenant<'a>, client: &Client) -> Outcome<Self> {
        Ok(Self {
            tenant,
            endpoint: rig.stack.aws_endpoint()?.to_owned(),
            buckets: Objects::new(client, &tenant.namespace),
        })
    }

    /// The ARN of a role of the tenant's account.
    pub fn role(&self, name: &str) -> String {
        self.tenant.role_arn(name)
    }

    /// Makes a role that its own account may assume, and that may do everything as far as it goes.
    pub async fn make_role(&self, name: &str) -> Outcome {
        self.tenant.make_role(name, &self.tenant.account).await
    }

    /// Somebody in a session of a role.
    pub async fn session(&self, role_arn: &str) -> Outcome<Person> {
        let sts = self.tenant.person(TOKYO)?.sts;
        let answer = sts
            .assume_role()
            .role_arn(role_arn)
            .role_session_name("case")
            .send()
            .await?;
        self.with(answer.credentials)
    }

    /// The operator itself, as the account sees it.
    pub async fn operator(&self) -> Outcome<Person> {
        let hub = Person::new(&self.endpoint, HUB, TOKYO);
        let external_id = format!("external-{}", &self.tenant.account[8..]);
        let call = hub.sts.assume_role().role_arn(self.role("jichitai-operator"));
        let answer = call.role_session_name("case").external_id(external_id).send().await?;
        self.with(answer.credentials)
    }

    fn with(&self, keys: Option<aws_sdk_sts::types::Credentials>) -> Outcome<Person> {
        let keys = keys.ok_or("credentials")?;
        let token = Some(keys.session_token);
        let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "tests");
        Ok(Person::with(&self.endpoint, credentials, TOKYO))
    }

    /// A bucket whose provider is `writer` and whose consumer is `reader`, as `edit` changes it.
    pub fn bucket(&self, name: &str, edit: impl FnOnce(&mut Value)) -> Value {
        let mut object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "FileLinkBucket",
            "metadata": {"name": name, "namespace": self.tenant.namespace},
            "spec": {
                "municipalityRef": {"name": MUNICIPALITY},
                "businessId": "001",
                "zone": "mynumber",
                "access": {
                    "providers": [{"roleArn": self.role("writer")}],
                    "consumers": [{"roleArn": self.role("reader"), "businessId": "010"}],
                },
                "lifecycle": {"expireAfterDays": 400},
            },
        });
        edit(&mut object);
        object
    }

    /// Waits until the object is Ready for its present generation.
    pub async fn ready(&self, name: &str) -> Outcome<FileLinkBucket> {
        self.condition(name, "Ready", "True", "").await
    }

    /// The municipality's endpoint for S3.
    pub async fn endpoint(&self) -> Outcome<String> {
        crate::tenant::id(&self.tenant.get(MUNICIPALITY).await?, "endpoint.s3", TOKYO)
    }
}

/// The bucket's name.
pub fn name(object: &FileLinkBucket) -> Outcome<String> {
    let bucket = object.status.as_ref().and_then(|status| status.bucket.as_ref());
    bucket
        .map(|bucket| bucket.name.clone())
        .ok_or_else(|| "no bucket in status".into())
}

/// The id of a part that is present.
pub fn id(object: &FileLinkBucket, role: &str) -> Outcome<String> {
    let inventory = object.status.iter().flat_map(|status| &status.common.inventory);
    let mut found = inventory.filter(|entry| entry.role == role && entry.state == InventoryState::Present);
    found
        .next()
        .map(|entry| entry.id.clone())
        .ok_or_else(|| format!("no {role}").into())
}

/// Role → whether both policies let it in, and why not.
pub fn access(object: &FileLinkBucket, role: &str) -> Option<(bool, bool, Option<String>)> {
    let all = object.status.iter().flat_map(|status| &status.access);
    let mut mine = all.filter(|one| one.principal.ends_with(role));
    mine.next()
        .map(|one| (one.bucket_policy, one.key_policy, one.reason.clone()))
}
