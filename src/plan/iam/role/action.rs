//! Writes to a role, and what they change.

use std::collections::BTreeMap;
use std::fmt;

use super::{PATH, POLICY, Role};
use crate::observation::{Listing, Observation};
use crate::policy::document::Document;
use crate::step::Created;
use crate::tags::{self, Tags};

/// Writes to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateRole` with tags; it permits nothing yet.
    Create {
        /// Name.
        name: String,
        /// The ARN that it will have.
        arn: String,
        /// Description.
        description: String,
        /// Who may assume it.
        trust: Document,
        /// Longest session.
        max_session_seconds: u32,
        /// Tags.
        tags: Tags,
    },
    /// `UpdateAssumeRolePolicy`.
    Trust {
        /// The role.
        name: String,
        /// The whole new trust policy.
        trust: Document,
    },
    /// `PutRolePolicy`, under the one name.
    Permit {
        /// The role.
        name: String,
        /// The whole new policy.
        policy: Document,
    },
    /// `DeleteRolePolicy`.
    Withdraw {
        /// The role.
        name: String,
        /// The policy's name.
        policy: String,
    },
    /// `DetachRolePolicy`.
    Detach {
        /// The role.
        name: String,
        /// The managed policy's ARN.
        policy: String,
    },
    /// `UpdateRole`: description and longest session.
    Describe {
        /// The role.
        name: String,
        /// Description.
        description: String,
        /// Longest session.
        max_session_seconds: u32,
    },
    /// `TagRole`.
    Tag {
        /// The role.
        name: String,
        /// Tags to add or change.
        tags: Tags,
    },
    /// `DeleteRole`.
    Delete {
        /// The role.
        name: String,
    },
}

impl Action {
    /// The role's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Create { name, .. }
            | Self::Trust { name, .. }
            | Self::Permit { name, .. }
            | Self::Withdraw { name, .. }
            | Self::Detach { name, .. }
            | Self::Describe { name, .. }
            | Self::Tag { name, .. }
            | Self::Delete { name } => name,
        }
    }

    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { name, trust, .. } => write!(f, "create role {name} trusting by {}", trust.summary()),
            Self::Trust { name, trust } => write!(f, "let role {name} trust by {}", trust.summary()),
            Self::Permit { name, policy } => write!(f, "let role {name} act by {}", policy.summary()),
            Self::Withdraw { name, policy } => write!(f, "take policy {policy} off role {name}"),
            Self::Detach { name, policy } => write!(f, "detach {policy} from role {name}"),
            Self::Describe {
                name,
                description,
                max_session_seconds,
            } => write!(
                f,
                "describe role {name} as {description:?} with sessions of {max_session_seconds} s"
            ),
            Self::Tag { name, tags } => write!(f, "tag role {name} with {}", tags::list(tags)),
            Self::Delete { name } => write!(f, "delete role {name}"),
        }
    }
}

/// Folds an executed write into what is known.
pub fn absorb(roles: &mut Listing<Role>, action: &Action, _created: Option<&Created>) {
    let Ok(roles) = roles else { return };
    let mut with = |name: &String, change: &dyn Fn(&mut Role)| {
        if let Some(role) = roles.iter_mut().find(|role| role.name == *name) {
            change(role);
        }
    };
    match action {
        Action::Create {
            name,
            arn,
            description,
            trust,
            max_session_seconds,
            tags,
        } => roles.push(Role {
            name: name.clone(),
            path: PATH.to_owned(),
            arn: arn.clone(),
            description: description.clone(),
            max_session_seconds: *max_session_seconds,
            trust: Observation::Present(trust.clone()),
            inline: Observation::Present(BTreeMap::new()),
            attached: Observation::Present(BTreeMap::new()),
            tags: tags.clone(),
        }),
        Action::Trust { name, trust } => with(name, &|role| role.trust = Observation::Present(trust.clone())),
        Action::Permit { name, policy } => with(name, &|role| {
            if let Some(inline) = role.inline.present_mut() {
                inline.insert(POLICY.to_owned(), policy.clone());
            }
        }),
        Action::Withdraw { name, policy } => with(name, &|role| {
            if let Some(inline) = role.inline.present_mut() {
                inline.remove(policy);
            }
        }),
        Action::Detach { name, policy } => with(name, &|role| {
            if let Some(attached) = role.attached.present_mut() {
                attached.remove(policy);
            }
        }),
        Action::Describe {
            name,
            description,
            max_session_seconds,
        } => with(name, &|role| {
            role.description.clone_from(description);
            role.max_session_seconds = *max_session_seconds;
        }),
        Action::Tag { name, tags } => with(name, &|role| role.tags.extend(tags)),
        Action::Delete { name } => roles.retain(|role| role.name != *name),
    }
}
