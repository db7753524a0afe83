//! The account's trust in an authorization server: an OIDC provider, one per issuer and account, so
//! that all FileLinkBuckets of the installation in the account share it.
//!
//! It belongs to the installation, not to an object. An audience that no object asks for any more
//! stays while the provider does: it admits nobody by itself, because each role's trust names the
//! audience again. Nothing goes while a role of the account trusts the provider.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::{InventoryState, Reason};

use crate::context::Context;
use crate::identity::{AccountId, Identity, Owner, Part, Role};
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::resolve::Resource;
use crate::step::{Created, Creation, Difference, Step};
use crate::tags::{self, Ownership, Tags, ownership};

/// The role tag.
pub const ROLE: &str = "oidc-provider";

/// A provider in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// `arn:aws:iam::<account>:oidc-provider/<host and path>`.
    pub arn: String,
    /// Host and path of the issuer, without `https://`, as IAM shows it.
    pub url: String,
    /// Audiences that tokens may be for, at most 100.
    pub client_ids: BTreeSet<String>,
    /// Names of the account's roles whose trust names it; none where that was not asked for.
    pub trusted_by: Option<Observation<BTreeSet<String>>>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for OidcProvider {
    fn id(&self) -> &str {
        &self.arn
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    const CLIENT_TOKEN: bool = true;
}

/// Writes to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateOpenIDConnectProvider` with tags.
    Create {
        /// The ARN that it will have.
        arn: String,
        /// The issuer, with `https://`.
        issuer: String,
        /// Audiences.
        client_ids: BTreeSet<String>,
        /// Tags.
        tags: Tags,
    },
    /// `AddClientIDToOpenIDConnectProvider`.
    AddAudience {
        /// The provider.
        arn: String,
        /// The audience.
        client_id: String,
    },
    /// `TagOpenIDConnectProvider`.
    Tag {
        /// The provider.
        arn: String,
        /// Tags to add or change.
        tags: Tags,
    },
    /// `DeleteOpenIDConnectProvider`.
    Delete {
        /// The provider.
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
            Self::Create { issuer, client_ids, .. } => {
                write!(f, "accept tokens of {issuer} for {}", list(client_ids))
            }
            Self::AddAudience { arn, client_id } => write!(f, "accept tokens for {client_id} by {arn}"),
            Self::Tag { arn, tags } => write!(f, "tag {arn} with {}", tags::list(tags)),
            Self::Delete { arn } => write!(f, "accept no more tokens by {arn}"),
        }
    }
}

fn list(words: &BTreeSet<String>) -> String {
    words.iter().cloned().collect::<Vec<_>>().join(", ")
}

/// The ARN of the provider for an issuer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
#[must_use]
pub fn arn(account: &AccountId, issuer: &str) -> String {
    let place = issuer.strip_prefix("https://").unwrap_or(issuer);
    format!("arn:aws:iam::{account}:oidc-provider/{place}")
}

/// To whom the providers of an installation belong.
#[must_use]
pub fn shared(installation: &str) -> Identity {
    Identity {
        installation: installation.to_owned(),
        owner: Owner {
            kind: "Shared".into(),
            namespace: "-".into(),
            name: ROLE.into(),
        },
    }
}

/// Makes the account accept the issuer's tokens for these audiences; returns the provider where it
/// does. `observed` is what stands under [`arn`].
pub fn plan<'a>(
    account: &AccountId,
    issuer: &str,
    audiences: &BTreeSet<String>,
    observed: &'a Observation<OidcProvider>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a OidcProvider> {
    let owner = shared(&ctx.identity.installation);
    let tags = owner.tags(&Role::new(ROLE), &Tags::new());
    let provider = match observed {
        Observation::Unreadable(fault) => {
            plan.unreadable(part, fault);
            return None;
        }
        Observation::Absent => {
            create(account, issuer, audiences, tags, part, ctx, plan);
            return None;
        }
        Observation::Present(provider) => provider,
    };
    let missing: Vec<&String> = audiences.difference(&provider.client_ids).collect();
    let arn = &provider.arn;
    let foreign = match ownership(&provider.tags, &owner) {
        Ownership::Ours(_) => None,
        Ownership::Stack(_) => Some(Reason::ManagedElsewhere),
        Ownership::Other { .. } | Ownership::Nobody => Some(Reason::Conflict),
    };
    if let Some(reason) = foreign {
        if missing.is_empty() {
            return Some(provider);
        }
        let audiences = missing.into_iter().cloned().collect::<Vec<_>>().join(", ");
        let text = Text::new(
            format!("{arn} is not ours to change: have the audiences {audiences} added to it"),
            format!("{arn} は本オペレーターの管理外です。オーディエンス {audiences} の追加を管理者に依頼してください"),
        );
        plan.block(part, reason, text);
        return None;
    }
    let lost = tags::missing(&tags, &provider.tags);
    if !lost.is_empty() {
        let difference = Difference::new("tags", tags::list(&lost), tags::list(&provider.tags));
        let action = Action::Tag {
            arn: arn.clone(),
            tags: lost,
        };
        plan.step(Step::change(part, action, difference));
    }
    for client_id in &missing {
        let action = Action::AddAudience {
            arn: arn.clone(),
            client_id: (*client_id).clone(),
        };
        plan.step(Step::change(
            part,
            action,
            Difference::new("audiences", client_id, "absent"),
        ));
    }
    missing.is_empty().then_some(provider)
}

