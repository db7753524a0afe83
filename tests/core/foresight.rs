//! A plan equals what enforcing then does: what was foreseen at the beginning of a pass is what the pass did and what is
//! foreseen at its end; and that is what is foreseen from what AWS shows then.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_plan::approval::timeless;
use jichitai_plan::context::Context;
use jichitai_plan::dry_run::dry_run;
use jichitai_plan::goal::Goal;
use jichitai_plan::identity::{AccountId, Part};
use jichitai_plan::inventory;
use jichitai_plan::pass::Ending;
use jichitai_plan::step::Step;

/// What is foreseen at some moment.
#[derive(Debug)]
pub struct Foreseen {
    steps: Vec<Step>,
    names: BTreeMap<String, Part>,
}

impl Foreseen {
    /// From what AWS shows.
    #[must_use]
    pub fn of<G: Goal>(goal: &G, observed: &G::Observed, account: &AccountId, ctx: &Context) -> Self {
        Self {
            steps: dry_run(goal, observed.clone(), ctx),
            names: inventory::names(observed, account, ctx),
        }
    }

    /// That it came so in a pass, or is foreseen at the end of it, which is returned; nothing when AWS refused something:
    /// nobody foresees that.
    ///
    /// # Panics
    /// When something else was done, or will be.
    #[must_use]
    pub fn came_true<G: Goal>(self, goal: &G, ending: &Ending<G::Observed>) -> Option<Self> {
        let left = Self::of(goal, &ending.observed, &ending.account, &ending.ctx);
        if !ending.failed.is_empty() {
            return None;
        }
        let done = Self {
            steps: ending.done.iter().chain(&left.steps).cloned().collect(),
            names: left.names.clone(),
        };
        self.is_the_same_as(&done);
        Some(left)
    }

    /// That the same is foreseen at another moment.
    ///
    /// # Panics
    /// When something else is.
    pub fn is_the_same_as(&self, other: &Self) {
        let mut names = self.names.clone();
        names.extend(other.names.clone());
        // What is routine needs nobody's consent: the first of it is foreseen, and not what follows from it.
        let lines = |steps: &[Step]| -> BTreeSet<String> {
            let changes = steps.iter().filter(|step| !step.routine);
            changes.map(|step| timeless(step, &names)).collect()
        };
        let (foreseen, came) = (lines(&self.steps), lines(&other.steps));
        let more: Vec<&String> = came.difference(&foreseen).collect();
        // Within an organization AWS may invite nobody, and it cannot be told before.
        let invited = |line: &&String| line.starts_with("accept the resource share");
        let less: Vec<&String> = foreseen.difference(&came).filter(|line| !invited(line)).collect();
        assert!(
            less.is_empty() && more.is_empty(),
            "foreseen and not so: {less:#?}\nso and not foreseen: {more:#?}\nof the plan {foreseen:#?}"
        );
    }
}
