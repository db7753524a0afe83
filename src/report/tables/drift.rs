//! Where AWS differs from the specification now.

use jichitai_api::status::Drift;

use crate::objects::{self, Object};
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both, data, page};
use crate::tenant::Tenant;
use crate::words;

/// One row for each difference.
pub(crate) fn drift(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let objects = objects::of(tenant);
    Table {
        key: "drift",
        title: words::TABLE_DRIFT,
        empty: words::NONE_DRIFT,
        columns: vec![
            data("kind", words::COLUMN_KIND),
            data("name", words::COLUMN_NAME),
            page("object", words::COLUMN_OBJECT),
            both("role", words::COLUMN_PART),
            both("path", words::COLUMN_PATH),
            both("want", words::COLUMN_WANT),
            both("have", words::COLUMN_HAVE),
            both("since", words::COLUMN_SINCE),
        ],
        rows: objects.iter().flat_map(|object| rows(object, reader)).collect(),
    }
}

fn rows(object: &Object<'_>, reader: Reader) -> Vec<Vec<Cell>> {
    let all = object.status.map(|status| status.drift.as_slice()).unwrap_or_default();
    match object.is_shared && !all.is_empty() {
        true => vec![withheld(object, all.len(), reader)],
        false => all.iter().map(|one| row(object, one)).collect(),
    }
}

fn label(object: &Object<'_>) -> Vec<Cell> {
    let Object {
        kind,
        name,
        status: _,
        is_shared: _,
    } = *object;
    let both = vec![Piece::Text(name.to_owned()), Piece::Note(kind.to_owned())];
    vec![Cell::text(kind), Cell::text(name), Cell::shown(both)]
}

/// What differs at a shared object may be another municipality's.
fn withheld(object: &Object<'_>, count: usize, reader: Reader) -> Vec<Cell> {
    let mut row = label(object);
    let note = reader.with(words::WITHHELD_COUNT, &[&count.to_string()]);
    row.push(Cell::shown(vec![Piece::Note(note)]));
    row.resize(8, Cell::none());
    row
}

fn row(object: &Object<'_>, drift: &Drift) -> Vec<Cell> {
    let Drift {
        role,
        path,
        want,
        have,
        since,
    } = drift;
    let mut row = label(object);
    row.extend([
        Cell::code(role),
        Cell::code(path),
        Cell::code(want),
        Cell::code(have),
        Cell::time_of(since.as_ref().map(|time| time.0)),
    ]);
    row
}
