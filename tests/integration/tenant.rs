//! One namespace with one account: objects in it, what they become, and how to wait for that.

use std::ops::Deref;
use std::time::{Duration, Instant};

use jichitai_api::{InventoryState, Municipality};
use kube::Api;
use serde_json::{Value, json};

use crate::aws::Person;
use crate::cases::TOKYO;
use crate::objects::{Objects, PATIENCE};
use crate::rig::{OPERATOR_ROLE, Outcome, RECOVERY_ROLE, Rig, account, namespace, recovery_policies};

/// AWS put a call off, for its rate is the test's as well: the call is made again.
pub const PUT_OFF: &str = "ThrottlingException";

/// A namespace with its account.
pub struct Tenant<'a> {
    rig: &'a Rig,
    /// The namespace.
    pub namespace: String,
    /// The account.
    pub account: String,
    municipalities: Objects<Municipality>,
}

impl Deref for Tenant<'_> {
    type Target = Objects<Municipality>;

    fn deref(&self) -> &Self::Target {
        &self.municipalities
    }
}

impl<'a> Tenant<'a> {
    pub fn new(rig: &'a Rig, index: usize) -> Self {
        let namespace = namespace(index);
        let municipalities = Objects::new(&rig.client, &namespace);
        Self {
            rig,
            account: account(index),
            namespace,
            municipalities,
        }
    }

