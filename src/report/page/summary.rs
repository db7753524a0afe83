//! The summary: numbers, the matrix, and what fails or ends in all municipalities.

use maud::{Markup, html};

use super::month_tiles::month_tiles;
use super::table::{mark, table};
use crate::book::Book;
use crate::fleet;
use crate::month_numbers::Tile;
use crate::numbers::{self, Numbers};
use crate::reader::Reader;
use crate::standing::Standing;
use crate::tables;
use crate::tenant::Tenants;
use crate::words;

/// The summary of a page.
pub(super) fn summary(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Markup {
    let numbers = numbers::numbers(tenants, reader);
    let is_one = tenants.all.len() == 1;
    html! {
        section class="summary" aria-labelledby="summary" {
            h2 id="summary" { (reader.say(words::HEADING_SUMMARY)) }
            (month_tiles(tenants, reader))
            ul class="tiles" {
                @for one in tiles(numbers) { (tile(&one, reader)) }
            }
            (table(&fleet::matrix(tenants, reader), "summary", reader))
            (key(reader))
        }
        @if !is_one { (together(book, tenants, reader)) }
    }
}

fn tiles(numbers: Numbers) -> Vec<Tile> {
    let Numbers {
        municipalities,
        good,
        bad,
        whole,
        checks,
        guardrails,
        drift,
        drifted,
        late_points,
        policies,
        points,
        ends_soon,
        over,
    } = numbers;
    let judged = checks.passed + checks.failed;
    let mut tiles = Vec::new();
    if municipalities > 1 {
        tiles.push((words::TILE_GOOD, format!("{good} / {municipalities}"), whole));
        tiles.push((words::TILE_BAD, bad.to_string(), Standing::of_unwanted(bad)));
    }
    tiles.extend([
        (words::TILE_FAILED, checks.failed.to_string(), guardrails),
        (words::TILE_PASSED, format!("{} / {judged}", checks.passed), guardrails),
        (words::TILE_DRIFT, drift.to_string(), drifted),
        (
            words::TILE_POINTS,
            format!("{} / {policies}", policies - late_points),
            points,
        ),
        (
            words::TILE_SOON,
            ends_soon.to_string(),
            if ends_soon == 0 {
                Standing::Good
            } else {
                Standing::Moving
            },
        ),
        (words::TILE_OVER, over.to_string(), Standing::of_unwanted(over)),
    ]);
    tiles
}

pub(super) fn tile((word, number, standing): &Tile, reader: Reader) -> Markup {
    html! {
        li class=(format!("tile {}", standing.key())) {
            span class="number" { (number) }
            span class="label" { (reader.say(*word)) }
            (mark(*standing, &reader.say(standing.word())))
        }
    }
}

/// What the signs mean.
fn key(reader: Reader) -> Markup {
    html! {
        p class="key" {
            (reader.say(words::KEY)) " "
            @for standing in Standing::ALL { (mark(standing, &reader.say(standing.word()))) " " }
        }
    }
}

/// What several municipalities have between them.
fn together(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Markup {
    let strays = fleet::strays(tenants);
    let published = tenants.all.iter().filter(|one| tables::is_published(one)).count();
    html! {
        @if let Some(why) = book.evidence.missing() {
            p class="notice" role="note" { strong { (reader.say(words::EVIDENCE_MISSING)) } " " (reader.text(why)) }
        }
        section aria-labelledby="failed" {
            h2 id="failed" { (reader.say(words::HEADING_FAILED)) }
            @if published > 0 {
                p class="notice" role="note" { (reader.with(words::LAST_PUBLISHED_OF, &[&published.to_string()])) }
            }
            (table(&fleet::failed(book, tenants, reader), "failed", reader))
        }
        section aria-labelledby="endings" {
            h2 id="endings" { (reader.say(words::HEADING_ENDINGS)) }
            (table(&fleet::endings(tenants, reader), "endings", reader))
        }
        @if !strays.rows.is_empty() {
            section aria-labelledby="strays" {
                h2 id="strays" { (reader.say(words::HEADING_STRAYS)) }
                (table(&strays, "strays", reader))
            }
        }
    }
}
