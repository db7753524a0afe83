//! How something stands, told by a symbol and a word, and never by colour alone.

use jichitai_api::municipality::GuardrailOutcome;
use jichitai_api::{ConditionType, Reason};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::language::Word;
use crate::words;

/// How something stands, from what needs nobody to what needs somebody.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Standing {
    /// There is nothing that could stand in some way.
    Absent,
    /// As it should be.
    Good,
    /// Not as it should be, and somebody answers for that.
    Excused,
    /// It goes on by itself, or waits for its time or an approval.
    Moving,
    /// It could not be found out.
    Unknown,
    /// Somebody has to act.
    Bad,
}

impl Standing {
    pub const ALL: [Self; 6] = [
        Self::Good,
        Self::Bad,
        Self::Moving,
        Self::Unknown,
        Self::Excused,
        Self::Absent,
    ];

    /// How a number stands that should be none.
    pub fn of_unwanted(count: usize) -> Self {
        if count == 0 { Self::Good } else { Self::Bad }
    }

    /// A sign that reads without colour.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Absent => "–",
            Self::Good => "✓",
            Self::Excused => "◇",
            Self::Moving => "…",
            Self::Unknown => "?",
            Self::Bad => "✕",
        }
    }

    /// The word beside the sign.
    pub fn word(self) -> Word {
        match self {
            Self::Absent => words::STANDING_ABSENT,
            Self::Good => words::STANDING_GOOD,
            Self::Excused => words::STANDING_EXCUSED,
            Self::Moving => words::STANDING_MOVING,
            Self::Unknown => words::STANDING_UNKNOWN,
            Self::Bad => words::STANDING_BAD,
        }
    }

    /// The name in data and as a class of the page.
    pub fn key(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Good => "good",
            Self::Excused => "excused",
            Self::Moving => "moving",
            Self::Unknown => "unknown",
            Self::Bad => "bad",
        }
    }
}

/// How a check's outcome stands.
pub(crate) fn of_outcome(outcome: GuardrailOutcome) -> Standing {
    match outcome {
        GuardrailOutcome::Passed => Standing::Good,
        GuardrailOutcome::Failed => Standing::Bad,
        GuardrailOutcome::Exempt => Standing::Excused,
        GuardrailOutcome::Unreadable => Standing::Unknown,
        GuardrailOutcome::NotOurs => Standing::Absent,
    }
}

/// How a condition stands. `Reconciling`, `Stalled` and `BackupRunning` are the ones that are well when they are False.
pub(crate) fn of_condition(condition: &Condition) -> Standing {
    let kind = condition.type_.parse::<ConditionType>().ok();
    match (kind, condition.status.as_str()) {
        (Some(ConditionType::Reconciling | ConditionType::BackupRunning), "True") => Standing::Moving,
        (Some(ConditionType::Stalled), "True") => Standing::Bad,
        (Some(ConditionType::Reconciling | ConditionType::BackupRunning | ConditionType::Stalled), "False")
        | (_, "True") => Standing::Good,
        (_, "False") if goes_on(&condition.reason) => Standing::Moving,
        (_, "False") => Standing::Bad,
        _ => Standing::Unknown,
    }
}

/// Whether a reason is one that time, an approval or another company's turn ends.
fn goes_on(reason: &str) -> bool {
    matches!(
        reason.parse::<Reason>(),
        Ok(Reason::Applying
            | Reason::WaitingForAws
            | Reason::WaitingForDependency
            | Reason::WaitingForConsistency
            | Reason::AwaitingApproval
            | Reason::AwaitingNetworkOperator
            | Reason::OutsideChangeWindow
            | Reason::Frozen
            | Reason::OnHold
            | Reason::NotMyShard
            | Reason::Throttled
            | Reason::Retiring
            | Reason::Deleting)
    )
}