    /// A municipality with a managed network, as `edit` changes it.
    pub fn municipality(&self, name: &str, edit: impl FnOnce(&mut Value)) -> Value {
        let mut object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "Municipality",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "code": "131016",
                "displayName": "千代田区",
                // Codes repeat over the cases; the system name keeps the tenants apart.
                "systemName": self.namespace,
                "environment": "Verification",
                "usageModel": "Shared",
                "isolation": "Network",
                "accountId": self.account,
                "encryption": {"users": [{"roleArn": self.role_arn("app"), "services": ["S3", "Ebs"]}]},
                "network": {
                    "vpcCidr": "10.20.0.0/16",
                    "onPremisesCidrs": ["172.16.0.0/16"],
                    "serviceSubnets": [
                        {"name": "a", "cidr": "10.20.250.0/26", "availabilityZone": "ap-northeast-1a"},
                        {"name": "c", "cidr": "10.20.250.64/26", "availabilityZone": "ap-northeast-1c"},
                    ],
                    "zones": [
                        {"name": "mynumber", "type": "MyNumberAffairs",
                         "subnets": [{"name": "a", "cidr": "10.20.0.0/24", "availabilityZone": "ap-northeast-1a"}],
                         "peers": [{"cidr": "172.16.10.0/24", "kind": "OnPremises", "ports": [{"port": 443}]}]},
                        {"name": "lgwan", "type": "LgwanConnected",
                         "subnets": [{"name": "a", "cidr": "10.20.8.0/24", "availabilityZone": "ap-northeast-1a"}]},
                    ],
                    "endpoints": [{"service": "kms"}],
                },
            },
        });
        edit(&mut object);
        object
    }

    /// The options by which the command line enters the account to restore.
    pub fn access(&self) -> [String; 8] {
        self.access_by(RECOVERY_ROLE)
    }

    /// Gives the operator's role what a recovery needs: it is the one that may read templates.
    pub async fn allow_recovery(&self) -> Outcome {
        let iam = self.person(TOKYO)?.iam;
        for (name, policy) in recovery_policies()?.as_object().into_iter().flatten() {
            let call = iam
                .create_policy()
                .policy_name(name)
                .policy_document(policy.to_string());
            let arn = call.send().await?.policy.and_then(|policy| policy.arn);
            let call = iam.attach_role_policy().role_name(OPERATOR_ROLE).set_policy_arn(arn);
            call.send().await?;
        }
        Ok(())
    }

    /// The same by another role.
    pub fn access_by(&self, role: &str) -> [String; 8] {
        let index = &self.account[self.account.len() - 4..];
        let role = self.role_arn(role);
        [
            "--account",
            &self.account,
            "--role-arn",
            &role,
            "--external-id",
            &format!("external-{index}"),
            "--installation",
            "tests",
        ]
        .map(str::to_owned)
    }

    /// The ARN of a role of the account.
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }

    /// Makes a role that an account may assume, and that may do everything as far as it goes.
    pub async fn make_role(&self, name: &str, trusted: &str) -> Outcome {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"AWS": format!("arn:aws:iam::{trusted}:root")},
        }]});
        let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let iam = self.person(TOKYO)?.iam;
        iam.create_role()
            .role_name(name)
            .assume_role_policy_document(trust.to_string())
            .send()
            .await?;
        iam.put_role_policy()
            .role_name(name)
            .policy_name("all")
            .policy_document(all.to_string())
            .send()
            .await?;
        Ok(())
    }

    /// Waits until the object is Ready for its present generation.
    pub async fn ready(&self, name: &str) -> Outcome<Municipality> {
        self.condition(name, "Ready", "True", "Converged").await
    }

    /// Waits until status has what guardrails say, which comes last: then nothing of it changes by itself.
    pub async fn surveyed(&self, name: &str) -> Outcome<Municipality> {
        let told = |object: &Municipality| object.status.as_ref().is_some_and(|status| status.guardrails.is_some());
        let found = self
            .until(name, "guardrails are told", |object| object.is_some_and(told))
            .await?;
        found.ok_or_else(|| "the object is gone".into())
    }

    /// The account's root in Tokyo or Osaka.
    pub fn person(&self, region: &'static str) -> Outcome<Person> {
        Ok(Person::new(self.rig.stack.aws_endpoint()?, &self.account, region))
    }

    /// AWS writes in the account so far.
    pub async fn writes(&self) -> Outcome<u64> {
        self.calls("write", |outcome| outcome != PUT_OFF).await
    }

    /// Those that AWS did: what it refuses for good is tried again now and then.
    pub async fn writes_done(&self) -> Outcome<u64> {
        self.calls("write", |outcome| outcome == "ok").await
    }

    /// AWS reads in the account so far.
    pub async fn reads(&self) -> Outcome<u64> {
        self.calls("read", |outcome| outcome != PUT_OFF).await
    }

    async fn calls(&self, kind: &str, counted: impl Fn(&str) -> bool) -> Outcome<u64> {
        Ok(self
            .counts()
            .await?
            .iter()
            .filter(|one| one["kind"] == kind && one["outcome"].as_str().is_some_and(&counted))
            .filter_map(|one| one["count"].as_u64())
            .sum())
    }

    /// Calls in the account, by operation.
    pub async fn counts(&self) -> Outcome<Vec<Value>> {
        let answer = self.rig.stack.aws_calls().await?;
        let list = answer
            .get("calls")
            .unwrap_or(&answer)
            .as_array()
            .cloned()
            .unwrap_or_default();
        Ok(list
            .into_iter()
            .filter(|one| one["account"] == self.account.as_str())
            .collect())
    }

    /// Ids of everything in Tokyo that a municipality can consist of, whoever owns it.
    pub async fn everything(&self) -> Outcome<Vec<String>> {
        let ec2 = self.person("ap-northeast-1")?.ec2;
        let mut all = Vec::new();
        let vpcs = ec2.describe_vpcs().send().await?;
        let default = |id: &str| {
            vpcs.vpcs()
                .iter()
                .any(|vpc| vpc.vpc_id() == Some(id) && vpc.is_default() == Some(true))
        };
        let mut add = |vpc: Option<&str>, id: Option<&str>| {
            if !vpc.is_some_and(default) {
                all.extend(id.map(str::to_owned));
            }
        };
        vpcs.vpcs().iter().for_each(|one| add(one.vpc_id(), one.vpc_id()));
        ec2.describe_subnets()
            .send()
            .await?
            .subnets()
            .iter()
            .for_each(|one| add(one.vpc_id(), one.subnet_id()));
        let tables = ec2.describe_route_tables().send().await?;
        let main =
            |one: &&aws_sdk_ec2::types::RouteTable| !one.associations().iter().any(|one| one.main() == Some(true));
        tables
            .route_tables()
            .iter()
            .filter(main)
            .for_each(|one| add(one.vpc_id(), one.route_table_id()));
        let acls = ec2.describe_network_acls().send().await?;
        acls.network_acls()
            .iter()
            .filter(|one| one.is_default() != Some(true))
            .for_each(|one| add(one.vpc_id(), one.network_acl_id()));
        let groups = ec2.describe_security_groups().send().await?;
        groups
            .security_groups()
            .iter()
            .filter(|one| one.group_name() != Some("default"))
            .for_each(|one| add(one.vpc_id(), one.group_id()));
        ec2.describe_vpc_endpoints()
            .send()
            .await?
            .vpc_endpoints()
            .iter()
            .for_each(|one| add(one.vpc_id(), one.vpc_endpoint_id()));
        Ok(all)
    }

    /// Ids of what still carries our tags in Tokyo's network.
    pub async fn leftovers(&self) -> Outcome<Vec<String>> {
        let owned = aws_sdk_ec2::types::Filter::builder()
            .name("key")
            .values("jichitai:owner")
            .build();
        let tags = self
            .person("ap-northeast-1")?
            .ec2
            .describe_tags()
            .filters(owned)
            .send()
            .await?;
        Ok(tags
            .tags()
            .iter()
            .filter_map(|tag| tag.resource_id().map(str::to_owned))
            .collect())
    }

    /// Reasons and notes of the object's Events, one a line.
    pub async fn events(&self, name: &str) -> Outcome<String> {
        use k8s_openapi::api::events::v1::Event;
        let api: Api<Event> = Api::namespaced(self.rig.client.clone(), &self.namespace);
        let events = api.list(&kube::api::ListParams::default()).await?;
        let mine = events
            .items
            .into_iter()
            .filter(|event| event.regarding.as_ref().and_then(|one| one.name.as_deref()) == Some(name));
        Ok(mine
            .map(|event| {
                format!(
                    "{} {}\n",
                    event.reason.unwrap_or_default(),
                    event.note.unwrap_or_default()
                )
            })
            .collect())
    }
}

