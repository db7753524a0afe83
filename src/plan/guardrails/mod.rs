//! Detective guardrails: what is so in a tenant's account, compared with what Government Cloud asks for.
//!
//! A check is a pure function of what was read: [`survey::Survey`] of the account, and what a pass saw of the tenant. It never
//! plans a step: what fails is told to people. What could not be read never passes.

mod backups;
mod catalogue;
mod certificates;
mod connection;
mod encryption;
mod exposure;
mod judgement;
mod keys;
mod network;
mod orphaned;
mod people;
mod places;
mod quotas;
mod services;
mod status;
pub mod survey;
mod tenant;
mod zones;

use jichitai_api::municipality::{GuardrailExemption, GuardrailOutcome, MunicipalitySpec};
use jiff::Timestamp;

use crate::context::japan_date;
use crate::grant::{self, Expiry};
use crate::observation::Fault;
use crate::plan::Text;

pub use catalogue::CHECKS;
pub use exposure::refuses_plain_http;
pub use judgement::{Finding, Judgement};
pub use status::{Change, aspect, changes, check, status};
pub use survey::Survey;
pub use tenant::{Backup, Tenant};

/// How much depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Resident records are exposed, or would be lost.
    High,
    /// One of several protections is missing.
    Medium,
    /// It will become a problem.
    Low,
}

/// A sentence of the catalogue in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Japanese.
    pub ja: &'static str,
}

impl Words {
    const fn new(en: &'static str, ja: &'static str) -> Self {
        Self { en, ja }
    }
}

impl From<Words> for Text {
    fn from(words: Words) -> Self {
        Self::new(words.en, words.ja)
    }
}

/// One thing that has to be so.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its id, which does not change: in status, metrics, exemptions and reports.
    pub id: &'static str,
    /// What has to be so.
    pub title: Words,
    /// Who asks for it: a seed of domain.md.
    pub source: &'static str,
    /// How much depends on it.
    pub severity: Severity,
    /// What to do when it is not so.
    pub remedy: Words,
    /// Managed rules of AWS Config and controls of Security Hub that mean the same.
    pub controls: &'static [&'static str],
    judge: fn(&Tenant<'_>, &Survey) -> Judgement,
}

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which check.
    pub check: &'static Check,
    /// Its outcome.
    pub outcome: GuardrailOutcome,
    /// What was found.
    pub judgement: Judgement,
    /// The exemption that holds.
    pub exemption: Option<GuardrailExemption>,
}

/// The verdicts over a tenant, in the order of the catalogue.
#[must_use]
pub fn judge(tenant: &Tenant<'_>, survey: &Survey, now: Timestamp) -> Vec<Verdict> {
    verdicts(tenant.spec, now, |check| (check.judge)(tenant, survey))
}

/// The verdicts over a tenant of which nothing can be read: none passes.
#[must_use]
pub fn unread(spec: &MunicipalitySpec, fault: &Fault, now: Timestamp) -> Vec<Verdict> {
    verdicts(spec, now, |_| Judgement {
        unreadable: vec![fault.clone()],
        ..Judgement::default()
    })
}

fn verdicts(spec: &MunicipalitySpec, now: Timestamp, judge: impl Fn(&Check) -> Judgement) -> Vec<Verdict> {
    let exemptions = spec.guardrails.iter().flat_map(|one| &one.exempt);
    let today = japan_date(now);
    let holding: Vec<&GuardrailExemption> = exemptions
        .filter(|one| grant::excepted(&one.exception, today, Expiry::Respected))
        .collect();
    let verdict = |check: &'static Check| {
        let judgement = judge(check);
        let exemption = holding.iter().find(|one| one.id == check.id).copied().cloned();
        Verdict {
            check,
            outcome: judgement.outcome(exemption.is_some()),
            judgement,
            exemption,
        }
    };
    CHECKS.iter().map(verdict).collect()
}

#[cfg(test)]
mod tests;
