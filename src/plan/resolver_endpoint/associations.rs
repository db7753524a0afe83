//! Where the rules hold: in the VPCs of municipalities that accept it, in this account and in others.
//!
//! A domain that stays inside AWS is associated before the rule that forwards what is above it, and goes
//! after it: in between no name below it is asked of the office. What is not seen (a municipality, a VPC,
//! an account) loses nothing: then no association is taken away at all.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::vpc::Site;
use crate::identity::{AccountId, Part};
use crate::plan::{Plan, Text};
use crate::ram::rule_share;
use crate::resolve::owned;
use crate::resolver_endpoint::observed::{Account, Observed, is_of_a_municipality};
use crate::resolver_endpoint::target::{RULE, RuleTarget, Target, VpcName, VpcTarget};
use crate::route53resolver::rule::{FORWARD, Rule, SYSTEM};
use crate::route53resolver::rule_association::{Action, Pair, RuleAssociation};
use crate::step::{Difference, Step};

/// The part that stands for an association.
fn part(name: &str, vpc_id: &str) -> Part {
    Part::new(Region::Tokyo, format!("rule-association.{name}.{vpc_id}"))
}

/// What the spec names stands for no part of AWS until it is found.
fn named(name: &str) -> Part {
    Part::new(Region::Tokyo, format!("rule-association.{name}"))
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

/// A VPC in which rules shall hold.
struct Wanted<'a> {
    target: &'a VpcTarget,
    account: &'a AccountId,
    vpc_id: &'a str,
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
    let shared = shares(target, &wanted, standing, observed, ctx, plan);
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
        surplus_shares(&wanted, &mine, observed, ctx, plan);
    }
}

/// What came of looking for a VPC.
enum Found<'a> {
    There {
        account: &'a AccountId,
        vpc_id: &'a str,
    },
    /// The rules shall not hold there.
    Refused,
    /// It is not seen now; it may be there.
    Unknown,
}

fn find<'a>(one: &'a VpcTarget, target: &Target, observed: &'a Observed, ctx: &Context, plan: &mut Plan) -> Found<'a> {
    let label = one.label();
    let part = named(label.strip_prefix("Municipality ").unwrap_or(&label));
    let (Some(account), Some(name)) = (&one.account, &one.vpc) else {
        let text = Text::new(
            format!("{label} is not there: create it, or mend the name under spec.associations"),
            format!("{label} がありません。作成するか、spec.associations の名前を直してください"),
        );
        plan.block(&part, Reason::ReferenceNotFound, text);
        return Found::Unknown;
    };
    let site = match observed.vpc(account, name) {
        Err(fault) => {
            plan.unreadable(&part, &fault);
            return Found::Unknown;
        }
        Ok(site) => site,
    };
    if !one.accepted || site.is_some_and(|site| accepts_for_itself(site, one, target, observed, ctx)) {
        let me = &ctx.identity.owner;
        let (namespace, name) = (&me.namespace, &me.name);
        let text = if one.municipality.is_some() {
            Text::new(
                format!(
                    "{label} does not accept this object: have it name {{namespace: {namespace}, name: {name}}} under spec.dns.acceptFrom"
                ),
                format!(
                    "{label} はこのオブジェクトを受け入れていません。相手の spec.dns.acceptFrom に {{namespace: {namespace}, name: {name}}} の記載を依頼してください"
                ),
            )
        } else {
            Text::new(
                format!(
                    "{label} is the VPC of a Municipality: name that under spec.associations by municipalityRef, so that it can accept"
                ),
                format!(
                    "{label} は Municipality の VPC です。受け入れを確認できるよう、spec.associations には municipalityRef で指定してください"
                ),
            )
        };
        plan.block(&part, Reason::ReferenceNotAccepted, text);
        return Found::Refused;
    }
    match (site, name) {
        (Some(site), _) => Found::There {
            account,
            vpc_id: &site.id,
        },
        (None, VpcName::Of(_)) => {
            let text = Text::new(
                format!("the VPC of {label} is not there yet"),
                format!("{label} の VPC がまだありません"),
            );
            plan.wait(&part, Reason::ReferenceNotReady, text);
            Found::Unknown
        }
        (None, VpcName::Id(id)) => {
            let text = Text::new(
                format!("{id} does not exist in account {account}"),
                format!("{id} はアカウント {account} に存在しません"),
            );
            plan.block(&part, Reason::ReferenceNotFound, text);
            Found::Refused
        }
    }
}

