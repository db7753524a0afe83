//! Plans that wait for consent: whose it takes, what it covers, and for how long.

use jichitai_api::Municipality;
use jichitai_api::status::PlanStatus;
use serde_json::{Value, json};

use super::TOKYO;
use super::crash::Cluster;
use crate::objects::Objects;
use crate::rig::{Outcome, Rig};
use crate::tenant::{Tenant, id};

const NAME: &str = "chiyoda";

fn plan_of(object: Municipality) -> Outcome<PlanStatus> {
    let plan = object.status.and_then(|status| status.common.plan);
    plan.ok_or_else(|| "the plan that waits".into())
}

fn approval(hash: &str, party: &str) -> Value {
    json!({"planHash": hash, "party": party, "approver": "somebody", "ticket": "OPS-1"})
}

/// The municipality with `mode: Plan`, and the approvals that it has by now.
fn planned(tenant: &Tenant<'_>, approvals: &[Value]) -> Value {
    tenant.municipality(NAME, |object| {
        object["spec"]["mode"] = json!("Plan");
        object["spec"]["approvals"] = json!(approvals);
    })
}

pub async fn every_party_has_to_agree_and_a_crash_asks_nobody_again(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    cluster.configure("requiredApprovals: [Asp, Municipality]\n")?;
    let operator = cluster.operator()?;
    let tenant = rig.tenant()?;
    cluster.stack.create_namespace(&tenant.namespace).await?;
    let objects = Objects::<Municipality>::new(&cluster.client, &tenant.namespace);
    objects.apply(&planned(&tenant, &[])).await?;
    let waiting = objects.condition(NAME, "Ready", "False", "AwaitingApproval").await?;
    let hash = plan_of(waiting)?.hash;

    // One of two, one of another plan, one that is over: nothing happens.
    let mut late = approval(&hash, "Municipality");
    late["validUntil"] = json!("2020-03-31");
    for other in [json!(null), approval("0123456789abcdef", "Municipality"), late] {
        let given: Vec<Value> = [approval(&hash, "Asp"), other]
            .into_iter()
            .filter(Value::is_object)
            .collect();
        objects.apply(&planned(&tenant, &given)).await?;
        let waiting = objects.condition(NAME, "Ready", "False", "AwaitingApproval").await?;
        assert_eq!(
            plan_of(waiting)?.hash,
            hash,
            "an approval does not change what it is for"
        );
        assert_eq!(tenant.writes().await?, 0);
    }

    // Both; the operator dies on the way, and goes on without asking anybody again.
    cluster
        .kill(
            &operator,
            json!({"kind": "write", "account": tenant.account, "after": 6}),
        )
        .await?;
    let both = [approval(&hash, "Asp"), approval(&hash, "Municipality")];
    objects.apply(&planned(&tenant, &both)).await?;
    let operator = cluster.restart(operator).await?;
    let ready = objects.condition(NAME, "Ready", "True", "Converged").await?;
    let endpoint = id(&ready, "endpoint.kms", TOKYO)?;
    let consumed = ready.status.map(|status| status.common.consumed_plans);
    assert_eq!(consumed, Some(vec![hash.clone()]));

    // What is lost by hand would be the very step that was approved once: it needs a new consent.
    let person = tenant.person(TOKYO)?;
    let deleted = person.ec2.delete_vpc_endpoints().vpc_endpoint_ids(&endpoint);
    deleted.send().await?;
    let writes = tenant.writes().await?;
    objects.poke(NAME).await?;
    let waiting = objects
        .condition(NAME, "NetworkReady", "False", "AwaitingApproval")
        .await?;
    let again = plan_of(waiting)?;
    assert!(
        again.steps.iter().any(|step| step.contains("create endpoint")),
        "{again:?}"
    );
    assert_ne!(again.hash, hash);
    assert_eq!(
        tenant.writes().await?,
        writes,
        "a plan that was carried out never runs again"
    );
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}

pub async fn what_comes_to_a_plan_under_way_ends_its_approval(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&planned(&tenant, &[])).await?;
    let hash = plan_of(tenant.condition(NAME, "Ready", "False", "AwaitingApproval").await?)?.hash;
    // One part is refused as long as the rule lasts: the rest of the plan is done.
    let refused = json!({"service": "ec2", "operation": "CreateVpcEndpoint", "account": tenant.account, "action": "deny", "times": 1});
    rig.fault(refused).await?;
    tenant
        .apply(&planned(&tenant, &[approval(&hash, "Municipality")]))
        .await?;
    let partly = tenant.condition(NAME, "NetworkReady", "False", "AccessDenied").await?;
    let under_way = plan_of(partly.clone())?;
    assert_eq!(under_way.hash, hash, "it is under way still");

    // Meanwhile somebody opens a security group: closing it is in no plan that anybody agreed to.
    let person = tenant.person(TOKYO)?;
    let group = id(&partly, "security-group.lgwan", TOKYO)?;
    let open = aws_sdk_ec2::types::IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(23)
        .to_port(23)
        .ip_ranges(aws_sdk_ec2::types::IpRange::builder().cidr_ip("172.16.9.0/24").build());
    let call = person.ec2.authorize_security_group_ingress().group_id(&group);
    call.ip_permissions(open.build()).send().await?;
    let writes = tenant.writes().await?;
    tenant.poke(NAME).await?;
    let superseded = tenant
        .condition(NAME, "NetworkReady", "False", "PlanSuperseded")
        .await?;
    let plan = plan_of(superseded)?;
    assert_ne!(plan.hash, hash);
    assert!(plan.steps.iter().any(|step| step.contains("ports 23-23")), "{plan:?}");
    assert_eq!(tenant.writes().await?, writes, "nothing of the rest is done either");

    tenant
        .apply(&planned(
            &tenant,
            &[approval(&hash, "Municipality"), approval(&plan.hash, "Municipality")],
        ))
        .await?;
    tenant.ready(NAME).await?;
    let groups = person.ec2.describe_security_groups().group_ids(&group).send().await?;
    let open = groups.security_groups()[0]
        .ip_permissions()
        .iter()
        .any(|one| one.from_port() == Some(23));
    assert!(!open);
    Ok(())
}

pub async fn changes_wait_for_their_window(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let closed = json!([{"cron": "0 3 29 2 *", "duration": "1h"}]);
    tenant
        .apply(&tenant.municipality(NAME, |object| object["spec"]["changeWindows"] = closed))
        .await?;
    let waiting = tenant.condition(NAME, "Ready", "False", "OutsideChangeWindow").await?;
    assert!(plan_of(waiting)?.steps.iter().any(|step| step.contains("create VPC")));
    assert_eq!(tenant.writes().await?, 0);
    // Every minute of every day.
    let open = json!({"spec": {"changeWindows": [{"cron": "* * * * *", "duration": "1h"}]}});
    tenant.merge(NAME, open).await?;
    tenant.ready(NAME).await?;
    Ok(())
}
