//! The report as Markdown, for a ticket or a repository: the same tables as on the page, without the drawing.

use std::fmt::Write as _;

use crate::book::Book;
use crate::days;
use crate::facts::facts;
use crate::fleet;
use crate::language::{Language, Word};
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Place, Table};
use crate::tables;
use crate::tenant::{Tenant, Tenants};
use crate::words;

/// The whole report.
pub(crate) fn markdown(book: &Book<'_>, language: Language) -> String {
    let reader = Reader::of(book, language);
    let tenants = Tenants::of(book);
    let mut out = Markdown {
        text: String::new(),
        reader,
    };
    out.head(book, &tenants);
    out.heading(2, &reader.say(words::HEADING_SUMMARY));
    out.table(&fleet::matrix(&tenants, reader));
    let is_one = tenants.all.len() == 1;
    if !is_one {
        out.heading(2, &reader.say(words::HEADING_FAILED));
        out.table(&fleet::failed(book, &tenants, reader));
        out.heading(2, &reader.say(words::HEADING_ENDINGS));
        out.table(&fleet::endings(&tenants, reader));
        out.heading(2, &reader.say(words::HEADING_STRAYS));
        out.table(&fleet::strays(&tenants));
    }
    if is_one || book.details {
        for tenant in &tenants.all {
            out.section(tenant, book);
        }
    }
    out.text
}

/// A text while it grows.
struct Markdown {
    text: String,
    reader: Reader,
}

impl Markdown {
    fn line(&mut self, text: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "{text}\n");
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.line(&format!("{} {}", "#".repeat(level), escaped(text)));
    }

    fn head(&mut self, book: &Book<'_>, tenants: &Tenants<'_>) {
        let reader = self.reader;
        self.heading(1, &reader.say(words::TITLE));
        let facts = [
            (words::HEAD_INSTALLATION, book.installation.to_owned()),
            (words::HEAD_MADE_AT, days::moment(book.made_at, reader.language)),
            (words::HEAD_MUNICIPALITIES, tenants.all.len().to_string()),
            (words::HEAD_VERSION, book.operator_version.to_owned()),
        ];
        for (word, value) in facts {
            self.item(word, &escaped(&value));
        }
        self.text.push('\n');
    }

    fn item(&mut self, word: Word, value: &str) {
        let _ = writeln!(self.text, "- {}: {value}", escaped(&self.reader.say(word)));
    }

    fn section(&mut self, tenant: &Tenant<'_>, book: &Book<'_>) {
        let reader = self.reader;
        let spec = &tenant.municipality.spec;
        let environment = reader.say(spec.environment.word());
        self.heading(2, &format!("{} ({}) {environment}", spec.display_name, spec.code));
        for (_, word, cell) in facts(tenant, reader) {
            self.item(word, &shown(&cell));
        }
        self.text.push('\n');
        for table in tables::all(tenant, book, reader) {
            self.heading(3, &reader.say(table.title));
            self.notices(&table, tenant, book);
            self.table(&table);
        }
    }

    /// What a reader has to know of a table before its rows.
    fn notices(&mut self, table: &Table, tenant: &Tenant<'_>, book: &Book<'_>) {
        let reader = self.reader;
        if table.key == "guardrails" && tables::is_published(tenant) {
            self.line(&format!("> {}", reader.say(words::LAST_PUBLISHED)));
        }
        if let Some(why) = book.evidence.missing().filter(|_| table.key == "evidence") {
            let missing = reader.say(words::EVIDENCE_MISSING);
            self.line(&format!("> {missing} {}", escaped(&reader.text(why))));
        }
    }

    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return self.line(&self.reader.say(table.empty));
        }
        let shown_columns = table.columns.iter().filter(|column| column.place != Place::Data);
        let heads: Vec<String> = shown_columns
            .map(|column| escaped(&self.reader.say(column.word)))
            .collect();
        let _ = writeln!(self.text, "| {} |\n|{}", heads.join(" | "), "---|".repeat(heads.len()));
        for row in &table.rows {
            let cells = table
                .columns
                .iter()
                .zip(row)
                .filter(|(column, _)| column.place != Place::Data);
            let cells: Vec<String> = cells.map(|(_, cell)| shown(cell)).collect();
            let _ = writeln!(self.text, "| {} |", cells.join(" | "));
        }
        self.text.push('\n');
    }
}

fn shown(cell: &Cell) -> String {
    let pieces: Vec<String> = cell.pieces.iter().map(piece).collect();
    match pieces.is_empty() {
        true => "–".to_owned(),
        false => pieces.join("<br>"),
    }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Mark(standing, word) => format!("{} {}", standing.symbol(), escaped(word)),
        Piece::Text(text) | Piece::Code(text) | Piece::Note(text) => escaped(text),
    }
}

/// No text becomes markup, a further column or a further line.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '~' => safe.extend(['\\', letter]),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\n' | '\r' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}
