//! The month's backups against their objectives, policy by policy.

use crate::backups::{self, Freshness};
use crate::language::Word;
use crate::month_backups::MonthOfBackups;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, Table, both, data};
use crate::tables::told;
use crate::tenant::{Tenant, namespace};
use crate::{month_words, words};

/// The name of a policy in records.
pub(crate) fn object(one: &Freshness<'_>) -> String {
    format!("OsakaBackupPolicy/{}/{}", namespace(&one.policy.metadata), one.name)
}

/// One row for each policy.
pub(crate) fn backup_month(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let all = backups::freshness(tenant, reader);
    Table {
        key: "backupMonth",
        title: month_words::TABLE_BACKUP_MONTH,
        empty: words::NONE_RECOVERY_POINTS,
        columns: columns(),
        rows: all.iter().map(|one| row(one, tenant, reader)).collect(),
    }
}

fn columns() -> Vec<Column> {
    vec![
        both("policy", words::COLUMN_POLICY),
        both("expected", month_words::COLUMN_EXPECTED),
        both("recorded", month_words::COLUMN_RECORDED),
        both("good", month_words::COLUMN_GOOD),
        both("failed", month_words::COLUMN_FAILED),
        both("notRecorded", month_words::COLUMN_NOT_RECORDED),
        both("longestGapSeconds", month_words::COLUMN_GAP),
        both("objectiveSeconds", words::COLUMN_RPO),
        data("pointStanding", words::COLUMN_OBJECTIVE_MET),
        both("drills", month_words::COLUMN_DRILLS),
        both("slowestRestoreSeconds", month_words::COLUMN_SLOWEST),
        both("restoreObjectiveSeconds", words::COLUMN_RTO),
        data("restoreStanding", words::COLUMN_OBJECTIVE_MET),
    ]
}

fn row(one: &Freshness<'_>, tenant: &Tenant<'_>, reader: Reader) -> Vec<Cell> {
    let Some(month) = MonthOfBackups::of(one, &tenant.history, &object(one), reader) else {
        return columns().iter().map(|_| Cell::none()).collect();
    };
    let MonthOfBackups {
        expected,
        recorded,
        good,
        failed,
        gap,
        points,
        drills,
        slowest,
        restores,
    } = month;
    let suspended = reader.say(words::SUSPENDED);
    vec![
        Cell::text(one.name)
            .note(if one.policy.spec.suspend {
                suspended
            } else {
                String::new()
            })
            .note(shared(one, reader)),
        expected.map_or_else(Cell::none, |count| Cell::number(count as u64)),
        Cell::number(recorded as u64),
        Cell::number(good as u64),
        Cell::none_wanted(failed),
        month.missing().map_or_else(Cell::none, Cell::none_wanted),
        judged(told::length(gap, reader), points, reader),
        told::length(one.objective, reader),
        Cell::new(points.key(), Vec::new()),
        Cell::number(drills as u64),
        judged(told::length(slowest, reader), restores, reader),
        told::length(one.restore_objective, reader),
        Cell::new(restores.key(), Vec::new()),
    ]
}

fn shared(one: &Freshness<'_>, reader: Reader) -> String {
    match one.others {
        0 => String::new(),
        others => reader.with(words::ALSO_SERVES, &[&others.to_string()]),
    }
}

/// With the mark of whether that is within the objective.
pub(super) fn judged(mut cell: Cell, standing: Standing, reader: Reader) -> Cell {
    let word: Word = match standing {
        Standing::Good => month_words::WITHIN_OBJECTIVE,
        Standing::Bad => month_words::OVER_OBJECTIVE,
        _ => month_words::TOO_LITTLE_KNOWN,
    };
    cell.pieces.push(Piece::Mark(standing, reader.say(word)));
    cell
}
