//! A plan: the steps that can run now, and why the rest waits or cannot go on.

use jichitai_api::Reason;
use jiff::Timestamp;

use crate::identity::Part;
use crate::observation::Fault;
use crate::step::Step;

/// A sentence for people, in both languages; which one is shown is a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Text {
    /// A sentence in both languages.
    #[must_use]
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            ja: ja.into(),
        }
    }
}

/// A part that does not go on, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// The part.
    pub part: Part,
    /// The stable word for conditions, Events and metrics.
    pub reason: Reason,
    /// What a person should know and do.
    pub message: Text,
    /// When looking again makes sense, where that is known.
    pub until: Option<Timestamp>,
}

/// What to do, and what has to wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Steps whose inputs are known. They do not depend on one another.
    pub steps: Vec<Step>,
    /// Parts that go on by themselves (an asynchronous state, another part, a moment in time).
    pub waits: Vec<Halt>,
    /// Parts that somebody has to do something about.
    pub blocks: Vec<Halt>,
    /// What somebody should know although nothing is held up.
    pub notices: Vec<Halt>,
    /// When looking again makes sense although nothing is held up: something is due, or AWS is at work on what
    /// is no change.
    pub look_at: Option<Timestamp>,
}

impl Plan {
    /// Nothing to do and nothing to wait for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.steps.is_empty() && self.waits.is_empty() && self.blocks.is_empty()
    }

    /// Adds a step.
    pub fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Adds a wait that ends by itself.
    pub fn wait(&mut self, part: &Part, reason: Reason, message: Text) {
        self.waits.push(Halt {
            part: part.clone(),
            reason,
            message,
            until: None,
        });
    }

    /// Adds a wait that ends at a known moment.
    pub fn wait_until(&mut self, part: &Part, reason: Reason, message: Text, until: Timestamp) {
        self.waits.push(Halt {
            part: part.clone(),
            reason,
            message,
            until: Some(until),
        });
    }

    /// Asks for another look, not later than that.
    pub fn look_at(&mut self, at: Timestamp) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    /// Adds something to know.
    pub fn notice(&mut self, part: &Part, reason: Reason, message: Text) {
        self.notices.push(Halt {
            part: part.clone(),
            reason,
            message,
            until: None,
        });
    }

    /// Adds a block.
    pub fn block(&mut self, part: &Part, reason: Reason, message: Text) {
        self.blocks.push(Halt {
            part: part.clone(),
            reason,
            message,
            until: None,
        });
    }

    /// Notes that a part could not be read; nothing is planned for it.
    pub fn unreadable(&mut self, part: &Part, fault: &Fault) {
        self.block(
            part,
            Reason::Unreadable,
            Text::new(
                format!("cannot read {part}: {fault}"),
                format!("{part} を読み取れません: {fault}"),
            ),
        );
    }
}
