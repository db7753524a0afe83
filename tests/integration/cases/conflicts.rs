//! Conflicts between objects, and what the platform team has to allow.

use serde_json::json;

use super::converge::{TOKYO, transit_gateway};
use crate::rig::{Outcome, Rig};
use crate::tenant::{id, message};

pub async fn the_newcomer_of_two_alike_stalls(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("first", |_| {})).await?;
    tenant.ready("first").await?;
    let writes = tenant.writes().await?;
    tenant.apply(&tenant.municipality("second", |_| {})).await?;
    let second = tenant.condition("second", "Stalled", "True", "DuplicateTenant").await?;
    let said = message(&second, "SpecValid");
    assert!(
        said.contains("spec.code") && said.contains("first") && said.contains("systemName"),
        "{said}"
    );
    tenant.poke("first").await?;
    tenant.ready("first").await?;
    assert_eq!(tenant.writes().await?, writes, "neither of them changed anything");
    // Once the incumbent has gone, the other one takes its place.
    tenant.delete("first").await?;
    tenant.gone("first").await?;
    tenant.ready("second").await?;
    Ok(())
}

pub async fn overlapping_ranges_on_one_transit_gateway_stall_the_newcomer(rig: &Rig) -> Outcome {
    let (first, second) = (rig.tenant()?, rig.tenant()?);
    let gateway = transit_gateway(rig, &[&first.account, &second.account], true).await?;
    let joined = |object: &mut serde_json::Value| object["spec"]["network"]["transitGatewayId"] = json!(gateway);
    first.apply(&first.municipality("chiyoda", joined)).await?;
    first.ready("chiyoda").await?;
    second
        .apply(&second.municipality("minato", |object| {
            joined(object);
            object["spec"]["code"] = json!("131032");
        }))
        .await?;
    let stalled = second.condition("minato", "Stalled", "True", "CidrOverlap").await?;
    let said = message(&stalled, "SpecValid");
    assert!(
        said.contains("10.20.0.0/16") && said.contains("overlapResolution"),
        "{said}"
    );
    assert!(
        !said.contains("chiyoda"),
        "another tenant is not named outside its namespace: {said}"
    );
    assert_eq!(second.writes().await?, 0);
    second
        .merge("minato", json!({"spec": {"network": {"overlapResolution": "Nat"}}}))
        .await?;
    second.ready("minato").await?;
    first.ready("chiyoda").await?;
    Ok(())
}

pub async fn an_account_that_is_not_granted_is_not_touched(rig: &Rig) -> Outcome {
    let (tenant, other) = (rig.tenant()?, rig.tenant()?);
    let theirs = tenant.municipality("chiyoda", |object| object["spec"]["accountId"] = json!(other.account));
    tenant.apply(&theirs).await?;
    let object = tenant
        .condition("chiyoda", "Stalled", "True", "AccountNotGranted")
        .await?;
    assert!(message(&object, "AccountReady").contains(&other.account));
    let training = tenant.municipality("training", |object| object["spec"]["environment"] = json!("Training"));
    tenant.apply(&training).await?;
    tenant
        .condition("training", "Stalled", "True", "AccountNotGranted")
        .await?;
    assert_eq!(
        (tenant.writes().await?, other.writes().await?, other.reads().await?),
        (0, 0, 0)
    );
    Ok(())
}

pub async fn a_role_that_cannot_be_assumed_is_said(rig: &Rig) -> Outcome {
    let tenant = rig.stranger();
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant
        .condition("chiyoda", "Stalled", "True", "AssumeRoleFailed")
        .await?;
    assert!(
        message(&object, "AccountReady").contains("external id"),
        "{}",
        message(&object, "AccountReady")
    );
    assert_eq!(tenant.writes().await?, 0);
    Ok(())
}

pub async fn a_broken_spec_names_path_and_remedy(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let broken = tenant.municipality("chiyoda", |object| {
        object["spec"]["network"]["zones"][0]["name"] = json!("service");
        object["spec"]["network"]["zones"][0]["peers"][0]["cidr"] = json!("10.20.77.0/24");
    });
    tenant.apply(&broken).await?;
    let object = tenant.condition("chiyoda", "Stalled", "True", "InvalidSpec").await?;
    let said = message(&object, "SpecValid");
    assert!(
        said.contains("spec.network.zones[0].name") && said.contains("spec.network.zones[0].peers[0].cidr"),
        "{said}"
    );
    assert_eq!(tenant.writes().await?, 0);
    let mended = tenant.municipality("chiyoda", |_| {});
    tenant.apply(&mended).await?;
    id(&tenant.ready("chiyoda").await?, "vpc", TOKYO)?;
    Ok(())
}
