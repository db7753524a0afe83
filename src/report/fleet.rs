//! Tables of several municipalities together.

use crate::areas::Area;
use crate::book::{Book, Severity};
use crate::guardrails;
use crate::names::Named;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, Table, both, data};
use crate::tables;
use crate::tenant::{Tenant, Tenants, name, namespace};
use crate::words;

/// Columns that say which municipality a row is about.
pub(crate) fn whose() -> Vec<Column> {
    vec![
        data("namespace", words::COLUMN_NAMESPACE),
        data("municipality", words::COLUMN_OBJECT_NAME),
        data("code", words::COLUMN_CODE),
        both("displayName", words::COLUMN_MUNICIPALITY),
    ]
}

/// The cells of [`whose`].
pub(crate) fn who(tenant: &Tenant<'_>) -> Vec<Cell> {
    let meta = &tenant.municipality.metadata;
    let spec = &tenant.municipality.spec;
    vec![
        Cell::text(namespace(meta)),
        Cell::text(name(meta)),
        Cell::text(&spec.code),
        Cell::text(&spec.display_name).note(spec.code.clone()),
    ]
}

/// The same table of all municipalities, with a column that says whose a row is.
fn across(tenants: &Tenants<'_>, one: impl Fn(&Tenant<'_>) -> Table) -> Option<Table> {
    let mut all: Option<Table> = None;
    for tenant in &tenants.all {
        let table = one(tenant);
        let whose = who(tenant);
        let rows: Vec<Vec<Cell>> = table
            .rows
            .into_iter()
            .map(|row| [whose.clone(), row].concat())
            .collect();
        match &mut all {
            Some(known) => known.rows.extend(rows),
            None => {
                let columns = [self::whose(), table.columns].concat();
                all = Some(Table { columns, rows, ..table });
            }
        }
    }
    all
}

/// Checks that failed or could not be read, the gravest first.
pub(crate) fn failed(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Table {
    let mut rows: Vec<(Severity, String, Vec<Cell>)> = Vec::new();
    for tenant in &tenants.all {
        for result in guardrails::results(tenant, book.checks, reader) {
            if !matches!(result.standing(), Standing::Bad | Standing::Unknown) {
                continue;
            }
            let severity = result.check.map_or(Severity::Low, |check| check.severity);
            rows.push((severity, result.id.to_owned(), failed_row(tenant, &result, reader)));
        }
    }
    rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    Table {
        key: "failedChecks",
        title: words::TABLE_FAILED,
        empty: words::NONE_FAILED,
        columns: [
            vec![
                both("check", words::COLUMN_CHECK),
                both("severity", words::COLUMN_SEVERITY),
                both("outcome", words::COLUMN_OUTCOME),
            ],
            whose(),
            vec![both("findings", words::COLUMN_FINDINGS)],
        ]
        .concat(),
        rows: rows.into_iter().map(|(_, _, row)| row).collect(),
    }
}

fn failed_row(tenant: &Tenant<'_>, result: &guardrails::Result<'_>, reader: Reader) -> Vec<Cell> {
    let title = result.check.map(|check| reader.text(&check.title));
    let check = match title {
        Some(title) => Cell::new(result.id, vec![Piece::Text(title), Piece::Note(result.id.to_owned())]),
        None => Cell::code(result.id),
    };
    let severity = result.check.map_or_else(Cell::none, |check| {
        Cell::word(check.severity.key(), reader.say(check.severity.word()))
    });
    let outcome = match result.outcome {
        Some(outcome) => Cell::mark(result.standing(), outcome.key(), reader.say(outcome.word())),
        None => Cell::shown(vec![Piece::Mark(Standing::Unknown, reader.say(words::NO_RESULT))]),
    };
    let findings = result.findings.iter().flat_map(|(resource, detail)| {
        let parts = [Piece::Code(resource.clone()), Piece::Text(detail.clone())];
        parts
            .into_iter()
            .filter(|piece| !matches!(piece, Piece::Code(text) | Piece::Text(text) if text.is_empty()))
    });
    let findings = Cell::shown(findings.collect());
    [vec![check, severity, outcome], who(tenant), vec![findings]].concat()
}

/// Exceptions of all municipalities, and the grants that end soon or are over, in date order.
pub(crate) fn endings(tenants: &Tenants<'_>, reader: Reader) -> Table {
    let all = across(tenants, |tenant| {
        let mut table = tables::endings(tenant, reader);
        let (marked, reason) = (column(&table, "standing"), column(&table, "reason"));
        let good = Standing::Good.key();
        table.rows.retain(|row| {
            let is_marked = marked.is_some_and(|at| row[at].value != good);
            is_marked || reason.is_some_and(|at| !row[at].value.is_null())
        });
        table
    });
    let mut table = all.unwrap_or_else(|| Table {
        key: "endings",
        title: words::TABLE_ENDINGS,
        empty: words::NONE_ENDINGS,
        columns: Vec::new(),
        rows: Vec::new(),
    });
    if let Some(until) = column(&table, "until") {
        let day = |row: &Vec<Cell>| row[until].value.as_str().unwrap_or_default().to_owned();
        table.rows.sort_by_key(day);
    }
    table
}

fn column(table: &Table, key: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.key == key)
}

/// Objects whose municipality is not among those that are reported.
pub(crate) fn strays(tenants: &Tenants<'_>) -> Table {
    let rows = tenants
        .strays
        .iter()
        .map(|(kind, namespace, name)| vec![Cell::text(*kind), Cell::text(*namespace), Cell::text(*name)]);
    Table {
        key: "strays",
        title: words::TABLE_STRAYS,
        empty: words::NONE_STRAYS,
        columns: vec![
            both("kind", words::COLUMN_KIND),
            both("namespace", words::COLUMN_NAMESPACE),
            both("name", words::COLUMN_NAME),
        ],
        rows: rows.collect(),
    }
}

/// How every municipality stands in every area.
pub(crate) fn matrix(tenants: &Tenants<'_>, reader: Reader) -> Table {
    let areas = Area::ALL.map(|area| both(area.key(), area.word()));
    let rows = tenants.all.iter().map(|tenant| {
        let standings = Area::ALL.map(|area| {
            let standing = area.standing(tenant);
            Cell::mark(standing, standing.key(), reader.say(standing.word()))
        });
        let environment = tenant.municipality.spec.environment;
        let environment = Cell::word(environment.key(), reader.say(environment.word()));
        [who(tenant), vec![environment], standings.into()].concat()
    });
    Table {
        key: "matrix",
        title: words::TABLE_MATRIX,
        empty: words::NONE_MUNICIPALITIES,
        columns: [
            whose(),
            vec![both("environment", words::COLUMN_ENVIRONMENT)],
            areas.into(),
        ]
        .concat(),
        rows: rows.collect(),
    }
}
