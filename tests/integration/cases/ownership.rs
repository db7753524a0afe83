//! Whose a resource is.

use aws_sdk_ec2::types::Tag;
use serde_json::json;

use super::converge::TOKYO;
use crate::rig::{Outcome, Rig};
use crate::tenant::{id, message};

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
