//! Which of the planned steps may run now: mode, approvals, drift action, and the calendar.

use jichitai_api::Reason;
use jichitai_api::common::{Approval, DestructiveChanges, DriftAction, Mode, Party};
use jiff::civil::Date;

use crate::identity::short_hash;
use crate::plan::Text;
use crate::step::Step;

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
    /// Why the calendar is closed, when it is.
    pub closed: Option<(Reason, Text)>,
    /// Approvals in the spec.
    pub approvals: &'a [Approval],
    /// Parties that all have to approve.
    pub required: &'a [Party],
    /// Generation of the spec.
    pub generation: i64,
    /// Today in Japan.
    pub today: Date,
}

/// A step that does not run now, and why.
pub type Held = (Step, Reason, Text);

/// The decision over a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether this exact plan has its approvals: then destructive steps run, too.
    pub approved: bool,
    /// Parties whose approval was found.
    pub approved_by: Vec<Party>,
    /// The plan's hash.
    pub hash: String,
}

/// The hash that an approval names: over all steps to the fixed point and the generation, not over
/// mode, approvals or times.
#[must_use]
pub fn hash(steps: &[Step], generation: i64) -> String {
    let mut lines: Vec<String> = steps.iter().map(ToString::to_string).collect();
    lines.sort();
    short_hash(&format!("{generation}\n{}", lines.join("\n")), 16)
}

impl Gate<'_> {
    /// Whether the whole plan is approved.
    #[must_use]
    pub fn verdict(&self, all: &[Step]) -> Verdict {
        let hash = hash(all, self.generation);
        let valid = |approval: &&Approval| {
            let last = approval.valid_until.as_deref().and_then(|day| day.parse::<Date>().ok());
            approval.plan_hash == hash && last.is_none_or(|last| self.today <= last)
        };
        let mut approved_by: Vec<Party> = self.approvals.iter().filter(valid).map(|approval| approval.party).collect();
        approved_by.sort_unstable();
        approved_by.dedup();
        let approved = !all.is_empty()
            && match self.required {
                [] => !approved_by.is_empty(),
                required => required.iter().all(|party| approved_by.contains(party)),
            };
        Verdict { approved, approved_by, hash }
    }

    /// Splits the steps into those that run now and those that are held.
    #[must_use]
    pub fn admit(&self, steps: Vec<Step>, approved: bool) -> (Vec<Step>, Vec<Held>) {
        let mut run = Vec::new();
        let mut held = Vec::new();
        for step in steps {
            match self.reason_against(&step, approved) {
                None => run.push(step),
                Some((reason, text)) => held.push((step, reason, text)),
            }
        }
        (run, held)
    }

    fn reason_against(&self, step: &Step, approved: bool) -> Option<(Reason, Text)> {
        if self.mode == Mode::Observe {
            return Some((Reason::ObserveOnly, Text::new("mode Observe changes nothing", "Observe モードのため変更しません")));
        }
        if let Some(closed) = &self.closed {
            return Some(closed.clone());
        }
        if self.converged_before && self.drift_action == DriftAction::Report {
            return Some((Reason::DriftDetected, Text::new("driftAction: Report changes nothing", "driftAction: Report のため修復しません")));
        }
        let needs_approval = match self.mode {
            Mode::Plan => true,
            Mode::Enforce => step.is_destructive() && self.destructive == DestructiveChanges::RequireApproval && !self.converged_before,
            Mode::Observe => false,
        };
        (needs_approval && !approved).then(|| {
            (
                Reason::AwaitingApproval,
                Text::new(
                    "the plan waits for spec.approvals with the hash in status.plan",
                    "status.plan のハッシュを spec.approvals に追加すると実行されます",
                ),
            )
        })
    }
}
