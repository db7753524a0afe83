//! What is known of the checks of one municipality: read for this report, or as the operator published it last.

use jichitai_api::municipality::{GuardrailExemption, GuardrailOutcome, GuardrailResult, GuardrailStatus};
use jiff::Timestamp;

use crate::book::{Check, Exemption, Verdict};
use crate::reader::Reader;
use crate::standing::{Standing, of_outcome};
use crate::tenant::Tenant;

/// How many checks ended in which way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub exempt: usize,
    pub unreadable: usize,
    pub not_ours: usize,
}

/// One check as it is reported.
#[derive(Clone, Debug)]
pub(crate) struct Result<'a> {
    pub id: &'a str,
    /// The entry of the catalogue, where it has one.
    pub check: Option<&'a Check>,
    /// None where the catalogue has the check and nothing is known of it.
    pub outcome: Option<GuardrailOutcome>,
    pub looked_at: Option<u32>,
    /// Resource and what was found.
    pub findings: Vec<(String, String)>,
    pub exemption: Option<Exemption>,
    pub read_at: Option<Timestamp>,
}

impl Counts {
    pub fn add(&mut self, other: Self) {
        let Self {
            passed,
            failed,
            exempt,
            unreadable,
            not_ours,
        } = other;
        self.passed += passed;
        self.failed += failed;
        self.exempt += exempt;
        self.unreadable += unreadable;
        self.not_ours += not_ours;
    }

    fn count(&mut self, outcome: GuardrailOutcome) {
        match outcome {
            GuardrailOutcome::Passed => self.passed += 1,
            GuardrailOutcome::Failed => self.failed += 1,
            GuardrailOutcome::Exempt => self.exempt += 1,
            GuardrailOutcome::Unreadable => self.unreadable += 1,
            GuardrailOutcome::NotOurs => self.not_ours += 1,
        }
    }

    /// How all of them together stand.
    pub fn standing(self) -> Standing {
        match self {
            Self { failed: 1.., .. } => Standing::Bad,
            Self { unreadable: 1.., .. } => Standing::Unknown,
            Self { exempt: 1.., .. } => Standing::Excused,
            Self { passed: 1.., .. } => Standing::Good,
            _ => Standing::Absent,
        }
    }

    /// Each number with its outcome.
    pub fn each(self) -> [(GuardrailOutcome, usize); 5] {
        let Self {
            passed,
            failed,
            exempt,
            unreadable,
            not_ours,
        } = self;
        [
            (GuardrailOutcome::Passed, passed),
            (GuardrailOutcome::Failed, failed),
            (GuardrailOutcome::Exempt, exempt),
            (GuardrailOutcome::Unreadable, unreadable),
            (GuardrailOutcome::NotOurs, not_ours),
        ]
    }
}

impl Result<'_> {
    pub fn standing(&self) -> Standing {
        self.outcome.map_or(Standing::Unknown, of_outcome)
    }
}

fn published<'a>(tenant: &Tenant<'a>) -> Option<&'a GuardrailStatus> {
    tenant.municipality.status.as_ref()?.guardrails.as_ref()
}

/// How many checks ended in which way; none where nothing is known.
pub(crate) fn counts(tenant: &Tenant<'_>) -> Option<Counts> {
    if let Some(verdicts) = tenant.verdicts {
        let mut counts = Counts::default();
        verdicts.iter().for_each(|verdict| counts.count(verdict.outcome));
        return Some(counts);
    }
    let GuardrailStatus {
        passed,
        failed,
        exempt,
        unreadable,
        not_ours,
        results: _,
    } = published(tenant)?;
    let [passed, failed, exempt, unreadable, not_ours] =
        [passed, failed, exempt, unreadable, not_ours].map(|count| *count as usize);
    Some(Counts {
        passed,
        failed,
        exempt,
        unreadable,
        not_ours,
    })
}

/// The checks in the order of the catalogue; then those that it does not have.
pub(crate) fn results<'a>(tenant: &Tenant<'a>, checks: &'a [Check], reader: Reader) -> Vec<Result<'a>> {
    match tenant.verdicts {
        Some(verdicts) => read(verdicts, checks, reader),
        None => last_published(tenant, checks),
    }
}

fn read<'a>(verdicts: &'a [Verdict], checks: &'a [Check], reader: Reader) -> Vec<Result<'a>> {
    let known = checks.iter().map(|check| {
        let verdict = verdicts.iter().find(|verdict| verdict.check == check.id);
        match verdict {
            Some(verdict) => of_verdict(verdict, Some(check), reader),
            None => unknown(check),
        }
    });
    let foreign = verdicts
        .iter()
        .filter(|verdict| checks.iter().all(|check| check.id != verdict.check));
    known
        .chain(foreign.map(|verdict| of_verdict(verdict, None, reader)))
        .collect()
}

fn unknown(check: &Check) -> Result<'_> {
    Result {
        id: &check.id,
        check: Some(check),
        outcome: None,
        looked_at: None,
        findings: Vec::new(),
        exemption: None,
        read_at: None,
    }
}

fn of_verdict<'a>(verdict: &'a Verdict, check: Option<&'a Check>, reader: Reader) -> Result<'a> {
    let Verdict {
        check: id,
        outcome,
        looked_at,
        findings,
        exemption,
        read_at,
    } = verdict;
    Result {
        id,
        check,
        outcome: Some(*outcome),
        looked_at: Some(*looked_at),
        findings: findings
            .iter()
            .map(|finding| (finding.resource.clone(), reader.text(&finding.detail)))
            .collect(),
        exemption: exemption.clone(),
        read_at: Some(*read_at),
    }
}

/// The operator publishes the checks that did not pass; several entries of one check are one result.
fn last_published<'a>(tenant: &Tenant<'a>, checks: &'a [Check]) -> Vec<Result<'a>> {
    let Some(status) = published(tenant) else {
        return Vec::new();
    };
    let mut results: Vec<Result<'a>> = Vec::new();
    for entry in &status.results {
        let GuardrailResult {
            id,
            result,
            resource,
            detail,
        } = entry;
        let finding = resource.is_some() || detail.is_some();
        let finding = finding.then(|| (resource.clone().unwrap_or_default(), detail.clone().unwrap_or_default()));
        match results.iter_mut().find(|known| known.id == id) {
            Some(known) => known.findings.extend(finding),
            None => results.push(Result {
                id,
                check: checks.iter().find(|check| check.id == *id),
                outcome: Some(*result),
                looked_at: None,
                findings: finding.into_iter().collect(),
                exemption: exemption(tenant, id),
                read_at: None,
            }),
        }
    }
    results
}

fn exemption(tenant: &Tenant<'_>, id: &str) -> Option<Exemption> {
    let guardrails = tenant.municipality.spec.guardrails.as_ref()?;
    let GuardrailExemption { id: _, exception } = guardrails.exempt.iter().find(|one| one.id == id)?;
    Some(Exemption {
        reason: exception.reason.clone(),
        approved_by: exception.approved_by.clone(),
        until: exception.until.clone(),
    })
}
