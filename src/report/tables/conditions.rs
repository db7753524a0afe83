//! Conditions of all objects of a municipality.

use jichitai_api::{ConditionType, Reason};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::language::Language;
use crate::names::Named;
use crate::objects::{self, Object};
use crate::reader::Reader;
use crate::standing::{Standing, of_condition};
use crate::table::{Cell, Piece, Table, both, data, page};
use crate::tenant::Tenant;
use crate::words;

/// One row for each condition, object by object.
pub(crate) fn conditions(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let objects = objects::of(tenant);
    let rows = objects.iter().flat_map(|object| {
        let conditions = object.status.map(|status| status.conditions.as_slice());
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for condition in conditions.unwrap_or_default() {
            rows.push(row(object, condition, reader));
        }
        if rows.is_empty() {
            rows.push(silent(object, reader));
        }
        rows
    });
    Table {
        key: "conditions",
        title: words::TABLE_CONDITIONS,
        empty: words::NONE_CONDITIONS,
        columns: vec![
            data("kind", words::COLUMN_KIND),
            data("name", words::COLUMN_NAME),
            page("object", words::COLUMN_OBJECT),
            both("type", words::COLUMN_CONDITION),
            both("status", words::COLUMN_STATUS),
            both("reason", words::COLUMN_REASON),
            both("message", words::COLUMN_MESSAGE),
            both("since", words::COLUMN_SINCE),
        ],
        rows: rows.collect(),
    }
}

fn row(object: &Object<'_>, condition: &Condition, reader: Reader) -> Vec<Cell> {
    let Object {
        kind,
        name,
        status: _,
        is_shared,
    } = *object;
    let message = match is_shared && !condition.message.is_empty() {
        true => Cell::shown(vec![Piece::Note(reader.say(words::WITHHELD))]),
        false => Cell::text(&condition.message),
    };
    vec![
        Cell::text(kind),
        Cell::text(name),
        label(kind, name),
        kind_of(condition, reader),
        status(condition, reader),
        reason(condition, reader),
        message,
        Cell::time(condition.last_transition_time.0),
    ]
}

/// An object that has not reported anything yet.
fn silent(object: &Object<'_>, reader: Reader) -> Vec<Cell> {
    let nothing = Cell::shown(vec![Piece::Note(reader.say(words::NOT_REPORTED))]);
    let mut row = vec![
        Cell::text(object.kind),
        Cell::text(object.name),
        label(object.kind, object.name),
        nothing,
    ];
    row.resize(8, Cell::none());
    row
}

/// Kind and name in one cell.
fn label(kind: &str, name: &str) -> Cell {
    Cell::shown(vec![Piece::Text(name.to_owned()), Piece::Note(kind.to_owned())])
}

fn kind_of(condition: &Condition, reader: Reader) -> Cell {
    let word = condition.type_.parse::<ConditionType>().map(Named::word);
    match word {
        Ok(word) => Cell::new(
            condition.type_.clone(),
            vec![Piece::Text(reader.say(word)), Piece::Note(condition.type_.clone())],
        ),
        Err(_) => Cell::text(&condition.type_),
    }
}

fn status(condition: &Condition, reader: Reader) -> Cell {
    let standing = of_condition(condition);
    Cell::mark(standing, condition.status.clone(), reader.say(standing.word())).note(condition.status.clone())
}

/// The stable name, and where somebody may have to act, what it means.
fn reason(condition: &Condition, reader: Reader) -> Cell {
    let known = condition.reason.parse::<Reason>();
    let meaning = known.map(|reason| match reader.language {
        Language::Ja => reason.explain_ja(),
        Language::En => reason.explain_en(),
    });
    let meaning = meaning.ok().filter(|_| of_condition(condition) != Standing::Good);
    Cell::code(&condition.reason).note(meaning.unwrap_or_default())
}
