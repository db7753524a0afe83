//! Tags of EC2 resources, which all go through the same two calls.

use std::fmt;

use crate::identity::Part;
use crate::plan::Plan;
use crate::resolve::Resource;
use crate::step::{Difference, Step};
use crate::tags::{self, Tags};

/// `CreateTags`: adds or overwrites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The resource.
    pub id: String,
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

/// Adds the tags that are missing or differ. Tags that others put there stay.
pub fn plan<T: Resource>(thing: &T, want: &Tags, part: &Part, plan: &mut Plan) {
    let missing = tags::missing(want, thing.tags());
    if !missing.is_empty() {
        let have: Tags = thing.tags().iter().filter(|(k, _)| missing.contains_key(k)).collect();
        let difference = Difference::new("tags", tags::list(&missing), tags::list(&have));
        plan.step(Step::change(
            part,
            Action {
                id: thing.id().to_owned(),
                tags: missing,
            },
            difference,
        ));
    }
}
