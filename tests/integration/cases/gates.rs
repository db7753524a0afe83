//! What has to be allowed first: time, approval, confirmation.

use serde_json::{Value, json};

use super::converge::{OSAKA, TOKYO};
use crate::rig::{Outcome, Rig};
use crate::tenant::{id, message};

pub async fn a_freeze_holds_changes(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let frozen = json!([{"from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z", "reason": "年度切替"}]);
    tenant
        .apply(&tenant.municipality("chiyoda", |object| object["spec"]["freezes"] = frozen))
        .await?;
    let object = tenant.condition("chiyoda", "Ready", "False", "Frozen").await?;
    assert!(
        message(&object, "Ready").contains("年度切替"),
        "{}",
        message(&object, "Ready")
    );
    let plan = object
        .status
        .and_then(|status| status.common.plan)
        .ok_or("the plan that waits")?;
    assert!(
        plan.steps.iter().any(|step| step.contains("create VPC 10.20.0.0/16")),
        "{plan:?}"
    );
    assert_eq!(tenant.writes().await?, 0);
    tenant.merge("chiyoda", json!({"spec": {"freezes": null}})).await?;
    tenant.ready("chiyoda").await?;
    Ok(())
}

fn in_production(object: &mut Value) {
    object["spec"]["environment"] = json!("Production");
}

pub async fn narrowing_in_production_waits_for_its_approval(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", in_production)).await?;
    let object = tenant.ready("chiyoda").await?;
    let user = tenant.role_arn("app");
    let narrower = tenant.municipality("chiyoda", |object| {
        in_production(object);
        object["spec"]["encryption"]["users"] = json!([]);
    });
    tenant.apply(&narrower).await?;
    let waiting = tenant
        .condition("chiyoda", "KeysReady", "False", "AwaitingApproval")
        .await?;
    let person = tenant.person(TOKYO)?;
    let key = id(&object, "key.all", TOKYO)?;
    assert!(person.key_policy(&key).await?.contains(&user));
    let plan = waiting
        .status
        .and_then(|status| status.common.plan)
        .ok_or("the plan that waits")?;
    assert_eq!(plan.destructive, 2, "one policy in each Region: {plan:?}");
    let approval = |hash: &str| json!([{"planHash": hash, "party": "Municipality", "approver": "情報政策課"}]);
    tenant
        .merge("chiyoda", json!({"spec": {"approvals": approval("0123456789abcdef")}}))
        .await?;
    let waiting = tenant
        .condition("chiyoda", "KeysReady", "False", "AwaitingApproval")
        .await?;
    let hash = waiting
        .status
        .and_then(|status| status.common.plan)
        .ok_or("the plan that waits")?
        .hash;
    assert!(
        person.key_policy(&key).await?.contains(&user),
        "another plan's approval admits nothing"
    );
    tenant
        .merge("chiyoda", json!({"spec": {"approvals": approval(&hash)}}))
        .await?;
    tenant.ready("chiyoda").await?;
    for region in [TOKYO, OSAKA] {
        let policy = tenant
            .person(region)?
            .key_policy(&id(&object, "key.all", region)?)
            .await?;
        assert!(!policy.contains(&user), "{policy}");
    }
    Ok(())
}

pub async fn one_approval_carries_a_deletion_in_production_to_its_end(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let manifest = tenant.municipality("chiyoda", |object| {
        in_production(object);
        object["spec"]["deletionPolicy"] = json!("Delete");
    });
    tenant.apply(&manifest).await?;
    let object = tenant.ready("chiyoda").await?;
    let writes = tenant.writes().await?;
    tenant.delete("chiyoda").await?;
    let waiting = tenant
        .condition("chiyoda", "NetworkReady", "False", "AwaitingApproval")
        .await?;
    let plan = waiting
        .status
        .and_then(|status| status.common.plan)
        .ok_or("the plan that waits")?;
    for line in ["delete VPC", "schedule the deletion of key", "delete subnet"] {
        assert!(plan.steps.iter().any(|step| step.contains(line)), "{line} in {plan:?}");
    }
    let approvals = json!([{"planHash": plan.hash, "party": "Municipality", "approver": "情報政策課"}]);
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);
    tenant
        .merge("chiyoda", json!({"spec": {"approvals": approvals}}))
        .await?;
    tenant.gone("chiyoda").await?;
    assert_eq!(
        tenant.person(TOKYO)?.key_state(&id(&object, "key.all", TOKYO)?).await?,
        "PendingDeletion"
    );
    assert_eq!(tenant.leftovers().await?, Vec::<String>::new());
    Ok(())
}

