//! Resolver endpoints of a tenant: objects, how to wait for them, and what AWS has.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Duration;

use aws_sdk_route53resolver::types::{Filter, ResolverEndpoint as AwsEndpoint};
use jichitai_api::ResolverEndpoint;
use kube::Client;
use serde_json::{Value, json};

use crate::aws::Person;
use crate::cases::TOKYO;
use crate::objects::Objects;
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

/// The name of the municipality of every endpoint here.
pub const MUNICIPALITY: &str = "chiyoda";

/// The endpoints of one tenant.
pub struct Endpoints<'a> {
    /// The tenant.
    pub tenant: &'a Tenant<'a>,
    /// The account's root.
    pub person: Person,
    endpoints: Objects<ResolverEndpoint>,
}

impl Deref for Endpoints<'_> {
    type Target = Objects<ResolverEndpoint>;

    fn deref(&self) -> &Self::Target {
        &self.endpoints
    }
}

/// A municipality with a zone in three Availability Zones that lets DNS pass.
pub fn municipality(tenant: &Tenant<'_>, edit: impl FnOnce(&mut Value)) -> Value {
    tenant.municipality(MUNICIPALITY, |object| {
        let subnet = |name: &str, number: u8| {
            json!({"name": format!("dns-{name}"), "cidr": format!("10.20.{number}.0/24"),
                   "availabilityZone": format!("ap-northeast-1{name}")})
        };
        object["spec"]["network"]["endpoints"] = json!([]);
        object["spec"]["network"]["zones"] = json!([{
            "name": "mynumber", "type": "MyNumberAffairs",
            "subnets": [subnet("a", 0), subnet("c", 1), subnet("d", 2)],
            "peers": [{"cidr": "172.16.0.0/16", "kind": "OnPremises", "ports": [
                {"protocol": "Udp", "port": 53, "direction": "Both"}, {"port": 53, "direction": "Both"}]}],
        }]);
        edit(object);
    })
}

impl<'a> Endpoints<'a> {
    /// A tenant with a Ready municipality.
    pub async fn of(rig: &Rig, tenant: &'a Tenant<'a>, edit: impl FnOnce(&mut Value)) -> Outcome<Self> {
        tenant.apply(&municipality(tenant, edit)).await?;
        tenant.ready(MUNICIPALITY).await?;
        Self::in_cluster(tenant, &rig.client)
    }

    /// The endpoints of a tenant in whatever cluster.
    pub fn in_cluster(tenant: &'a Tenant<'a>, client: &Client) -> Outcome<Self> {
        Ok(Self {
            tenant,
            person: tenant.person(TOKYO)?,
            endpoints: Objects::new(client, &tenant.namespace),
        })
    }

    /// An inbound endpoint with two addresses, as `edit` changes it.
    pub fn inbound(&self, name: &str, edit: impl FnOnce(&mut Value)) -> Value {
        let mut object = json!({
            "apiVersion": "jichitai.dev/v1alpha1",
            "kind": "ResolverEndpoint",
            "metadata": {"name": name, "namespace": self.tenant.namespace},
            "spec": {
                "placement": {"municipalityRef": {"name": MUNICIPALITY}, "zone": "mynumber"},
                "direction": "Inbound",
                "ipAddresses": addresses(&[10]),
                "allowedCidrs": ["172.16.0.0/16"],
            },
        });
        edit(&mut object);
        object
    }

    /// An outbound endpoint with an exception below a rule, in the own VPC, as `edit` changes it.
    pub fn outbound(&self, name: &str, edit: impl FnOnce(&mut Value)) -> Value {
        self.inbound(name, |object| {
            object["spec"]["direction"] = json!("Outbound");
            object["spec"]["ipAddresses"] = addresses(&[20]);
            object["spec"]["rules"] = json!([
                {"name": "office", "domain": "city.chiyoda.lg.jp", "targets": [{"ip": "172.16.0.53"}]},
                {"name": "keep", "domain": "aws.city.chiyoda.lg.jp", "type": "System"},
            ]);
            object["spec"]["associations"] =
                json!([{"municipalityRef": {"namespace": self.tenant.namespace, "name": MUNICIPALITY}}]);
            edit(object);
        })
    }

