//! Which of the planned steps may run now: mode, approvals, drift action, and the calendar.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Reason;
use jichitai_api::common::{Approval, DestructiveChanges, DriftAction, Mode, Party};
use jichitai_api::status::PlanStatus;
use jiff::civil::Date;

use crate::identity::{Part, short_hash};
use crate::plan::{Plan, Text};
use crate::step::{KNOWN_AFTER_APPLY, Step, known_after_apply};

/// What decides whether a step may run.
#[derive(Clone, Debug)]
pub struct Gate<'a> {
    /// The object's mode.
    pub mode: Mode,
    /// Whether destructive steps need an approval.
    pub destructive: DestructiveChanges,
    /// What is done about a drift.
    pub drift_action: DriftAction,
    /// Whether AWS already was as this very target asks: then every step repairs a drift, and
    /// nothing that the spec granted is narrowed.
    pub converged_before: bool,
    /// Why nothing at all is written, whatever is due.
    pub elsewhere: Option<(Reason, Text)>,
    /// Why the calendar is closed, when it is.
    pub closed: Option<(Reason, Text)>,
    /// Approvals in the spec.
    pub approvals: &'a [Approval],
    /// Parties that all have to approve; with none, one approval of any party suffices.
    pub required: &'a [Party],
    /// What the plan is made for: the target without mode, approvals and times. An approval is part
    /// of the spec, so the object's generation cannot stand for it.
    pub basis: String,
    /// The plan of the pass before, as status has it.
    pub before: Option<&'a PlanStatus>,
    /// Hashes of plans that have run to their end.
    pub consumed: &'a [String],
    /// Ids of the object's resources, which lines of a plan name by their part instead.
    pub names: BTreeMap<String, Part>,
    /// Today in Japan.
    pub today: Date,
}

/// A step that does not run now, and why.
pub type Held = (Step, Reason, Text);

/// The decision over a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The hash of the plan that is approved and under way, or else of the one that waits.
    pub hash: String,
    /// Parties whose approval was found.
    pub approved_by: Vec<Party>,
    /// The steps that the approval admits, by their short hashes.
    pub admitted: BTreeSet<String>,
    /// Whether an approved plan was under way that does not cover what is planned now.
    pub superseded: bool,
}

impl Gate<'_> {
    /// Whether the plan, given with all its steps to the fixed point, is approved.
    ///
    /// Its hash covers the steps that need an approval: what runs without one is done by the time
    /// somebody reads the hash.
    #[must_use]
    pub fn verdict(&self, all: &[Step]) -> Verdict {
        let steps: BTreeSet<String> = all
            .iter()
            .filter(|step| self.needs_approval(step))
            .map(|step| self.key(step))
            .collect();
        let lines: Vec<&str> = steps.iter().map(String::as_str).collect();
        // A plan that has run to its end is never the next one, even for the same steps again.
        let last = self.consumed.last().map(String::as_str).unwrap_or_default();
        let hash = short_hash(&format!("{last}\n{}\n{}", self.basis, lines.join("\n")), 16);
        if !steps.is_empty()
            && let Some(approved_by) = self.approved(&hash)
        {
            return Verdict {
                hash,
                approved_by,
                admitted: steps,
                superseded: false,
            };
        }
        let under_way = self.before.filter(|plan| !plan.admitted.is_empty());
        if let Some(plan) = under_way
            && let Some(approved_by) = self.approved(&plan.hash)
        {
            let admitted: BTreeSet<String> = plan.admitted.iter().cloned().collect();
            if steps.is_subset(&admitted) {
                return Verdict {
                    hash: plan.hash.clone(),
                    approved_by,
                    admitted,
                    superseded: false,
                };
            }
            return Verdict {
                hash,
                superseded: true,
                ..Verdict::default()
            };
        }
        Verdict {
            hash,
            ..Verdict::default()
        }
    }

    /// Whether nothing of what the approval admits is left to do, given all steps to the fixed point and the plan there.
    /// Behind what has to wait (for AWS to show what was just made) or cannot be read there may be more.
    #[must_use]
    pub fn is_spent(&self, verdict: &Verdict, left: &[Step], last: &Plan) -> bool {
        let sees_the_end = last.waits.is_empty() && last.blocks.iter().all(|halt| halt.reason != Reason::Unreadable);
        sees_the_end
            && !verdict.admitted.is_empty()
            && !left.iter().any(|step| verdict.admitted.contains(&self.key(step)))
    }

    /// The parties whose approvals of this hash hold today, when they suffice.
    fn approved(&self, hash: &str) -> Option<Vec<Party>> {
        if self.consumed.iter().any(|consumed| consumed == hash) {
            return None;
        }
        let valid = |approval: &&Approval| {
            let last = approval.valid_until.as_deref().and_then(|day| day.parse::<Date>().ok());
            approval.plan_hash == hash && last.is_none_or(|last| self.today <= last)
        };
        let mut parties: Vec<Party> = self
            .approvals
            .iter()
            .filter(valid)
            .map(|approval| approval.party)
            .collect();
        parties.sort_unstable();
        parties.dedup();
        let enough = match self.required {
            [] => !parties.is_empty(),
            required => required.iter().all(|party| parties.contains(party)),
        };
        enough.then_some(parties)
    }

    /// The step as an approval knows it.
    pub(crate) fn key(&self, step: &Step) -> String {
        short_hash(&timeless(step, &self.names), 12)
    }

    /// Splits the steps into those that run now and those that are held.
    #[must_use]
    pub fn admit(&self, steps: Vec<Step>, verdict: &Verdict) -> (Vec<Step>, Vec<Held>) {
        let mut run = Vec::new();
        let mut held = Vec::new();
        for step in steps {
            match self.reason_against(&step, verdict) {
                None => run.push(step),
                Some((reason, text)) => held.push((step, reason, text)),
            }
        }
        (run, held)
    }

    fn needs_approval(&self, step: &Step) -> bool {
        match self.mode {
            Mode::Plan => !undisturbed(step),
            Mode::Enforce => {
                step.is_destructive()
                    && self.destructive == DestructiveChanges::RequireApproval
                    && (step.routine || !self.converged_before)
            }
            Mode::Observe => false,
        }
    }

    fn reason_against(&self, step: &Step, verdict: &Verdict) -> Option<(Reason, Text)> {
        if let Some(elsewhere) = &self.elsewhere {
            return Some(elsewhere.clone());
        }
        if self.mode == Mode::Observe {
            return Some((
                Reason::ObserveOnly,
                Text::new("mode Observe changes nothing", "Observe モードのため変更しません"),
            ));
        }
        if undisturbed(step) {
            return None;
        }
        if let Some(closed) = &self.closed {
            return Some(closed.clone());
        }
        if self.converged_before && self.drift_action == DriftAction::Report {
            let text = Text::new(
                "driftAction: Report changes nothing",
                "driftAction: Report のため修復しません",
            );
            return Some((Reason::DriftDetected, text));
        }
        if !self.needs_approval(step) || verdict.admitted.contains(&self.key(step)) {
            return None;
        }
        Some(match verdict.superseded {
            true => (
                Reason::PlanSuperseded,
                Text::new(
                    "the approved plan does not cover this step: approve the new hash in status.plan",
                    "承認済みの計画に含まれない手順です。status.plan の新しいハッシュを承認してください",
                ),
            ),
            false => (
                Reason::AwaitingApproval,
                Text::new(
                    "the plan waits for spec.approvals with the hash in status.plan",
                    "status.plan のハッシュを spec.approvals に追加すると実行されます",
                ),
            ),
        })
    }
}

