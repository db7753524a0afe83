//! What happened: the records of an evidence store, whatever they are about.

use jichitai_plan::evidence::{Record, RecordKind};

use crate::history::Told;
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Column, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::words;

/// One row for each record, the latest first.
pub(crate) fn evidence(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let mut all = tenant.history.told.clone();
    all.sort_by_key(|one| std::cmp::Reverse(one.record.time));
    Table {
        key: "evidence",
        title: words::TABLE_EVIDENCE,
        empty: words::NONE_EVIDENCE,
        columns: columns(),
        rows: all.iter().map(|one| row(*one, reader)).collect(),
    }
}

fn columns() -> Vec<Column> {
    vec![
        both("time", words::COLUMN_TIME),
        both("kind", words::COLUMN_EVENT),
        both("object", words::COLUMN_OBJECT),
        data("part", words::COLUMN_PART),
        data("account", words::COLUMN_ACCOUNT),
        both("summary", words::COLUMN_SUMMARY),
        data("detail", words::COLUMN_DETAIL),
        both("outcome", words::COLUMN_OUTCOME),
        data("destructive", words::COLUMN_DESTRUCTIVE),
        both("approver", words::COLUMN_APPROVER),
        data("party", words::COLUMN_PARTY),
        data("ticket", words::COLUMN_TICKET),
        both("planHash", words::COLUMN_PLAN),
        data("requestId", words::COLUMN_REQUEST),
        both("repairedAfterSeconds", words::COLUMN_REPAIRED_AFTER),
    ]
}

fn row(one: Told<'_>, reader: Reader) -> Vec<Cell> {
    let Record {
        time,
        installation: _,
        object: _,
        account: _,
        kind,
        part,
        summary: _,
        outcome: _,
        detail: _,
        destructive,
        plan_hash,
        approvals: _,
        request_id,
        since: _,
    } = one.record;
    let [approver, party, ticket] = told::approvers(one, reader);
    let repaired = one.took().filter(|_| *kind == RecordKind::Repair);
    vec![
        Cell::time(*time),
        Cell::word(kind.key(), reader.say(kind.word())),
        told::object(one),
        Cell::text_of(part.as_deref()),
        Cell::text(one.account()),
        told::summary(one),
        Cell::text_of(one.detail()),
        told::outcome(one, reader),
        Cell::new(*destructive, Vec::new()),
        approver,
        party,
        ticket,
        Cell::code_of(plan_hash.as_deref()).note(request_id.clone().unwrap_or_default()),
        Cell::code_of(request_id.as_deref()),
        told::length(repaired, reader),
    ]
}
