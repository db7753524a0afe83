//! Backups in Osaka: recovery points against their objective, runs, and drills.

use jichitai_api::osaka_backup_policy::{OsakaBackupPolicyStatus, RecoveryPointStatus, RunStatus};
use jiff::SignedDuration;

use crate::backups::{self, Freshness};
use crate::days;
use crate::language::Word;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, Table, both, data, page};
use crate::tenant::Tenant;
use crate::words;

/// One row for each policy.
pub(crate) fn recovery_points(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let all = backups::freshness(tenant, reader);
    Table {
        key: "recoveryPoints",
        title: words::TABLE_RECOVERY_POINTS,
        empty: words::NONE_RECOVERY_POINTS,
        columns: columns(),
        rows: all.iter().map(|one| row(one, reader)).collect(),
    }
}

fn columns() -> Vec<Column> {
    vec![
        both("policy", words::COLUMN_POLICY),
        both("standing", words::COLUMN_OBJECTIVE_MET),
        both("newest", words::COLUMN_NEWEST),
        data("ageSeconds", words::COLUMN_AGE),
        data("objectiveSeconds", words::COLUMN_RPO),
        page("holds", words::COLUMN_HOLDS),
        data("images", words::COLUMN_IMAGES),
        data("snapshots", words::COLUMN_SNAPSHOTS),
        data("databases", words::COLUMN_DATABASES),
        data("templates", words::COLUMN_TEMPLATES),
        page("runs", words::COLUMN_RUNS),
        data("lastRun", words::COLUMN_LAST_RUN),
        data("lastSuccess", words::COLUMN_LAST_SUCCESS),
        data("nextRun", words::COLUMN_NEXT_RUN),
        both("measuredRestoreSeconds", words::COLUMN_RESTORE),
        data("restoreObjectiveSeconds", words::COLUMN_RTO),
        both("failures", words::COLUMN_FAILURES),
        both("uncovered", words::COLUMN_UNCOVERED),
    ]
}

fn row(one: &Freshness<'_>, reader: Reader) -> Vec<Cell> {
    let status = one.policy.status.as_ref();
    let point = status.and_then(|status| status.newest_recovery_point.as_ref());
    let count = |of: fn(&RecoveryPointStatus) -> u32| point.map_or_else(Cell::none, |point| Cell::number(of(point)));
    let last_run = status.and_then(|status| status.last_run.as_ref());
    let last_success = status.and_then(|status| status.last_success.as_ref());
    let next_run = status.and_then(|status| status.next_run.as_ref());
    vec![
        policy(one, reader),
        Cell::mark(one.standing, one.standing.key(), reader.say(one.standing.word())),
        newest(one, reader),
        seconds(one.age),
        seconds(one.objective),
        point.map_or_else(Cell::none, |point| holds(point, reader)),
        count(|point| point.images),
        count(|point| point.snapshots),
        count(|point| point.databases),
        count(|point| point.templates),
        runs(status, reader),
        Cell::time_of(last_run.map(|run| run.time.0)),
        Cell::time_of(last_success.map(|time| time.0)),
        Cell::time_of(next_run.map(|time| time.0)),
        restore(one, reader),
        seconds(one.restore_objective),
        many(status.map(|status| status.failures.len())),
        many(status.map(|status| status.uncovered.len())),
    ]
}

fn policy(one: &Freshness<'_>, reader: Reader) -> Cell {
    let shared = reader.with(words::ALSO_SERVES, &[&one.others.to_string()]);
    let suspended = reader.say(words::SUSPENDED);
    Cell::text(one.name)
        .note(if one.others > 0 { shared } else { String::new() })
        .note(if one.policy.spec.suspend {
            suspended
        } else {
            String::new()
        })
}

fn newest(one: &Freshness<'_>, reader: Reader) -> Cell {
    let (Some(time), Some(age)) = (one.newest, one.age) else {
        return Cell::shown(vec![Piece::Text(reader.say(words::NO_POINT))]);
    };
    let objective = one.objective.map(|objective| reader.length(objective));
    let note = reader.with(
        words::AGE_AGAINST,
        &[&reader.length(age), objective.as_deref().unwrap_or("–")],
    );
    Cell::time(time).note(note)
}

fn seconds(duration: Option<SignedDuration>) -> Cell {
    duration.map_or_else(Cell::none, |one| Cell::new(one.as_secs(), Vec::new()))
}

fn holds(point: &RecoveryPointStatus, reader: Reader) -> Cell {
    let RecoveryPointStatus {
        time: _,
        images,
        snapshots,
        databases,
        templates,
    } = point;
    let all = [
        (images, words::COLUMN_IMAGES),
        (snapshots, words::COLUMN_SNAPSHOTS),
        (databases, words::COLUMN_DATABASES),
        (templates, words::COLUMN_TEMPLATES),
    ];
    let some = all.into_iter().filter(|(count, _)| **count > 0);
    let lines = some.map(|(count, word)| Piece::Text(format!("{} {count}", reader.say(word))));
    Cell::shown(lines.collect())
}

fn runs(status: Option<&OsakaBackupPolicyStatus>, reader: Reader) -> Cell {
    let Some(status) = status else {
        return Cell::shown(vec![Piece::Note(reader.say(words::NOT_REPORTED))]);
    };
    let line = |word: Word, time: Option<jiff::Timestamp>| {
        let time = time.map_or_else(|| "–".to_owned(), days::minute);
        Piece::Text(format!("{}: {time}", reader.say(word)))
    };
    let last = status.last_run.as_ref();
    let mut pieces = vec![
        line(words::COLUMN_LAST_RUN, last.map(|run| run.time.0)),
        line(
            words::COLUMN_LAST_SUCCESS,
            status.last_success.as_ref().map(|time| time.0),
        ),
        line(words::COLUMN_NEXT_RUN, status.next_run.as_ref().map(|time| time.0)),
    ];
    if last.is_some_and(|RunStatus { completed, .. }| completed.is_none()) {
        pieces.push(Piece::Mark(Standing::Moving, reader.say(words::RUN_GOES_ON)));
    }
    Cell::shown(pieces)
}

/// How long the last drill took against the objective.
fn restore(one: &Freshness<'_>, reader: Reader) -> Cell {
    let objective = one.restore_objective.map(|objective| reader.length(objective));
    let note = objective.map(|objective| reader.with(words::AGAINST_RTO, &[&objective]));
    let cell = match one.measured {
        Some(measured) => Cell::mark(one.restore_standing, measured.as_secs(), reader.length(measured)),
        None => Cell::shown(vec![Piece::Text(reader.say(words::NOT_MEASURED))]),
    };
    cell.note(note.unwrap_or_default())
}

fn many(count: Option<usize>) -> Cell {
    match count {
        None => Cell::none(),
        Some(0) => Cell::mark(Standing::Good, 0, "0"),
        Some(count) => Cell::mark(Standing::Bad, count as u64, count.to_string()),
    }
}
