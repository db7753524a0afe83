//! Takes the operator's tags off everything in an account, as a clean-up script of somebody else would.

use aws_sdk_ec2::types::{Filter, Tag};
use jichitai_plan::tags::{INSTALLATION, OWNER, ROLE};

use crate::aws::Person;
use crate::cases::{OSAKA, TOKYO};
use crate::rig::Outcome;
use crate::tenant::Tenant;

/// What tells whose something is.
const IDENTITY: [&str; 3] = [INSTALLATION, OWNER, ROLE];

/// Strips everything; returns how many things that was, by service.
pub async fn everything(tenant: &Tenant<'_>) -> Outcome<Vec<(&'static str, usize)>> {
    let mut all = Vec::new();
    for region in [TOKYO, OSAKA] {
        let person = tenant.person(region)?;
        all.push(("ec2", network_and_copies(&person).await?));
        all.push(("kms", keys(&person).await?));
        all.push(("s3", buckets(&person, region).await?));
        all.push(("rds", database_snapshots(&person).await?));
        all.push(("route53resolver", resolver(&person).await?));
    }
    let person = tenant.person(TOKYO)?;
    all.push(("iam", roles(&person).await?));
    all.push(("transfer", servers(&person).await?));
    Ok(all)
}

async fn network_and_copies(person: &Person) -> Outcome<usize> {
    let ours = Filter::builder().name("key").values(OWNER).build();
    let found = person.ec2.describe_tags().filters(ours).send().await?;
    let ids: Vec<String> = found
        .tags()
        .iter()
        .filter_map(|tag| tag.resource_id().map(str::to_owned))
        .collect();
    for ids in ids.chunks(100) {
        let call = person.ec2.delete_tags().set_resources(Some(ids.to_vec()));
        let keys = IDENTITY.map(|key| Tag::builder().key(key).build());
        call.set_tags(Some(keys.into())).send().await?;
    }
    Ok(ids.len())
}

async fn keys(person: &Person) -> Outcome<usize> {
    let found = person.kms.list_keys().send().await?;
    for key in found.keys() {
        let call = person.kms.untag_resource().set_key_id(key.key_id.clone());
        call.set_tag_keys(Some(IDENTITY.map(str::to_owned).into()))
            .send()
            .await?;
    }
    Ok(found.keys().len())
}

async fn buckets(person: &Person, region: &str) -> Outcome<usize> {
    let found = person.s3.list_buckets().bucket_region(region).send().await?;
    for bucket in found.buckets() {
        let call = person.s3.delete_bucket_tagging().set_bucket(bucket.name.clone());
        call.send().await?;
    }
    Ok(found.buckets().len())
}

async fn database_snapshots(person: &Person) -> Outcome<usize> {
    let found = person
        .rds
        .describe_db_snapshots()
        .snapshot_type("manual")
        .send()
        .await?;
    for snapshot in found.db_snapshots() {
        let call = person.rds.remove_tags_from_resource();
        let call = call.set_resource_name(snapshot.db_snapshot_arn.clone());
        call.set_tag_keys(Some(IDENTITY.map(str::to_owned).into()))
            .send()
            .await?;
    }
    Ok(found.db_snapshots().len())
}

async fn resolver(person: &Person) -> Outcome<usize> {
    let resolver = &person.resolver;
    let endpoints = resolver.list_resolver_endpoints().send().await?;
    let rules = resolver.list_resolver_rules().send().await?;
    let logs = resolver.list_resolver_query_log_configs().send().await?;
    let endpoints = endpoints.resolver_endpoints().iter().filter_map(|one| one.arn());
    // AWS's own rules are nobody's to tag.
    let own = rules
        .resolver_rules()
        .iter()
        .filter(|one| one.owner_id() != Some("Route 53 Resolver"));
    let logs = logs.resolver_query_log_configs().iter().filter_map(|one| one.arn());
    let arns = endpoints.chain(own.filter_map(|one| one.arn())).chain(logs);
    let mut count = 0;
    for arn in arns {
        let call = resolver.untag_resource().resource_arn(arn);
        call.set_tag_keys(Some(IDENTITY.map(str::to_owned).into()))
            .send()
            .await?;
        count += 1;
    }
    Ok(count)
}

async fn roles(person: &Person) -> Outcome<usize> {
    let keys = || Some(IDENTITY.map(str::to_owned).into());
    let roles = person.iam.list_roles().send().await?;
    for role in roles.roles() {
        let call = person.iam.untag_role().role_name(role.role_name());
        call.set_tag_keys(keys()).send().await?;
    }
    let providers = person.iam.list_open_id_connect_providers().send().await?;
    for provider in providers.open_id_connect_provider_list() {
        let call = person.iam.untag_open_id_connect_provider();
        let call = call.set_open_id_connect_provider_arn(provider.arn.clone());
        call.set_tag_keys(keys()).send().await?;
    }
    Ok(roles.roles().len() + providers.open_id_connect_provider_list().len())
}

async fn servers(person: &Person) -> Outcome<usize> {
    let servers = person.transfer.list_servers().send().await?;
    let mut arns: Vec<String> = Vec::new();
    for server in servers.servers() {
        arns.push(server.arn().to_owned());
        let users = person
            .transfer
            .list_users()
            .server_id(server.server_id().unwrap_or_default());
        let users = users.send().await?;
        arns.extend(users.users().iter().map(|user| user.arn().to_owned()));
    }
    for arn in &arns {
        let call = person.transfer.untag_resource().arn(arn);
        call.set_tag_keys(Some(IDENTITY.map(str::to_owned).into()))
            .send()
            .await?;
    }
    Ok(arns.len())
}
