//! Resolver rules.

use std::collections::BTreeSet;

use aws_sdk_route53resolver::Client;
use aws_sdk_route53resolver::types::{
    Filter, Protocol, ResolverRule, ResolverRuleConfig, RuleTypeOption, TargetAddress,
};
use jichitai_api::resolver_endpoint::{DnsProtocol, ForwardTarget};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::route53resolver::rule::{Action, Rule};
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::tags;
use crate::answer::{done, gone};
use crate::error::{fault, incomplete, unbuilt};

/// All rules that can hold in the account's VPCs, without tags.
pub(super) async fn list(resolver: &Client) -> Listing<Rule> {
    pages(resolver, None).await
}

async fn pages(resolver: &Client, filter: Option<Filter>) -> Listing<Rule> {
    let filter = filter.map(|filter| vec![filter]);
    let call = || resolver.list_resolver_rules().set_filters(filter.clone());
    let all: Vec<ResolverRule> = every_page!(call(), resolver_rules);
    Ok(all.into_iter().filter_map(read).collect())
}

fn read(rule: ResolverRule) -> Option<Rule> {
    let domain = rule.domain_name.unwrap_or_default().to_ascii_lowercase();
    Some(Rule {
        id: rule.id?,
        arn: rule.arn.unwrap_or_default(),
        request_id: rule.creator_request_id.unwrap_or_default(),
        name: rule.name.unwrap_or_default(),
        domain: domain.trim_end_matches('.').to_owned(),
        kind: rule.rule_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        targets: rule
            .target_ips
            .unwrap_or_default()
            .into_iter()
            .filter_map(target)
            .collect(),
        endpoint_id: rule.resolver_endpoint_id,
        state: rule.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        message: rule.status_message.unwrap_or_default(),
        tags: Tags::new(),
        tags_read: false,
    })
}

fn target(one: TargetAddress) -> Option<ForwardTarget> {
    let port = one.port.and_then(|port| u16::try_from(port).ok());
    Some(ForwardTarget {
        ip: one.ip?,
        port: port.unwrap_or(53),
        protocol: match one.protocol {
            Some(Protocol::Doh) => DnsProtocol::DoH,
            _ => DnsProtocol::Do53,
        },
        server_name: one.server_name_indication,
    })
}

fn sdk_targets(targets: &BTreeSet<ForwardTarget>) -> Vec<TargetAddress> {
    let one = |target: &ForwardTarget| {
        TargetAddress::builder()
            .ip(&target.ip)
            .port(i32::from(target.port))
            .protocol(Protocol::from(target.protocol.as_str()))
            .set_server_name_indication(target.server_name.clone())
            .build()
    };
    targets.iter().map(one).collect()
}

/// Performs one write. A creation can be repeated: its request id is taken once.
pub(super) async fn execute(resolver: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create { request_id, .. } => {
            let filter = Filter::builder().name("CreatorRequestId").values(request_id).build();
            let made = create(resolver, action).await;
            let rule = once!(made, pages(resolver, Some(filter)).await?);
            rule.map(|rule| Some(created(rule)))
        }
        Action::Direct {
            id,
            domain: _,
            endpoint_id,
            targets,
        } => {
            let config = ResolverRuleConfig::builder()
                .resolver_endpoint_id(endpoint_id)
                .set_target_ips(Some(sdk_targets(targets)));
            let call = resolver.update_resolver_rule().resolver_rule_id(id);
            done(call.config(config.build()).send().await.map_err(fault))
        }
        Action::Delete { id, domain: _ } => {
            let call = resolver.delete_resolver_rule().resolver_rule_id(id);
            gone(call.send().await.map_err(fault))
        }
    }
}

async fn create(resolver: &Client, action: &Action) -> Result<Rule, Fault> {
    let operation = "route53resolver:CreateResolverRule";
    let Action::Create {
        request_id,
        name,
        domain,
        forward,
        tags,
    } = action
    else {
        return Err(unbuilt(operation, "this is no creation"));
    };
    let call = resolver
        .create_resolver_rule()
        .creator_request_id(request_id)
        .name(name)
        .domain_name(domain)
        .set_tags(tags::at_creation(tags)?);
    let call = match forward {
        None => call.rule_type(RuleTypeOption::System),
        Some((endpoint_id, targets)) => call
            .rule_type(RuleTypeOption::Forward)
            .resolver_endpoint_id(endpoint_id)
            .set_target_ips(Some(sdk_targets(targets))),
    };
    let rule = call.send().await.map_err(fault)?.resolver_rule.and_then(read);
    rule.ok_or_else(|| incomplete(operation, "Id"))
}

fn created(rule: Rule) -> Created {
    Created {
        id: rule.id,
        arn: Some(rule.arn),
        state: Some(rule.state),
    }
}
