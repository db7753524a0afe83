//! Copies that failed, and data that no copy is made of.

use jichitai_api::osaka_backup_policy::{BackupFailure, UncoveredResource};

use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::{Policy, Tenant, name};
use crate::words;

/// One row for each failed copy and each thing without a copy. What a shared policy copies may be another
/// municipality's, so its rows are left out; the number stands in the table of recovery points.
pub(crate) fn losses(tenant: &Tenant<'_>, reader: Reader) -> Table {
    Table {
        key: "backupLosses",
        title: words::TABLE_LOSSES,
        empty: words::NONE_LOSSES,
        columns: vec![
            both("policy", words::COLUMN_POLICY),
            both("what", words::COLUMN_WHAT),
            both("resource", words::COLUMN_RESOURCE),
            both("copy", words::COLUMN_COPY),
            both("message", words::COLUMN_MESSAGE),
        ],
        rows: tenant.policies.iter().flat_map(|policy| rows(policy, reader)).collect(),
    }
}

fn rows(policy: &Policy<'_>, reader: Reader) -> Vec<Vec<Cell>> {
    let Policy { policy, others } = policy;
    let Some(status) = policy.status.as_ref() else {
        return Vec::new();
    };
    let policy = name(&policy.metadata);
    if *others > 0 {
        let count = status.failures.len() + status.uncovered.len();
        return withheld(policy, count, reader).into_iter().collect();
    }
    let failures = status.failures.iter().map(|one| failure(policy, one, reader));
    let uncovered = status.uncovered.iter().map(|one| left_out(policy, one, reader));
    failures.chain(uncovered).collect()
}

fn withheld(policy: &str, count: usize, reader: Reader) -> Option<Vec<Cell>> {
    let note = reader.with(words::WITHHELD_COUNT, &[&count.to_string()]);
    let note = Cell::shown(vec![Piece::Note(note)]);
    (count > 0).then(|| vec![Cell::text(policy), note, Cell::none(), Cell::none(), Cell::none()])
}

fn failure(policy: &str, failure: &BackupFailure, reader: Reader) -> Vec<Cell> {
    let BackupFailure {
        source,
        copy,
        state,
        message,
    } = failure;
    vec![
        Cell::text(policy),
        Cell::mark(Standing::Bad, "failed", reader.say(words::COPY_FAILED)),
        Cell::code(source),
        Cell::code_of(copy.as_deref()).note(state.clone()),
        Cell::text(message),
    ]
}

fn left_out(policy: &str, left_out: &UncoveredResource, reader: Reader) -> Vec<Cell> {
    let UncoveredResource { service, id } = left_out;
    vec![
        Cell::text(policy),
        Cell::mark(Standing::Bad, "uncovered", reader.say(words::NOT_COVERED)),
        Cell::code(id).note(service.clone()),
        Cell::none(),
        Cell::none(),
    ]
}
