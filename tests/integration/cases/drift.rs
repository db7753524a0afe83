//! What people change by hand, and what becomes of it.

use aws_sdk_ec2::types::{AttributeBooleanValue, IpPermission, IpRange, RuleAction};
use serde_json::json;

use super::converge::TOKYO;
use crate::rig::{Outcome, Rig};
use crate::tenant::{Tenant, id};

pub async fn every_property_is_repaired(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant.ready("chiyoda").await?;
    let person = tenant.person(TOKYO)?;
    let of = |role: &str| id(&object, role, TOKYO);
    let (key, vpc, subnet) = (of("key.all")?, of("vpc")?, of("subnet.mynumber.a")?);
    let (group, acl, table) = (
        of("security-group.mynumber")?,
        of("network-acl.mynumber")?,
        of("route-table.mynumber")?,
    );
    let policy = person.key_policy(&key).await?;

    let world = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(22)
        .to_port(22)
        .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
        .build();
    person
        .ec2
        .authorize_security_group_ingress()
        .group_id(&group)
        .ip_permissions(world)
        .send()
        .await?;
    person
        .ec2
        .create_network_acl_entry()
        .network_acl_id(&acl)
        .rule_number(50)
        .protocol("-1")
        .rule_action(RuleAction::Allow)
        .egress(false)
        .cidr_block("10.20.8.0/24")
        .send()
        .await?;
    person
        .ec2
        .delete_network_acl_entry()
        .network_acl_id(&acl)
        .rule_number(100)
        .egress(true)
        .send()
        .await?;
    let public = AttributeBooleanValue::builder().value(true).build();
    person
        .ec2
        .modify_subnet_attribute()
        .subnet_id(&subnet)
        .map_public_ip_on_launch(public)
        .send()
        .await?;
    let off = AttributeBooleanValue::builder().value(false).build();
    person
        .ec2
        .modify_vpc_attribute()
        .vpc_id(&vpc)
        .enable_dns_hostnames(off)
        .send()
        .await?;
    person
        .ec2
        .delete_tags()
        .resources(&table)
        .tags(aws_sdk_ec2::types::Tag::builder().key("jichitai:municipality").build())
        .send()
        .await?;
    person.kms.disable_key_rotation().key_id(&key).send().await?;
    let mut open: serde_json::Value = serde_json::from_str(&policy)?;
    let by_hand =
        json!({"Sid": "byhand", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"});
    open["Statement"].as_array_mut().ok_or("statements")?.push(by_hand);
    person
        .kms
        .put_key_policy()
        .key_id(&key)
        .policy_name("default")
        .policy(open.to_string())
        .send()
        .await?;
    person
        .kms
        .update_key_description()
        .key_id(&key)
        .description("by hand")
        .send()
        .await?;

    tenant.poke("chiyoda").await?;
    tenant
        .eventually("chiyoda", "the way it was", || async {
            let groups = person.ec2.describe_security_groups().group_ids(&group).send().await?;
            let closed = groups.security_groups()[0]
                .ip_permissions()
                .iter()
                .all(|one| one.ip_ranges().iter().all(|range| range.cidr_ip() != Some("0.0.0.0/0")));
            let acls = person.ec2.describe_network_acls().network_acl_ids(&acl).send().await?;
            let entries = acls.network_acls()[0].entries();
            let apart = entries.iter().all(|one| one.cidr_block() != Some("10.20.8.0/24"));
            let out = entries
                .iter()
                .filter(|one| one.egress() == Some(true) && one.rule_action() == Some(&RuleAction::Allow))
                .count();
            let subnets = person.ec2.describe_subnets().subnet_ids(&subnet).send().await?;
            let private = subnets.subnets()[0].map_public_ip_on_launch() == Some(false);
            let tables = person
                .ec2
                .describe_route_tables()
                .route_table_ids(&table)
                .send()
                .await?;
            let tagged = tables.route_tables()[0]
                .tags()
                .iter()
                .any(|tag| tag.key() == Some("jichitai:municipality"));
            let rotating = person
                .kms
                .get_key_rotation_status()
                .key_id(&key)
                .send()
                .await?
                .key_rotation_enabled;
            let same = person.key_policy(&key).await? == policy;
            Ok(closed && apart && out == 3 && private && tagged && rotating && same)
        })
        .await?;
    tenant.ready("chiyoda").await?;
    let told = || async { Ok(tenant.events("chiyoda").await?.contains("DriftRepaired")) };
    tenant.eventually("chiyoda", "an Event about the repair", told).await
}

async fn open_a_port(tenant: &Tenant<'_>, group: &str) -> Outcome {
    let world = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(22)
        .to_port(22)
        .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
        .build();
    tenant
        .person(TOKYO)?
        .ec2
        .authorize_security_group_ingress()
        .group_id(group)
        .ip_permissions(world)
        .send()
        .await?;
    Ok(())
}

pub async fn observe_reports_and_changes_nothing(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let object = tenant.ready("chiyoda").await?;
    tenant.merge("chiyoda", json!({"spec": {"mode": "Observe"}})).await?;
    tenant.ready("chiyoda").await?;
    open_a_port(&tenant, &id(&object, "security-group.mynumber", TOKYO)?).await?;
    let writes = tenant.writes().await?;
    tenant.poke("chiyoda").await?;
    let object = tenant
        .condition("chiyoda", "NetworkReady", "False", "ObserveOnly")
        .await?;
    let drift = object.status.map(|status| status.common.drift).unwrap_or_default();
    assert!(
        drift
            .iter()
            .any(|one| one.role.contains("security-group.mynumber") && one.have.contains("0.0.0.0/0")),
        "{drift:?}"
    );
    assert_eq!(tenant.writes().await?, writes);
    tenant.delete("chiyoda").await?;
    tenant.gone("chiyoda").await?;
    assert_eq!(tenant.writes().await?, writes, "an object that only observes lets go");
    Ok(())
}

pub async fn report_leaves_drift_alone(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant
        .apply(&tenant.municipality("chiyoda", |object| object["spec"]["driftAction"] = json!("Report")))
        .await?;
    let object = tenant.ready("chiyoda").await?;
    open_a_port(&tenant, &id(&object, "security-group.mynumber", TOKYO)?).await?;
    let writes = tenant.writes().await?;
    tenant.poke("chiyoda").await?;
    let object = tenant
        .condition("chiyoda", "DriftFree", "False", "DriftDetected")
        .await?;
    assert!(
        !object
            .status
            .map(|status| status.common.drift)
            .unwrap_or_default()
            .is_empty()
    );
    assert_eq!(tenant.writes().await?, writes);
    tenant
        .merge("chiyoda", json!({"spec": {"driftAction": "Repair"}}))
        .await?;
    let object = tenant.ready("chiyoda").await?;
    assert!(
        object
            .status
            .map(|status| status.common.drift)
            .unwrap_or_default()
            .is_empty()
    );
    Ok(())
}
