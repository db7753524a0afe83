//! The section of one municipality: its parts, each with what it is made of.

use maud::{Markup, html};

use super::chart;
use super::table::{mark, pieces, table};
use crate::book::Book;
use crate::drawing::{self, Scene};
use crate::facts::Fact;
use crate::guardrails::Counts;
use crate::names::Named;
use crate::parts::{Block, Part};
use crate::reader::Reader;
use crate::standing::of_outcome;
use crate::tenant::{Tenant, name, namespace};
use crate::words;

/// The id of a municipality's section; that of a part has its number behind it.
pub(super) fn id(tenant: &Tenant<'_>) -> String {
    let meta = &tenant.municipality.metadata;
    format!("m-{}-{}", namespace(meta), name(meta))
}

/// Everything of one municipality.
pub(super) fn section(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Markup {
    let spec = &tenant.municipality.spec;
    let id = id(tenant);
    html! {
        section class="municipality" aria-labelledby=(id) {
            h2 id=(id) {
                (spec.display_name) " "
                span class="aside" { (spec.code) " " (reader.say(spec.environment.word())) }
            }
            @for (number, part) in (1..).zip(Part::all(tenant, book, reader)) {
                section {
                    h3 id=(format!("{id}-{number}")) { (part.heading(number, reader)) }
                    @for one in part.blocks(tenant, book, reader) { (block(&one, tenant, &id, reader)) }
                }
            }
        }
    }
}

fn block(block: &Block, tenant: &Tenant<'_>, id: &str, reader: Reader) -> Markup {
    match block {
        Block::Facts(all) => facts(all, reader),
        Block::Counts(one) => counts(*one, reader),
        Block::Lead(text) => html! { p class="lead" { (text) } },
        Block::Notice(text, more) => notice(text, more),
        Block::Table(one) => table(one, id, reader),
        Block::Chart => chart::chart(tenant, id, reader),
        Block::Drawing => picture(tenant, reader),
    }
}

fn facts(all: &[Fact], reader: Reader) -> Markup {
    html! {
        dl class="facts" {
            @for (_, word, cell) in all {
                div { dt { (reader.say(*word)) } dd { (pieces(cell)) } }
            }
        }
    }
}

fn counts(counts: Counts, reader: Reader) -> Markup {
    html! {
        p class="key" {
            @for (outcome, count) in counts.each() {
                (mark(of_outcome(outcome), &format!("{} {count}", reader.say(outcome.word())))) " "
            }
        }
    }
}

/// What a reader must not miss; strong where there is more about it.
pub(super) fn notice(text: &str, more: &str) -> Markup {
    html! {
        p class="notice" role="note" {
            @if more.is_empty() { (text) } @else { strong { (text) } " " (more) }
        }
    }
}

fn picture(tenant: &Tenant<'_>, reader: Reader) -> Markup {
    let policies: Vec<_> = tenant.policies.iter().map(|one| one.policy).collect();
    let picture = drawing::draw(&Scene {
        municipality: tenant.municipality,
        reaches: &tenant.endpoints,
        policies: &policies,
        language: reader.language,
    });
    html! {
        figure class=(if picture.is_wide { "drawing wide" } else { "drawing" }) {
            div class="scroll" role="group" tabindex="0" aria-label=(reader.say(words::DRAWING)) { (picture.svg) }
            figcaption { (reader.say(words::DRAWING_CAPTION)) }
        }
    }
}
