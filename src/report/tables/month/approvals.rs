//! Plans that were approved in the month, and what became of them in it.

use jichitai_plan::evidence::RecordKind;

use crate::history::Told;
use crate::reader::Reader;
use crate::table::{Cell, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each plan whose approved execution began.
pub(crate) fn approvals(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let writes = tenant.history.writes();
    let all = tenant.history.of(&[RecordKind::Approval]);
    Table {
        key: "approvals",
        title: month_words::TABLE_APPROVALS,
        empty: month_words::NONE_APPROVALS,
        columns: vec![
            both("time", words::COLUMN_TIME),
            both("object", words::COLUMN_OBJECT),
            both("planHash", month_words::COLUMN_PLAN_HASH),
            both("approver", words::COLUMN_APPROVER),
            data("party", words::COLUMN_PARTY),
            data("ticket", words::COLUMN_TICKET),
            both("done", month_words::COLUMN_DONE),
            both("refused", month_words::COLUMN_REFUSED),
        ],
        rows: all.into_iter().map(|one| row(one, &writes, reader)).collect(),
    }
}

fn row(one: Told<'_>, writes: &[Told<'_>], reader: Reader) -> Vec<Cell> {
    let hash = one.record.plan_hash.as_deref();
    let is_of_plan = |write: &&Told<'_>| hash.is_some() && write.record.plan_hash.as_deref() == hash;
    let of_plan = writes.iter().filter(is_of_plan);
    let refused = of_plan.clone().filter(|write| write.is_refused()).count();
    let done = of_plan.count() - refused;
    let [approver, party, ticket] = told::approvers(one, reader);
    vec![
        Cell::time(one.record.time),
        Cell::code(one.object_name()),
        Cell::code_of(hash),
        approver,
        party,
        ticket,
        Cell::number(done as u64),
        Cell::none_wanted(refused),
    ]
}
