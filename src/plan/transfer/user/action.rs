//! Writes to a user, and what they change.

use std::collections::BTreeMap;
use std::fmt;

use super::{LOGICAL, PublicKey, User, id, places};
use crate::observation::Listing;
use crate::step::Created;
use crate::tags::{self, Tags};

/// Writes to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateUser` with tags and its first key.
    Create {
        /// Its server.
        server_id: String,
        /// Its name.
        name: String,
        /// The role it acts as.
        role_arn: String,
        /// Directory → place.
        mappings: BTreeMap<String, String>,
        /// Its first key.
        key: Option<PublicKey>,
        /// Tags.
        tags: Tags,
    },
    /// `UpdateUser`: role and directory, no session policy.
    Update {
        /// Its server.
        server_id: String,
        /// The user.
        name: String,
        /// The role it acts as.
        role_arn: String,
        /// Directory → place.
        mappings: BTreeMap<String, String>,
    },
    /// `ImportSshPublicKey`.
    AddKey {
        /// Its server.
        server_id: String,
        /// The user.
        name: String,
        /// The key.
        key: PublicKey,
    },
    /// `DeleteSshPublicKey`.
    RemoveKey {
        /// Its server.
        server_id: String,
        /// The user.
        name: String,
        /// The key's id.
        id: String,
        /// The key, for people.
        key: PublicKey,
    },
    /// `TagResource`.
    Tag {
        /// Its server.
        server_id: String,
        /// The user.
        name: String,
        /// Its ARN.
        arn: String,
        /// Tags to add or change.
        tags: Tags,
    },
    /// `DeleteUser`.
    Delete {
        /// Its server.
        server_id: String,
        /// The user.
        name: String,
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
            Self::Create {
                server_id,
                name,
                role_arn,
                mappings,
                key,
                tags: _,
            } => {
                let places = places(mappings);
                write!(
                    f,
                    "create SFTP user {name} on {server_id} who sees {places} as {role_arn}"
                )?;
                key.as_ref().map_or(Ok(()), |key| write!(f, " with key {key}"))
            }
            Self::Update {
                server_id,
                name,
                role_arn,
                mappings,
            } => {
                let places = places(mappings);
                write!(f, "let SFTP user {name} on {server_id} see {places} as {role_arn}")
            }
            Self::AddKey { server_id, name, key } => write!(f, "let {name} log in to {server_id} with key {key}"),
            Self::RemoveKey {
                server_id, name, key, ..
            } => write!(f, "let {name} no longer log in to {server_id} with key {key}"),
            Self::Tag {
                server_id, name, tags, ..
            } => write!(f, "tag SFTP user {name} on {server_id} with {}", tags::list(tags)),
            Self::Delete { server_id, name } => write!(f, "delete SFTP user {name} on {server_id}"),
        }
    }
}

/// Folds an executed write into what is known.
pub fn absorb(users: &mut Listing<User>, action: &Action, created: Option<&Created>) {
    let Ok(users) = users else { return };
    let mut with = |server_id: &str, name: &str, change: &dyn Fn(&mut User)| {
        let id = id(server_id, name);
        if let Some(user) = users.iter_mut().find(|user| user.id == id) {
            change(user);
        }
    };
    match action {
        Action::Create {
            server_id,
            name,
            role_arn,
            mappings,
            key,
            tags,
        } => users.push(User {
            id: id(server_id, name),
            name: name.clone(),
            server_id: server_id.clone(),
            arn: created.and_then(|created| created.arn.clone()).unwrap_or_default(),
            role_arn: role_arn.clone(),
            home_type: LOGICAL.into(),
            mappings: mappings.clone(),
            policy: None,
            keys: key.iter().map(|key| (key.to_string(), key.clone())).collect(),
            tags: tags.clone(),
        }),
        Action::Update {
            server_id,
            name,
            role_arn,
            mappings,
        } => with(server_id, name, &|user| {
            user.role_arn.clone_from(role_arn);
            LOGICAL.clone_into(&mut user.home_type);
            user.mappings.clone_from(mappings);
            user.policy = None;
        }),
        // AWS's id for it is not known before the next observation.
        Action::AddKey { server_id, name, key } => with(server_id, name, &|user| {
            user.keys.insert(key.to_string(), key.clone());
        }),
        Action::RemoveKey {
            server_id, name, id, ..
        } => with(server_id, name, &|user| {
            user.keys.remove(id);
        }),
        Action::Tag {
            server_id, name, tags, ..
        } => with(server_id, name, &|user| user.tags.extend(tags)),
        Action::Delete { server_id, name } => {
            let id = id(server_id, name);
            users.retain(|user| user.id != id);
        }
    }
}
