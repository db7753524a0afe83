//! Faults that the author of a spec can mend.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Reason;

use crate::plan::Text;

/// A fault that the author of the spec can mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFault {
    /// JSON path, for example `spec.network.zones[0].peers[1].cidr`.
    pub path: String,
    /// The stable word.
    pub reason: Reason,
    /// What is wrong and what to do.
    pub message: Text,
}

impl SpecFault {
    /// A value that is wrong by itself.
    #[must_use]
    pub fn invalid(path: impl Into<String>, en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::InvalidSpec,
            message: Text::new(en, ja),
        }
    }
}

/// Names in `spec.adopt` that stand for nothing: what they were meant for would be made anew.
pub fn adoptions(adopt: &BTreeMap<String, String>, known: &BTreeSet<String>, faults: &mut Vec<SpecFault>) {
    let list = || known.iter().cloned().collect::<Vec<_>>().join(", ");
    for name in adopt.keys().filter(|name| !known.contains(*name)) {
        faults.push(SpecFault::invalid(
            format!("spec.adopt.{name}"),
            format!("there is no such part; the parts are {}", list()),
            format!("該当する部分がありません。指定できるのは {} です", list()),
        ));
    }
}
