//! Taking leave: what stays, what goes, and what keeps an object from going.

use serde_json::{Value, json};

use super::converge::{OSAKA, TOKYO};
use crate::rig::{Outcome, Rig};
use crate::tenant::{Tenant, id, ids, message};

fn deletes(object: &mut Value) {
    object["spec"]["deletionPolicy"] = json!("Delete");
}

pub async fn retain_leaves_aws_as_it_is(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let object = tenant.municipality("chiyoda", |_| {});
    tenant.apply(&object).await?;
    let before = ids(&tenant.ready("chiyoda").await?);
    let writes = tenant.writes().await?;
    tenant.delete("chiyoda").await?;
    tenant.gone("chiyoda").await?;
    assert_eq!(tenant.writes().await?, writes);
    assert!(tenant.events("chiyoda").await?.contains("stay as they are"));
    tenant.apply(&object).await?;
    assert_eq!(ids(&tenant.ready("chiyoda").await?), before);
    assert_eq!(tenant.writes().await?, writes, "taken up again without a write");
    Ok(())
}

pub async fn revoking_takes_access_and_keeps_data(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant
        .apply(&tenant.municipality("chiyoda", |object| {
            object["spec"]["deletionPolicy"] = json!("RetainDataRevokeAccess")
        }))
        .await?;
    let object = tenant.ready("chiyoda").await?;
    let user = tenant.role_arn("app");
    tenant.delete("chiyoda").await?;
    tenant.gone("chiyoda").await?;
    for region in [TOKYO, OSAKA] {
        let person = tenant.person(region)?;
        let key = id(&object, "key.all", region)?;
        let policy = person.key_policy(&key).await?;
        assert!(
            !policy.contains(&user) && policy.contains("kms:PutKeyPolicy"),
            "{policy}"
        );
        assert_eq!(person.key_state(&key).await?, "Enabled");
    }
    let vpcs = tenant
        .person(TOKYO)?
        .ec2
        .describe_vpcs()
        .vpc_ids(id(&object, "vpc", TOKYO)?)
        .send()
        .await?;
    assert_eq!(vpcs.vpcs().len(), 1);
    Ok(())
}

pub async fn deleting_quarantines_keys_and_a_new_object_restores_them(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let manifest = tenant.municipality("chiyoda", deletes);
    tenant.apply(&manifest).await?;
    let object = tenant.ready("chiyoda").await?;
    tenant.delete("chiyoda").await?;
    let quarantined = tenant
        .condition("chiyoda", "KeysReady", "False", "KeyQuarantined")
        .await?;
    // The quarantine of the tests is short, and may be over by now; the key was disabled before.
    let state = tenant
        .person(TOKYO)?
        .key_state(&id(&quarantined, "key.all", TOKYO)?)
        .await?;
    assert!(["Disabled", "PendingDeletion"].contains(&state.as_str()), "{state}");
    let counts = tenant.counts().await?;
    let disables = |one: &Value| one["operation"] == "DisableKey" && one["region"] == TOKYO && one["outcome"] == "ok";
    assert!(counts.iter().any(disables), "{counts:?}");
    tenant.gone("chiyoda").await?;
    for region in [TOKYO, OSAKA] {
        assert_eq!(
            tenant
                .person(region)?
                .key_state(&id(&object, "key.all", region)?)
                .await?,
            "PendingDeletion"
        );
    }
    assert_eq!(tenant.leftovers().await?, Vec::<String>::new());
    tenant.apply(&manifest).await?;
    let again = tenant.ready("chiyoda").await?;
    for region in [TOKYO, OSAKA] {
        let key = id(&again, "key.all", region)?;
        assert_eq!(key, id(&object, "key.all", region)?, "the same key is back");
        let person = tenant.person(region)?;
        assert_eq!(person.key_state(&key).await?, "Enabled");
        let tags = person.kms.list_resource_tags().key_id(&key).send().await?;
        assert!(
            tags.tags()
                .iter()
                .all(|tag| tag.tag_key() != "jichitai:quarantined-since")
        );
    }
    Ok(())
}

pub async fn a_used_key_is_never_scheduled_for_deletion(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", deletes)).await?;
    let object = tenant.ready("chiyoda").await?;
    let key = id(&object, "key.all", TOKYO)?;
    let person = tenant.person(TOKYO)?;
    let volume = person
        .ec2
        .create_volume()
        .availability_zone("ap-northeast-1a")
        .size(8)
        .encrypted(true)
        .kms_key_id(&key)
        .send()
        .await?;
    let volume = volume.volume_id().ok_or("a volume")?.to_owned();
    tenant.delete("chiyoda").await?;
    let blocked = tenant.condition("chiyoda", "KeysReady", "False", "KeyInUse").await?;
    assert!(
        message(&blocked, "KeysReady").contains(&volume),
        "{}",
        message(&blocked, "KeysReady")
    );
    let status = blocked.status.clone().unwrap_or_default();
    let shown = status
        .keys
        .iter()
        .find(|one| one.region.as_str() == TOKYO)
        .ok_or("the Tokyo key")?;
    assert_eq!(shown.in_use, Some(true), "{shown:?}");
    assert!(shown.blockers.iter().any(|one| one.contains(&volume)), "{shown:?}");
    for kind in ["volume", "snapshot", "image", "bucket", "grant"] {
        assert!(
            shown.uses_checked.iter().any(|one| one.contains(kind)),
            "{kind} in {:?}",
            shown.uses_checked
        );
    }
    assert_eq!(person.key_state(&key).await?, "Enabled");
    person.ec2.delete_volume().volume_id(&volume).send().await?;
    tenant.poke("chiyoda").await?;
    tenant.gone("chiyoda").await?;
    assert_eq!(person.key_state(&key).await?, "PendingDeletion");
    Ok(())
}

pub async fn editing_to_retain_releases_at_once(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", deletes)).await?;
    let object = tenant.ready("chiyoda").await?;
    hold_up(&tenant, &id(&object, "subnet.mynumber.a", TOKYO)?).await?;
    tenant.delete("chiyoda").await?;
    tenant
        .condition("chiyoda", "Stalled", "True", "DeletionBlocked")
        .await?;
    // Once the keys have gone after their quarantine, too, nothing else is left to be written.
    let blocked = tenant.condition("chiyoda", "KeysReady", "True", "").await?;
    assert!(
        message(&blocked, "NetworkReady").contains("DependencyViolation"),
        "{}",
        message(&blocked, "NetworkReady")
    );
    let writes = tenant.writes_done().await?;
    tenant
        .merge("chiyoda", json!({"spec": {"deletionPolicy": "Retain"}}))
        .await?;
    tenant.gone("chiyoda").await?;
    assert_eq!(tenant.writes_done().await?, writes);
    Ok(())
}

/// Somebody's network interface in a subnet, which keeps it from being deleted.
async fn hold_up(tenant: &Tenant<'_>, subnet: &str) -> Outcome {
    tenant
        .person(TOKYO)?
        .ec2
        .create_network_interface()
        .subnet_id(subnet)
        .send()
        .await?;
    Ok(())
}
