//! Resolver endpoints: they converge, over accounts, and cost what they should.

use std::time::Instant;

use aws_sdk_route53::types::{Vpc, VpcRegion};
use aws_sdk_route53resolver::types::{IpAddressRequest, ResolverEndpointDirection, RuleTypeOption, Tag, TargetAddress};
use jichitai_api::ResolverEndpoint;
use jichitai_plan::identity::{Identity, Owner, Role};
use jichitai_plan::tags::{self, Tags};
use serde_json::{Value, json};

use super::TOKYO;
use crate::endpoints::{Endpoints, MUNICIPALITY, addresses, id, municipality};
use crate::rig::{Outcome, Rig};
use crate::tenant::{self, PUT_OFF};

pub async fn both_directions_with_rules_zones_and_a_log(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let vpc = tenant::id(&tenant.get(MUNICIPALITY).await?, "vpc", TOKYO)?;
    let zone = private_zone(&endpoints).await?;
    let inbound = endpoints.inbound("inbound", |object| {
        object["spec"]["privateZones"] = json!([{"zoneId": zone}]);
        object["spec"]["queryLog"] = json!({"destinationArn": "arn:aws:s3:::dns-log"});
    });
    let outbound = endpoints.outbound("outbound", |_| {});
    endpoints.apply(&inbound).await?;
    endpoints.apply(&outbound).await?;
    let inbound = endpoints.ready("inbound").await?;
    let outbound = endpoints.ready("outbound").await?;

    let status = inbound.status.as_ref().ok_or("a status")?;
    let shown: Vec<(&str, &str, &str)> = status
        .ip_addresses
        .iter()
        .map(|one| (one.ip.as_str(), one.az.as_str(), one.status.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("10.20.0.10", "apne1-az4", "ATTACHED"),
            ("10.20.1.10", "apne1-az1", "ATTACHED")
        ]
    );
    assert_eq!(status.host_vpc_id.as_deref(), Some(vpc.as_str()));
    assert_eq!(
        status.private_zones[0].domain.as_deref(),
        Some("internal.chiyoda.example.jp")
    );
    let aws = endpoints.in_aws(&id(&inbound)?).await?;
    let request_id = format!(
        "jichitai:tests:ResolverEndpoint/{}/inbound:resolver-endpoint:0",
        tenant.namespace
    );
    assert_eq!(aws.creator_request_id(), Some(request_id.as_str()));
    let group = &aws.security_group_ids()[0];
    let groups = endpoints
        .person
        .ec2
        .describe_security_groups()
        .group_ids(group)
        .send()
        .await?;
    let group = &groups.security_groups()[0];
    let mut lets_in: Vec<String> = group
        .ip_permissions()
        .iter()
        .flat_map(|one| {
            let to = format!(
                "{}/{}",
                one.ip_protocol().unwrap_or_default(),
                one.from_port().unwrap_or_default()
            );
            one.ip_ranges()
                .iter()
                .map(move |range| format!("{} {to}", range.cidr_ip().unwrap_or_default()))
        })
        .collect();
    lets_in.sort();
    assert_eq!(lets_in, ["172.16.0.0/16 tcp/53", "172.16.0.0/16 udp/53"]);
    assert!(group.ip_permissions_egress().is_empty());

    let rules: Vec<(&str, &str, u32)> = outbound
        .status
        .iter()
        .flat_map(|status| &status.rules)
        .map(|rule| (rule.name.as_str(), rule.status.as_str(), rule.associations))
        .collect();
    assert_eq!(rules, [("keep", "COMPLETE", 1), ("office", "COMPLETE", 1)]);
    let held = endpoints.held(&endpoints.person, &vpc).await?;
    assert_eq!(held, ["aws.city.chiyoda.lg.jp.", "city.chiyoda.lg.jp."]);
    let logs = endpoints
        .person
        .resolver
        .list_resolver_query_log_config_associations()
        .send()
        .await?;
    assert_eq!(
        logs.resolver_query_log_config_associations()[0].resource_id(),
        Some(vpc.as_str())
    );
    no_refusal(&endpoints).await?;
    costs_nothing(&endpoints, &["inbound", "outbound"]).await
}

