//! How a municipality stands, area by area: the matrix at the head of a report.

use jichitai_api::ConditionType;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::guardrails;
use crate::language::Word;
use crate::standing::{Standing, of_condition};
use crate::tenant::Tenant;
use crate::words;

/// An area of the matrix.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Area {
    Whole,
    Keys,
    Network,
    Guardrails,
    Files,
    Backups,
    Names,
    Drift,
}

impl Area {
    pub const ALL: [Self; 8] = [
        Self::Whole,
        Self::Keys,
        Self::Network,
        Self::Guardrails,
        Self::Files,
        Self::Backups,
        Self::Names,
        Self::Drift,
    ];

    pub fn word(self) -> Word {
        match self {
            Self::Whole => words::AREA_WHOLE,
            Self::Keys => words::AREA_KEYS,
            Self::Network => words::AREA_NETWORK,
            Self::Guardrails => words::AREA_GUARDRAILS,
            Self::Files => words::AREA_FILES,
            Self::Backups => words::AREA_BACKUPS,
            Self::Names => words::AREA_NAMES,
            Self::Drift => words::AREA_DRIFT,
        }
    }

    /// The name in data.
    pub fn key(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Keys => "keys",
            Self::Network => "network",
            Self::Guardrails => "guardrails",
            Self::Files => "files",
            Self::Backups => "backups",
            Self::Names => "names",
            Self::Drift => "drift",
        }
    }

    /// How the municipality stands in it.
    pub fn standing(self, tenant: &Tenant<'_>) -> Standing {
        let own = tenant.municipality.status.as_ref();
        let own = own.map(|status| status.common.conditions.as_slice());
        match self {
            Self::Whole => named(own, &[ConditionType::Ready]),
            Self::Keys => named(own, &[ConditionType::KeysReady]),
            Self::Network => named(own, &[ConditionType::NetworkReady, ConditionType::ConnectionReady]),
            Self::Guardrails => guardrails::counts(tenant).map_or(Standing::Unknown, guardrails::Counts::standing),
            Self::Files => worst(tenant.buckets.iter().map(|one| {
                let status = one.status.as_ref();
                ready(status.map(|status| status.common.conditions.as_slice()))
            })),
            Self::Backups => worst(tenant.policies.iter().map(|one| {
                let status = one.policy.status.as_ref();
                ready(status.map(|status| status.common.conditions.as_slice()))
            })),
            Self::Names => worst(tenant.endpoints.iter().map(|one| {
                let status = one.status();
                ready(status.map(|status| status.common.conditions.as_slice()))
            })),
            Self::Drift => drift(tenant),
        }
    }
}

fn worst(all: impl Iterator<Item = Standing>) -> Standing {
    all.max().unwrap_or(Standing::Absent)
}

fn ready(conditions: Option<&[Condition]>) -> Standing {
    named(conditions, &[ConditionType::Ready])
}

/// The worst of some conditions; unknown while none of them was ever published.
fn named(conditions: Option<&[Condition]>, types: &[ConditionType]) -> Standing {
    let all = conditions.unwrap_or_default().iter();
    let wanted = all.filter(|one| types.iter().any(|kind| kind.as_str() == one.type_));
    wanted.map(of_condition).max().unwrap_or(Standing::Unknown)
}

fn drift(tenant: &Tenant<'_>) -> Standing {
    let Tenant {
        municipality,
        buckets,
        policies,
        endpoints,
        verdicts: _,
        history: _,
    } = tenant;
    let own = municipality.status.as_ref().map(|status| &status.common);
    let files = buckets
        .iter()
        .map(|one| one.status.as_ref().map(|status| &status.common));
    let copies = policies
        .iter()
        .map(|one| one.policy.status.as_ref().map(|status| &status.common));
    let names = endpoints.iter().map(|one| one.status().map(|status| &status.common));
    let all = std::iter::once(own).chain(files).chain(copies).chain(names);
    worst(all.map(|status| match status {
        None => Standing::Unknown,
        Some(status) if status.drift.is_empty() => Standing::Good,
        Some(_) => Standing::Bad,
    }))
}
