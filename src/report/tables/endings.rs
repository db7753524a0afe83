//! Grants and exceptions with their last days, in the order in which they end.

use jiff::civil::Date;

use crate::ends::{self, End};
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both, data, page};
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each ending.
pub(crate) fn endings(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let ends = ends::of(tenant);
    Table {
        key: "endings",
        title: words::TABLE_ENDINGS,
        empty: words::NONE_ENDINGS,
        columns: vec![
            both("until", words::COLUMN_UNTIL),
            data("from", words::COLUMN_FROM),
            reader.of_month("inMonth", month_words::COLUMN_IN_MONTH),
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
        from,
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
        Cell::text(*until).note(begun(*from, reader)),
        Cell::text_of(*from),
        in_month(*from, until, reader),
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

/// In a monthly report, the first day too.
fn begun(from: Option<&str>, reader: Reader) -> String {
    let from = from.filter(|_| reader.period.is_some());
    from.map_or_else(String::new, |from| reader.with(month_words::FROM_DAY, &[from]))
}

/// Whether it began or ended in the month of the report.
fn in_month(from: Option<&str>, until: &str, reader: Reader) -> Cell {
    let is_in = |day: Option<&str>| {
        let day = day.and_then(|day| day.parse::<Date>().ok());
        let bounds = reader.period.map(|month| (month.first(), month.last()));
        day.zip(bounds)
            .is_some_and(|(day, (first, last))| first <= day && day <= last)
    };
    let is_over = reader.until(Some(until)).0 == Standing::Bad;
    let (standing, key, word) = match (is_in(from), is_in(Some(until))) {
        (true, true) => (Standing::Excused, "beganAndEnds", month_words::BEGAN_AND_ENDED),
        (true, false) => (Standing::Good, "began", month_words::BEGAN),
        (false, true) if is_over => (Standing::Excused, "ended", month_words::ENDED),
        (false, true) => (Standing::Moving, "ends", month_words::ENDS_IN_MONTH),
        (false, false) => return Cell::none(),
    };
    Cell::mark(standing, key, reader.say(word))
}
