//! Restore drills that came to their end in the month, with the time that they measured against the objective.

use jichitai_plan::evidence::RecordKind;
use jiff::SignedDuration;

use super::backup_month::{against, object};
use super::runs::ending;
use crate::backups::{self, Freshness};
use crate::history::Told;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each drill.
pub(crate) fn drills(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let policies = backups::freshness(tenant, reader);
    let all = tenant.history.of(&[RecordKind::Drill]);
    Table {
        key: "drills",
        title: month_words::TABLE_DRILLS,
        empty: month_words::NONE_DRILLS,
        columns: vec![
            both("object", words::COLUMN_POLICY),
            both("run", month_words::COLUMN_RUN),
            both("began", month_words::COLUMN_BEGAN),
            both("ended", month_words::COLUMN_ENDED),
            both("measuredSeconds", month_words::COLUMN_MEASURED),
            data("objectiveSeconds", words::COLUMN_RTO),
            data("standing", words::COLUMN_OBJECTIVE_MET),
            both("outcome", words::COLUMN_OUTCOME),
            both("summary", words::COLUMN_SUMMARY),
            data("detail", words::COLUMN_DETAIL),
        ],
        rows: all.into_iter().map(|one| row(one, &policies, reader)).collect(),
    }
}

/// Whether a drill brought everything back, and in time.
pub(crate) fn standing(one: Told<'_>, objective: Option<SignedDuration>) -> Standing {
    match (one.took(), objective) {
        _ if one.is_refused() => Standing::Bad,
        (Some(took), Some(objective)) if took <= objective => Standing::Good,
        (Some(_), Some(_)) => Standing::Bad,
        _ => Standing::Unknown,
    }
}

/// The objective of the policy that a drill was of.
pub(crate) fn objective(one: Told<'_>, policies: &[Freshness<'_>]) -> Option<SignedDuration> {
    let policy = policies.iter().find(|policy| object(policy) == one.record.object);
    policy.and_then(|policy| policy.restore_objective)
}

fn row(one: Told<'_>, policies: &[Freshness<'_>], reader: Reader) -> Vec<Cell> {
    let record = one.record;
    let objective = objective(one, policies);
    let standing = standing(one, objective);
    vec![
        Cell::code(one.object_name()),
        Cell::code_of(record.part.as_deref()),
        Cell::time_of(record.since),
        Cell::time(record.time),
        against(one.took(), objective, standing, reader),
        told::length(objective, reader),
        Cell::new(standing.key(), Vec::new()),
        ending(one, reader),
        told::summary(one),
        Cell::text_of(one.detail()),
    ]
}
