//! Taking away: what the spec no longer has, and everything, in the order that AWS asks for: where rules
//! hold, rules, the endpoint, its security group. Planned from what is observed and owned, so it works
//! with a broken spec and without the municipality.

use std::collections::BTreeSet;

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::security_group;
use crate::ec2::vpc::Site;
use crate::identity::{AccountId, Part};
use crate::plan::{Plan, Text};
use crate::ram::rule_share;
use crate::resolve::owned;
use crate::resolver_endpoint::associations;
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::target::{ENDPOINT, GROUP, Target, VpcName, rule_part};
use crate::route53::zone_association;
use crate::route53resolver::rule::Rule;
use crate::route53resolver::{endpoint, query_log, rule};

/// What a deletion needs to know beside what is observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// The account.
    pub account: AccountId,
    /// The endpoint's VPC, where the object still says which.
    pub vpc: Option<VpcName>,
    /// Other accounts in which rules may hold.
    pub others: BTreeSet<AccountId>,
}

/// Takes away the rules and zones that the spec no longer has.
pub(super) fn leftovers(target: &Target, vpc: Option<&Site>, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let mine = associations::ours(observed, ctx);
    for (name, rule) in mine.iter().filter(|(name, _)| !target.rules.contains_key(*name)) {
        remove_rule(name, rule, observed, plan);
    }
    if let Some(vpc) = vpc {
        let keep = |zone: &str| target.zones.contains(zone);
        zone_association::remove_others(keep, &vpc.id, &observed.zones, ctx, plan);
    }
}

fn remove_rule(name: &str, rule: &Rule, observed: &Observed, plan: &mut Plan) {
    let part = rule_part(name);
    if !associations::holds(rule, observed) {
        return rule::remove(rule, &part, plan);
    }
    let text = Text::new(
        format!("{} for {} stays until it holds in no VPC", rule.id, rule.domain),
        format!(
            "{} のルール {} は、すべての VPC から外れるのを待っています",
            rule.domain, rule.id
        ),
    );
    plan.wait(&part, Reason::WaitingForDependency, text);
}

/// Takes everything away. Nothing of it holds data, so withdrawing access and deleting are the same.
#[must_use]
pub fn teardown(remains: &Remains, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    let mine = associations::ours(observed, ctx);
    associations::leftovers(&mine, &|_, _| false, observed, &mut plan);
    for (name, rule) in &mine {
        remove_rule(name, rule, observed, &mut plan);
    }
    zones(remains, observed, ctx, &mut plan);
    query_log::remove_others(
        None,
        &observed.query_logs,
        &observed.logged_vpcs,
        Region::Tokyo,
        ctx,
        &mut plan,
    );
    shares(&mine.values().copied().collect::<Vec<_>>(), observed, ctx, &mut plan);
    endpoint(&mine.values().copied().collect::<Vec<_>>(), observed, ctx, &mut plan);
    report_unreadable(observed, &mut plan);
    plan
}

fn zones(remains: &Remains, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let Some(name) = &remains.vpc else {
        let ours = |(part, _): (&Part, _)| zone_association::zone_of(part).is_some();
        if ctx.ledger.iter().any(ours) {
            let text = Text::new(
                "the VPC in which private zones answer is not known: apply the Municipality again, or set deletionPolicy: Retain",
                "プライベートゾーンを関連付けた VPC が不明です。Municipality を再適用するか、deletionPolicy を Retain にしてください",
            );
            plan.block(
                &Part::new(Region::Tokyo, zone_association::PART),
                Reason::ReferenceNotFound,
                text,
            );
        }
        return;
    };
    match observed.vpc(&remains.account, name) {
        Err(fault) => plan.unreadable(&Part::new(Region::Tokyo, zone_association::PART), &fault),
        Ok(None) => {}
        Ok(Some(vpc)) => drop(zone_association::remove_others(
            |_| false,
            &vpc.id,
            &observed.zones,
            ctx,
            plan,
        )),
    }
}

fn shares(mine: &[&Rule], observed: &Observed, ctx: &Context, plan: &mut Plan) {
    for (role, share) in owned(&observed.shares, ctx) {
        let part = Part::new(Region::Tokyo, role.as_str());
        // Which rules are ours is not known while they cannot be read.
        match observed.rules().is_err() || mine.iter().any(|rule| associations::holds(rule, observed)) {
            true => {
                let text = Text::new(
                    format!("{} stays until the rules hold in no VPC", share.arn),
                    format!("{} は、ルールがすべての VPC から外れるのを待っています", share.arn),
                );
                plan.wait(&part, Reason::WaitingForDependency, text);
            }
            false => rule_share::remove(share, &part, plan),
        }
    }
}

/// The endpoint, once no rule leads through it, whoever made that; then its security group.
fn endpoint(mine: &[&Rule], observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let mut left = false;
    for (role, one) in owned(&observed.endpoints, ctx) {
        left = true;
        let part = Part::new(Region::Tokyo, role.as_str());
        let Ok(rules) = observed.rules() else { continue };
        let through: Vec<&Rule> = rules
            .iter()
            .filter(|rule| rule.endpoint_id.as_deref() == Some(&one.id))
            .collect();
        let others: Vec<&str> = through
            .iter()
            .filter(|rule| !mine.iter().any(|own| own.id == rule.id))
            .map(|rule| rule.id.as_str())
            .collect();
        if !others.is_empty() {
            let (id, n, list) = (&one.id, others.len(), others[..others.len().min(10)].join(", "));
            let text = Text::new(
                format!(
                    "rules of others lead through {id} ({n}): {list}; have them removed or led through another endpoint first"
                ),
                format!(
                    "{id} を使う他の所有者のルールが {n} 件あります: {list}。先に削除するか、別のエンドポイントに変更してください"
                ),
            );
            plan.block(&part, Reason::DeletionBlocked, text);
        } else if !through.is_empty() {
            let n = through.len();
            let text = Text::new(
                format!("{} stays until {n} rules are gone", one.id),
                format!("{} は、ルール {n} 件の削除を待っています", one.id),
            );
            plan.wait(&part, Reason::WaitingForDependency, text);
        } else {
            endpoint::remove(one, &part, plan);
        }
    }
    for (role, group) in owned(&observed.security_groups, ctx) {
        let part = Part::new(Region::Tokyo, role.as_str());
        if left || observed.endpoints.is_err() {
            let text = Text::new(
                format!("{} stays until the endpoint is gone", group.id),
                format!("{} は、エンドポイントの削除を待っています", group.id),
            );
            plan.wait(&part, Reason::WaitingForDependency, text);
        } else {
            security_group::remove(group, &part, plan);
        }
    }
}

/// What could not be listed may be there.
fn report_unreadable(observed: &Observed, plan: &mut Plan) {
    let faults = [
        (ENDPOINT, observed.endpoints.as_ref().err()),
        (GROUP, observed.security_groups.as_ref().err()),
        ("resolver-rule", observed.rules().as_ref().err()),
        (
            "query-log",
            observed
                .query_logs
                .as_ref()
                .err()
                .or(observed.logged_vpcs.as_ref().err()),
        ),
        (rule_share::PART, observed.shares.as_ref().err()),
    ];
    for (role, fault) in faults {
        if let Some(fault) = fault {
            plan.unreadable(&Part::new(Region::Tokyo, role), fault);
        }
    }
}
