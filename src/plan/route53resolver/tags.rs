//! Tags of Resolver's things, which all go through the same call.

use std::fmt;

use crate::identity::Part;
use crate::plan::Plan;
use crate::route53resolver::Requested;
use crate::step::{Difference, Step};
use crate::tags::{self, Tags};

/// `TagResource`: adds or overwrites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The thing, for people.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Tags to add or change.
    pub tags: Tags,
}

impl Action {
    /// Tagging makes nothing new.
    #[must_use]
    pub fn brings(&self) -> bool {
        false
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tag {} with {}", self.id, tags::list(&self.tags))
    }
}

/// Adds the tags that are missing or differ, once they were read. Tags that others put there stay.
pub(super) fn plan(thing: &impl Requested, want: &Tags, part: &Part, plan: &mut Plan) {
    let missing = tags::missing(want, thing.tags());
    if missing.is_empty() || !thing.tags_read() {
        return;
    }
    let known = thing.tags().iter().filter(|(key, _)| missing.contains_key(key));
    let known: Tags = known.collect();
    let difference = Difference::new("tags", tags::list(&missing), tags::list(&known));
    let action = Action {
        id: thing.id().to_owned(),
        arn: thing.arn().to_owned(),
        tags: missing,
    };
    plan.step(Step::change(part, action, difference));
}