/// A step's line that reads the same before and after ids are known: `names` says which part an id is, and parts stand
/// for ids, in one order where a line lists several.
#[must_use]
pub fn timeless(step: &Step, names: &BTreeMap<String, Part>) -> String {
    let mut line = step.to_string();
    // The longest first: an ARN contains its id.
    let mut names: Vec<_> = names.iter().collect();
    names.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
    for (id, part) in names {
        line = line.replace(id.as_str(), &known_after_apply(part));
    }
    in_one_order(&line)
}

/// Parts that follow each other in a list (`a, b`, ` +a +b`, ` -a -b`), sorted: steps list them by their ids.
fn in_one_order(line: &str) -> String {
    // What stands before each part, and the part.
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut rest = line;
    while let Some(begin) = rest.find(KNOWN_AFTER_APPLY)
        && let Some(end) = rest[begin..].find(')')
    {
        let (before, after) = rest.split_at(begin);
        let (part, after) = after.split_at(end + 1);
        parts.push((before, part));
        rest = after;
    }
    let goes_on = |(before, _): &(&str, &str), next: &(&str, &str)| match next.0 {
        ", " => true,
        sign @ (" +" | " -") => before.ends_with(sign),
        _ => false,
    };
    let mut sorted = String::new();
    for list in parts.chunk_by(goes_on) {
        let mut names: Vec<&str> = list.iter().map(|(_, part)| *part).collect();
        names.sort_unstable();
        for ((before, _), part) in list.iter().zip(names) {
            sorted.push_str(before);
            sorted.push_str(part);
        }
    }
    sorted + rest
}

/// Whether the step is done whatever the mode says of changes and whatever the calendar: a backup is due during a
/// freeze as well.
fn undisturbed(step: &Step) -> bool {
    step.routine && !step.is_destructive()
}

#[cfg(test)]
mod tests {
    use super::in_one_order;

    #[test]
    fn parts_of_a_list_stand_in_one_order() {
        let known = |text: &str| text.replace('<', "(known after apply: ").replace('>', ")");
        for (line, want) in [
            ("share <b>, <a> with account 1", "share <a>, <b> with account 1"),
            (
                "change <x>: +<c> +<a> +<b> -<f> -<e>",
                "change <x>: +<a> +<b> +<c> -<e> -<f>",
            ),
            // What is no list keeps its order: to and from are not the same.
            ("move <b> to <a>", "move <b> to <a>"),
            ("change <z>: +<b> -<a>", "change <z>: +<b> -<a>"),
            ("share <b>, <a> through <c>", "share <a>, <b> through <c>"),
            ("nothing", "nothing"),
            ("<b", "<b"),
        ] {
            assert_eq!(in_one_order(&known(line)), known(want), "{line}");
        }
    }
}