/// A private zone that answers in some other VPC so far.
async fn private_zone(endpoints: &Endpoints<'_>) -> Outcome<String> {
    let other = endpoints
        .person
        .ec2
        .create_vpc()
        .cidr_block("10.99.0.0/16")
        .send()
        .await?;
    let other = other.vpc.and_then(|vpc| vpc.vpc_id).ok_or("a VPC")?;
    let vpc = Vpc::builder().vpc_region(VpcRegion::ApNortheast1).vpc_id(other).build();
    let call = endpoints
        .person
        .route53
        .create_hosted_zone()
        .name("internal.chiyoda.example.jp");
    let zone = call
        .caller_reference("case")
        .vpc(vpc)
        .send()
        .await?
        .hosted_zone
        .ok_or("a zone")?;
    Ok(zone.id.trim_start_matches("/hostedzone/").to_owned())
}

/// Nothing that the operator asked of Resolver was refused but for its rate.
async fn no_refusal(endpoints: &Endpoints<'_>) -> Outcome {
    let refused = endpoints.calls(|outcome| outcome != "ok" && outcome != PUT_OFF).await?;
    assert!(refused.is_empty(), "{refused:?}");
    Ok(())
}

/// For how many seconds a list serves whoever looks.
const LIST_SERVES: u64 = 30;

/// Further passes over settled objects: no write, and lists that they share.
async fn costs_nothing(endpoints: &Endpoints<'_>, names: &[&str]) -> Outcome {
    let (writes, before) = (endpoints.tenant.writes().await?, endpoints.tenant.reads().await?);
    let lists = endpoints.calls(|_| true).await?;
    let begun = Instant::now();
    for round in 1..=3 {
        let reads = endpoints.tenant.reads().await?;
        for name in names {
            endpoints.poke(name).await?;
        }
        let passes = u64::try_from(names.len())? * 3;
        endpoints
            .eventually(names[0], &format!("pass {round} of each"), || async {
                Ok(endpoints.tenant.reads().await? >= reads + passes)
            })
            .await?;
    }
    assert!(endpoints.tenant.reads().await? > before);
    assert_eq!(
        endpoints.tenant.writes().await?,
        writes,
        "{:?}",
        endpoints.tenant.counts().await?
    );
    let after = endpoints.calls(|_| true).await?;
    let most = 2 + begun.elapsed().as_secs() / LIST_SERVES;
    for (operation, count) in &after {
        let more = count - lists.get(operation).copied().unwrap_or_default();
        assert!(more <= most, "{operation}: {more} more for {} passes", names.len() * 3);
    }
    Ok(())
}

pub async fn rules_hold_in_another_account_while_it_accepts(rig: &Rig) -> Outcome {
    let (tenant, other) = (rig.tenant()?, rig.tenant()?);
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let accepts = |yes: bool| {
        let them = json!([{"namespace": tenant.namespace, "name": "outbound"}]);
        municipality(&other, |object| {
            if yes {
                object["spec"]["dns"] = json!({"acceptFrom": them});
            }
        })
    };
    other.apply(&accepts(false)).await?;
    let theirs = other.ready(MUNICIPALITY).await?;
    let vpc = tenant::id(&theirs, "vpc", TOKYO)?;
    let reference = json!({"namespace": other.namespace, "name": MUNICIPALITY});
    let outbound = endpoints.outbound("outbound", |object| {
        object["spec"]["associations"] = json!([{"municipalityRef": reference, "rules": ["office"]}]);
    });
    endpoints.apply(&outbound).await?;
    endpoints
        .condition("outbound", "AssociationsReady", "False", "ReferenceNotAccepted")
        .await?;
    endpoints.condition("outbound", "RulesReady", "True", "").await?;
    let person = other.person(TOKYO)?;
    assert!(endpoints.held(&person, &vpc).await?.is_empty());

    other.apply(&accepts(true)).await?;
    let object = endpoints.ready("outbound").await?;
    let status = object.status.as_ref().ok_or("a status")?;
    assert_eq!(status.shares.len(), 1);
    assert_eq!(
        (status.shares[0].account_id.as_str(), status.shares[0].status.as_str()),
        (other.account.as_str(), "ASSOCIATED")
    );
    let shown = &status.associations[0];
    assert_eq!(
        (shown.accepted, shown.rules, shown.vpc_id.as_deref()),
        (true, 1, Some(vpc.as_str()))
    );
    assert_eq!(endpoints.held(&person, &vpc).await?, ["city.chiyoda.lg.jp."]);

    other.apply(&accepts(false)).await?;
    endpoints
        .condition("outbound", "AssociationsReady", "False", "ReferenceNotAccepted")
        .await?;
    endpoints
        .sees("outbound", "no rule holds in the other account", || async {
            Ok(endpoints.held(&person, &vpc).await?.is_empty())
        })
        .await
}