    /// Waits until the object is Ready for its present generation.
    pub async fn ready(&self, name: &str) -> Outcome<ResolverEndpoint> {
        self.condition(name, "Ready", "True", "").await
    }

    /// The account's endpoint with this id.
    pub async fn in_aws(&self, id: &str) -> Outcome<AwsEndpoint> {
        let call = self.person.resolver.get_resolver_endpoint().resolver_endpoint_id(id);
        call.send().await?.resolver_endpoint.ok_or_else(|| "an endpoint".into())
    }

    /// The addresses of an endpoint and their states.
    pub async fn addresses(&self, id: &str) -> Outcome<BTreeMap<String, String>> {
        let call = self
            .person
            .resolver
            .list_resolver_endpoint_ip_addresses()
            .max_results(100);
        let answer = call.resolver_endpoint_id(id).send().await?;
        let all = answer.ip_addresses.unwrap_or_default().into_iter();
        let one = |one: aws_sdk_route53resolver::types::IpAddressResponse| {
            Some((one.ip?, one.status.map(|status| status.as_str().to_owned())?))
        };
        Ok(all.filter_map(one).collect())
    }

    /// The domains of the rules that hold in a VPC.
    pub async fn held(&self, person: &Person, vpc: &str) -> Outcome<Vec<String>> {
        let filter = Filter::builder().name("VPCId").values(vpc).build();
        let call = person.resolver.list_resolver_rule_associations().filters(filter);
        let all = call
            .max_results(100)
            .send()
            .await?
            .resolver_rule_associations
            .unwrap_or_default();
        let mut domains = Vec::new();
        for one in all.iter().filter(|one| one.name() != Some("System Rule Association")) {
            let id = one.resolver_rule_id().unwrap_or_default();
            let rule = person.resolver.get_resolver_rule().resolver_rule_id(id).send().await?;
            domains.extend(rule.resolver_rule.and_then(|rule| rule.domain_name));
        }
        domains.sort();
        Ok(domains)
    }

    /// Makes the operator look again, now and then, until something holds in AWS: it may take half a minute
    /// until a list is read anew.
    pub async fn sees<F>(&self, name: &str, what: &str, mut holds: impl FnMut() -> F) -> Outcome
    where
        F: Future<Output = Outcome<bool>>,
    {
        self.eventually(name, what, || {
            let now = holds();
            async {
                let now = now.await?;
                if !now {
                    self.poke(name).await?;
                    // The account's five requests a second are the operator's as well.
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                Ok(now)
            }
        })
        .await
    }

    /// Calls of Resolver in the account, by operation, with how many were answered so.
    pub async fn calls(&self, outcome: impl Fn(&str) -> bool) -> Outcome<BTreeMap<String, u64>> {
        let mut all = BTreeMap::new();
        for one in self.tenant.counts().await? {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            if text("service") == "route53resolver" && outcome(&text("outcome")) {
                *all.entry(text("operation")).or_default() += one["count"].as_u64().unwrap_or_default();
            }
        }
        Ok(all)
    }
}

/// Addresses with these last numbers, in two Availability Zones each.
pub fn addresses(numbers: &[u8]) -> Value {
    let pair = |number: &u8| {
        [("a", 0), ("c", 1)]
            .map(|(zone, net)| json!({"subnet": format!("dns-{zone}"), "ip": format!("10.20.{net}.{number}")}))
    };
    numbers.iter().flat_map(pair).collect()
}

/// The id of the endpoint in status.
pub fn id(object: &ResolverEndpoint) -> Outcome<String> {
    let status = object.status.as_ref();
    status
        .and_then(|status| status.endpoint_id.clone())
        .ok_or_else(|| "no endpoint in status".into())
}
