//! Resolver endpoints: addresses change one at a time, drift is repaired, and they go in order.

use std::collections::BTreeSet;

use aws_sdk_route53resolver::types::{IpAddressUpdate, ResolverRuleConfig, RuleTypeOption, TargetAddress};
use serde_json::{Value, json};

use super::TOKYO;
use crate::endpoints::{Endpoints, MUNICIPALITY, id};
use crate::rig::{Outcome, Rig};
use crate::tenant::{self, PUT_OFF};

/// Three addresses, one in each Availability Zone, with this last number.
fn three(number: u8) -> Value {
    [("a", 0), ("c", 1), ("d", 2)]
        .map(|(zone, net)| json!({"subnet": format!("dns-{zone}"), "ip": format!("10.20.{net}.{number}")}))
        .into_iter()
        .collect()
}

/// The case of the public report aws-controllers-k8s/community#3028.
pub async fn three_subnets_for_three_others_and_back(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let with = |number: u8| endpoints.outbound("outbound", |object| object["spec"]["ipAddresses"] = three(number));
    endpoints.apply(&with(20)).await?;
    let endpoint = id(&endpoints.ready("outbound").await?)?;
    for number in [30, 20] {
        endpoints.apply(&with(number)).await?;
        let object = endpoints.ready("outbound").await?;
        assert_eq!(id(&object)?, endpoint, "it is the same endpoint");
        let have = endpoints.addresses(&endpoint).await?;
        let want: BTreeSet<String> = (0..3).map(|net| format!("10.20.{net}.{number}")).collect();
        assert_eq!(have.keys().cloned().collect::<BTreeSet<_>>(), want);
        assert!(have.values().all(|state| state == "ATTACHED"), "{have:?}");
        let shown = object.status.map(|status| status.ip_addresses).unwrap_or_default();
        assert_eq!(shown.iter().map(|one| one.ip.clone()).collect::<BTreeSet<_>>(), want);
    }
    let refused = endpoints.calls(|outcome| outcome != "ok" && outcome != PUT_OFF).await?;
    assert!(refused.is_empty(), "{refused:?}");
    let made = endpoints.calls(|outcome| outcome == "ok").await?;
    assert_eq!(made["AssociateResolverEndpointIpAddress"], 6);
    assert_eq!(made["DisassociateResolverEndpointIpAddress"], 6);
    Ok(())
}

