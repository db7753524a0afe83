//! From an object to AWS, and then nothing more.

use aws_sdk_ec2::types::{AutoAcceptSharedAttachmentsValue, TransitGatewayRequestOptions};
use serde_json::json;

use crate::rig::{NETWORK, Outcome, Rig};
use crate::tenant::{id, ids, message};

pub const TOKYO: &str = "ap-northeast-1";
pub const OSAKA: &str = "ap-northeast-3";

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
        assert_eq!(
            (rotation.key_rotation_enabled, rotation.rotation_period_in_days),
            (true, Some(365))
        );
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
    tenant.ready("chiyoda").await?;
    let first = tenant.surveyed("chiyoda").await?;
    let (writes, reads) = (tenant.writes().await?, tenant.reads().await?);
    tenant.apply(&object).await?;
    let poked = tenant.poke("chiyoda").await?;
    tenant
        .eventually("chiyoda", "a second pass of reads", || async {
            Ok(tenant.reads().await? > reads + 10)
        })
        .await?;
    // A pass ends with its status write, were there one: another pass shows that none came.
    let reads = tenant.reads().await?;
    tenant
        .merge(
            "chiyoda",
            json!({"metadata": {"annotations": {"tests/poked": "again"}}}),
        )
        .await?;
    tenant
        .eventually("chiyoda", "a third pass of reads", || async {
            Ok(tenant.reads().await? > reads + 10)
        })
        .await?;
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);
    let last = tenant.get("chiyoda").await?;
    assert_eq!(last.status, first.status);
    let status_writes = |object: &jichitai_api::Municipality| {
        let managers = object.metadata.managed_fields.clone().unwrap_or_default();
        managers
            .into_iter()
            .filter(|one| one.subresource.as_deref() == Some("status"))
            .map(|one| one.time)
            .collect::<Vec<_>>()
    };
    assert_eq!(status_writes(&last), status_writes(&poked));
    Ok(())
}

pub async fn an_account_of_its_own_gets_ebs_defaults_and_keys_per_service(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let object = tenant.municipality("sapporo", |object| {
        object["spec"]["code"] = json!("011002");
        object["spec"]["isolation"] = json!("Account");
        object["spec"]["encryption"]["keyGranularity"] = json!("PerService");
        object["spec"]["encryption"]["rotationPeriodDays"] = json!(180);
    });
    tenant.apply(&object).await?;
    let object = tenant.ready("sapporo").await?;
    for region in [TOKYO, OSAKA] {
        let person = tenant.person(region)?;
        let ebs = id(&object, "key.ebs", region)?;
        for role in ["key.s3", "key.rds"] {
            assert_ne!(id(&object, role, region)?, ebs);
        }
        let default = person.ec2.get_ebs_default_kms_key_id().send().await?;
        assert!(
            default.kms_key_id().is_some_and(|key| key.ends_with(&ebs)),
            "{default:?}"
        );
        assert_eq!(
            person
                .ec2
                .get_ebs_encryption_by_default()
                .send()
                .await?
                .ebs_encryption_by_default(),
            Some(true)
        );
        let rotation = person.kms.get_key_rotation_status().key_id(&ebs).send().await?;
        assert_eq!(rotation.rotation_period_in_days, Some(180));
    }
    Ok(())
}

