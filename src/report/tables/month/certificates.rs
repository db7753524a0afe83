//! Certificates that run out, as the check of them found them.

use crate::book::Check;
use crate::guardrails::{self, Result};
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Table, both};
use crate::tenant::Tenant;
use crate::{month_words, words};

/// The check that looks at them.
const CHECK: &str = "certificates";

/// One row for each certificate that the check found something about.
pub(crate) fn certificates(tenant: &Tenant<'_>, checks: &[Check], reader: Reader) -> Table {
    let found = found(tenant, checks, reader);
    let is_known = found.as_ref().is_some_and(|result| result.looked_at.is_some());
    let empty = match is_known {
        true => month_words::NONE_CERTIFICATES,
        false => month_words::NO_FINDING_KNOWN,
    };
    Table {
        key: "certificates",
        title: month_words::TABLE_CERTIFICATES,
        empty,
        columns: vec![
            both("resource", words::COLUMN_RESOURCE),
            both("finding", words::COLUMN_FINDINGS),
            both("outcome", words::COLUMN_OUTCOME),
            both("readAt", words::COLUMN_READ_AT),
        ],
        rows: found.iter().flat_map(|result| rows(result, reader)).collect(),
    }
}

/// How many the check looked at, where it was made for this report.
pub(crate) fn looked_at(tenant: &Tenant<'_>, checks: &[Check], reader: Reader) -> Option<u32> {
    found(tenant, checks, reader).and_then(|result| result.looked_at)
}

fn found<'a>(tenant: &Tenant<'a>, checks: &'a [Check], reader: Reader) -> Option<Result<'a>> {
    let mut all = guardrails::results(tenant, checks, reader).into_iter();
    all.find(|result| result.id == CHECK)
}

fn rows(result: &Result<'_>, reader: Reader) -> Vec<Vec<Cell>> {
    let outcome = result.outcome.map_or_else(Cell::none, |outcome| {
        Cell::mark(result.standing(), outcome.key(), reader.say(outcome.word()))
    });
    let row = |(resource, detail): &(String, String)| {
        vec![
            Cell::code(resource),
            Cell::text(detail),
            outcome.clone(),
            Cell::time_of(result.read_at),
        ]
    };
    result.findings.iter().map(row).collect()
}