/// A creation that was not answered is simply repeated: there is one place for it, and AWS refuses a
/// second one.
fn create(
    account: &AccountId,
    issuer: &str,
    audiences: &BTreeSet<String>,
    tags: Tags,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) {
    let entry = ctx.ledger.get(part);
    if let Some(entry) = entry.filter(|entry| entry.state != InventoryState::Intended)
        && let Some(until) = ctx.listed_by(entry).filter(|until| ctx.now < *until)
    {
        let text = Text::new(
            format!("the provider for {issuer} was made and AWS does not show it yet"),
            format!("{issuer} のプロバイダーは作成済みですが、まだ AWS に現れていません"),
        );
        return plan.wait_until(part, Reason::WaitingForConsistency, text, until);
    }
    let incarnation = entry.map_or(0, |entry| entry.incarnation);
    let creation = Creation {
        token: shared(&ctx.identity.installation).token(part, issuer, incarnation),
        incarnation,
        repeatable: true,
    };
    let action = Action::Create {
        arn: arn(account, issuer),
        issuer: issuer.to_owned(),
        client_ids: audiences.clone(),
        tags,
    };
    plan.step(Step::create(part, action, creation));
}

/// Takes the provider away if it is the installation's and no role trusts it but those of ours that
/// go too.
pub fn remove_if_unused(
    observed: &Observation<OidcProvider>,
    roles_about_to_go: &BTreeSet<String>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) {
    let provider = match observed {
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
        Observation::Absent => return,
        Observation::Present(provider) => provider,
    };
    let owner = shared(&ctx.identity.installation);
    if !matches!(ownership(&provider.tags, &owner), Ownership::Ours(_)) {
        return;
    }
    match &provider.trusted_by {
        Some(Observation::Unreadable(fault)) => plan.unreadable(part, fault),
        Some(Observation::Present(roles)) if roles.is_subset(roles_about_to_go) => {
            let arn = provider.arn.clone();
            let risk = format!("every exchange of a token of {}", provider.url);
            plan.step(Step::delete(part, Action::Delete { arn }, risk));
        }
        // Somebody trusts it, or nobody asked.
        Some(Observation::Present(_) | Observation::Absent) | None => {}
    }
}

/// Folds an executed write into what is known.
pub fn absorb(observed: &mut Observation<OidcProvider>, action: &Action, _created: Option<&Created>) {
    match (action, observed.present_mut()) {
        (
            Action::Create {
                arn,
                issuer,
                client_ids,
                tags,
            },
            _,
        ) => {
            *observed = Observation::Present(OidcProvider {
                arn: arn.clone(),
                url: issuer.strip_prefix("https://").unwrap_or(issuer).to_owned(),
                client_ids: client_ids.clone(),
                trusted_by: None,
                tags: tags.clone(),
            });
        }
        (Action::AddAudience { arn, client_id }, Some(provider)) if provider.arn == *arn => {
            provider.client_ids.insert(client_id.clone());
        }
        (Action::Tag { arn, tags }, Some(provider)) if provider.arn == *arn => provider.tags.extend(tags),
        (Action::Delete { arn }, Some(provider)) if provider.arn == *arn => *observed = Observation::Absent,
        (Action::AddAudience { .. } | Action::Tag { .. } | Action::Delete { .. }, _) => {}
    }
}
