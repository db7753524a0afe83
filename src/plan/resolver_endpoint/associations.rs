//! Where the rules hold: in the VPCs of municipalities that accept it, in this account and in others.
//!
//! A domain that stays inside AWS is associated before the rule that forwards what is above it, and goes
//! after it: in between no name below it is asked of the office. What is not seen (a municipality, a VPC,
//! an account) loses nothing: then no association is taken away at all.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::identity::Part;
use crate::plan::{Plan, Text};
use crate::resolve::owned;
use crate::resolver_endpoint::acceptance::{Found, Wanted, find, named};
use crate::resolver_endpoint::observed::{Account, Observed};
use crate::resolver_endpoint::shares;
use crate::resolver_endpoint::target::{RULE, RuleTarget, Target};
use crate::route53resolver::rule::{FORWARD, Rule, SYSTEM, is_below};
use crate::route53resolver::rule_association::{Action, Pair, RuleAssociation};
use crate::step::{Difference, Step};

/// The part that stands for an association.
fn part(name: &str, vpc_id: &str) -> Part {
    Part::new(Region::Tokyo, format!("rule-association.{name}.{vpc_id}"))
}

/// Our rules by their names in the spec.
pub(super) fn ours<'a>(observed: &'a Observed, ctx: &'a Context) -> BTreeMap<String, &'a Rule> {
    let rules = owned(observed.rules(), ctx);
    let named = rules.filter_map(|(role, rule)| {
        let name = role.as_str().strip_prefix(RULE)?.strip_prefix('.')?;
        Some((name.to_owned(), rule))
    });
    named.collect()
}

/// Whether a rule holds in any VPC, or may: what cannot be read counts.
pub(super) fn holds(rule: &Rule, observed: &Observed) -> bool {
    let in_account = |account: &Account| match &account.associations {
        Ok(all) => all.iter().any(|one| one.rule_id == rule.id),
        Err(_) => true,
    };
    observed.accounts.values().any(in_account)
}

/// Brings the associations about. `standing` are the rules that can hold by now.
pub(super) fn plan(
    target: &Target,
    standing: &BTreeMap<String, &Rule>,
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    let mut wanted = Vec::new();
    let mut certain = true;
    for one in &target.vpcs {
        match find(one, target, observed, ctx, plan) {
            Found::There { account, vpc_id } => wanted.push(Wanted {
                target: one,
                account,
                vpc_id,
            }),
            Found::Refused => {}
            Found::Unknown => certain = false,
        }
    }
    let mine = ours(observed, ctx);
    let shared = shares::plan(target, &wanted, standing, observed, ctx, plan);
    for one in &wanted {
        if let Some(account) = observed
            .accounts
            .get(one.account)
            .filter(|_| shared.contains(one.account))
        {
            associate(one, account, &target.rules, standing, &mine, plan);
        }
    }
    if certain {
        let keep: BTreeSet<(&str, &str)> = wanted
            .iter()
            .flat_map(|one| {
                let rules = one.target.rules.iter().filter_map(|name| mine.get(name));
                rules.map(|rule| (rule.id.as_str(), one.vpc_id))
            })
            .collect();
        leftovers(&mine, &|rule, vpc| keep.contains(&(rule, vpc)), observed, plan);
        shares::narrow(&wanted, &mine, observed, ctx, plan);
    }
}

fn associate(
    wanted: &Wanted<'_>,
    account: &Account,
    specs: &BTreeMap<String, RuleTarget>,
    standing: &BTreeMap<String, &Rule>,
    mine: &BTreeMap<String, &Rule>,
    plan: &mut Plan,
) {
    let Wanted {
        target,
        account: id,
        vpc_id,
    } = wanted;
    let rules: Vec<(&String, &Rule)> = target
        .rules
        .iter()
        .filter_map(|name| Some((name, *standing.get(name)?)))
        .collect();
    for (name, rule) in &rules {
        let part = part(name, vpc_id);
        let all = match &account.associations {
            Ok(all) => all,
            Err(fault) => {
                plan.unreadable(&part, fault);
                continue;
            }
        };
        if let Some(one) = all.iter().find(|one| one.rule_id == rule.id && one.vpc_id == *vpc_id) {
            state(one, &part, plan);
            continue;
        }
        if let Some(rival) = rival(rule, vpc_id, account, mine, all) {
            let going = mine.values().any(|one| one.id == rival.id);
            contend(rule, rival, vpc_id, going, &part, plan);
            continue;
        }
        // What stays inside AWS holds first, or else is not there at all yet.
        let holds = |name: &String, other: &RuleTarget| {
            let ours = mine
                .get(name)
                .filter(|one| one.kind == SYSTEM && one.domain == other.domain);
            let there =
                |one: &RuleAssociation, id| one.rule_id == id && one.vpc_id == *vpc_id && one.state == "COMPLETE";
            ours.is_some_and(|ours| all.iter().any(|one| there(one, ours.id.as_str())))
        };
        let below = target.rules.iter().filter_map(|name| Some((name, specs.get(name)?)));
        let mut below = below.filter(|(_, other)| other.targets.is_none() && is_below(&other.domain, &rule.domain));
        if rule.kind == FORWARD
            && let Some((_, first)) = below.find(|(name, other)| !holds(name, other))
        {
            let text = Text::new(
                format!(
                    "{} waits until {} stays inside AWS in {vpc_id}",
                    rule.domain, first.domain
                ),
                format!(
                    "{vpc_id} で {} が AWS 内に留まるようになるまで、{} の転送を待ちます",
                    first.domain, rule.domain
                ),
            );
            plan.wait(&part, Reason::WaitingForDependency, text);
            continue;
        }
        let difference = Difference::new(format!("associations.{vpc_id}"), "present", "absent");
        let pair = Pair {
            account: (*id).clone(),
            rule_id: rule.id.clone(),
            domain: rule.domain.clone(),
            vpc_id: (*vpc_id).to_owned(),
        };
        plan.step(Step::change(&part, Action::Associate(pair), difference));
    }
}

