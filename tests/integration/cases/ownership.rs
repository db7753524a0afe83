//! Whose a resource is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::Tag;
use serde_json::json;

use super::converge::TOKYO;
use super::matrix::subject::{OfBucket, OfEndpoint, OfMunicipality, OfPolicy, Subject};
use crate::rig::{Outcome, Rig};
use crate::strip;
use crate::tenant::{Tenant, id, message};

pub async fn lost_tags_are_reported_and_nothing_is_created(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant.ready("chiyoda").await?;
    let person = tenant.person(TOKYO)?;
    let (subnet, key) = (id(&object, "subnet.mynumber.a", TOKYO)?, id(&object, "key.all", TOKYO)?);
    let owner = || Tag::builder().key("jichitai:owner").build();
    person.ec2.delete_tags().resources(&subnet).tags(owner()).send().await?;
    person
        .kms
        .untag_resource()
        .key_id(&key)
        .tag_keys("jichitai:owner")
        .send()
        .await?;
    let writes = tenant.writes().await?;
    tenant.poke("chiyoda").await?;
    let lost = tenant
        .condition("chiyoda", "NetworkReady", "False", "OwnershipLost")
        .await?;
    assert!(
        message(&lost, "NetworkReady").contains(&subnet),
        "{}",
        message(&lost, "NetworkReady")
    );
    assert!(
        message(&lost, "KeysReady").contains(&key),
        "{}",
        message(&lost, "KeysReady")
    );
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);
    let tag = Tag::builder()
        .key("jichitai:owner")
        .value(format!("Municipality/{}/chiyoda", tenant.namespace))
        .build();
    person.ec2.create_tags().resources(&subnet).tags(tag).send().await?;
    let tag = aws_sdk_kms::types::Tag::builder()
        .tag_key("jichitai:owner")
        .tag_value(format!("Municipality/{}/chiyoda", tenant.namespace))
        .build()?;
    person.kms.tag_resource().key_id(&key).tags(tag).send().await?;
    tenant.poke("chiyoda").await?;
    let again = tenant.ready("chiyoda").await?;
    assert_eq!(
        (id(&again, "subnet.mynumber.a", TOKYO)?, id(&again, "key.all", TOKYO)?),
        (subnet, key)
    );
    Ok(())
}

pub async fn a_stripped_municipality_is_not_made_again(rig: &Rig) -> Outcome {
    stripped::<OfMunicipality>(rig, &["ec2", "kms"]).await
}

pub async fn a_stripped_bucket_is_not_made_again(rig: &Rig) -> Outcome {
    stripped::<OfBucket>(rig, &["iam", "s3", "transfer"]).await
}

pub async fn a_stripped_policy_is_not_made_again(rig: &Rig) -> Outcome {
    stripped::<OfPolicy>(rig, &["ec2", "rds", "s3"]).await
}

pub async fn a_stripped_resolver_endpoint_is_not_made_again(rig: &Rig) -> Outcome {
    stripped::<OfEndpoint>(rig, &["route53resolver"]).await
}

/// Everything in the account loses the tags that tell whose it is, among it things of these services. Nothing is made in
/// its place, also after AWS has had the time to show what it may have kept back; and it is said.
async fn stripped<S: Subject>(rig: &Rig, services: &[&str]) -> Outcome {
    let tenant = rig.tenant()?;
    let life = S::born(rig, &tenant, &rig.client).await?;
    life.act("create").await?;
    life.settled("create").await?;
    let before = creations(&tenant).await?;
    let stripped = strip::everything(&tenant).await?;
    for service in services {
        let count: usize = stripped
            .iter()
            .filter(|(of, _)| of == service)
            .map(|(_, count)| count)
            .sum();
        assert!(count > 0, "nothing of {service}: {stripped:?}");
    }
    let end = Instant::now() + WINDOW * 4;
    let looked_at = async || {
        life.poke().await?;
        Ok(Instant::now() > end)
    };
    life.eventually("it was looked at for several consistency windows", looked_at)
        .await?;
    life.stalled().await?;
    assert_eq!(creations(&tenant).await?, before);
    Ok(())
}

/// How long the rig's configuration lets AWS's lists lag.
const WINDOW: Duration = Duration::from_secs(2);

/// Calls that make something, by operation; those that people made included.
async fn creations(tenant: &Tenant<'_>) -> Outcome<BTreeMap<String, u64>> {
    let makes = |operation: &str| {
        ["Create", "Copy", "Run", "Restore"]
            .iter()
            .any(|one| operation.starts_with(one))
    };
    let mut all = BTreeMap::new();
    for one in tenant.counts().await? {
        let operation = one["operation"].as_str().unwrap_or_default();
        if makes(operation) && one["outcome"] == "ok" {
            *all.entry(operation.to_owned()).or_default() += one["count"].as_u64().unwrap_or_default();
        }
    }
    Ok(all)
}

pub async fn an_existing_vpc_is_adopted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let person = tenant.person(TOKYO)?;
    let created = person.ec2.create_vpc().cidr_block("10.20.0.0/16").send().await?;
    let vpc = created.vpc().and_then(|vpc| vpc.vpc_id()).ok_or("a VPC")?.to_owned();
    tenant
        .apply(&tenant.municipality("chiyoda", |object| object["spec"]["adopt"] = json!({"vpc": vpc})))
        .await?;
    let object = tenant.ready("chiyoda").await?;
    assert_eq!(id(&object, "vpc", TOKYO)?, vpc);
    let own = person.ec2.describe_vpcs().send().await?;
    assert_eq!(
        own.vpcs()
            .iter()
            .filter(|one| one.cidr_block() == Some("10.20.0.0/16"))
            .count(),
        1
    );
    Ok(())
}

pub async fn what_others_own_is_not_adopted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let person = tenant.person(TOKYO)?;
    let created = person.ec2.create_vpc().cidr_block("10.20.0.0/16").send().await?;
    let vpc = created.vpc().and_then(|vpc| vpc.vpc_id()).ok_or("a VPC")?.to_owned();
    for (key, value) in [
        ("jichitai:installation", "another"),
        ("jichitai:owner", "Municipality/x/y"),
    ] {
        person
            .ec2
            .create_tags()
            .resources(&vpc)
            .tags(Tag::builder().key(key).value(value).build())
            .send()
            .await?;
    }
    let manifest = tenant.municipality("chiyoda", |object| object["spec"]["adopt"] = json!({"vpc": vpc}));
    tenant.apply(&manifest).await?;
    let object = tenant
        .condition("chiyoda", "NetworkReady", "False", "AdoptionRefused")
        .await?;
    assert!(
        message(&object, "NetworkReady").contains("another"),
        "{}",
        message(&object, "NetworkReady")
    );
    let vpcs = person.ec2.describe_vpcs().vpc_ids(&vpc).send().await?;
    assert!(vpcs.vpcs()[0].tags().iter().any(|tag| tag.value() == Some("another")));
    Ok(())
}
