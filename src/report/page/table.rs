//! A table on a page: captioned, scrollable by keyboard, and folded where it is long.

use maud::{Markup, html};

use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Column, Piece, Table};
use crate::words;

/// How many rows are shown without unfolding.
const LONG: usize = 24;

/// A sign and a word.
pub(super) fn mark(standing: Standing, word: &str) -> Markup {
    html! {
        span class=(format!("mark {}", standing.key())) {
            span class="sign" aria-hidden="true" { (standing.symbol()) }
            (word)
        }
    }
}

/// A table, or a sentence in its place when it is empty.
pub(super) fn table(table: &Table, id: &str, reader: Reader) -> Markup {
    if table.rows.is_empty() {
        return html! { p class="none" { (reader.say(table.empty)) } };
    }
    let grid = grid(table, &format!("{id}-{}", table.key), reader);
    match table.rows.len() {
        count if count > LONG => folded(table, count, &grid, reader),
        _ => grid,
    }
}

fn folded(table: &Table, count: usize, grid: &Markup, reader: Reader) -> Markup {
    let is_bad = |cell: &Cell| {
        cell.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Mark(Standing::Bad, _)))
    };
    let bad = table.rows.iter().filter(|row| row.iter().any(is_bad)).count();
    html! {
        details {
            summary {
                (reader.with(words::FOLDED, &[&reader.say(table.title), &count.to_string()]))
                @if bad > 0 { " " (mark(Standing::Bad, &reader.with(words::FOLDED_BAD, &[&bad.to_string()]))) }
            }
            (grid)
        }
    }
}

fn grid(table: &Table, id: &str, reader: Reader) -> Markup {
    let shown: Vec<&Column> = table.columns.iter().filter(|column| column.is_shown()).collect();
    let first = table.columns.iter().position(Column::is_shown);
    html! {
        div class="scroll" role="group" tabindex="0" aria-labelledby=(id) {
            table {
                caption id=(id) { (reader.say(table.title)) }
                thead { tr {
                    @for column in &shown { th scope="col" { (reader.say(column.word)) } }
                } }
                @for (heading, rows) in table.groups() {
                    tbody {
                        @if let Some(heading) = heading {
                            tr class="group" { th scope="rowgroup" colspan=(shown.len()) { (pieces(heading)) } }
                        }
                        @for row in rows {
                            tr {
                                @for (at, (column, one)) in table.columns.iter().zip(row).enumerate() {
                                    @if column.is_shown() { (cell(column, one, first == Some(at))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(column: &Column, cell: &Cell, is_head: bool) -> Markup {
    let class = format!("c-{}", column.key);
    html! {
        @if is_head {
            th scope="row" class=(class) { (pieces(cell)) }
        } @else {
            td class=(class) { (pieces(cell)) }
        }
    }
}

/// What a cell shows, one piece a line.
pub(super) fn pieces(cell: &Cell) -> Markup {
    html! {
        @if cell.pieces.is_empty() { span class="nil" { "–" } }
        @for one in &cell.pieces {
            @match one {
                Piece::Text(text) => div { (text) },
                Piece::Code(text) => div { code { (text) } },
                Piece::Mark(standing, word) => div { (mark(*standing, word)) },
                Piece::Note(text) => div class="note" { (text) },
            }
        }
    }
}
