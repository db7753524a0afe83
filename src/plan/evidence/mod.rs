//! Evidence: what was done, by whose approval, what differed and how long, which backups ran. Records are kept where nobody can
//! change them, and read for reports.
//!
//! A record tells in words what a step says of itself; it holds no secret and no object of a tenant. What AWS itself keeps is in
//! CloudTrail, under the same request id.

mod of_backup;
mod of_pass;
mod place;

use jichitai_api::common::Party;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use of_backup::{Milestone, of_backup};
pub use of_pass::{Facts, Receipt, approval, basis, drifts, writes};
pub use place::{Month, NoMonth, key, prefix};

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum RecordKind {
    /// A plan was approved, and begins to be carried out.
    Approval,
    /// A write to AWS.
    Write,
    /// A difference from the spec was seen, and left.
    Drift,
    /// A write that took a difference away.
    Repair,
    /// A run of a backup came to its end.
    Run,
    /// A restore drill came to its end.
    Drill,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Outcome {
    /// AWS took it.
    Done,
    /// AWS refused it, or did not answer: `detail` says why.
    Refused,
}

/// Who approved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approved {
    /// In which capacity.
    pub party: Party,
    /// A post or account.
    pub approver: String,
    /// Ticket or document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// One record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// When it was done or seen.
    pub time: Timestamp,
    /// The installation.
    pub installation: String,
    /// The object: `Kind/namespace/name`.
    pub object: String,
    /// The account.
    pub account: String,
    /// What kind of thing happened.
    pub kind: RecordKind,
    /// Which part of the object, with its Region; of a run or drill, the slot of the run: `after-batch@20270331T200000Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// One line that says it, in English.
    pub summary: String,
    /// For a write, a run and a drill: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why AWS refused; what differed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Whether it deletes, detaches, disables or narrows.
    #[serde(default)]
    pub destructive: bool,
    /// The hash of the plan that it belongs to, where that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Who approved that plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approved>,
    /// AWS's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For a drift and its repair: since when it was known. For a run: the time it was for. For a drill: when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Records as they are kept: a line each.
#[must_use]
pub fn lines(records: &[Record]) -> String {
    // Nothing of a record has a form that JSON does not know.
    let line = |record: &Record| {
        serde_json::to_string(record)
            .map(|line| line + "\n")
            .unwrap_or_default()
    };
    records.iter().map(line).collect()
}

/// Records of lines, each by itself: which line is none, and why.
pub fn parse(text: &str) -> impl Iterator<Item = Result<Record, (usize, serde_json::Error)>> + '_ {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(at, line)| serde_json::from_str(line).map_err(|error| (at + 1, error)))
}
