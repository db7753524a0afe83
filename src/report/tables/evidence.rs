//! What happened: the records of an evidence store.

use crate::book::Record;
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tenant::Tenant;
use crate::words;

/// One row for each record, the latest first.
pub(crate) fn evidence(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let mut records = tenant.records.clone();
    records.sort_by_key(|record| std::cmp::Reverse(record.time));
    Table {
        key: "evidence",
        title: words::TABLE_EVIDENCE,
        empty: words::NONE_EVIDENCE,
        columns: vec![
            both("time", words::COLUMN_TIME),
            both("kind", words::COLUMN_EVENT),
            both("object", words::COLUMN_OBJECT),
            both("summary", words::COLUMN_SUMMARY),
            both("approver", words::COLUMN_APPROVER),
            data("ticket", words::COLUMN_TICKET),
            both("planHash", words::COLUMN_PLAN),
            data("requestId", words::COLUMN_REQUEST),
            both("repairedAfterSeconds", words::COLUMN_REPAIRED_AFTER),
        ],
        rows: records.iter().map(|record| row(record, reader)).collect(),
    }
}

fn row(record: &Record, reader: Reader) -> Vec<Cell> {
    let Record {
        time,
        object,
        kind,
        summary,
        plan_hash,
        approver,
        ticket,
        request_id,
        repaired_after,
    } = record;
    vec![
        Cell::time(*time),
        Cell::word(kind.key(), reader.say(kind.word())),
        Cell::code(object),
        Cell::text(summary),
        Cell::text_of(approver.as_deref()).note(ticket.clone().unwrap_or_default()),
        Cell::text_of(ticket.as_deref()),
        Cell::code_of(plan_hash.as_deref()).note(request_id.clone().unwrap_or_default()),
        Cell::code_of(request_id.as_deref()),
        repaired_after.map_or_else(Cell::none, |one| {
            Cell::new(one.as_secs(), vec![Piece::Text(reader.length(one))])
        }),
    ]
}