/// Waits until an object of any cluster is Ready.
pub async fn ready_within(api: &Api<Municipality>, name: &str) -> Outcome<Municipality> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let object = api.get(name).await?;
        if condition(&object, |one| one.type_ == "Ready").is_some_and(|one| one.status == "True") {
            return Ok(object);
        }
        if Instant::now() > deadline {
            return Err(format!("{name} is not Ready: {}", serde_json::to_string_pretty(&object.status)?).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A condition of an object.
pub fn condition(
    object: &Municipality,
    wanted: impl Fn(&&k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition) -> bool,
) -> Option<&k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition> {
    object.status.as_ref()?.common.conditions.iter().find(wanted)
}

/// The message of a condition.
pub fn message(object: &Municipality, kind: &str) -> String {
    condition(object, |one| one.type_ == kind)
        .map(|one| one.message.clone())
        .unwrap_or_default()
}

/// The id of a part that is present.
pub fn id(object: &Municipality, role: &str, region: &str) -> Outcome<String> {
    let inventory = object
        .status
        .as_ref()
        .map(|status| status.common.inventory.as_slice())
        .unwrap_or_default();
    let found = inventory
        .iter()
        .find(|entry| entry.role == role && entry.region.as_str() == region && entry.state == InventoryState::Present);
    found
        .map(|entry| entry.id.clone())
        .ok_or_else(|| format!("no {role} in {region} in {inventory:?}").into())
}

/// All ids by role and Region.
pub fn ids(object: &Municipality) -> Vec<(String, String, String)> {
    let inventory = object
        .status
        .as_ref()
        .map(|status| status.common.inventory.as_slice())
        .unwrap_or_default();
    inventory
        .iter()
        .map(|entry| (entry.role.clone(), entry.region.to_string(), entry.id.clone()))
        .collect()
}
