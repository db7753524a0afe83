//! Why no pass is made: a condition in the place of one.

use jichitai_api::{ConditionType, Reason};
use jichitai_plan::plan::Text;
use jichitai_plan::report::{Answer, Aspect, Pace};
use jichitai_plan::spec_fault::SpecFault;

/// Why no pass is made.
#[derive(Debug)]
pub struct Obstacle {
    /// The condition that says so.
    pub aspect: Aspect,
    /// The faults of the spec that it consists of, if it does.
    pub faults: Vec<SpecFault>,
}

impl Obstacle {
    /// A condition that does not hold.
    #[must_use]
    pub fn new(kind: ConditionType, pace: Pace, reason: Reason, message: Text) -> Self {
        Self {
            aspect: Aspect {
                kind,
                answer: Answer::False,
                pace,
                reason,
                message,
            },
            faults: Vec::new(),
        }
    }

    /// The faults of a spec, as one condition.
    #[must_use]
    pub fn faults(faults: &[SpecFault]) -> Self {
        let line = |text: fn(&SpecFault) -> &str| {
            faults
                .iter()
                .map(|fault| format!("{}: {}", fault.path, text(fault)))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let message = Text::new(line(|fault| &fault.message.en), line(|fault| &fault.message.ja));
        let reason = faults.first().map_or(Reason::InvalidSpec, |fault| fault.reason);
        // A reference may be mended by somebody else at any time, and nothing of this object changes then.
        let pace = match reason {
            Reason::ReferenceNotFound | Reason::ReferenceNotReady => Pace::Moving,
            _ => Pace::Stuck,
        };
        Self {
            faults: faults.to_vec(),
            ..Self::new(ConditionType::SpecValid, pace, reason, message)
        }
    }
}
