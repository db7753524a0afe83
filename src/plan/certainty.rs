//! Whether AWS was looked at often enough: one answer that leaves a thing out does not prove that it is gone.
//!
//! EC2's lists are eventually consistent for old things too, and answers get cut on the way. Where a pass would act on
//! an absence (make a successor, let an object go), everything is read again, and only when the same is missing both
//! times does it count as gone: with less, a look that lost the VPC and all that is in it would bear out whatever the
//! next one lost. Nothing else needs a second look: what is there was seen, and what was never there is made under a
//! client token, a name or a place that AWS gives once.

use std::collections::BTreeSet;

use jichitai_api::{InventoryEntry, InventoryState};

use crate::context::Context;
use crate::goal::{Goal, Observed};
use crate::identity::{AccountId, Part};
use crate::pass::Pass;

/// Looks of one pass: enough for two that agree between two that are each wrong by themselves.
const MOST: u32 = 4;

/// What was missing in the looks of a pass so far.
#[derive(Debug, Default)]
pub struct Looks {
    missing: Option<BTreeSet<Part>>,
    made: u32,
}

/// What follows from a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// What it shows may be acted upon.
    Sure,
    /// Something is missing for the first time: everything has to be read again.
    Again,
    /// Every look misses something else: nothing may be done on account of these parts now.
    Contradictory(BTreeSet<Part>),
}

impl Looks {
    /// Judges a look by what is missing in it.
    pub fn judge(&mut self, missing: BTreeSet<Part>) -> Look {
        self.made += 1;
        if missing.is_empty() || self.missing.as_ref() == Some(&missing) {
            return Look::Sure;
        }
        if self.made == MOST {
            return Look::Contradictory(missing);
        }
        self.missing = Some(missing);
        Look::Again
    }
}

/// The parts that were there and do not show.
pub fn missing<O: Observed>(observed: &O, account: &AccountId, ctx: &Context) -> BTreeSet<Part> {
    let found: BTreeSet<Part> = observed.find(account, ctx).into_iter().map(|(part, _)| part).collect();
    let is_missing = |part: &Part, entry: &InventoryEntry| {
        // What an earlier look has given up may be there as well.
        let was_there = !entry.id.is_empty() || entry.state == InventoryState::Deleting;
        was_there && observed.is_readable(part) && !observed.shows(&entry.id) && !found.contains(part)
    };
    let entries = ctx.ledger.iter();
    let missing = entries.filter(|(part, entry)| is_missing(part, entry));
    missing.map(|(part, _)| part.clone()).collect()
}

impl<G: Goal> Pass<'_, G> {
    /// Of the parts that were there and do not show, those on account of which this pass would do something.
    #[must_use]
    pub fn missing(&self) -> BTreeSet<Part> {
        let pass = self.so_far();
        let held = |part: &Part| pass.waiting.iter().any(|step| step.part == *part);
        let made = |part: &Part| {
            let mut steps = pass.predicted.iter();
            steps.any(|step| step.part == *part && step.creation.is_some()) && !held(part)
        };
        let was_known = |part: &Part| pass.ctx.ledger.get(part).is_some_and(|entry| !entry.id.is_empty());
        let mut missing = missing(&pass.observed, &pass.account, &pass.ctx);
        missing.retain(|part| made(part) || self.is_going() && was_known(part));
        missing
    }
}

#[cfg(test)]
mod tests {
    use jichitai_api::Region;

    use super::*;

    fn parts(roles: &[&str]) -> BTreeSet<Part> {
        roles.iter().map(|role| Part::new(Region::Tokyo, *role)).collect()
    }

    fn judged(looks: &[&[&str]]) -> Vec<Look> {
        let mut all = Looks::default();
        looks.iter().map(|roles| all.judge(parts(roles))).collect()
    }

    #[test]
    fn what_is_missing_twice_is_gone() {
        assert_eq!(judged(&[&[]]), [Look::Sure]);
        assert_eq!(judged(&[&["vpc"], &["vpc"]]), [Look::Again, Look::Sure]);
        assert_eq!(judged(&[&["vpc"], &[]]), [Look::Again, Look::Sure]);
    }

    #[test]
    fn what_is_missing_for_the_first_time_is_looked_at_again() {
        let looks: [&[&str]; 3] = [&["vpc"], &["vpc", "flow-log.all"], &["vpc", "flow-log.all"]];
        assert_eq!(judged(&looks), [Look::Again, Look::Again, Look::Sure]);
        // The second look bears out less than the first, and what it lost may be another thing's loss.
        assert_eq!(
            judged(&[&["vpc", "route-table.a"], &["route-table.a"]]),
            [Look::Again, Look::Again]
        );
    }

    #[test]
    fn answers_that_never_agree_are_given_up() {
        let looks: [&[&str]; 4] = [&["a"], &["b"], &["a"], &["b"]];
        let last = Look::Contradictory(parts(&["b"]));
        assert_eq!(judged(&looks), [Look::Again, Look::Again, Look::Again, last]);
    }
}
