//! What AWS refuses.

use std::collections::BTreeSet;

use jichitai_api::resolver_endpoint::ForwardTarget;
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::resolver_endpoint::observed::Observed;
use jichitai_plan::route53resolver::rule_association::Pair;
use jichitai_plan::route53resolver::{endpoint, query_log, rule, rule_association};
use jichitai_plan::step::{Action, Step};

fn refused(operation: &str, code: &str, message: impl Into<String>) -> Option<Fault> {
    let kind = if code == "ResourceInUseException" {
        FaultKind::Conflict
    } else {
        FaultKind::Invalid
    };
    Some(Fault {
        kind,
        operation: format!("route53resolver:{operation}"),
        code: code.into(),
        message: message.into(),
        request_id: None,
    })
}

/// AWS's refusal of a step, where it would refuse.
pub(super) fn refusal(aws: &Observed, step: &Step) -> Option<Fault> {
    match &step.action {
        Action::ResolverEndpoint(action) => repeated(aws, step).or_else(|| endpoint(aws, action)),
        Action::ResolverRule(action) => repeated(aws, step).or_else(|| rule(aws, action)),
        Action::RuleAssociation(rule_association::Action::Associate(pair)) => association(aws, pair),
        Action::QueryLog(query_log::Action::Delete { id }) => {
            let mut logged = aws.logged_vpcs.iter().flatten();
            if logged.any(|one| one.config_id == *id) {
                return refused(
                    "DeleteResolverQueryLogConfig",
                    "ResourceInUseException",
                    "disassociate it first",
                );
            }
            None
        }
        Action::QueryLog(_) => repeated(aws, step),
        Action::SecurityGroup(jichitai_plan::ec2::security_group::Action::Delete { id }) => {
            let mut used = aws.endpoints.iter().flatten();
            if used.any(|one| one.security_groups.contains(id)) {
                return refused("DeleteSecurityGroup", "ResourceInUseException", "it has interfaces");
            }
            None
        }
        _ => None,
    }
}

/// A request id makes one thing.
fn repeated(aws: &Observed, step: &Step) -> Option<Fault> {
    let request_id = match &step.action {
        Action::ResolverEndpoint(endpoint::Action::Create { request_id, .. })
        | Action::ResolverRule(rule::Action::Create { request_id, .. })
        | Action::QueryLog(query_log::Action::Create { request_id, .. }) => request_id,
        _ => return None,
    };
    let endpoints = aws.endpoints.iter().flatten().map(|one| &one.request_id);
    let rules = aws.rules().iter().flatten().map(|one| &one.request_id);
    let logs = aws.query_logs.iter().flatten().map(|one| &one.request_id);
    let mut made = endpoints.chain(rules).chain(logs);
    if made.any(|id| id == request_id) {
        return refused("Create", "ResourceExistsException", "this request id has been used");
    }
    None
}

fn rule(aws: &Observed, action: &rule::Action) -> Option<Fault> {
    match action {
        rule::Action::Create { forward: None, .. } => None,
        rule::Action::Create {
            forward: Some((through, targets)),
            ..
        } => spoken(aws, "CreateResolverRule", through, targets),
        rule::Action::Direct {
            id,
            domain: _,
            endpoint_id,
            targets,
        } => {
            let mut all = aws.rules().iter().flatten();
            if all.any(|one| one.id == *id && one.state != "COMPLETE") {
                return refused(
                    "UpdateResolverRule",
                    "ResourceUnavailableException",
                    "RSLVR-00705: it is being updated",
                );
            }
            spoken(aws, "UpdateResolverRule", endpoint_id, targets)
        }
        rule::Action::Delete { id, domain: _ } => {
            let mut held = aws
                .accounts
                .values()
                .flat_map(|account| account.associations.iter().flatten());
            if held.any(|one| one.rule_id == *id) {
                return refused("DeleteResolverRule", "ResourceInUseException", "disassociate it first");
            }
            None
        }
    }
}

