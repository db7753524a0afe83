//! What has to be read for one endpoint. Everything of Resolver comes from lists that all objects of an
//! account share; what lists do not show (addresses, tags) is asked for by id.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::identity::{AccountId, Identity};
use crate::ram::rule_share;
use crate::resolver_endpoint::target::{ENDPOINT, GROUP, RULE, Target, VpcName};
use crate::resolver_endpoint::teardown::Remains;
use crate::route53::zone_association;

/// The reads that one pass needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whose resources.
    pub identity: Identity,
    /// The account of the endpoint.
    pub account: AccountId,
    /// Whose subnets are looked for by tags.
    pub subnets_of: Option<Identity>,
    /// Subnets by id.
    pub subnets: BTreeSet<String>,
    /// VPCs by id, by account. Those of the installation are read besides.
    pub vpcs: BTreeMap<AccountId, BTreeSet<String>>,
    /// Ids of endpoints, rules, logs and security groups in the ledger and in `spec.adopt`.
    pub known: BTreeSet<String>,
    /// The domains of the rules that the spec has: a rule for one of them may be ours without a request id
    /// that says so.
    pub domains: BTreeSet<String>,
    /// The VPC whose private zones are read, where the spec or the ledger has any.
    pub zones_in: Option<VpcName>,
    /// Whether shares with other accounts are read.
    pub shares: bool,
}

impl Query {
    /// Endpoints by their ids, whosever they are, and all rules.
    #[must_use]
    pub fn of_endpoints(identity: Identity, account: &AccountId, ids: BTreeSet<String>) -> Self {
        Self {
            identity,
            account: account.clone(),
            subnets_of: None,
            subnets: BTreeSet::new(),
            vpcs: BTreeMap::new(),
            known: ids,
            domains: BTreeSet::new(),
            zones_in: None,
            shares: false,
        }
    }

    fn nothing(account: &AccountId, ctx: &Context) -> Self {
        let ours = [ENDPOINT, GROUP, RULE, "query-log"];
        let of_resolver = |role: &str| ours.iter().any(|one| role.starts_with(one));
        let entries = ctx.ledger.iter().filter(|(part, _)| of_resolver(part.role.as_str()));
        let known = entries.map(|(_, entry)| entry.id.clone()).filter(|id| !id.is_empty());
        let knows = |first: &str| ctx.ledger.iter().any(|(part, _)| part.role.as_str().starts_with(first));
        Self {
            identity: ctx.identity.clone(),
            account: account.clone(),
            subnets_of: None,
            subnets: BTreeSet::new(),
            vpcs: BTreeMap::new(),
            known: known.chain(ctx.adopt.values().cloned()).collect(),
            domains: BTreeSet::new(),
            zones_in: None,
            shares: knows(rule_share::PART),
        }
    }

    /// The reads for bringing a target about.
    #[must_use]
    pub fn for_target(target: &Target, ctx: &Context) -> Self {
        let base = Self::nothing(&target.account, ctx);
        let mut vpcs: BTreeMap<AccountId, BTreeSet<String>> = BTreeMap::new();
        let named = target
            .vpcs
            .iter()
            .filter_map(|vpc| Some((vpc.account.as_ref()?, vpc.vpc.as_ref()?)));
        for (account, vpc) in named.chain([(&target.account, &target.place.vpc)]) {
            let ids = vpcs.entry(account.clone()).or_default();
            if let VpcName::Id(id) = vpc {
                ids.insert(id.clone());
            }
        }
        let by_role = target.place.subnets.values().any(|name| name.id().is_none());
        let by_id = target.place.subnets.values().filter_map(|name| name.id());
        let knows_zones = ctx
            .ledger
            .iter()
            .any(|(part, _)| zone_association::zone_of(part).is_some());
        let zones = !target.zones.is_empty() || knows_zones;
        Self {
            subnets_of: by_role.then(|| target.place.owner.clone()),
            subnets: by_id.map(str::to_owned).collect(),
            vpcs,
            domains: target.rules.values().map(|rule| rule.domain.clone()).collect(),
            zones_in: zones.then(|| target.place.vpc.clone()),
            shares: base.shares || !target.other_accounts().is_empty(),
            ..base
        }
    }

    /// The reads for a deletion.
    #[must_use]
    pub fn for_teardown(remains: &Remains, ctx: &Context) -> Self {
        let base = Self::nothing(&remains.account, ctx);
        let host = remains.vpc.iter().filter_map(|vpc| match vpc {
            VpcName::Id(id) => Some(id.clone()),
            VpcName::Of(_) => None,
        });
        let others = remains.others.iter().map(|account| (account.clone(), BTreeSet::new()));
        Self {
            vpcs: others.chain([(remains.account.clone(), host.collect())]).collect(),
            zones_in: remains.vpc.clone(),
            shares: true,
            ..base
        }
    }
}
