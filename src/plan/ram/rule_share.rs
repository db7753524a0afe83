//! Rules that are shared with another account, so that they can hold in its VPCs: one share per account.
//! Where both accounts are not in one organization, the other one has to accept; the operator does so
//! there because the Municipality accepts the object in its spec.
//! <https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A share in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleShare {
    /// Its ARN.
    pub arn: String,
    /// What is shared, by ARN.
    pub rules: BTreeSet<String>,
    /// With whom: account and `ASSOCIATING`, `ASSOCIATED`, `FAILED` …
    pub principals: Vec<(String, String)>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for RuleShare {
    fn id(&self) -> &str {
        &self.arn
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    const CLIENT_TOKEN: bool = true;
}

/// What another account was asked to accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its ARN.
    pub arn: String,
    /// The share.
    pub share_arn: String,
    /// `PENDING`, `ACCEPTED`, `REJECTED` or `EXPIRED`.
    pub state: String,
}

/// Writes to shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateResourceShare` with client token and tags.
    Create {
        /// Its name in AWS.
        name: String,
        /// The account.
        account: AccountId,
        /// What is shared, by ARN.
        rules: BTreeSet<String>,
        /// Tags.
        tags: Tags,
    },
    /// `AssociateResourceShare`.
    Add {
        /// The share.
        arn: String,
        /// What is shared besides, by ARN.
        rules: BTreeSet<String>,
    },
    /// `DisassociateResourceShare`.
    Remove {
        /// The share.
        arn: String,
        /// What is no longer shared, by ARN.
        rules: BTreeSet<String>,
    },
    /// `AcceptResourceShareInvitation`, in the other account.
    Accept {
        /// The other account.
        account: AccountId,
        /// The invitation.
        arn: String,
    },
    /// `DeleteResourceShare`.
    Delete {
        /// The share.
        arn: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { account, rules, .. } => write!(f, "share {} with account {account}", list(rules)),
            Self::Add { arn, rules } => write!(f, "share {} through {arn}", list(rules)),
            Self::Remove { arn, rules } => write!(f, "stop sharing {} through {arn}", list(rules)),
            // Whatever the invitation is called: before AWS sends it, it is foreseen all the same.
            Self::Accept { account, arn: _ } => write!(f, "accept the resource share in account {account}"),
            Self::Delete { arn } => write!(f, "delete resource share {arn}"),
        }
    }
}

fn list(arns: &BTreeSet<String>) -> String {
    arns.iter().cloned().collect::<Vec<_>>().join(", ")
}

/// The first word of the parts of shares.
pub const PART: &str = "rule-share";

/// The part that stands for the share with an account.
#[must_use]
pub fn part(account: &AccountId) -> Part {
    Part::new(Region::Tokyo, format!("{PART}.{account}"))
}

/// The account that a part's share is with.
#[must_use]
pub fn account_of(part: &Part) -> Option<AccountId> {
    AccountId::new(part.role.as_str().strip_prefix(PART)?.strip_prefix('.')?)
}

/// Has the rules shared with the account; returns whether they can be used there.
pub fn plan(
    account: &AccountId,
    rules: &BTreeSet<String>,
    shares: &Listing<RuleShare>,
    invitations: &Listing<Invitation>,
    ctx: &Context,
    plan: &mut Plan,
) -> bool {
    let part = part(account);
    let share = match resolve(shares, &part, None, account.as_str(), ctx, plan) {
        Found::Halted => return false,
        Found::Absent(creation) => {
            let action = Action::Create {
                name: format!("jichitai-{}-{account}", ctx.identity.owner.name),
                account: account.clone(),
                rules: rules.clone(),
                tags: ctx.tags(&part.role),
            };
            plan.step(Step::create(&part, action, creation));
            return false;
        }
        Found::Adoptable(share) | Found::Ours(share) => share,
    };
    let missing = rules - &share.rules;
    if !missing.is_empty() {
        let difference = Difference::new("rules", list(rules), list(&share.rules));
        let arn = share.arn.clone();
        plan.step(Step::change(&part, Action::Add { arn, rules: missing }, difference));
        return false;
    }
    let state = share
        .principals
        .iter()
        .find(|(principal, _)| principal == account.as_str());
    if state.is_some_and(|(_, state)| state == "ASSOCIATED") {
        return true;
    }
    let invitations = match invitations {
        Ok(invitations) => invitations,
        Err(fault) => {
            plan.unreadable(&part, fault);
            return false;
        }
    };
    let pending = |one: &&Invitation| one.share_arn == share.arn && one.state == "PENDING";
    if let Some(invitation) = invitations.iter().find(pending) {
        let difference = Difference::new("invitation", "ACCEPTED", "PENDING");
        let (account, arn) = (account.clone(), invitation.arn.clone());
        plan.step(Step::change(&part, Action::Accept { account, arn }, difference));
        return false;
    }
    let state = state.map_or("not there yet", |(_, state)| state.as_str());
    let text = Text::new(
        format!("account {account} has not accepted the share yet ({state})"),
        format!("アカウント {account} はリソース共有をまだ承諾していません({state})"),
    );
    plan.wait(&part, Reason::ReferenceNotAccepted, text);
    false
}

