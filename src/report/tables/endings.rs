//! Grants and exceptions with their last days, in the order in which they end.

use crate::ends::{self, End};
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both, data, page};
use crate::tenant::Tenant;
use crate::words;

/// One row for each ending.
pub(crate) fn endings(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let ends = ends::of(tenant);
    Table {
        key: "endings",
        title: words::TABLE_ENDINGS,
        empty: words::NONE_ENDINGS,
        columns: vec![
            both("until", words::COLUMN_UNTIL),
            both("standing", words::COLUMN_STANDING),
            data("daysLeft", words::COLUMN_DAYS_LEFT),
            both("what", words::COLUMN_WHAT),
            both("subject", words::COLUMN_SUBJECT),
            both("reason", words::COLUMN_REASON),
            both("basis", words::COLUMN_ENDING_BASIS),
            data("kind", words::COLUMN_KIND),
            data("name", words::COLUMN_NAME),
            page("object", words::COLUMN_OBJECT),
        ],
        rows: ends.iter().map(|end| row(end, reader)).collect(),
    }
}

fn row(end: &End<'_>, reader: Reader) -> Vec<Cell> {
    let End {
        until,
        what,
        subject,
        reason,
        basis,
        object,
    } = end;
    let (standing, word, left) = reader.until(Some(until));
    let left_text = left.filter(|left| *left >= 0);
    let left_text = left_text.map(|left| reader.with(words::DAYS_LEFT, &[&left.to_string()]));
    let (kind, name) = *object;
    vec![
        Cell::text(*until),
        Cell::mark(standing, standing.key(), reader.say(word)).note(left_text.unwrap_or_default()),
        left.map_or_else(Cell::none, |left| Cell::new(left, Vec::new())),
        Cell::word(what.en, reader.say(*what)),
        Cell::code(subject),
        Cell::text_of(*reason),
        Cell::text_of(*basis),
        Cell::text(kind),
        Cell::text(name),
        Cell::shown(vec![Piece::Text(name.to_owned()), Piece::Note(kind.to_owned())]),
    ]
}
