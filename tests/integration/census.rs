//! Everything in an account that an operator can make, by kind.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::types::KeyState;

use crate::aws::Person;
use crate::cases::{OSAKA, TOKYO};
use crate::rig::Outcome;
use crate::tenant::Tenant;

/// Ids by kind and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census(BTreeMap<(&'static str, &'static str), BTreeSet<String>>);

impl Census {
    /// What an account has now.
    pub async fn of(tenant: &Tenant<'_>) -> Outcome<Self> {
        let mut all = Self::default();
        for region in [TOKYO, OSAKA] {
            let person = tenant.person(region)?;
            all.network(&person, region).await?;
            all.copies(&person, region).await?;
            all.keys(&person, region).await?;
            all.resolver(&person, region).await?;
            let buckets = person.s3.list_buckets().bucket_region(region).send().await?;
            all.add("bucket", region, buckets.buckets().iter().map(|one| one.name()));
        }
        let person = tenant.person(TOKYO)?;
        let roles = person.iam.list_roles().send().await?;
        all.add("role", "global", roles.roles().iter().map(|one| Some(one.role_name())));
        let providers = person.iam.list_open_id_connect_providers().send().await?;
        let list = providers.open_id_connect_provider_list().iter();
        all.add("OIDC provider", "global", list.map(|one| one.arn()));
        let servers = person.transfer.list_servers().send().await?;
        all.add(
            "SFTP server",
            TOKYO,
            servers.servers().iter().map(|one| one.server_id()),
        );
        Ok(all)
    }

    /// What there is of each kind beyond another census, or less: kind, Region, count here and there, ids here.
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let kinds: BTreeSet<_> = self.0.keys().chain(expected.0.keys()).collect();
        let count = |census: &Self, kind| census.0.get(kind).map_or(0, BTreeSet::len);
        let differing = kinds
            .into_iter()
            .filter(|kind| count(self, kind) != count(expected, kind));
        differing
            .map(|kind| {
                let (name, region) = kind;
                let (here, there) = (count(self, kind), count(expected, kind));
                format!(
                    "{here} of {name} in {region} in place of {there}: {:?}",
                    self.0.get(kind)
                )
            })
            .collect()
    }

    /// What another census has and this one has not.
    pub fn lost(&self, before: &Self) -> Vec<String> {
        let here = |kind| self.0.get(kind);
        let all = before
            .0
            .iter()
            .flat_map(|(kind, ids)| ids.iter().map(move |id| (kind, id)));
        let gone = all.filter(|(kind, id)| !here(kind).is_some_and(|here| here.contains(*id)));
        gone.map(|((kind, region), id)| format!("{kind} {id} in {region}"))
            .collect()
    }

    fn add<'a>(&mut self, kind: &'static str, region: &'static str, ids: impl Iterator<Item = Option<&'a str>>) {
        let all = self.0.entry((kind, region)).or_default();
        all.extend(ids.flatten().map(str::to_owned));
    }

    async fn network(&mut self, person: &Person, region: &'static str) -> Outcome {
        let ec2 = &person.ec2;
        let found = ec2.describe_vpcs().send().await?;
        self.add("VPC", region, found.vpcs().iter().map(|one| one.vpc_id()));
        let found = ec2.describe_subnets().send().await?;
        self.add("subnet", region, found.subnets().iter().map(|one| one.subnet_id()));
        let found = ec2.describe_route_tables().send().await?;
        let tables = found.route_tables().iter();
        self.add("route table", region, tables.map(|one| one.route_table_id()));
        let found = ec2.describe_network_acls().send().await?;
        let acls = found.network_acls().iter();
        self.add("network ACL", region, acls.map(|one| one.network_acl_id()));
        let found = ec2.describe_security_groups().send().await?;
        let groups = found.security_groups().iter();
        self.add("security group", region, groups.map(|one| one.group_id()));
        let found = ec2.describe_vpc_endpoints().send().await?;
        let endpoints = found.vpc_endpoints().iter();
        self.add("VPC endpoint", region, endpoints.map(|one| one.vpc_endpoint_id()));
        Ok(())
    }

    async fn copies(&mut self, person: &Person, region: &'static str) -> Outcome {
        let ec2 = &person.ec2;
        let found = ec2.describe_snapshots().owner_ids("self").send().await?;
        self.add(
            "snapshot",
            region,
            found.snapshots().iter().map(|one| one.snapshot_id()),
        );
        let found = ec2.describe_images().owners("self").send().await?;
        self.add("image", region, found.images().iter().map(|one| one.image_id()));
        let found = person
            .rds
            .describe_db_snapshots()
            .snapshot_type("manual")
            .send()
            .await?;
        let snapshots = found.db_snapshots().iter();
        self.add("DB snapshot", region, snapshots.map(|one| one.db_snapshot_identifier()));
        Ok(())
    }

    async fn keys(&mut self, person: &Person, region: &'static str) -> Outcome {
        let mut in_use = Vec::new();
        for key in person.kms.list_keys().send().await?.keys() {
            let id = key.key_id().unwrap_or_default();
            let found = person.kms.describe_key().key_id(id).send().await?;
            let state = found.key_metadata.and_then(|key| key.key_state);
            let going = matches!(
                state,
                Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
            );
            in_use.extend((!going).then(|| id.to_owned()));
        }
        self.add("key", region, in_use.iter().map(|id| Some(id.as_str())));
        let found = person.kms.list_aliases().send().await?;
        let own = found.aliases().iter().filter(|one| one.target_key_id().is_some());
        let own = own.filter(|one| one.alias_name().is_some_and(|name| name.starts_with("alias/jichitai/")));
        self.add("alias", region, own.map(|one| one.alias_name()));
        Ok(())
    }

    async fn resolver(&mut self, person: &Person, region: &'static str) -> Outcome {
        let resolver = &person.resolver;
        let found = resolver.list_resolver_endpoints().send().await?;
        for endpoint in found.resolver_endpoints() {
            let id = endpoint.id().unwrap_or_default();
            let call = resolver.list_resolver_endpoint_ip_addresses().resolver_endpoint_id(id);
            let found = call.send().await?;
            let addresses = found.ip_addresses().iter();
            self.add("resolver address", region, addresses.map(|one| one.ip_id()));
        }
        let endpoints = found.resolver_endpoints().iter();
        self.add("resolver endpoint", region, endpoints.map(|one| one.id()));
        let found = resolver.list_resolver_rules().send().await?;
        self.add(
            "resolver rule",
            region,
            found.resolver_rules().iter().map(|one| one.id()),
        );
        let found = resolver.list_resolver_rule_associations().send().await?;
        let associations = found.resolver_rule_associations().iter();
        self.add("rule association", region, associations.map(|one| one.id()));
        let found = resolver.list_resolver_query_log_configs().send().await?;
        let logs = found.resolver_query_log_configs().iter();
        self.add("query log", region, logs.map(|one| one.id()));
        Ok(())
    }
}
