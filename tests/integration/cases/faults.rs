//! AWS refuses, is slow, or loses its answer.

use serde_json::json;

use super::converge::TOKYO;
use crate::rig::{Outcome, Rig};
use crate::tenant::{condition, id, message};

pub async fn an_unreadable_part_holds_up_only_itself(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    rig.fault(
        json!({"service": "ec2", "operation": "DescribeVpcs", "account": tenant.account, "action": "deny", "times": 5}),
    )
    .await?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant
        .until("chiyoda", "keys are ready and the network is unknown", |object| {
            object.is_some_and(|object| {
                let is = |kind: &str, status: &str| {
                    condition(object, |one| one.type_ == kind).is_some_and(|one| one.status == status)
                };
                is("KeysReady", "True") && is("NetworkReady", "Unknown") && is("Ready", "Unknown")
            })
        })
        .await?
        .ok_or("the object")?;
    assert!(
        message(&object, "NetworkReady").contains("DescribeVpcs"),
        "{}",
        message(&object, "NetworkReady")
    );
    let created = tenant
        .counts()
        .await?
        .into_iter()
        .any(|one| one["operation"] == "CreateVpc");
    assert!(!created, "not knowing is not absence");
    tenant.ready("chiyoda").await?;
    Ok(())
}

pub async fn a_service_control_policy_is_said_and_not_retried_hot(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    rig.fault(json!({"service": "ec2", "operation": "CreateSubnet", "account": tenant.account, "action": "scp-deny"}))
        .await?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant
        .condition("chiyoda", "Stalled", "True", "DeniedByGuardrail")
        .await?;
    assert!(
        message(&object, "NetworkReady").contains("CreateSubnet"),
        "{}",
        message(&object, "NetworkReady")
    );
    let tries = |counts: Vec<serde_json::Value>| -> u64 {
        counts
            .iter()
            .filter(|one| one["operation"] == "CreateSubnet")
            .filter_map(|one| one["count"].as_u64())
            .sum()
    };
    let asked = tries(tenant.counts().await?);
    assert!(asked <= 16, "four subnets were tried {asked} times");
    Ok(())
}

pub async fn an_answer_lost_after_success_makes_no_duplicate(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    for (service, operation) in [
        ("ec2", "CreateVpc"),
        ("kms", "CreateKey"),
        ("ec2", "CreateSubnet"),
        ("ec2", "CreateVpcEndpoint"),
        ("ec2", "CreateSecurityGroup"),
    ] {
        rig.fault(json!({"service": service, "operation": operation, "account": tenant.account, "action": "error-after", "times": 1})).await?;
    }
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant.ready("chiyoda").await?;
    let person = tenant.person(TOKYO)?;
    let vpcs = person.ec2.describe_vpcs().send().await?;
    assert_eq!(
        vpcs.vpcs()
            .iter()
            .filter(|one| one.cidr_block() == Some("10.20.0.0/16"))
            .count(),
        1
    );
    assert_eq!(
        person
            .ec2
            .describe_subnets()
            .filters(vpc_filter(&id(&object, "vpc", TOKYO)?))
            .send()
            .await?
            .subnets()
            .len(),
        4
    );
    assert_eq!(
        person.ec2.describe_vpc_endpoints().send().await?.vpc_endpoints().len(),
        1
    );
    assert_eq!(person.kms.list_keys().send().await?.keys().len(), 1);
    Ok(())
}

fn vpc_filter(vpc: &str) -> aws_sdk_ec2::types::Filter {
    aws_sdk_ec2::types::Filter::builder().name("vpc-id").values(vpc).build()
}