/// The endpoint has to speak what the name servers are asked by.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_TargetAddress.html>
fn spoken(aws: &Observed, operation: &str, through: &str, targets: &BTreeSet<ForwardTarget>) -> Option<Fault> {
    let endpoint = aws.endpoints.iter().flatten().find(|one| one.id == through);
    let Some(endpoint) = endpoint.filter(|one| one.state != "DELETING") else {
        return refused(operation, "ResourceUnavailableException", "there is no such endpoint");
    };
    let mut asked = targets.iter().map(|target| target.protocol.as_str());
    if asked.any(|protocol| !endpoint.protocols.contains(protocol)) {
        return refused(
            operation,
            "InvalidRequestException",
            "the endpoint does not speak the protocol of a target",
        );
    }
    None
}

fn endpoint(aws: &Observed, action: &endpoint::Action) -> Option<Fault> {
    let find = |id: &String| aws.endpoints.iter().flatten().find(|one| one.id == *id);
    match action {
        endpoint::Action::Create { addresses, .. } if addresses.len() < 2 => refused(
            "CreateResolverEndpoint",
            "InvalidRequestException",
            "RSLVR-00400: two addresses at least",
        ),
        endpoint::Action::Create { .. } => None,
        endpoint::Action::AddAddress { id, ip, subnet_id: _ } => {
            let endpoint = find(id)?;
            let have = endpoint.addresses.present()?;
            if !endpoint.takes_changes() || have.iter().any(|one| one.ip == *ip) || have.len() >= 6 {
                return refused(
                    "AssociateResolverEndpointIpAddress",
                    "InvalidRequestException",
                    "not now",
                );
            }
            None
        }
        endpoint::Action::RemoveAddress { id, ip, subnet_id: _ } => {
            let endpoint = find(id)?;
            let left = endpoint.addresses.present()?.iter().filter(|one| one.ip != *ip);
            let (left, attached): (Vec<_>, Vec<_>) = left.partition(|one| !one.is_attached());
            if !endpoint.takes_changes() || left.len() + attached.len() < 2 || attached.is_empty() {
                return refused(
                    "DisassociateResolverEndpointIpAddress",
                    "InvalidRequestException",
                    "RSLVR-00506: the only attached address",
                );
            }
            None
        }
        endpoint::Action::SetProtocols { id, protocols } => {
            let endpoint = find(id)?;
            if !endpoint.takes_changes() || endpoint.protocols.is_disjoint(protocols) {
                return refused("UpdateResolverEndpoint", "InvalidRequestException", "not at once");
            }
            None
        }
        endpoint::Action::Delete { id } => {
            let mut rules = aws.rules().iter().flatten();
            if rules.any(|rule| rule.endpoint_id.as_ref() == Some(id)) {
                return refused(
                    "DeleteResolverEndpoint",
                    "InvalidRequestException",
                    "rules lead through it",
                );
            }
            None
        }
    }
}

fn association(aws: &Observed, pair: &Pair) -> Option<Fault> {
    let account = aws.accounts.get(&pair.account)?;
    let shared = aws.home.as_ref() == Some(&pair.account)
        || aws.shares.iter().flatten().any(|share| {
            let to_it =
                |(principal, state): &(String, String)| principal == pair.account.as_str() && state == "ASSOCIATED";
            share.principals.iter().any(to_it) && share.rules.contains(&format!("arn:{}", pair.rule_id))
        });
    if !shared {
        return refused(
            "AssociateResolverRule",
            "ResourceNotFoundException",
            "the rule is not shared",
        );
    }
    let rules = || aws.accounts.values().flat_map(|account| account.rules.iter().flatten());
    let domain = |id: &str| rules().find(|rule| rule.id == id).map(|rule| rule.domain.as_str());
    let mut there = account
        .associations
        .iter()
        .flatten()
        .filter(|one| one.vpc_id == pair.vpc_id);
    if there.any(|one| domain(&one.rule_id) == domain(&pair.rule_id)) {
        return refused(
            "AssociateResolverRule",
            "InvalidRequestException",
            "RSLVR-00802: rules with same domain name",
        );
    }
    None
}
