//! A role: whom it trusts and what it permits. One that we make carries one inline policy and
//! nothing else; one that people name is compared and never written.
//!
//! Trust and permissions belong together. Where both change, the permissions come off first and go
//! on again last, so that nobody has at any moment what neither the old nor the new spec grants.
//! Sessions that were opened before go on until they expire, with the role's permissions of the
//! moment: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>

mod action;
mod check;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jichitai_api::Reason;

use crate::context::Context;
use crate::identity::{AccountId, Identity, Part, short_hash};
use crate::observation::{Listing, Observation};
use crate::plan::{Plan, Text};
use crate::policy::document::Document;
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Difference, Step};
use crate::tags::{self, Tags};

pub use action::{Action, absorb};
pub use check::check;

/// The name of the one inline policy of a role of ours.
pub const POLICY: &str = "jichitai";
/// The path of our roles, by which the operator's own rights can be limited to them.
pub const PATH: &str = "/jichitai/";

/// A role in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name, unique in the account whatever its path.
    pub name: String,
    /// Its path, with a slash at both ends.
    pub path: String,
    /// Its ARN, with the path in it.
    pub arn: String,
    /// Its description.
    pub description: String,
    /// How long a session may last, 3600 to 43200 seconds.
    pub max_session_seconds: u32,
    /// Who may assume it.
    pub trust: Observation<Document>,
    /// Its own policies by name.
    pub inline: Observation<BTreeMap<String, Document>>,
    /// Managed policies by ARN, with what they say; absent where that was not asked for.
    pub attached: Observation<BTreeMap<String, Observation<Document>>>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for Role {
    fn id(&self) -> &str {
        &self.name
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    // The name is computed and unique: a repeated call makes no second role.
    const CLIENT_TOKEN: bool = true;
}

/// What a role shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The account, for the ARN.
    pub account: AccountId,
    /// Its name, from [`name`].
    pub name: String,
    /// Shown in consoles: at most 1000 characters, and no Japanese, which IAM refuses here.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
    pub description: String,
    /// Who may assume it.
    pub trust: Document,
    /// What it permits.
    pub policy: Document,
    /// 3600 to 43200 seconds.
    pub max_session_seconds: u32,
}

impl Want {
    /// The ARN that the role has or will have.
    #[must_use]
    pub fn arn(&self) -> String {
        arn(&self.account, &self.name)
    }

    /// Whether the role trusts and permits exactly this.
    #[must_use]
    pub fn is_met_by(&self, role: &Role) -> bool {
        let trusts = role
            .trust
            .present()
            .is_some_and(|trust| self.trust.means_the_same(trust));
        let permits = role.inline.present().is_some_and(|inline| {
            inline.len() == 1
                && inline
                    .get(POLICY)
                    .is_some_and(|policy| self.policy.means_the_same(policy))
        });
        trusts && permits && role.attached.present().is_some_and(BTreeMap::is_empty)
    }
}

/// The name of a role of ours: `jichitai-<prefix>-<hash>`, at most 64 characters. `what` tells the
/// roles of one owner apart; neither it nor the owner can be read from the name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[must_use]
pub fn name(prefix: &str, identity: &Identity, what: &str) -> String {
    let hash = short_hash(&format!("{}\n{}\n{what}", identity.installation, identity.owner), 20);
    let prefix: String = prefix.chars().take(34).collect();
    format!("jichitai-{prefix}-{hash}")
}

/// The ARN of a role of ours.
#[must_use]
pub fn arn(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role{PATH}{name}")
}