fn state(one: &RuleAssociation, part: &Part, plan: &mut Plan) {
    let RuleAssociation {
        rule_id,
        vpc_id,
        state,
        message,
    } = one;
    match state.as_str() {
        "COMPLETE" | "OVERRIDDEN" => {}
        "FAILED" => {
            let text = Text::new(
                format!(
                    "{rule_id} does not hold in {vpc_id}: {message}; remove the association there, and it is made anew"
                ),
                format!("{rule_id} は {vpc_id} で有効になっていません: {message}。関連付けを手動で外すと作り直します"),
            );
            plan.block(part, Reason::InvalidRequest, text);
        }
        state => {
            let text = Text::new(
                format!("the association of {rule_id} with {vpc_id} is {state}"),
                format!("{rule_id} と {vpc_id} の関連付けは {state} です"),
            );
            plan.wait(part, Reason::WaitingForAws, text);
        }
    }
}

/// Another rule for the same domain that holds in the VPC: AWS takes one. Ours may not be seen in the account
/// of the VPC yet.
fn rival<'a>(
    rule: &Rule,
    vpc_id: &str,
    account: &'a Account,
    mine: &BTreeMap<String, &'a Rule>,
    all: &[RuleAssociation],
) -> Option<&'a Rule> {
    let same = |other: &&Rule| other.domain == rule.domain && other.id != rule.id;
    let there = |other: &&Rule| all.iter().any(|one| one.rule_id == other.id && one.vpc_id == vpc_id);
    let seen = account.rules.iter().flatten().chain(mine.values().copied());
    seen.filter(same).find(there)
}

fn contend(rule: &Rule, rival: &Rule, vpc_id: &str, going: bool, part: &Part, plan: &mut Plan) {
    let (domain, id) = (&rule.domain, &rival.id);
    if going {
        let text = Text::new(
            format!("{id} holds for {domain} in {vpc_id} and has to go first"),
            format!("{vpc_id} では {id} が {domain} に有効です。先に外れるのを待っています"),
        );
        return plan.wait(part, Reason::WaitingForDependency, text);
    }
    let text = Text::new(
        format!(
            "{vpc_id} has another rule for {domain}, {id}: AWS takes one per domain and VPC; have that one removed, or take the domain out here"
        ),
        format!(
            "{vpc_id} には {domain} の別のルール {id} があります。1つの VPC に同じドメインのルールは1つだけです。そちらを外すか、ここからドメインを外してください"
        ),
    );
    plan.block(part, Reason::Conflict, text);
}

/// Takes our rules out of VPCs that are not to be kept; returns whether any is left.
pub(super) fn leftovers(
    mine: &BTreeMap<String, &Rule>,
    keep: &dyn Fn(&str, &str) -> bool,
    observed: &Observed,
    plan: &mut Plan,
) -> bool {
    let mut left = false;
    for (id, account) in &observed.accounts {
        let all = match &account.associations {
            Ok(all) => all,
            Err(fault) => {
                left = true;
                plan.unreadable(&named(id.as_str()), fault);
                continue;
            }
        };
        let going = |rule: &Rule, vpc: &str| {
            all.iter().any(|one| one.rule_id == rule.id && one.vpc_id == vpc) && !keep(&rule.id, vpc)
        };
        for (name, rule) in mine {
            for one in all
                .iter()
                .filter(|one| one.rule_id == rule.id && !keep(&rule.id, &one.vpc_id))
            {
                left = true;
                let part = part(name, &one.vpc_id);
                let above = |other: &&&Rule| {
                    other.kind == FORWARD && is_below(&rule.domain, &other.domain) && going(other, &one.vpc_id)
                };
                if one.state == "DELETING" {
                    state(one, &part, plan);
                } else if let Some(first) = mine.values().find(above).filter(|_| rule.kind == SYSTEM) {
                    let text = Text::new(
                        format!(
                            "{} stays inside AWS in {} until {} is no longer forwarded there",
                            rule.domain, one.vpc_id, first.domain
                        ),
                        format!(
                            "{} の転送が {} で止まるまで、{} を AWS 内に留めます",
                            first.domain, one.vpc_id, rule.domain
                        ),
                    );
                    plan.wait(&part, Reason::WaitingForDependency, text);
                } else {
                    let pair = Pair {
                        account: id.clone(),
                        rule_id: rule.id.clone(),
                        domain: rule.domain.clone(),
                        vpc_id: one.vpc_id.clone(),
                    };
                    let difference = Difference::new(format!("associations.{}", one.vpc_id), "absent", "present");
                    let step = Step::change(&part, Action::Disassociate(pair), difference);
                    plan.step(step.risking(format!("names below {} in {}", rule.domain, one.vpc_id)));
                }
            }
        }
    }
    left
}
