//! The report as Markdown, for a ticket or a repository: the same tables as on the page, without the drawing.

use std::fmt::Write as _;

use crate::book::Book;
use crate::fleet;
use crate::language::{Language, Word};
use crate::names::Named;
use crate::page::masthead;
use crate::parts::{Block, Part};
use crate::reader::Reader;
use crate::sheets;
use crate::table::{Cell, Piece, Table};
use crate::tenant::{Tenant, Tenants};
use crate::{month_numbers, month_words, words};

/// The whole report.
pub(crate) fn markdown(book: &Book<'_>, language: Language) -> String {
    let reader = Reader::of(book, language);
    let tenants = Tenants::of(book);
    let mut out = Markdown {
        text: String::new(),
        reader,
    };
    out.head(book, &tenants);
    out.signatures();
    out.heading(2, &reader.say(words::HEADING_SUMMARY));
    out.numbers(&tenants);
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
    out.appendix(book);
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
        let title = match reader.period {
            Some(_) => masthead::title(tenants, reader),
            None => reader.say(words::TITLE),
        };
        self.heading(1, &title);
        for (word, value) in masthead::facts(book, tenants, reader) {
            self.item(word, &escaped(&value));
        }
        self.text.push('\n');
    }

    /// Where those who made, checked and approved a monthly report sign.
    fn signatures(&mut self) {
        let reader = self.reader;
        if reader.period.is_none() {
            return;
        }
        let columns = [
            month_words::SIGN_ROLE,
            month_words::SIGN_NAME,
            month_words::SIGN_DAY,
            month_words::SIGN_SEAL,
        ];
        self.heading(2, &reader.say(month_words::SIGNATURES));
        let heads = columns.map(|word| escaped(&reader.say(word)));
        let _ = writeln!(self.text, "| {} |\n|{}", heads.join(" | "), "---|".repeat(heads.len()));
        for signer in month_words::SIGNERS {
            let _ = writeln!(self.text, "| {} | | | |", escaped(&reader.say(signer)));
        }
        self.text.push('\n');
    }

    /// The numbers of the month, where there are records to count.
    fn numbers(&mut self, tenants: &Tenants<'_>) {
        for (word, number, standing) in month_numbers::tiles(tenants, self.reader) {
            self.item(word, &format!("{} {}", standing.symbol(), escaped(&number)));
        }
        self.text.push('\n');
    }

    fn appendix(&mut self, book: &Book<'_>) {
        let reader = self.reader;
        if reader.period.is_some() {
            self.heading(2, &reader.say(month_words::PART_SHEETS));
            self.line(&escaped(&reader.say(month_words::SHEETS_ABOUT)));
            self.table(&sheets::list(book));
        }
    }

    fn item(&mut self, word: Word, value: &str) {
        let _ = writeln!(self.text, "- {}: {value}", escaped(&self.reader.say(word)));
    }

    fn section(&mut self, tenant: &Tenant<'_>, book: &Book<'_>) {
        let reader = self.reader;
        let spec = &tenant.municipality.spec;
        let environment = reader.say(spec.environment.word());
        self.heading(2, &format!("{} ({}) {environment}", spec.display_name, spec.code));
        for (number, part) in (1..).zip(Part::all(tenant, book, reader)) {
            self.heading(3, &part.heading(number, reader));
            for block in part.blocks(tenant, book, reader) {
                self.block(&block);
            }
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Facts(all) => {
                for (_, word, cell) in all {
                    self.item(*word, &shown(cell));
                }
                self.text.push('\n');
            }
            Block::Lead(text) => self.line(&escaped(text)),
            Block::Notice(text, more) => self.line(format!("> {} {}", escaped(text), escaped(more)).trim_end()),
            Block::Table(table) => {
                self.heading(4, &self.reader.say(table.title));
                self.table(table);
            }
            Block::Counts(_) | Block::Chart | Block::Drawing => {}
        }
    }

    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return self.line(&self.reader.say(table.empty));
        }
        let heads = table.columns.iter().filter(|column| column.is_shown());
        let heads: Vec<String> = heads.map(|column| escaped(&self.reader.say(column.word))).collect();
        let _ = writeln!(self.text, "| {} |\n|{}", heads.join(" | "), "---|".repeat(heads.len()));
        for (heading, rows) in table.groups() {
            if let Some(heading) = heading {
                let _ = writeln!(self.text, "| **{}** |{}", shown(heading), " |".repeat(heads.len() - 1));
            }
            for row in rows {
                self.row(table, row);
            }
        }
        self.text.push('\n');
    }

    fn row(&mut self, table: &Table, row: &[Cell]) {
        let cells = table.columns.iter().zip(row).filter(|(column, _)| column.is_shown());
        let cells: Vec<String> = cells.map(|(_, cell)| shown(cell)).collect();
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
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
