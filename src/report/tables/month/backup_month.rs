//! The month's backups against their objectives, policy by policy.

use jiff::SignedDuration;

use crate::backups::{self, Freshness};
use crate::language::Word;
use crate::month_backups::MonthOfBackups;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, Table, both, data, page};
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
        page("runs", month_words::COLUMN_RUNS_OF_MONTH),
        data("expected", month_words::COLUMN_EXPECTED),
        data("recorded", month_words::COLUMN_RECORDED),
        data("good", month_words::COLUMN_GOOD),
        data("failed", month_words::COLUMN_FAILED),
        data("notRecorded", month_words::COLUMN_NOT_RECORDED),
        both("longestGapSeconds", month_words::COLUMN_GAP),
        data("objectiveSeconds", words::COLUMN_RPO),
        data("pointStanding", words::COLUMN_OBJECTIVE_MET),
        both("drills", month_words::COLUMN_DRILLS),
        both("slowestRestoreSeconds", month_words::COLUMN_SLOWEST),
        data("restoreObjectiveSeconds", words::COLUMN_RTO),
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
    let count = |count: Option<usize>| count.map_or_else(Cell::none, |count| Cell::number(count as u64));
    vec![
        Cell::text(one.name)
            .note(if one.policy.spec.suspend {
                suspended
            } else {
                String::new()
            })
            .note(shared(one, reader)),
        runs(&month, reader),
        count(expected),
        Cell::number(recorded as u64),
        Cell::number(good as u64),
        Cell::number(failed as u64),
        count(month.missing()),
        against(gap, one.objective, points, reader),
        told::length(one.objective, reader),
        Cell::new(points.key(), Vec::new()),
        Cell::number(drills as u64),
        against(slowest, one.restore_objective, restores, reader),
        told::length(one.restore_objective, reader),
        Cell::new(restores.key(), Vec::new()),
    ]
}

/// How many runs were due, and what is recorded of them; what should be none is marked.
fn runs(month: &MonthOfBackups, reader: Reader) -> Cell {
    let line = |word: Word, count: usize| reader.with(month_words::COUNTED, &[&reader.say(word), &count.to_string()]);
    let marked = |word: Word, count: usize| match count {
        0 => Piece::Text(line(word, count)),
        count => Piece::Mark(Standing::Bad, line(word, count)),
    };
    let due = month
        .expected
        .map(|count| Piece::Text(line(month_words::COLUMN_EXPECTED, count)));
    let mut pieces = Vec::from_iter(due);
    pieces.extend([
        Piece::Text(line(month_words::COLUMN_RECORDED, month.recorded)),
        Piece::Text(line(month_words::COLUMN_GOOD, month.good)),
        marked(month_words::COLUMN_FAILED, month.failed),
    ]);
    pieces.extend(
        month
            .missing()
            .map(|count| marked(month_words::COLUMN_NOT_RECORDED, count)),
    );
    Cell::shown(pieces)
}

fn shared(one: &Freshness<'_>, reader: Reader) -> String {
    match one.others {
        0 => String::new(),
        others => reader.with(words::ALSO_SERVES, &[&others.to_string()]),
    }
}

/// A length of time, whether it is within its objective, and that.
pub(super) fn against(
    what: Option<SignedDuration>,
    objective: Option<SignedDuration>,
    standing: Standing,
    reader: Reader,
) -> Cell {
    let word: Word = match standing {
        Standing::Good => month_words::WITHIN_OBJECTIVE,
        Standing::Bad => month_words::OVER_OBJECTIVE,
        _ => month_words::TOO_LITTLE_KNOWN,
    };
    let mut cell = told::length(what, reader);
    cell.pieces.push(Piece::Mark(standing, reader.say(word)));
    let objective = objective.map(|one| reader.with(words::AGAINST_RTO, &[&reader.length(one)]));
    cell.note(objective.unwrap_or_default())
}