pub async fn an_endpoint_of_a_vendor_is_watched_and_never_changed(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let municipality = tenant.get(MUNICIPALITY).await?;
    let part = |role: &str| tenant::id(&municipality, role, TOKYO);
    let (vpc, a, c) = (
        part("vpc")?,
        part("subnet.mynumber.dns-a")?,
        part("subnet.mynumber.dns-c")?,
    );
    let group = endpoints
        .person
        .ec2
        .create_security_group()
        .group_name("vendor")
        .description("vendor");
    let group = group.vpc_id(&vpc).send().await?.group_id.ok_or("a group")?;
    let ip = |subnet: &str, ip: &str| IpAddressRequest::builder().subnet_id(subnet).ip(ip).build();
    let call = endpoints
        .person
        .resolver
        .create_resolver_endpoint()
        .creator_request_id("vendor")
        .name("vendor");
    let call = call
        .direction(ResolverEndpointDirection::Outbound)
        .security_group_ids(group);
    let made = call
        .ip_addresses(ip(&a, "10.20.0.20")?)
        .ip_addresses(ip(&c, "10.20.1.99")?)
        .send()
        .await?;
    let vendor = made.resolver_endpoint.and_then(|one| one.id).ok_or("an endpoint")?;
    endpoints
        .eventually("", "the vendor's endpoint works", || async {
            Ok(endpoints
                .in_aws(&vendor)
                .await?
                .status()
                .is_some_and(|status| status.as_str() == "OPERATIONAL"))
        })
        .await?;
    let rule = endpoints
        .person
        .resolver
        .create_resolver_rule()
        .creator_request_id("vendor")
        .name("vendor");
    let target = TargetAddress::builder().ip("172.16.9.9").port(53).build();
    let rule = rule
        .rule_type(RuleTypeOption::Forward)
        .domain_name("vendor.example.jp")
        .target_ips(target);
    rule.resolver_endpoint_id(&vendor).send().await?;

    let writes = tenant.writes().await?;
    let watch = |address: &str| {
        endpoints.outbound("watched", |object| {
            object["spec"]["mode"] = json!("Observe");
            object["spec"]["adopt"] = json!({"resolver-endpoint": vendor});
            object["spec"]["ipAddresses"] = json!([
                {"subnet": "dns-a", "ip": "10.20.0.20"}, {"subnet": "dns-c", "ip": address}]);
            object["spec"]["rules"] = json!([]);
            object["spec"]["associations"] = json!([]);
        })
    };
    endpoints.apply(&watch("10.20.1.20")).await?;
    endpoints
        .condition("watched", "EndpointReady", "False", "ObserveOnly")
        .await?;
    endpoints.apply(&watch("10.20.1.99")).await?;
    let object = endpoints.ready("watched").await?;
    let status = object.status.as_ref().ok_or("a status")?;
    assert_eq!(status.endpoint_id.as_deref(), Some(vendor.as_str()));
    assert_eq!(status.ip_addresses.len(), 2);
    assert_eq!(status.rules[0].domain, "vendor.example.jp");
    assert!(status.common.inventory.is_empty());
    endpoints.delete("watched").await?;
    endpoints.gone("watched").await?;
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);
    Ok(())
}

pub async fn the_quota_is_seen_before_the_first_write(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    for number in 1..=4_u8 {
        let name = format!("endpoint-{number}");
        endpoints
            .apply(&endpoints.inbound(&name, |object| {
                object["spec"]["ipAddresses"] = addresses(&[number * 10])
            }))
            .await?;
    }
    for number in 1..=4 {
        endpoints.ready(&format!("endpoint-{number}")).await?;
    }
    let writes = tenant.writes().await?;
    let one_more = endpoints.inbound("endpoint-5", |object| object["spec"]["ipAddresses"] = addresses(&[50]));
    endpoints.apply(&one_more).await?;
    endpoints
        .condition("endpoint-5", "EndpointReady", "False", "QuotaInsufficient")
        .await?;
    assert_eq!(tenant.writes().await?, writes);
    Ok(())
}

/// Endpoints, rules and associations that another cluster of the installation has left.
const ENDPOINTS: usize = 4;
const RULES: usize = 250;

