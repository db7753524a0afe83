//! Evidence: what was done, by whose approval, and what was repaired, where nobody can change it.

use aws_sdk_ec2::types::{IpPermission, IpRange};
use jichitai_plan::evidence::{Month, Outcome as Ended, Record, RecordKind, parse, prefix};
use jiff::Timestamp;
use serde_json::json;

use super::converge::TOKYO;
use crate::aws::Person;
use crate::rig::{EVIDENCE, HUB, Outcome, Rig};
use crate::tenant::{Tenant, id};

/// Everything that is kept about objects of the tenant's namespace, the oldest first.
async fn records(rig: &Rig, tenant: &Tenant<'_>) -> Outcome<Vec<Record>> {
    let hub = Person::new(rig.stack.aws_endpoint()?, HUB, TOKYO);
    let prefix = prefix("tests", &tenant.namespace, Month::of(Timestamp::now()));
    let found = hub.s3.list_objects_v2().bucket(EVIDENCE).prefix(prefix).send().await?;
    let mut all = Vec::new();
    for key in found.contents().iter().filter_map(|object| object.key()) {
        let body = hub
            .s3
            .get_object()
            .bucket(EVIDENCE)
            .key(key)
            .send()
            .await?
            .body
            .collect()
            .await?;
        let text = String::from_utf8(body.to_vec())?;
        for record in parse(&text) {
            all.push(record.map_err(|(line, error)| format!("{key}, line {line}: {error}"))?);
        }
    }
    all.sort_by_key(|record| record.time);
    Ok(all)
}

pub async fn what_was_approved_done_and_repaired_is_kept(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let plan = |object: &mut serde_json::Value| object["spec"]["mode"] = json!("Plan");
    tenant.apply(&tenant.municipality("chiyoda", plan)).await?;
    let waiting = tenant
        .condition("chiyoda", "Ready", "False", "AwaitingApproval")
        .await?;
    let hash = waiting
        .status
        .and_then(|status| status.common.plan)
        .ok_or("no plan")?
        .hash;
    assert!(records(rig, &tenant).await?.is_empty(), "nothing was done yet");
    let approval = json!({"planHash": hash, "party": "Municipality", "approver": "CIO", "ticket": "OPS-7"});
    tenant
        .merge("chiyoda", json!({"spec": {"approvals": [approval]}}))
        .await?;
    let object = tenant.ready("chiyoda").await?;

    // What takes long to be kept is kept while the work goes on.
    let kept = || async {
        let all = records(rig, &tenant).await?;
        let count = |kind: RecordKind| all.iter().filter(|one| one.kind == kind).count();
        let (approvals, writes) = (count(RecordKind::Approval), count(RecordKind::Write));
        Ok(approvals > 0 && u64::try_from(writes)? >= tenant.writes().await?)
    };
    tenant.eventually("chiyoda", "a record for each write", kept).await?;
    let all = records(rig, &tenant).await?;
    let approved: Vec<&Record> = all.iter().filter(|one| one.kind == RecordKind::Approval).collect();
    assert_eq!(approved.len(), 1, "{all:#?}");
    let writes: Vec<&Record> = all.iter().filter(|one| one.kind == RecordKind::Write).collect();
    assert_eq!(
        u64::try_from(writes.len())?,
        tenant.writes().await?,
        "a record for each write: {writes:#?}"
    );
    for one in approved.iter().chain(&writes) {
        assert_eq!(one.object, format!("Municipality/{}/chiyoda", tenant.namespace));
        assert_eq!(
            (one.account.as_str(), one.plan_hash.as_deref()),
            (tenant.account.as_str(), Some(hash.as_str()))
        );
        let given: Vec<_> = one
            .approvals
            .iter()
            .map(|by| (by.approver.as_str(), by.ticket.as_deref()))
            .collect();
        assert_eq!(given, [("CIO", Some("OPS-7"))]);
    }
    assert!(
        writes
            .iter()
            .all(|one| one.outcome == Some(Ended::Done) && one.request_id.is_some()),
        "{writes:#?}"
    );
    let ids: std::collections::BTreeSet<_> = writes.iter().map(|one| &one.request_id).collect();
    assert_eq!(ids.len(), writes.len(), "each by its own request");

    let group = id(&object, "security-group.mynumber", TOKYO)?;
    let world = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let rule = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(22)
        .to_port(22)
        .ip_ranges(world)
        .build();
    let person = tenant.person(TOKYO)?;
    let call = person
        .ec2
        .authorize_security_group_ingress()
        .group_id(&group)
        .ip_permissions(rule);
    call.send().await?;
    // What nobody approved is seen, and left.
    tenant.poke("chiyoda").await?;
    tenant
        .condition("chiyoda", "DriftFree", "False", "DriftDetected")
        .await?;
    let kept = || async {
        let all = records(rig, &tenant).await?;
        Ok(all
            .iter()
            .any(|one| one.kind == RecordKind::Drift && one.summary.contains("0.0.0.0/0")))
    };
    tenant.eventually("chiyoda", "the drift is kept", kept).await?;
    tenant.merge("chiyoda", json!({"spec": {"mode": "Enforce"}})).await?;
    tenant.condition("chiyoda", "Ready", "True", "").await?;
    let repaired = || async {
        let all = records(rig, &tenant).await?;
        let repair = all.iter().find(|one| one.kind == RecordKind::Repair);
        Ok(repair.is_some_and(|one| one.since.is_some_and(|since| since <= one.time) && one.request_id.is_some()))
    };
    tenant
        .eventually("chiyoda", "the repair is kept, with the time since when", repaired)
        .await
}
