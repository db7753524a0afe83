//! From an object to AWS, and then nothing more.

use serde_json::json;

use crate::rig::{Outcome, Rig};
use crate::tenant::{id, ids};

const TOKYO: &str = "ap-northeast-1";
const OSAKA: &str = "ap-northeast-3";

pub async fn a_managed_network_with_its_keys(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant.ready("chiyoda").await?;
    let status = object.status.clone().unwrap_or_default();
    assert_eq!(status.keys.len(), 2, "{:?}", status.keys);
    let (tokyo, osaka) = (id(&object, "key.all", TOKYO)?, id(&object, "key.all", OSAKA)?);
    assert_ne!(tokyo, osaka);
    for (region, key) in [(TOKYO, tokyo), (OSAKA, osaka)] {
        let person = tenant.person(region)?;
        assert_eq!(person.key_state(&key).await?, "Enabled");
        let rotation = person.kms.get_key_rotation_status().key_id(&key).send().await?;
        assert_eq!((rotation.key_rotation_enabled, rotation.rotation_period_in_days), (true, Some(365)));
        let aliases = person.kms.list_aliases().key_id(&key).send().await?;
        assert_eq!(aliases.aliases().len(), 1);
    }
    let roles: Vec<String> = ids(&object).into_iter().map(|(role, _, _)| role).collect();
    for role in [
        "vpc",
        "subnet.mynumber.a",
        "subnet.lgwan.a",
        "subnet.service.a",
        "subnet.service.c",
        "route-table.mynumber",
        "network-acl.lgwan",
        "security-group.service",
        "endpoint.kms",
    ] {
        assert!(roles.iter().any(|known| known == role), "{role} in {roles:?}");
    }
    let vpc = id(&object, "vpc", TOKYO)?;
    let person = tenant.person(TOKYO)?;
    let gateways = person.ec2.describe_internet_gateways().send().await?;
    assert!(gateways.internet_gateways().is_empty());
    let endpoints = person.ec2.describe_vpc_endpoints().send().await?;
    assert_eq!(endpoints.vpc_endpoints()[0].vpc_id(), Some(vpc.as_str()));
    Ok(())
}

pub async fn a_settled_object_costs_no_write(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let object = tenant.municipality("chiyoda", |_| {});
    tenant.apply(&object).await?;
    let first = tenant.ready("chiyoda").await?;
    let (writes, reads) = (tenant.writes().await?, tenant.reads().await?);
    tenant.apply(&object).await?;
    let poked = tenant.poke("chiyoda").await?;
    tenant.eventually("chiyoda", "a second pass of reads", || async { Ok(tenant.reads().await? > reads + 10) }).await?;
    // A pass ends with its status write, were there one: another pass shows that none came.
    let reads = tenant.reads().await?;
    tenant.merge("chiyoda", json!({"metadata": {"annotations": {"tests/poked": "again"}}})).await?;
    tenant.eventually("chiyoda", "a third pass of reads", || async { Ok(tenant.reads().await? > reads + 10) }).await?;
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);
    let last = tenant.get("chiyoda").await?;
    assert_eq!(last.status, first.status);
    let status_writes = |object: &jichitai_api::Municipality| {
        let managers = object.metadata.managed_fields.clone().unwrap_or_default();
        managers.into_iter().filter(|one| one.subresource.as_deref() == Some("status")).map(|one| one.time).collect::<Vec<_>>()
    };
    assert_eq!(status_writes(&last), status_writes(&poked));
    Ok(())
}