pub async fn an_address_stays_until_its_forwarders_are_changed(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    endpoints.apply(&endpoints.inbound("inbound", |_| {})).await?;
    let endpoint = id(&endpoints.ready("inbound").await?)?;
    let moved = json!([{"subnet": "dns-a", "ip": "10.20.0.12"}, {"subnet": "dns-c", "ip": "10.20.1.10"}]);
    let with = |retire: Value| {
        endpoints.inbound("inbound", |object| {
            object["spec"]["ipAddresses"] = moved.clone();
            object["spec"]["retire"] = retire;
        })
    };
    endpoints.apply(&with(json!([]))).await?;
    let object = endpoints
        .condition("inbound", "EndpointReady", "True", "Retiring")
        .await?;
    let retiring = |object: &jichitai_api::ResolverEndpoint| {
        let all = object.status.iter().flat_map(|status| &status.ip_addresses);
        all.filter(|one| one.retiring)
            .map(|one| one.ip.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(retiring(&object), ["10.20.0.10"]);
    let entry = |not_before: &str| json!([{"ip": "10.20.0.10", "confirmedBy": "回線事業者", "ticket": "NW-42", "notBefore": not_before}]);
    endpoints.apply(&with(entry("2999-01-01"))).await?;
    let object = endpoints
        .condition("inbound", "EndpointReady", "True", "Retiring")
        .await?;
    assert_eq!(retiring(&object), ["10.20.0.10"]);
    assert_eq!(endpoints.addresses(&endpoint).await?.len(), 3);
    endpoints.apply(&with(entry("2020-01-01"))).await?;
    let object = endpoints
        .condition("inbound", "EndpointReady", "True", "Converged")
        .await?;
    assert!(retiring(&object).is_empty());
    assert_eq!(endpoints.addresses(&endpoint).await?.len(), 2);
    Ok(())
}

pub async fn what_is_changed_by_hand_is_repaired(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let outbound = endpoints.outbound("outbound", |object| object["spec"]["ipAddresses"] = three(20));
    endpoints.apply(&outbound).await?;
    let object = endpoints.ready("outbound").await?;
    let endpoint = id(&object)?;
    let rules = object.status.map(|status| status.rules).unwrap_or_default();
    let office = rules
        .iter()
        .find(|rule| rule.name == "office")
        .ok_or("a rule")?
        .id
        .clone();
    let vpc = tenant::id(&tenant.get(MUNICIPALITY).await?, "vpc", TOKYO)?;
    let resolver = &endpoints.person.resolver;

    let elsewhere = TargetAddress::builder().ip("172.16.9.9").port(53).build();
    let config = ResolverRuleConfig::builder().target_ips(elsewhere).build();
    resolver
        .update_resolver_rule()
        .resolver_rule_id(&office)
        .config(config)
        .send()
        .await?;
    resolver
        .disassociate_resolver_rule()
        .resolver_rule_id(&office)
        .vpc_id(&vpc)
        .send()
        .await?;
    let lost = IpAddressUpdate::builder()
        .ip("10.20.2.20")
        .subnet_id(tenant::id(
            &tenant.get(MUNICIPALITY).await?,
            "subnet.mynumber.dns-d",
            TOKYO,
        )?)
        .build();
    let call = resolver
        .disassociate_resolver_endpoint_ip_address()
        .resolver_endpoint_id(&endpoint);
    call.ip_address(lost).send().await?;
    let group = endpoints.in_aws(&endpoint).await?.security_group_ids()[0].clone();
    let open = endpoints.person.ec2.authorize_security_group_ingress().group_id(&group);
    open.ip_protocol("tcp")
        .from_port(53)
        .to_port(53)
        .cidr_ip("0.0.0.0/0")
        .send()
        .await?;

    endpoints
        .sees("outbound", "everything is as it was", || async {
            let rule = resolver
                .get_resolver_rule()
                .resolver_rule_id(&office)
                .send()
                .await?
                .resolver_rule;
            let targets = rule.map(|rule| rule.target_ips().to_vec()).unwrap_or_default();
            let groups = endpoints
                .person
                .ec2
                .describe_security_groups()
                .group_ids(&group)
                .send()
                .await?;
            Ok(targets.iter().all(|target| target.ip() == Some("172.16.0.53"))
                && endpoints.addresses(&endpoint).await?.len() == 3
                && groups.security_groups()[0].ip_permissions().is_empty()
                && endpoints.held(&endpoints.person, &vpc).await?.len() == 2)
        })
        .await
}

pub async fn a_broken_address_is_made_anew(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    endpoints
        .apply(&endpoints.inbound("inbound", |object| object["spec"]["ipAddresses"] = three(10)))
        .await?;
    let endpoint = id(&endpoints.ready("inbound").await?)?;
    let gone = json!({"account": tenant.account, "region": TOKYO, "endpoint": endpoint, "ip": "10.20.0.10",
                      "status": "FAILED_RESOURCE_GONE"});
    rig.stack.aws_post("resolver", &gone).await?;
    endpoints
        .sees("inbound", "three attached addresses", || async {
            let have = endpoints.addresses(&endpoint).await?;
            Ok(have.len() == 3 && have.values().all(|state| state == "ATTACHED"))
        })
        .await?;
    endpoints.ready("inbound").await.map(drop)
}

pub async fn deletion_goes_in_order_and_waits_for_others(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let outbound = endpoints.outbound("outbound", |object| {
        object["spec"]["deletionPolicy"] = json!("Delete");
        object["spec"]["queryLog"] = json!({"destinationArn": "arn:aws:s3:::dns-log"});
    });
    endpoints.apply(&outbound).await?;
    let endpoint = id(&endpoints.ready("outbound").await?)?;
    let vpc = tenant::id(&tenant.get(MUNICIPALITY).await?, "vpc", TOKYO)?;
    let resolver = &endpoints.person.resolver;
    let target = TargetAddress::builder().ip("172.16.9.9").port(53).build();
    let foreign = resolver
        .create_resolver_rule()
        .creator_request_id("foreign")
        .name("foreign")
        .rule_type(RuleTypeOption::Forward)
        .domain_name("foreign.example.jp")
        .target_ips(target)
        .resolver_endpoint_id(&endpoint)
        .send()
        .await?;
    let foreign = foreign.resolver_rule.and_then(|rule| rule.id).ok_or("a rule")?;

    endpoints.delete("outbound").await?;
    let object = endpoints
        .condition("outbound", "EndpointReady", "False", "DeletionBlocked")
        .await?;
    let said = serde_json::to_string(&object.status)?;
    assert!(said.contains(&foreign), "{said}");
    endpoints
        .sees("outbound", "its own rules are gone", || async {
            Ok(endpoints.held(&endpoints.person, &vpc).await?.is_empty())
        })
        .await?;
    assert_eq!(endpoints.addresses(&endpoint).await?.len(), 2, "the endpoint stays");

    resolver
        .delete_resolver_rule()
        .resolver_rule_id(&foreign)
        .send()
        .await?;
    // What others keep is looked at again ever more rarely.
    endpoints.poke("outbound").await?;
    endpoints.gone("outbound").await?;
    let left = resolver.list_resolver_endpoints().send().await?;
    assert!(left.resolver_endpoints().is_empty(), "{left:?}");
    assert!(
        resolver
            .list_resolver_query_log_configs()
            .send()
            .await?
            .resolver_query_log_configs()
            .is_empty()
    );
    let groups = endpoints.person.ec2.describe_security_groups().send().await?;
    let ours = |group: &&aws_sdk_ec2::types::SecurityGroup| {
        group
            .group_name()
            .is_some_and(|name| name.starts_with("jichitai.resolver."))
    };
    assert_eq!(groups.security_groups().iter().filter(ours).count(), 0);
    let refused = endpoints.calls(|outcome| outcome != "ok" && outcome != PUT_OFF).await?;
    assert!(refused.is_empty(), "{refused:?}");
    Ok(())
}