pub async fn a_plan_waits_for_its_approval(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant
        .apply(&tenant.municipality("chiyoda", |object| object["spec"]["mode"] = json!("Plan")))
        .await?;
    let waiting = tenant
        .condition("chiyoda", "Ready", "False", "AwaitingApproval")
        .await?;
    assert_eq!(tenant.writes().await?, 0);
    let plan = waiting.status.and_then(|status| status.common.plan).ok_or("the plan")?;
    assert!(
        plan.steps.iter().any(|step| step.contains("(known after apply")),
        "the whole way is shown: {plan:?}"
    );
    let approvals = json!([{"planHash": plan.hash, "party": "Asp", "approver": "運用担当"}]);
    tenant
        .merge("chiyoda", json!({"spec": {"approvals": approvals}}))
        .await?;
    let object = tenant.ready("chiyoda").await?;
    let status = object.status.unwrap_or_default();
    assert_eq!(
        (status.common.plan, status.common.consumed_plans),
        (None, vec![plan.hash])
    );
    Ok(())
}

pub async fn a_key_is_disabled_only_with_todays_confirmation(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant.ready("chiyoda").await?;
    let key = id(&object, "key.all", TOKYO)?;
    let person = tenant.person(TOKYO)?;
    tenant
        .merge(
            "chiyoda",
            json!({"spec": {"encryption": {"state": "Disabled", "confirmDisable": "131016@2020-01-01"}}}),
        )
        .await?;
    tenant
        .condition("chiyoda", "KeysReady", "False", "ConfirmationNeeded")
        .await?;
    assert_eq!(person.key_state(&key).await?, "Enabled");
    let today = jichitai_plan::context::japan_date(jiff::Timestamp::now());
    tenant
        .merge(
            "chiyoda",
            json!({"spec": {"encryption": {"confirmDisable": format!("131016@{today}")}}}),
        )
        .await?;
    let object = tenant.condition("chiyoda", "KeysReady", "True", "KeyDisabled").await?;
    assert!(
        message(&object, "KeysReady").contains("re-attached"),
        "{}",
        message(&object, "KeysReady")
    );
    assert_eq!(person.key_state(&key).await?, "Disabled");
    tenant
        .merge(
            "chiyoda",
            json!({"spec": {"encryption": {"state": "Enabled", "confirmDisable": null}}}),
        )
        .await?;
    tenant.ready("chiyoda").await?;
    assert_eq!(person.key_state(&key).await?, "Enabled");
    Ok(())
}

pub async fn a_hold_is_taken_up_live(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    tenant.ready("chiyoda").await?;
    rig.configure(&format!(
        "holds: [{{namespace: {}, reason: incident 42}}]\n",
        tenant.namespace
    ))?;
    let held = async {
        // The configuration is taken up while changes come in; one of them finds it in force.
        for attempt in 0..100 {
            tenant
                .merge("chiyoda", json!({"spec": {"tags": {"attempt": attempt.to_string()}}}))
                .await?;
            let seen = |object: &jichitai_api::Municipality| {
                let of_now = |one: &&k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition| {
                    one.type_ == "Ready"
                        && one.observed_generation == object.metadata.generation
                        && one.reason != "Applying"
                };
                crate::tenant::condition(object, of_now).is_some()
            };
            let object = tenant
                .until("chiyoda", "was looked at", |object| object.is_some_and(seen))
                .await?;
            if object.is_some_and(|object| message(&object, "Ready").contains("incident 42")) {
                return Ok(());
            }
        }
        Outcome::Err("no change found the hold in force".into())
    }
    .await;
    rig.configure("")?;
    held?;
    tenant.ready("chiyoda").await?;
    Ok(())
}
