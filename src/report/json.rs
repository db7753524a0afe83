//! The report for programs: the rows of the tables under the names of their columns.

use serde_json::{Map, Value, json};

use crate::areas::Area;
use crate::book::Book;
use crate::facts::facts;
use crate::fleet;
use crate::guardrails::Counts;
use crate::language::Language;
use crate::month_numbers::{self, MonthNumbers};
use crate::numbers::{Numbers, numbers};
use crate::reader::Reader;
use crate::sheets;
use crate::table::Table;
use crate::tables;
use crate::tenant::{Tenant, Tenants, name, namespace};

/// The whole report. Sentences of the catalogue are in English.
pub(crate) fn json(book: &Book<'_>) -> Value {
    let reader = Reader::of(book, Language::En);
    let tenants = Tenants::of(book);
    let all: Vec<Value> = tenants.all.iter().map(|one| municipality(one, book, reader)).collect();
    let strays = match tenants.all.len() {
        1 => Vec::new(),
        _ => rows(&fleet::strays(&tenants)),
    };
    let mut report = json!({
        "madeAt": book.made_at.to_string(),
        "installation": book.installation,
        "operatorVersion": book.operator_version,
        "evidence": if book.evidence.missing().is_some() { "missing" } else { "recorded" },
        "summary": summary(numbers(&tenants, reader)),
        "strays": strays,
        "municipalities": all,
    });
    if let Some(since) = book.since {
        report["since"] = since.to_string().into();
    }
    if let Some(month) = book.period {
        report["summary"]["month"] = of_month(month_numbers::numbers(&tenants, reader));
        report["period"] = month.to_string().into();
        report["fiscalYear"] = month.fiscal_year().into();
        report["sheets"] = rows(&sheets::list(book)).into();
    }
    report
}

fn summary(numbers: Numbers) -> Value {
    let Numbers {
        municipalities,
        good,
        bad,
        whole: _,
        checks,
        guardrails: _,
        drift,
        drifted: _,
        late_points,
        policies,
        points: _,
        ends_soon,
        over,
    } = numbers;
    let Counts {
        passed,
        failed,
        exempt,
        unreadable,
        not_ours,
    } = checks;
    json!({
        "municipalities": municipalities,
        "ready": good,
        "stalled": bad,
        "guardrails": {
            "passed": passed,
            "failed": failed,
            "exempt": exempt,
            "unreadable": unreadable,
            "notOurs": not_ours,
        },
        "drift": drift,
        "policies": policies,
        "recoveryPointsLate": late_points,
        "endsSoon": ends_soon,
        "over": over,
    })
}

fn of_month(numbers: MonthNumbers) -> Value {
    let MonthNumbers {
        done,
        refused,
        approvals,
        repaired,
        longest,
        good_runs,
        due_runs,
        good_drills,
        drills,
    } = numbers;
    json!({
        "done": done,
        "refused": refused,
        "approvals": approvals,
        "repaired": repaired,
        "longestRepairSeconds": longest.map(|one| one.as_secs()),
        "goodRuns": good_runs,
        "dueRuns": due_runs,
        "goodDrills": good_drills,
        "drills": drills,
    })
}

fn municipality(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Value {
    let meta = &tenant.municipality.metadata;
    let facts = facts(tenant, reader)
        .into_iter()
        .map(|(key, _, cell)| (key.to_owned(), cell.value));
    let areas = Area::ALL.map(|area| (area.key().to_owned(), area.standing(tenant).key().into()));
    let as_of = if tables::is_published(tenant) {
        "status"
    } else {
        "report"
    };
    let mut fields = Map::from_iter([
        ("namespace".to_owned(), namespace(meta).into()),
        ("name".to_owned(), name(meta).into()),
        ("facts".to_owned(), Value::Object(facts.collect())),
        ("areas".to_owned(), Value::Object(areas.into_iter().collect())),
        ("guardrailsAsOf".to_owned(), as_of.into()),
    ]);
    for table in tables::all(tenant, book, reader) {
        fields.insert(table.key.to_owned(), rows(&table).into());
    }
    Value::Object(fields)
}

/// Each row by the names of the columns.
fn rows(table: &Table) -> Vec<Value> {
    let row = |row: &Vec<crate::table::Cell>| {
        let cells = table.columns.iter().zip(row);
        let fields = cells.filter(|(column, _)| column.is_data());
        Value::Object(
            fields
                .map(|(column, cell)| (column.key.to_owned(), cell.value.clone()))
                .collect(),
        )
    };
    table.rows.iter().map(row).collect()
}
