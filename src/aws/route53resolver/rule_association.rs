//! Where rules hold.

use aws_sdk_route53resolver::Client;
use aws_sdk_route53resolver::types::ResolverRuleAssociation;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::route53resolver::rule_association::{Action, Pair, RuleAssociation};
use jichitai_plan::step::Created;

use crate::answer::{done, gone};
use crate::error::fault;

/// The name of all our associations in AWS.
const NAME: &str = "jichitai";

/// All associations with the account's VPCs.
pub(super) async fn list(resolver: &Client) -> Listing<RuleAssociation> {
    let call = || resolver.list_resolver_rule_associations();
    let all: Vec<ResolverRuleAssociation> = every_page!(call(), resolver_rule_associations);
    let read = |one: ResolverRuleAssociation| {
        Some(RuleAssociation {
            rule_id: one.resolver_rule_id?,
            vpc_id: one.vpc_id?,
            state: one.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            message: one.status_message.unwrap_or_default(),
        })
    };
    Ok(all.into_iter().filter_map(read).collect())
}

/// Performs one write, in the account of the VPC.
pub(super) async fn execute(resolver: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    let (Action::Associate(pair) | Action::Disassociate(pair)) = action;
    let Pair {
        account: _,
        rule_id,
        domain: _,
        vpc_id,
    } = pair;
    match action {
        Action::Associate(_) => {
            let call = resolver.associate_resolver_rule().name(NAME);
            done(
                call.resolver_rule_id(rule_id)
                    .vpc_id(vpc_id)
                    .send()
                    .await
                    .map_err(fault),
            )
        }
        Action::Disassociate(_) => {
            let call = resolver.disassociate_resolver_rule();
            gone(
                call.resolver_rule_id(rule_id)
                    .vpc_id(vpc_id)
                    .send()
                    .await
                    .map_err(fault),
            )
        }
    }
}
