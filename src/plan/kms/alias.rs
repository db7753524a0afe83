//! The alias by which a key is found again when `status` and tags queries cannot help.

use std::fmt;

use jichitai_api::Reason;

use crate::identity::Part;
use crate::kms::key::{Key, KeyState};
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::step::{Created, Difference, Step};

/// An alias of this object's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// `alias/…`.
    pub name: String,
    /// The id of the key it points to.
    pub key_id: String,
}

/// Writes to an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateAlias`.
    Create {
        /// The alias.
        name: String,
        /// The key.
        key_id: String,
    },
    /// `UpdateAlias`.
    Retarget {
        /// The alias.
        name: String,
        /// The key it shall point to.
        key_id: String,
    },
}

impl Action {
    /// Aliases are named by us; AWS makes nothing up.
    #[must_use]
    pub fn brings(&self) -> bool {
        false
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { name, key_id } => write!(f, "name key {key_id} {name}"),
            Self::Retarget { name, key_id } => write!(f, "point {name} to key {key_id}"),
        }
    }
}

/// The id of the key behind a name, where it exists.
#[must_use]
pub fn target<'a>(aliases: &'a Listing<Alias>, name: &str) -> Option<&'a str> {
    aliases
        .as_ref()
        .ok()?
        .iter()
        .find(|alias| alias.name == name)
        .map(|alias| alias.key_id.as_str())
}

/// Makes the alias point to the key.
pub fn plan(name: &str, key: &Key, aliases: &Listing<Alias>, part: &Part, plan: &mut Plan) {
    let aliases = match aliases {
        Ok(aliases) => aliases,
        Err(fault) => return plan.unreadable(part, fault),
    };
    if matches!(key.state, KeyState::PendingDeletion { .. }) {
        let text = Text::new("the key is being restored first", "先にキーを復元しています");
        return plan.wait(part, Reason::WaitingForAws, text);
    }
    let (name, key_id) = (name.to_owned(), key.id.clone());
    match aliases.iter().find(|alias| alias.name == name) {
        None => {
            let difference = Difference::new("alias", &name, "absent");
            plan.step(Step::change(part, Action::Create { name, key_id }, difference));
        }
        Some(alias) if alias.key_id != key.id => {
            let difference = Difference::new("alias", &key.id, &alias.key_id);
            plan.step(Step::change(part, Action::Retarget { name, key_id }, difference));
        }
        Some(_) => {}
    }
}

/// Folds an executed write into what is known.
pub fn absorb(aliases: &mut Listing<Alias>, action: &Action, _created: Option<&Created>) {
    let Ok(aliases) = aliases else { return };
    let (Action::Create { name, key_id } | Action::Retarget { name, key_id }) = action;
    aliases.retain(|alias| alias.name != *name);
    aliases.push(Alias {
        name: name.clone(),
        key_id: key_id.clone(),
    });
}
