//! The report for spreadsheets: one sheet for each table, over all municipalities.

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;

use crate::book::Book;
use crate::fleet;
use crate::language::Language;
use crate::manifest::{Checksum, manifest};
use crate::month_words;
use crate::reader::Reader;
use crate::table::{Cell, Table, both};
use crate::tables;
use crate::tenant::Tenants;

/// One sheet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sheet {
    /// Its name, fit for a file: `recovery-points`.
    pub name: String,
    /// Its content: CSV in UTF-8 with a byte order mark.
    pub bytes: Vec<u8>,
}

/// By this a spreadsheet knows that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What begins a formula in some spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

type Sheets = Vec<(&'static str, Writer<Vec<u8>>)>;

/// All sheets, each with its heading even when it has no rows.
pub(crate) fn sheets(book: &Book<'_>) -> Result<Vec<Sheet>, csv::Error> {
    let reader = Reader::of(book, Language::En);
    let tenants = Tenants::of(book);
    let mut sheets: Sheets = Vec::new();
    for tenant in &tenants.all {
        let who = fleet::who(tenant);
        for (at, table) in tables::all(tenant, book, reader).iter().enumerate() {
            if sheets.len() <= at {
                sheets.push((table.key, begin(table)?));
            }
            write(&mut sheets[at].1, table, &who)?;
        }
    }
    sheets.into_iter().map(|(key, writer)| end(key, writer)).collect()
}

/// The sheets with their checksums, as a table.
pub(crate) fn list(book: &Book<'_>) -> Table {
    // Rows are as long as their headings; were one not, the sheets themselves would say so.
    let sheets = sheets(book).unwrap_or_default();
    let row = |one: Checksum| {
        let Checksum {
            name,
            sha256,
            bytes,
            rows,
        } = one;
        vec![
            Cell::code(name),
            Cell::number(rows),
            Cell::number(bytes),
            Cell::code(sha256),
        ]
    };
    Table {
        key: "sheets",
        title: month_words::TABLE_SHEETS,
        empty: month_words::NONE_SHEETS,
        columns: vec![
            both("name", month_words::COLUMN_SHEET),
            both("rows", month_words::COLUMN_ROWS),
            both("bytes", month_words::COLUMN_BYTES),
            both("sha256", month_words::COLUMN_SHA256),
        ],
        rows: manifest(&sheets).into_iter().map(row).collect(),
    }
}

fn begin(table: &Table) -> Result<Writer<Vec<u8>>, csv::Error> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let whose = fleet::whose();
    writer.write_record(
        whose
            .iter()
            .chain(&table.columns)
            .filter(|column| column.is_data())
            .map(|column| column.key),
    )?;
    Ok(writer)
}

fn write(writer: &mut Writer<Vec<u8>>, table: &Table, who: &[Cell]) -> Result<(), csv::Error> {
    for row in &table.rows {
        let cells = table.columns.iter().zip(row).filter(|(column, _)| column.is_data());
        let cells = who.iter().chain(cells.map(|(_, cell)| cell));
        writer.write_record(cells.map(|cell| text(&cell.value)))?;
    }
    Ok(())
}

fn end(key: &str, writer: Writer<Vec<u8>>) -> Result<Sheet, csv::Error> {
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(Sheet {
        name: kebab(key),
        bytes,
    })
}

/// `recovery-points` from `recoveryPoints`.
fn kebab(key: &str) -> String {
    let mut name = String::new();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// What stands in a cell. Whatever others wrote is never a formula; numbers of ours stay numbers.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(all) => harmless(&all.iter().map(plain).collect::<Vec<_>>().join("; ")),
        other => other.to_string(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn harmless(text: &str) -> String {
    match text.starts_with(FORMULA) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{kebab, text};

    #[test]
    fn nothing_is_a_formula() {
        assert_eq!(text(&json!("=1+1")), "'=1+1");
        assert_eq!(text(&json!(["@sum", "b"])), "'@sum; b");
        assert_eq!(text(&json!(-3)), "-3");
        assert_eq!(text(&json!(null)), "");
    }

    #[test]
    fn names_are_fit_for_files() {
        assert_eq!(kebab("recoveryPoints"), "recovery-points");
    }
}
