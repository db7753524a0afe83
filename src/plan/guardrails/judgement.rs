//! What one check found, and what follows from it.

use jichitai_api::municipality::GuardrailOutcome;

use crate::guardrails::survey::Read;
use crate::observation::{Fault, Observation};
use crate::plan::Text;

/// One thing that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its id or ARN.
    pub resource: String,
    /// What was found.
    pub detail: Text,
}

impl Finding {
    /// A finding about a resource.
    #[must_use]
    pub fn new(resource: impl Into<String>, en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            detail: Text::new(en, ja),
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// How many things were looked at.
    pub looked_at: usize,
    /// What is not as it has to be.
    pub failing: Vec<Finding>,
    /// What somebody else has to show or to mend: the network's operator.
    pub not_ours: Vec<Finding>,
    /// What could not be read.
    pub unreadable: Vec<Fault>,
}

impl Judgement {
    /// The outcome. What fails is known even where something else could not be read; with anything unread nothing passes.
    #[must_use]
    pub fn outcome(&self, is_exempt: bool) -> GuardrailOutcome {
        match self {
            Self {
                failing, unreadable, ..
            } if is_exempt && !(failing.is_empty() && unreadable.is_empty()) => GuardrailOutcome::Exempt,
            Self { failing, .. } if !failing.is_empty() => GuardrailOutcome::Failed,
            Self { unreadable, .. } if !unreadable.is_empty() => GuardrailOutcome::Unreadable,
            Self { not_ours, .. } if !not_ours.is_empty() => GuardrailOutcome::NotOurs,
            Self { .. } => GuardrailOutcome::Passed,
        }
    }

    /// Looks at things that were read, each on its own.
    pub fn over<'a, T: 'a>(
        &mut self,
        read: &'a Read<T>,
        is_meant: impl Fn(&T) -> bool,
        finding: impl Fn(&'a T) -> Option<Finding>,
    ) {
        self.unreadable.extend(read.faults.iter().cloned());
        for thing in read.found.iter().filter(|thing| is_meant(thing)) {
            self.looked_at += 1;
            self.failing.extend(finding(thing));
        }
    }

    /// Looks at a property of a thing: absent where AWS has none.
    pub fn property<T>(
        &mut self,
        have: &Observation<T>,
        is_right: impl Fn(&T) -> bool,
        finding: impl FnOnce() -> Finding,
    ) {
        self.looked_at += 1;
        match have {
            Observation::Present(have) if is_right(have) => {}
            Observation::Present(_) | Observation::Absent => self.failing.push(finding()),
            Observation::Unreadable(fault) => self.unreadable.push(fault.clone()),
        }
    }

    /// What fails is not for the tenant's side to mend.
    pub fn hand_over(&mut self) {
        self.not_ours.append(&mut self.failing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::FaultKind;

    fn fault() -> Fault {
        Fault {
            kind: FaultKind::Denied,
            operation: "ec2:DescribeVolumes".into(),
            code: "UnauthorizedOperation".into(),
            message: String::new(),
            request_id: None,
        }
    }

    #[test]
    fn what_was_not_read_never_passes_and_what_fails_is_told() {
        let read = |faults: Vec<Fault>, found: &[u8]| Read {
            found: found.to_vec(),
            faults,
        };
        let outcome = |read: &Read<u8>, is_exempt| {
            let mut judgement = Judgement::default();
            judgement.over(
                read,
                |one| *one > 0,
                |one| (*one > 1).then(|| Finding::new("a", "b", "c")),
            );
            (judgement.outcome(is_exempt), judgement.looked_at)
        };
        use GuardrailOutcome::{Exempt, Failed, Passed, Unreadable};
        assert_eq!(outcome(&read(vec![], &[]), false), (Passed, 0));
        assert_eq!(outcome(&read(vec![], &[0, 1]), false), (Passed, 1));
        assert_eq!(outcome(&read(vec![], &[1, 2]), false), (Failed, 2));
        assert_eq!(outcome(&read(vec![fault()], &[1]), false), (Unreadable, 1));
        assert_eq!(outcome(&read(vec![fault()], &[2]), false), (Failed, 1));
        assert_eq!(outcome(&read(vec![], &[2]), true), (Exempt, 1));
        assert_eq!(outcome(&read(vec![fault()], &[]), true), (Exempt, 0));
        assert_eq!(outcome(&read(vec![], &[1]), true), (Passed, 1), "nothing to exempt");
    }

    #[test]
    fn what_others_have_to_mend_is_theirs() {
        let mut judgement = Judgement::default();
        judgement.property(&Observation::Present(1), |one| *one > 1, || Finding::new("a", "b", "c"));
        judgement.hand_over();
        assert_eq!(judgement.outcome(false), GuardrailOutcome::NotOurs);
        judgement.property(&Observation::<u8>::Absent, |_| true, || Finding::new("a", "b", "c"));
        assert_eq!(judgement.outcome(false), GuardrailOutcome::Failed);
    }
}