pub async fn an_existing_network_is_checked_and_never_changed(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let person = tenant.person(TOKYO)?;
    let vpc = person.ec2.create_vpc().cidr_block("10.71.0.0/16").send().await?;
    let vpc = vpc.vpc().and_then(|vpc| vpc.vpc_id()).ok_or("a VPC")?.to_owned();
    let subnet = person
        .ec2
        .create_subnet()
        .vpc_id(&vpc)
        .cidr_block("10.71.1.0/24")
        .availability_zone("ap-northeast-1a")
        .send()
        .await?;
    let subnet = subnet
        .subnet()
        .and_then(|subnet| subnet.subnet_id())
        .ok_or("a subnet")?
        .to_owned();
    let shared = person
        .kms
        .create_key()
        .send()
        .await?
        .key_metadata
        .and_then(|key| key.arn)
        .ok_or("a key")?;
    let object = tenant.municipality("osaka", |object| {
        let spec = &mut object["spec"];
        spec["code"] = json!("271004");
        spec["isolation"] = json!("Application");
        spec["encryption"]["shared"] = json!({"ebsKeyArn": shared, "rdsKeyArn": shared});
        spec["network"] = json!({
            "management": "Existing",
            "vpcId": vpc,
            "vpcCidr": "10.71.0.0/16",
            "zones": [{"name": "mynumber", "type": "MyNumberAffairs", "subnets": [
                {"name": "a", "cidr": "10.71.1.0/24", "availabilityZone": "ap-northeast-1a", "subnetId": subnet}]}],
        });
    });
    tenant.apply(&object).await?;
    tenant.ready("osaka").await?;
    let ec2 = tenant
        .counts()
        .await?
        .into_iter()
        .filter(|one| one["service"] == "ec2" && one["kind"] == "write");
    let operations: Vec<_> = ec2
        .map(|one| one["operation"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(
        operations
            .iter()
            .all(|one| ["CreateVpc", "CreateSubnet"].contains(&one.as_str())),
        "{operations:?}"
    );
    // What is no longer so is said, and still nothing is changed.
    person.kms.disable_key().key_id(&shared).send().await?;
    person.ec2.delete_subnet().subnet_id(&subnet).send().await?;
    tenant.poke("osaka").await?;
    let object = tenant
        .condition("osaka", "NetworkReady", "False", "ReferenceNotReady")
        .await?;
    assert!(
        message(&object, "NetworkReady").contains(&subnet),
        "{}",
        message(&object, "NetworkReady")
    );
    assert!(
        message(&object, "KeysReady").contains("is not enabled"),
        "{}",
        message(&object, "KeysReady")
    );
    Ok(())
}

/// A transit gateway of the network's operator, shared with an account.
pub async fn transit_gateway(rig: &Rig, accounts: &[&str], auto_accept: bool) -> Outcome<String> {
    let owner = crate::aws::Person::new(rig.stack.aws_endpoint()?, NETWORK, TOKYO);
    let options = TransitGatewayRequestOptions::builder()
        .auto_accept_shared_attachments(if auto_accept {
            AutoAcceptSharedAttachmentsValue::Enable
        } else {
            AutoAcceptSharedAttachmentsValue::Disable
        })
        .build();
    let created = owner.ec2.create_transit_gateway().options(options).send().await?;
    let id = created
        .transit_gateway()
        .and_then(|one| one.transit_gateway_id())
        .ok_or("a transit gateway")?
        .to_owned();
    rig.share(json!({"id": id, "owner": NETWORK, "accounts": accounts, "autoAccept": auto_accept}))
        .await?;
    Ok(id)
}

pub async fn the_network_operator_accepts_and_routes_appear(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let gateway = transit_gateway(rig, &[&tenant.account], false).await?;
    let object = tenant.municipality("chiyoda", |object| {
        object["spec"]["network"]["transitGatewayId"] = json!(gateway)
    });
    tenant.apply(&object).await?;
    let waiting = tenant
        .condition("chiyoda", "ConnectionReady", "False", "AwaitingNetworkOperator")
        .await?;
    let said = message(&waiting, "ConnectionReady");
    let attachment = id(&waiting, "tgw-attachment", TOKYO)?;
    for value in [&attachment, &gateway, &tenant.account, "10.20.0.0/16"] {
        assert!(said.contains(value), "{value} in {said}");
    }
    assert_eq!(message(&waiting, "Reconciling"), said);
    let owner = crate::aws::Person::new(rig.stack.aws_endpoint()?, NETWORK, TOKYO);
    owner
        .ec2
        .accept_transit_gateway_vpc_attachment()
        .transit_gateway_attachment_id(&attachment)
        .send()
        .await?;
    let object = tenant.ready("chiyoda").await?;
    let table = id(&object, "route-table.mynumber", TOKYO)?;
    let tables = tenant
        .person(TOKYO)?
        .ec2
        .describe_route_tables()
        .route_table_ids(&table)
        .send()
        .await?;
    let routed = |table: &aws_sdk_ec2::types::RouteTable| {
        table.routes().iter().any(|route| {
            route.destination_cidr_block() == Some("172.16.10.0/24") && route.transit_gateway_id() == Some(&gateway)
        })
    };
    assert!(tables.route_tables().iter().any(routed), "{:?}", tables.route_tables());
    // The zone without peers has no way out.
    let lgwan = id(&object, "route-table.lgwan", TOKYO)?;
    let tables = tenant
        .person(TOKYO)?
        .ec2
        .describe_route_tables()
        .route_table_ids(&lgwan)
        .send()
        .await?;
    assert!(
        tables.route_tables()[0]
            .routes()
            .iter()
            .all(|route| route.gateway_id() == Some("local"))
    );
    Ok(())
}

pub async fn a_changed_spec_is_followed(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let before = tenant.ready("chiyoda").await?;
    let changed = tenant.municipality("chiyoda", |object| {
        let network = &mut object["spec"]["network"];
        let zones = network["zones"].as_array_mut().expect("zones");
        zones.pop();
        zones.push(json!({"name": "maintenance", "type": "Maintenance",
            "subnets": [{"name": "a", "cidr": "10.20.16.0/24", "availabilityZone": "ap-northeast-1c"}]}));
        network["endpoints"] = json!([{"service": "logs"}]);
        network["additionalCidrs"] = json!(["10.21.0.0/16"]);
        object["spec"]["tags"] = json!({"cost": "tax"});
    });
    tenant.apply(&changed).await?;
    let after = tenant.ready("chiyoda").await?;
    for role in ["vpc", "subnet.mynumber.a", "network-acl.service", "key.all"] {
        assert_eq!(
            id(&before, role, TOKYO)?,
            id(&after, role, TOKYO)?,
            "{role} is the same thing"
        );
    }
    let person = tenant.person(TOKYO)?;
    let names = |object| ids(object).into_iter().map(|(role, _, _)| role).collect::<Vec<_>>();
    assert!(
        names(&after).contains(&"subnet.maintenance.a".to_owned()),
        "{:?}",
        names(&after)
    );
    assert!(
        !names(&after).contains(&"subnet.lgwan.a".to_owned()),
        "{:?}",
        names(&after)
    );
    let ours = aws_sdk_ec2::types::Filter::builder()
        .name("vpc-id")
        .values(id(&after, "vpc", TOKYO)?)
        .build();
    let subnets = person.ec2.describe_subnets().filters(ours).send().await?;
    assert_eq!(subnets.subnets().len(), 4, "{:?}", subnets.subnets());
    let vpcs = person.ec2.describe_vpcs().send().await?;
    let vpc = vpcs
        .vpcs()
        .iter()
        .find(|vpc| vpc.cidr_block() == Some("10.20.0.0/16"))
        .ok_or("the VPC")?;
    assert!(
        vpc.tags()
            .iter()
            .any(|tag| (tag.key(), tag.value()) == (Some("cost"), Some("tax"))),
        "{:?}",
        vpc.tags()
    );
    assert_eq!(vpc.cidr_block_association_set().len(), 2);
    Ok(())
}

pub async fn key_users_end_with_their_last_day(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let role = |name: &str| tenant.role_arn(name);
    let today = jichitai_plan::context::japan_date(jiff::Timestamp::now());
    let yesterday = today.yesterday()?;
    let users = json!([
        {"roleArn": role("ended"), "services": ["S3"], "validUntil": yesterday.to_string()},
        {"roleArn": role("last-day"), "services": ["S3"], "validUntil": today.to_string()},
    ]);
    tenant
        .apply(&tenant.municipality("chiyoda", |object| object["spec"]["encryption"]["users"] = users))
        .await?;
    let object = tenant.ready("chiyoda").await?;
    let policy = tenant
        .person(TOKYO)?
        .key_policy(&id(&object, "key.all", TOKYO)?)
        .await?;
    assert!(
        policy.contains(&role("last-day")) && !policy.contains(&role("ended")),
        "{policy}"
    );
    Ok(())
}
