//! Where a rule holds: its association with a VPC. It has neither tags nor a request id; it is ours
//! because its rule is. It is made in the account of the VPC, for which the rule may have to be shared.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverRule.html>

use std::fmt;

use crate::identity::AccountId;
use crate::observation::Listing;

/// An association in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAssociation {
    /// The rule.
    pub rule_id: String,
    /// The VPC.
    pub vpc_id: String,
    /// `COMPLETE`, `CREATING`, `DELETING`, `FAILED` or `OVERRIDDEN`.
    pub state: String,
    /// What AWS says about the state.
    pub message: String,
}

/// Writes to associations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `AssociateResolverRule`.
    Associate(Pair),
    /// `DisassociateResolverRule`.
    Disassociate(Pair),
}

/// A rule and a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The account of the VPC.
    pub account: AccountId,
    /// The rule.
    pub rule_id: String,
    /// Its domain, for people.
    pub domain: String,
    /// The VPC.
    pub vpc_id: String,
}

impl Action {
    /// An association has no id that anybody needs.
    #[must_use]
    pub fn brings(&self) -> bool {
        false
    }

    /// The account in which it is done.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        let (Self::Associate(pair) | Self::Disassociate(pair)) = self;
        &pair.account
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Associate(pair) | Self::Disassociate(pair)) = self;
        let Pair {
            account,
            rule_id,
            domain,
            vpc_id,
        } = pair;
        match self {
            Self::Associate(_) => write!(f, "let {rule_id} for {domain} hold in {vpc_id} of account {account}"),
            Self::Disassociate(_) => write!(
                f,
                "stop {rule_id} for {domain} holding in {vpc_id} of account {account}"
            ),
        }
    }
}

/// Folds an executed write into what is known of its account.
pub fn absorb(associations: &mut Listing<RuleAssociation>, action: &Action) {
    let Ok(associations) = associations else { return };
    let (Action::Associate(pair) | Action::Disassociate(pair)) = action;
    let is_it = |one: &RuleAssociation| one.rule_id == pair.rule_id && one.vpc_id == pair.vpc_id;
    match action {
        Action::Associate(pair) => associations.push(RuleAssociation {
            rule_id: pair.rule_id.clone(),
            vpc_id: pair.vpc_id.clone(),
            state: "CREATING".into(),
            message: String::new(),
        }),
        Action::Disassociate(_) => {
            for one in associations.iter_mut().filter(|one| is_it(one)) {
                "DELETING".clone_into(&mut one.state);
            }
        }
    }
}

/// What AWS does by itself after a step: for predictions, where nothing is waited for.
pub fn finish_pending(associations: &mut Listing<RuleAssociation>) {
    let Ok(associations) = associations else { return };
    associations.retain(|one| one.state != "DELETING");
    for one in associations.iter_mut().filter(|one| one.state == "CREATING") {
        "COMPLETE".clone_into(&mut one.state);
    }
}
