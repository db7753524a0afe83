//! What became of the events that AWS sent, counted.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Bounds of the histogram of ages, in seconds.
const AGES: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0];

/// What is counted together.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct OfOutcome {
    outcome: &'static str,
}

/// How many events were heard, and how old they were.
#[derive(Clone, Debug)]
pub struct Counts {
    /// By what became of them.
    pub events: Family<OfOutcome, Counter>,
    /// Of changes that others made.
    pub ages: Histogram,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            events: Family::default(),
            ages: Histogram::new(AGES),
        }
    }
}

impl Counts {
    pub(crate) fn count(&self, outcome: Outcome) {
        let outcome = outcome.name();
        self.events.get_or_create(&OfOutcome { outcome }).inc();
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It told of no change.
    NoChange,
    /// The operator itself made the change.
    Own,
    /// It was heard before.
    Duplicate,
    /// Nothing of ours was changed.
    Unrelated,
    /// Objects were woken.
    Woke,
    /// It cannot be understood: it stays in the queue, and ends among the dead letters.
    Unreadable,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::NoChange => "no_change",
            Self::Own => "own",
            Self::Duplicate => "duplicate",
            Self::Unrelated => "unrelated",
            Self::Woke => "woke",
            Self::Unreadable => "unreadable",
        }
    }
}
