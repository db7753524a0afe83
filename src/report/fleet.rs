//! What is told of several municipalities together.

use crate::areas::Area;
use crate::backups;
use crate::book::{Book, Severity};
use crate::ends;
use crate::guardrails::{self, Counts};
use crate::names::Named;
use crate::objects;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, Table, both, data};
use crate::tables;
use crate::tenant::{Tenant, Tenants, name, namespace};
use crate::words;

/// Numbers that are told before everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub municipalities: usize,
    pub good: usize,
    pub bad: usize,
    /// How the one stands that stands worst.
    pub whole: Standing,
    pub checks: Counts,
    pub drift: usize,
    /// Policies whose newest recovery point is too old or not known.
    pub late_points: usize,
    pub policies: usize,
    /// How the policy stands that stands worst.
    pub points: Standing,
    pub ends_soon: usize,
    pub over: usize,
}

/// Counts over all municipalities.
pub(crate) fn numbers(tenants: &Tenants<'_>, reader: Reader) -> Numbers {
    let mut numbers = Numbers {
        municipalities: tenants.all.len(),
        good: 0,
        bad: 0,
        whole: Standing::Absent,
        checks: Counts::default(),
        drift: 0,
        late_points: 0,
        policies: 0,
        points: Standing::Absent,
        ends_soon: 0,
        over: 0,
    };
    for tenant in &tenants.all {
        count(&mut numbers, tenant, reader);
    }
    numbers
}

fn count(numbers: &mut Numbers, tenant: &Tenant<'_>, reader: Reader) {
    let whole = Area::Whole.standing(tenant);
    numbers.whole = numbers.whole.max(whole);
    match whole {
        Standing::Good => numbers.good += 1,
        Standing::Bad => numbers.bad += 1,
        _ => {}
    }
    numbers.checks.add(guardrails::counts(tenant).unwrap_or_default());
    let objects = objects::of(tenant);
    let drift = objects.iter().filter_map(|object| object.status);
    numbers.drift += drift.map(|status| status.drift.len()).sum::<usize>();
    let points = backups::freshness(tenant, reader);
    numbers.policies += points.len();
    numbers.points = points
        .iter()
        .map(|one| one.standing)
        .fold(numbers.points, Standing::max);
    numbers.late_points += points.iter().filter(|one| one.standing != Standing::Good).count();
    for end in ends::of(tenant) {
        match reader.until(Some(end.until)).0 {
            Standing::Bad => numbers.over += 1,
            Standing::Moving => numbers.ends_soon += 1,
            _ => {}
        }
    }
}

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
