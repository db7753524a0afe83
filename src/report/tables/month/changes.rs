//! What was changed in AWS, or was tried to: by approved plan, then what needs no approval.

use jichitai_plan::evidence::Record;

use crate::history::Told;
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Column, Piece, Table, both, data, group};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each write. Plans are in the order in which they began.
pub(crate) fn changes(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let writes = tenant.history.writes();
    let mut plans: Vec<&str> = Vec::new();
    for hash in writes.iter().filter_map(|one| one.record.plan_hash.as_deref()) {
        if !plans.contains(&hash) {
            plans.push(hash);
        }
    }
    let hashes = plans.into_iter().map(Some).chain([None]);
    let rows = hashes.flat_map(|hash| of_plan(&writes, hash, reader)).collect();
    Table {
        key: "changes",
        title: month_words::TABLE_CHANGES,
        empty: month_words::NONE_CHANGES,
        columns: columns(),
        rows,
    }
}

fn of_plan(writes: &[Told<'_>], hash: Option<&str>, reader: Reader) -> Vec<Vec<Cell>> {
    let all = writes.iter().copied();
    let all: Vec<Told<'_>> = all.filter(|one| one.record.plan_hash.as_deref() == hash).collect();
    let heading = heading(hash, &all, reader);
    all.into_iter().map(|one| row(heading.clone(), one, reader)).collect()
}

fn columns() -> Vec<Column> {
    vec![
        group("plan", month_words::COLUMN_PLAN_GROUP),
        both("time", words::COLUMN_TIME),
        both("kind", words::COLUMN_EVENT),
        both("object", words::COLUMN_OBJECT),
        data("part", words::COLUMN_PART),
        data("account", words::COLUMN_ACCOUNT),
        both("summary", words::COLUMN_SUMMARY),
        data("detail", words::COLUMN_DETAIL),
        both("destructive", words::COLUMN_DESTRUCTIVE),
        both("outcome", words::COLUMN_OUTCOME),
        data("approver", words::COLUMN_APPROVER),
        data("party", words::COLUMN_PARTY),
        data("ticket", words::COLUMN_TICKET),
        data("planHash", month_words::COLUMN_PLAN_HASH),
        both("requestId", words::COLUMN_REQUEST),
    ]
}

fn row(heading: Cell, one: Told<'_>, reader: Reader) -> Vec<Cell> {
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
        destructive: _,
        plan_hash,
        approvals: _,
        request_id,
        since: _,
    } = one.record;
    let [approver, party, ticket] = told::approvers(one, reader);
    vec![
        heading,
        Cell::time(*time),
        Cell::word(kind.key(), reader.say(kind.word())),
        told::object(one),
        Cell::text_of(part.as_deref()),
        Cell::text(one.account()),
        told::summary(one),
        Cell::text_of(one.detail()),
        told::destructive(one, reader),
        told::outcome(one, reader),
        approver,
        party,
        ticket,
        Cell::code_of(plan_hash.as_deref()),
        Cell::code_of(request_id.as_deref()),
    ]
}

/// The plan and who approved it, over its writes; the same for each of them.
fn heading(hash: Option<&str>, writes: &[Told<'_>], reader: Reader) -> Cell {
    let Some(hash) = hash else {
        return Cell::shown(vec![Piece::Text(reader.say(month_words::GROUP_ROUTINE))]);
    };
    let approved = writes.iter().map(|one| told::approvals(*one, reader));
    let lines = approved.max_by_key(Vec::len).unwrap_or_default();
    let mut pieces = vec![
        Piece::Text(reader.say(month_words::GROUP_PLAN)),
        Piece::Code(hash.to_owned()),
    ];
    pieces.extend(lines.into_iter().map(Piece::Note));
    if writes.iter().any(|one| one.is_shared) {
        pieces.push(Piece::Note(reader.say(month_words::APPROVALS_WITHHELD)));
    }
    Cell::shown(pieces)
}
