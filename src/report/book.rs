//! What is reported: objects as the cluster has them, what checks found, and what an evidence store kept.
//!
//! Whoever makes a report fills this in. Nothing here reads a cluster, AWS or a clock.

use std::collections::BTreeMap;

use jichitai_api::municipality::GuardrailOutcome;
use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_plan::evidence::{Month, Record};
use jichitai_plan::plan::Text;
use jiff::Timestamp;

/// Namespace and name of a Municipality.
pub type Key = (String, String);

/// Everything that a report is made of.
#[derive(Clone, Debug)]
pub struct Book<'a> {
    /// When the objects were read: ages and what has ended are told as of then.
    pub made_at: Timestamp,
    /// The month that is reported (対象月): then it is a monthly report (月次報告書), with a box for signatures, and what
    /// happened is told of that month in Japan alone. Without it, everything that the evidence holds is told.
    pub period: Option<Month>,
    /// The month from which on the evidence was read, where not all of it was; what was before is not told.
    pub since: Option<Month>,
    /// Name of the installation (導入名).
    pub installation: &'a str,
    /// Version of the program that made the report.
    pub operator_version: &'a str,
    /// The objects that are reported.
    pub objects: Objects<'a>,
    /// The catalogue of checks (点検項目).
    pub checks: &'a [Check],
    /// What the checks found, for each Municipality whose account was read for this report.
    pub verdicts: BTreeMap<Key, Vec<Verdict>>,
    /// What happened before now.
    pub evidence: Evidence,
    /// Where each municipality has a page of its own, by namespace and name; none where there are no such pages.
    pub page_of: Option<fn(&str, &str) -> String>,
    /// Whether a page of several municipalities holds a section for each. A page of one always has it.
    pub details: bool,
}

/// The objects of the four kinds.
#[derive(Clone, Debug, Default)]
pub struct Objects<'a> {
    /// Municipalities, in the order in which they are reported.
    pub municipalities: Vec<&'a Municipality>,
    /// Buckets of file linkage.
    pub buckets: Vec<&'a FileLinkBucket>,
    /// Policies of backups.
    pub policies: Vec<&'a OsakaBackupPolicy>,
    /// Resolver endpoints, those that are shared by many municipalities too.
    pub endpoints: Vec<&'a ResolverEndpoint>,
}

/// A check of the catalogue (点検項目).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// Its id, as in `status.guardrails.results` and `spec.guardrails.exempt`.
    pub id: String,
    /// What it asks for.
    pub title: Text,
    /// The statement that it comes from, for example `S2 guardrails` (根拠).
    pub source: String,
    /// How much a failure weighs.
    pub severity: Severity,
    /// What to do about a failure.
    pub remediation: Text,
    /// Ids of the controls of AWS Config and Security Hub that look at the same.
    pub controls: Vec<String>,
}

/// How much a failed check weighs (重要度), the gravest first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// 高.
    High,
    /// 中.
    Medium,
    /// 低.
    Low,
}

/// What one check found in one account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// Id of the check.
    pub check: String,
    /// How it ended.
    pub outcome: GuardrailOutcome,
    /// How many things were looked at.
    pub looked_at: u32,
    /// What does not fit, or could not be read.
    pub findings: Vec<Finding>,
    /// Why it need not pass.
    pub exemption: Option<Exemption>,
    /// When AWS was read.
    pub read_at: Timestamp,
}

/// One thing that a check found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// ARN or id of the resource.
    pub resource: String,
    /// What is wrong with it.
    pub detail: Text,
}

/// Why a check need not pass (適用除外).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exemption {
    /// Reason.
    pub reason: String,
    /// Who allowed it.
    pub approved_by: String,
    /// Last day in Japan, YYYY-MM-DD.
    pub until: String,
}

/// What an evidence store kept (証跡).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Evidence {
    /// There is none, and why; the report says so where a reader would look for it.
    Missing(Text),
    /// Its records. A record belongs to a municipality's section by its object.
    Records(Vec<Record>),
}

impl Evidence {
    /// Why there are no records, where there are none.
    pub(crate) fn missing(&self) -> Option<&Text> {
        match self {
            Self::Missing(why) => Some(why),
            Self::Records(_) => None,
        }
    }
}