/// Brings a role of ours to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    roles: &'a Listing<Role>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Role> {
    let Want {
        account: _,
        name,
        description,
        trust,
        policy: _,
        max_session_seconds,
    } = want;
    let tags = ctx.tags(&part.role);
    let there = roles
        .as_ref()
        .ok()
        .and_then(|roles| roles.iter().find(|role| role.name == *name))
        .map(|role| role.name.as_str());
    let role = match resolve(roles, part, there, name, ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let action = Action::Create {
                name: name.clone(),
                arn: want.arn(),
                description: description.clone(),
                trust: trust.clone(),
                max_session_seconds: *max_session_seconds,
                tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(role) | Found::Ours(role) => role,
    };
    if role.path != PATH {
        let text = Text::new(
            format!(
                "role {} has the path {}, not {PATH}: AWS cannot move a role; delete it and it is made again",
                role.name, role.path
            ),
            format!(
                "ロール {} のパスは {PATH} ではなく {} です。ロールは移動できません。削除すると再作成されます",
                role.name, role.path
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
        return None;
    }
    let missing = tags::missing(&tags, &role.tags);
    if !missing.is_empty() {
        let difference = Difference::new("tags", tags::list(&missing), tags::list(&role.tags));
        let name = role.name.clone();
        plan.step(Step::change(part, Action::Tag { name, tags: missing }, difference));
    }
    describe(want, role, part, plan);
    rights(want, role, part, plan);
    Some(role)
}

fn describe(want: &Want, role: &Role, part: &Part, plan: &mut Plan) {
    let (longest, have) = (want.max_session_seconds, role.max_session_seconds);
    if want.description == role.description && longest == have {
        return;
    }
    let show = |description: &str, seconds: u32| format!("{description:?}, sessions of {seconds} s");
    let difference = Difference::new(
        "description, maxSessionSeconds",
        show(&want.description, longest),
        show(&role.description, have),
    );
    let action = Action::Describe {
        name: role.name.clone(),
        description: want.description.clone(),
        max_session_seconds: longest,
    };
    let step = Step::change(part, action, difference);
    plan.step(if longest < have {
        step.risking(format!("sessions longer than {longest} seconds"))
    } else {
        step
    });
}

/// Trust and permissions, the narrowing first.
fn rights(want: &Want, role: &Role, part: &Part, plan: &mut Plan) {
    let Some((trust, inline, attached)) = readable(role, part, plan) else {
        return;
    };
    let same_trust = want.trust.means_the_same(trust);
    let ours = inline.get(POLICY);
    let permitted = ours.is_some_and(|have| want.policy.means_the_same(have));
    for policy in attached.keys() {
        plan.step(detach(role, policy, part));
    }
    for (policy, have) in inline.iter().filter(|(name, _)| *name != POLICY) {
        plan.step(withdraw(role, policy, have, part));
    }
    let foreign = !attached.is_empty() || inline.keys().any(|name| name != POLICY);
    match (same_trust, ours) {
        (false, Some(have)) if !permitted => plan.step(withdraw(role, POLICY, have, part)),
        // Whoever comes to be trusted must not find what was never meant for them.
        (false, _) if foreign => {}
        (false, _) => {
            let action = Action::Trust {
                name: role.name.clone(),
                trust: want.trust.clone(),
            };
            let difference = Difference::new("trust", want.trust.summary(), trust.summary());
            let step = Step::change(part, action, difference);
            plan.step(narrowing(step, &want.trust, trust, "who may assume the role"));
        }
        (true, have) if !permitted => {
            let none = Document::default();
            let have = have.unwrap_or(&none);
            let action = Action::Permit {
                name: role.name.clone(),
                policy: want.policy.clone(),
            };
            let difference = Difference::new("policy", want.policy.summary(), have.summary());
            let step = Step::change(part, action, difference);
            plan.step(narrowing(step, &want.policy, have, "what the role may do"));
        }
        (true, _) => {}
    }
}

fn narrowing(step: Step, want: &Document, have: &Document, what: &str) -> Step {
    match have.statements.iter().filter(|old| !want.covers(old)).count() {
        0 => step,
        n => step.risking(format!("{what}: {n} statements admit less")),
    }
}

fn withdraw(role: &Role, policy: &str, have: &Document, part: &Part) -> Step {
    let difference = Difference::new(format!("policies.{policy}"), "absent", have.summary());
    let action = Action::Withdraw {
        name: role.name.clone(),
        policy: policy.to_owned(),
    };
    Step::change(part, action, difference).risking(format!("what policy {policy} lets the role do"))
}

fn detach(role: &Role, policy: &str, part: &Part) -> Step {
    let action = Action::Detach {
        name: role.name.clone(),
        policy: policy.to_owned(),
    };
    let difference = Difference::new("attachedPolicies", "absent", policy);
    Step::change(part, action, difference).risking(format!("what {policy} lets the role do"))
}

type Rights<'a> = (
    &'a Document,
    &'a BTreeMap<String, Document>,
    &'a BTreeMap<String, Observation<Document>>,
);

/// All three, or none: one of them alone would not tell which may change first.
fn readable<'a>(role: &'a Role, part: &Part, plan: &mut Plan) -> Option<Rights<'a>> {
    let faults = [role.trust.fault(), role.inline.fault(), role.attached.fault()];
    if let Some(fault) = faults.into_iter().flatten().next() {
        plan.unreadable(part, fault);
    }
    Some((role.trust.present()?, role.inline.present()?, role.attached.present()?))
}

/// Takes a role of ours away: first what it permits, then the role.
pub fn remove(role: &Role, part: &Part, plan: &mut Plan) {
    let Some((_, inline, attached)) = readable(role, part, plan) else {
        return;
    };
    for policy in attached.keys() {
        plan.step(detach(role, policy, part));
    }
    for (policy, have) in inline {
        plan.step(withdraw(role, policy, have, part));
    }
    if attached.is_empty() && inline.is_empty() {
        let name = role.name.clone();
        let risk = format!("everybody who acts as {}", role.arn);
        plan.step(Step::delete(part, Action::Delete { name }, risk));
    }
}
