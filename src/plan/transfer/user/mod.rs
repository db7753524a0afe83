//! A user of an SFTP server: who logs in with which keys, and what it sees as its directory. What it
//! may do there is the role's to say.
//!
//! Keys change without a gap: the new ones come first, then the old ones go. Where the rights change
//! too, the old keys go first and the new ones come when the rights are as they shall be, so that no
//! key ever has rights that were not meant for it.

mod action;
mod public_key;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Reason;

use crate::context::Context;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Difference, Step};
use crate::tags::{self, Tags};

pub use action::{Action, absorb};
pub use public_key::PublicKey;

/// The home directory type in which the user sees a mapping and not the bucket.
pub const LOGICAL: &str = "LOGICAL";

/// A user in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// From [`id`].
    pub id: String,
    /// Its name, unique on the server.
    pub name: String,
    /// Its server.
    pub server_id: String,
    /// Its ARN.
    pub arn: String,
    /// The role it acts as.
    pub role_arn: String,
    /// `LOGICAL` or `PATH`.
    pub home_type: String,
    /// Directory that it sees → place.
    pub mappings: BTreeMap<String, String>,
    /// A session policy, which narrows the role.
    pub policy: Option<String>,
    /// Its keys by AWS's id; one that cannot be understood stands as it is written.
    pub keys: BTreeMap<String, PublicKey>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for User {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    // The name is unique on the server: a repeated call makes no second user.
    const CLIENT_TOKEN: bool = true;
}

/// What tells users of all servers apart, as their ARNs do.
#[must_use]
pub fn id(server_id: &str, name: &str) -> String {
    format!("{server_id}/{name}")
}

/// What the user shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Its name.
    pub name: String,
    /// Its server.
    pub server_id: String,
    /// The role it acts as.
    pub role_arn: String,
    /// The bucket.
    pub bucket: String,
    /// Beginning of the keys that it sees as its directory; may be empty or end in a slash.
    pub prefix: String,
    /// With which it logs in.
    pub keys: BTreeSet<PublicKey>,
}

impl Want {
    /// The one mapping: its directory is the prefix in the bucket.
    #[must_use]
    pub fn mappings(&self) -> BTreeMap<String, String> {
        let place = format!("/{}/{}", self.bucket, self.prefix);
        let place = place.trim_end_matches('/').to_owned();
        BTreeMap::from([("/".to_owned(), place)])
    }
}

/// How the user's rights stand, which are its role's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The role is not yet as it shall be and its rights will change: keys that go, go before that.
    pub withdraw_first: bool,
    /// The role is as it shall be: keys that come may come.
    pub role_ready: bool,
}

fn places(mappings: &BTreeMap<String, String>) -> String {
    let places = mappings.iter().map(|(entry, target)| format!("{target} as {entry}"));
    places.collect::<Vec<_>>().join(", ")
}

/// Brings the user to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    rights: Rights,
    users: &'a Listing<User>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a User> {
    let Want {
        name,
        server_id,
        role_arn,
        bucket: _,
        prefix: _,
        keys,
    } = want;
    let tags = ctx.tags(&part.role);
    let id = id(server_id, name);
    let user = match resolve(users, part, Some(&id), &id, ctx, plan) {
        Found::Halted => return None,
        Found::Absent(_) if !rights.role_ready => {
            wait_for_role(name, part, plan);
            return None;
        }
        Found::Absent(creation) => {
            let action = Action::Create {
                server_id: server_id.clone(),
                name: name.clone(),
                role_arn: role_arn.clone(),
                mappings: want.mappings(),
                key: keys.first().cloned(),
                tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Ours(user) => user,
        Found::Adoptable(user) if user.id == id => user,
        Found::Adoptable(user) => {
            let text = Text::new(
                format!("spec.adopt.{}: {} is not {id}", part.role, user.id),
                format!("spec.adopt.{}: {} は {id} ではありません", part.role, user.id),
            );
            plan.block(part, Reason::AdoptionRefused, text);
            return None;
        }
    };
    if user.id != id {
        // AWS cannot move a user to another server: it is made there once it is gone here.
        remove(user, part, plan);
        return None;
    }
    let missing = tags::missing(&tags, &user.tags);
    if !missing.is_empty() {
        let difference = Difference::new("tags", tags::list(&missing), tags::list(&user.tags));
        let action = Action::Tag {
            server_id: user.server_id.clone(),
            name: user.name.clone(),
            arn: user.arn.clone(),
            tags: missing,
        };
        plan.step(Step::change(part, action, difference));
    }
    adjust(want, rights, user, part, plan);
    Some(user)
}

fn adjust(want: &Want, rights: Rights, user: &User, part: &Part, plan: &mut Plan) {
    let mappings = want.mappings();
    let differs = user.role_arn != want.role_arn
        || user.home_type != LOGICAL
        || user.mappings != mappings
        || user.policy.as_ref().is_some_and(|policy| !policy.is_empty());
    let old: Vec<(&String, &PublicKey)> = user.keys.iter().filter(|(_, key)| !want.keys.contains(key)).collect();
    let new: Vec<&PublicKey> = want
        .keys
        .iter()
        .filter(|key| !user.keys.values().any(|have| have == *key))
        .collect();
    if (differs || rights.withdraw_first) && !old.is_empty() {
        return withdraw(&old, user, part, plan);
    }
    if differs {
        let show = |role: &str, home: &str, mappings: &BTreeMap<String, String>, policy: &str| {
            format!("{role} {home} {} session policy {policy:?}", places(mappings))
        };
        let difference = Difference::new(
            "role, home, policy",
            show(&want.role_arn, LOGICAL, &mappings, ""),
            show(
                &user.role_arn,
                &user.home_type,
                &user.mappings,
                user.policy.as_deref().unwrap_or_default(),
            ),
        );
        let action = Action::Update {
            server_id: user.server_id.clone(),
            name: user.name.clone(),
            role_arn: want.role_arn.clone(),
            mappings,
        };
        let risk = format!("what {} sees and may do at the moment", user.name);
        return plan.step(Step::change(part, action, difference).risking(risk));
    }
    match (new.is_empty(), rights.role_ready) {
        (true, _) => withdraw(&old, user, part, plan),
        (false, false) => wait_for_role(&user.name, part, plan),
        (false, true) => {
            for key in new {
                let action = Action::AddKey {
                    server_id: user.server_id.clone(),
                    name: user.name.clone(),
                    key: key.clone(),
                };
                plan.step(Step::change(part, action, Difference::new("publicKeys", key, "absent")));
            }
        }
    }
}

fn withdraw(keys: &[(&String, &PublicKey)], user: &User, part: &Part, plan: &mut Plan) {
    for (id, key) in keys {
        let action = Action::RemoveKey {
            server_id: user.server_id.clone(),
            name: user.name.clone(),
            id: (*id).clone(),
            key: (*key).clone(),
        };
        let difference = Difference::new("publicKeys", "absent", key);
        plan.step(Step::change(part, action, difference).risking(format!("logins with key {key}")));
    }
}

fn wait_for_role(name: &str, part: &Part, plan: &mut Plan) {
    let text = Text::new(
        format!("SFTP user {name} waits for its role"),
        format!("SFTP 利用者 {name} はロールの準備を待っています"),
    );
    plan.wait(part, Reason::WaitingForDependency, text);
}

/// Takes a user of ours away.
pub fn remove(user: &User, part: &Part, plan: &mut Plan) {
    let action = Action::Delete {
        server_id: user.server_id.clone(),
        name: user.name.clone(),
    };
    plan.step(Step::delete(part, action, format!("all logins of {}", user.name)));
}
