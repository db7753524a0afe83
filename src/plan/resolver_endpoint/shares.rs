//! Rules in the VPCs of other accounts: shared with them before they hold there, and no longer afterwards.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;

use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::plan::Plan;
use crate::ram::rule_share;
use crate::resolve::owned;
use crate::resolver_endpoint::acceptance::Wanted;
use crate::resolver_endpoint::observed::Observed;
use crate::resolver_endpoint::target::Target;
use crate::route53resolver::rule::Rule;
use crate::route53resolver::rule_association::RuleAssociation;

/// Has the rules shared with the other accounts; returns the accounts in which they can be used.
pub(super) fn plan<'a>(
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

/// Shares no more than what shall hold in an account.
pub(super) fn narrow(
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
