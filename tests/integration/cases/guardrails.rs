//! Detective guardrails: what others do in an account is told, never mended, and holds nothing up.

use jichitai_api::Municipality;
use jichitai_api::municipality::GuardrailOutcome;
use serde_json::json;

use super::converge::TOKYO;
use crate::rig::{Outcome, Rig};

/// What status says of a check, with the resources that it names.
fn told(object: &Municipality, check: &str) -> Option<(GuardrailOutcome, Vec<String>)> {
    let status = object.status.as_ref()?.guardrails.as_ref()?;
    let of: Vec<_> = status.results.iter().filter(|result| result.id == check).collect();
    let resources = of.iter().filter_map(|result| result.resource.clone()).collect();
    let outcome = of.first().map_or(GuardrailOutcome::Passed, |result| result.result);
    Some((outcome, resources))
}

pub async fn what_fails_is_told_and_holds_nothing_up(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let person = tenant.person(TOKYO)?;
    let call = person.ec2.create_volume().availability_zone("ap-northeast-1a").size(1);
    let volume = call.send().await?.volume_id.ok_or("no volume")?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    tenant.ready("chiyoda").await?;
    let names = |outcome, resources: &[String]| outcome == GuardrailOutcome::Failed && resources.contains(&volume);
    let fails = |object: &Municipality| told(object, "ebs-encrypted").is_some_and(|(outcome, of)| names(outcome, &of));
    tenant
        .until("chiyoda", "a plain volume is told", |object| object.is_some_and(fails))
        .await?;
    tenant
        .condition("chiyoda", "GuardrailsPassed", "False", "GuardrailFailed")
        .await?;
    let object = tenant.ready("chiyoda").await?;
    assert_eq!(
        told(&object, "zones-apart-paths"),
        Some((GuardrailOutcome::Passed, Vec::new()))
    );
    // The local AWS's accounts have no recorder of AWS Config, and nobody gives them one.
    assert_eq!(
        told(&object, "config").map(|(outcome, _)| outcome),
        Some(GuardrailOutcome::Failed)
    );
    let failure = "GuardrailFailed failed: ebs-encrypted";
    let says = || async { Ok(tenant.events("chiyoda").await?.contains(failure)) };
    tenant.eventually("chiyoda", "an Event tells what fails", says).await?;
    let metrics = rig.metrics().await?;
    assert!(
        metrics.contains("\njichitai_guardrails{check=\"config\",severity=\"medium\",result=\"Failed\"} "),
        "{metrics}"
    );

    // A change of the object is answered by a new survey, once the account has come to rest.
    person.ec2.delete_volume().volume_id(&volume).send().await?;
    let exempt =
        json!({"id": "config", "reason": "recorded by the organization", "approvedBy": "CISO", "until": "2999-03-31"});
    let change = json!({"spec": {"tags": {"CostCenter": "1"}, "guardrails": {"exempt": [exempt]}}});
    tenant.merge("chiyoda", change).await?;
    let passes = |object: &Municipality| {
        let mended = told(object, "ebs-encrypted").is_some_and(|(outcome, _)| outcome == GuardrailOutcome::Passed);
        mended && told(object, "config").is_some_and(|(outcome, _)| outcome == GuardrailOutcome::Exempt)
    };
    tenant
        .until("chiyoda", "what was mended is told", |object| {
            object.is_some_and(passes)
        })
        .await?;
    let says = || async { Ok(tenant.events("chiyoda").await?.contains("GuardrailPassed")) };
    tenant.eventually("chiyoda", "an Event tells of it", says).await
}