/// Whether a VPC that the spec names by its id is another municipality's.
fn accepts_for_itself(site: &Site, one: &VpcTarget, target: &Target, observed: &Observed, ctx: &Context) -> bool {
    let home = observed.vpc(&target.account, &target.place.vpc);
    let is_home = home.is_ok_and(|home| home.is_some_and(|home| home.id == site.id));
    let claimed = is_of_a_municipality(site, &ctx.identity) || target.claimed_vpcs.contains(&site.id);
    one.municipality.is_none() && claimed && !is_home
}

/// Has the rules shared with the other accounts; returns the accounts in which they can be used.
fn shares<'a>(
    target: &Target,
    wanted: &[Wanted<'a>],
    standing: &BTreeMap<String, &Rule>,
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> BTreeSet<&'a AccountId> {
    let mut ready = BTreeSet::new();
    for (account, rules) in by_account(wanted, standing) {
        let usable = *account == target.account || {
            let invitations = observed.accounts.get(account).map(|account| &account.invitations);
            let none = Ok(Vec::new());
            let invitations = invitations.unwrap_or(&none);
            !rules.is_empty() && rule_share::plan(account, &rules, &observed.shares, invitations, ctx, plan)
        };
        if usable {
            ready.insert(account);
        }
    }
    ready
}

/// The ARNs of the rules that shall hold in each account.
fn by_account<'a>(
    wanted: &[Wanted<'a>],
    standing: &BTreeMap<String, &Rule>,
) -> BTreeMap<&'a AccountId, BTreeSet<String>> {
    let mut all: BTreeMap<&AccountId, BTreeSet<String>> = BTreeMap::new();
    for one in wanted {
        let rules = one.target.rules.iter().filter_map(|name| standing.get(name));
        all.entry(one.account)
            .or_default()
            .extend(rules.map(|rule| rule.arn.clone()));
    }
    all
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

/// Whether a domain is below another.
pub(super) fn is_below(domain: &str, above: &str) -> bool {
    domain.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
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

/// Shares no more than what shall hold in an account.
fn surplus_shares(
    wanted: &[Wanted<'_>],
    mine: &BTreeMap<String, &Rule>,
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    if observed.rules().is_err() {
        // What is shared may be what is not seen.
        return;
    }
    let mut names: BTreeMap<&AccountId, BTreeSet<&String>> = BTreeMap::new();
    for one in wanted {
        names.entry(one.account).or_default().extend(&one.target.rules);
    }
    for (role, share) in owned(&observed.shares, ctx) {
        let part = Part::new(Region::Tokyo, role.as_str());
        let Some(account) = rule_share::account_of(&part) else {
            continue;
        };
        // Rules that still hold there are taken out of its VPCs first.
        let all = observed.accounts.get(&account).map(|account| &account.associations);
        let of_share = |one: &RuleAssociation| share.rules.iter().any(|arn| arn.ends_with(&one.rule_id));
        let used: BTreeSet<String> = match all {
            Some(Ok(all)) => all
                .iter()
                .filter(|one| of_share(one))
                .map(|one| one.rule_id.clone())
                .collect(),
            Some(Err(_)) => continue,
            None => BTreeSet::new(),
        };
        match names.get(&account).filter(|names| !names.is_empty()) {
            None if used.is_empty() => rule_share::remove(share, &part, plan),
            None => {}
            Some(names) => {
                let wanted = names.iter().filter_map(|name| mine.get(*name)).map(|rule| &rule.arn);
                let used = share.rules.iter().filter(|arn| used.iter().any(|id| arn.ends_with(id)));
                let keep = wanted.chain(used).cloned().collect();
                rule_share::narrow(share, &keep, &part, plan);
            }
        }
    }
}