/// Shares no more than these rules, once they hold nowhere in the account.
pub fn narrow(share: &RuleShare, keep: &BTreeSet<String>, part: &Part, plan: &mut Plan) {
    let surplus = &share.rules - keep;
    if surplus.is_empty() {
        return;
    }
    let difference = Difference::new("rules", list(keep), list(&share.rules));
    let arn = share.arn.clone();
    let step = Step::change(part, Action::Remove { arn, rules: surplus }, difference);
    plan.step(step.risking("associations in the other account"));
}

/// Takes a share away.
pub fn remove(share: &RuleShare, part: &Part, plan: &mut Plan) {
    let arn = share.arn.clone();
    plan.step(Step::delete(
        part,
        Action::Delete { arn },
        "associations in the other account",
    ));
}

/// Folds an executed write into what is known.
pub fn absorb(
    shares: &mut Listing<RuleShare>,
    invitations: Option<&mut Listing<Invitation>>,
    action: &Action,
    created: Option<&Created>,
) {
    let Ok(shares) = shares else { return };
    let mut with = |arn: &String, change: &dyn Fn(&mut RuleShare)| {
        shares.iter_mut().filter(|share| share.arn == *arn).for_each(change);
    };
    match action {
        Action::Create {
            name: _,
            account,
            rules,
            tags,
        } => shares.extend(created.map(|created| RuleShare {
            arn: created.id.clone(),
            rules: rules.clone(),
            principals: vec![(account.to_string(), "ASSOCIATING".into())],
            tags: tags.clone(),
        })),
        Action::Add { arn, rules } => with(arn, &|share| share.rules.extend(rules.clone())),
        Action::Remove { arn, rules } => with(arn, &|share| share.rules = &share.rules - rules),
        Action::Accept { account: _, arn } => {
            let accepted = invitations.into_iter().flatten().flatten();
            for invitation in accepted.filter(|one| one.arn == *arn) {
                "ACCEPTED".clone_into(&mut invitation.state);
            }
        }
        Action::Delete { arn } => shares.retain(|share| share.arn != *arn),
    }
}

/// What AWS does by itself after a step: for predictions, where nothing is waited for. It invites the other account,
/// unless that is in an organization within which it needs no invitation, which nobody can tell; and it takes part in
/// what it accepted.
pub fn finish_pending(shares: &mut Listing<RuleShare>, mut invitations: BTreeMap<String, &mut Vec<Invitation>>) {
    for share in shares.iter_mut().flatten() {
        let joining = share.principals.iter_mut().filter(|(_, state)| state == "ASSOCIATING");
        for (principal, state) in joining {
            let Some(invitations) = invitations.get_mut(principal) else {
                "ASSOCIATED".clone_into(state);
                continue;
            };
            match invitations.iter().find(|one| one.share_arn == share.arn) {
                Some(invitation) if invitation.state == "PENDING" => {}
                Some(_) => "ASSOCIATED".clone_into(state),
                None => invitations.push(Invitation {
                    arn: format!("(known after apply: invitation to {})", share.arn),
                    share_arn: share.arn.clone(),
                    state: "PENDING".into(),
                }),
            }
        }
    }
}
