//! A stack that is made of a template in Osaka.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::cloudformation::template::Place;
use crate::tags::Tags;

/// Writes to stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateStack` in the Region of the step, with a client token: of the template, with the parameters, tags and
    /// capabilities of its description where none are given.
    Create {
        /// The name of the new stack.
        name: String,
        /// The copy.
        place: Place,
        /// Parameters that have another value, or one that no description tells.
        parameters: BTreeMap<String, String>,
        /// What is acknowledged; empty for what the old one had.
        capabilities: BTreeSet<String>,
        /// Full ARN of the role that CloudFormation acts in; without it, it acts as the caller.
        role_arn: Option<String>,
        /// Tags.
        tags: Tags,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        match self {
            Self::Create { .. } => true,
        }
    }
}

impl fmt::Display for Action {
    /// Without the values of parameters: some are passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Create {
            name,
            place,
            parameters,
            role_arn,
            ..
        } = self;
        write!(f, "create stack {name} of template {place}")?;
        if let Some(role) = role_arn {
            write!(f, " in the role {role}")?;
        }
        if !parameters.is_empty() {
            let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
            write!(f, ", with other values of {}", names.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Action;
    use crate::cloudformation::template::Place;

    #[test]
    fn no_value_of_a_parameter_is_shown() {
        let action = Action::Create {
            name: "network".into(),
            place: Place {
                bucket: "jichitai-templates-1".into(),
                prefix: "network/daily/1".into(),
            },
            parameters: [("Password".to_owned(), "hunter2".to_owned())].into(),
            capabilities: std::collections::BTreeSet::new(),
            role_arn: None,
            tags: crate::tags::Tags::new(),
        };
        let shown = action.to_string();
        assert!(shown.ends_with("with other values of Password"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