pub async fn a_thousand_rules_cost_pages_and_no_call_each(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let vpc = tenant::id(&tenant.get(MUNICIPALITY).await?, "vpc", TOKYO)?;
    let name = |index: usize| format!("outbound-{index}");
    let object = |index: usize, rules: &[Value]| {
        endpoints.outbound(&name(index), |object| {
            object["spec"]["ipAddresses"] = addresses(&[u8::try_from(20 + index).unwrap_or_default()]);
            object["spec"]["rules"] = json!(rules);
        })
    };
    let mut ids = Vec::new();
    for index in 0..ENDPOINTS {
        endpoints.apply(&object(index, &[])).await?;
    }
    for index in 0..ENDPOINTS {
        ids.push(id(&endpoints.ready(&name(index)).await?)?);
    }
    rig.stack
        .aws_post("settings", &json!({"unthrottled": [tenant.account]}))
        .await?;
    for (index, endpoint) in ids.iter().enumerate() {
        let owner = name(index);
        let loads = (0..RULES).map(|rule| load(&endpoints, &owner, index * RULES + rule, endpoint, &vpc));
        for loaded in futures::future::join_all(loads).await {
            loaded?;
        }
    }
    rig.stack.aws_post("settings", &json!({"unthrottled": []})).await?;

    let begun = Instant::now();
    let before = endpoints.calls(|_| true).await?;
    let writes = tenant.writes().await?;
    for index in 0..ENDPOINTS {
        let rules: Vec<Value> = (0..RULES)
            .map(|rule| {
                let number = index * RULES + rule;
                json!({"name": format!("rule-{number}"), "domain": domain(number), "targets": [{"ip": "172.16.0.53"}]})
            })
            .collect();
        endpoints.apply(&object(index, &rules)).await?;
    }
    for index in 0..ENDPOINTS {
        let object: ResolverEndpoint = endpoints.ready(&name(index)).await?;
        let status = object.status.ok_or("a status")?;
        assert_eq!((status.rules.len(), status.common.inventory.len()), (RULES, RULES + 2));
    }
    let after = endpoints.calls(|_| true).await?;
    assert_eq!(tenant.writes().await?, writes, "{before:?} {after:?}");
    let more = |operation: &str| {
        let count = |calls: &std::collections::BTreeMap<String, u64>| calls.get(operation).copied().unwrap_or_default();
        count(&after) - count(&before)
    };
    // Each object may have looked at old lists first; whatever comes after shares one reading, as long as that serves.
    let readings = u64::try_from(ENDPOINTS)? + 1 + begun.elapsed().as_secs() / LIST_SERVES;
    let pages = u64::try_from(ENDPOINTS * RULES / 100 + 1)? * readings;
    for operation in ["ListResolverRules", "ListResolverRuleAssociations"] {
        assert!(
            more(operation) <= pages,
            "{operation}: {} for {pages} pages",
            more(operation)
        );
    }
    assert!(more("ListResolverEndpointIpAddresses") <= 2 * u64::try_from(ENDPOINTS)?);
    // Tags come in turns over six hours: a thousand of them, one in twenty seconds.
    assert!(more("ListTagsForResource") <= 20, "{}", more("ListTagsForResource"));
    let total: u64 = after.values().sum::<u64>() - before.values().sum::<u64>();
    assert!(total <= 2 * pages + 60, "{total} calls: {after:?}");
    Ok(())
}

fn domain(number: usize) -> String {
    format!("zone-{number}.example.lg.jp")
}

/// A rule as the operator makes it, and where it holds.
async fn load(endpoints: &Endpoints<'_>, owner: &str, number: usize, endpoint: &str, vpc: &str) -> Outcome {
    let identity = Identity {
        installation: "tests".into(),
        owner: Owner::new::<ResolverEndpoint>(&endpoints.tenant.namespace, owner),
    };
    let role = Role::new(format!("resolver-rule.rule-{number}"));
    let common = [
        (tags::MUNICIPALITY, "131016"),
        (tags::ENVIRONMENT, "Verification"),
        (tags::SYSTEM, &endpoints.tenant.namespace),
    ];
    let tags = identity.tags(&role, &Tags::from(common));
    let tags: Result<Vec<Tag>, _> = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let resolver = &endpoints.person.resolver;
    let rule = resolver
        .create_resolver_rule()
        .creator_request_id(identity.request_id(&role, 0))
        .name(role.as_str().replace('.', "-"))
        .rule_type(RuleTypeOption::Forward)
        .domain_name(domain(number))
        .resolver_endpoint_id(endpoint)
        .target_ips(TargetAddress::builder().ip("172.16.0.53").port(53).build())
        .set_tags(Some(tags?))
        .send()
        .await?;
    let rule = rule.resolver_rule.and_then(|rule| rule.id).ok_or("a rule")?;
    resolver
        .associate_resolver_rule()
        .resolver_rule_id(rule)
        .vpc_id(vpc)
        .send()
        .await?;
    Ok(())
}
