//! The section of one municipality.

use maud::{Markup, html};

use super::chart;
use super::table::{mark, pieces, table};
use crate::book::Book;
use crate::drawing::{self, Scene};
use crate::facts::facts;
use crate::guardrails;
use crate::language::Word;
use crate::names::Named;
use crate::reader::Reader;
use crate::standing::of_outcome;
use crate::tables;
use crate::tenant::{Tenant, name, namespace};
use crate::words;

/// The parts of a section, in their order; [`contents`] has what each tells.
pub(super) const PARTS: [Word; 10] = [
    words::PART_FACTS,
    words::PART_CONDITIONS,
    words::PART_GUARDRAILS,
    words::PART_KEYS,
    words::PART_ACCESS,
    words::PART_BACKUPS,
    words::PART_NETWORK,
    words::PART_NAMES,
    words::PART_DRIFT,
    words::PART_ENDINGS,
];

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
            @for (number, (word, content)) in (1..).zip(PARTS.iter().zip(contents(tenant, book, &id, reader))) {
                section {
                    h3 id=(format!("{id}-{number}")) { (reader.say(*word)) }
                    (content)
                }
            }
        }
    }
}

fn contents(tenant: &Tenant<'_>, book: &Book<'_>, id: &str, reader: Reader) -> [Markup; 10] {
    [
        about(tenant, reader),
        table(&tables::conditions(tenant, reader), id, reader),
        checks(tenant, book, id, reader),
        keys(tenant, id, reader),
        table(&tables::access(tenant, book.installation, reader), id, reader),
        backups(tenant, id, reader),
        network(tenant, id, reader),
        names(tenant, id, reader),
        history(tenant, book, id, reader),
        table(&tables::endings(tenant, reader), id, reader),
    ]
}

fn about(tenant: &Tenant<'_>, reader: Reader) -> Markup {
    html! {
        dl class="facts" {
            @for (_, word, cell) in facts(tenant, reader) {
                div { dt { (reader.say(word)) } dd { (pieces(&cell)) } }
            }
        }
    }
}

/// Counts, and where the results come from; then each check.
fn checks(tenant: &Tenant<'_>, book: &Book<'_>, id: &str, reader: Reader) -> Markup {
    let counts = guardrails::counts(tenant);
    html! {
        @if let Some(counts) = counts {
            p class="key" {
                @for (outcome, count) in counts.each() {
                    (mark(of_outcome(outcome), &format!("{} {count}", reader.say(outcome.word())))) " "
                }
            }
            @if tables::is_published(tenant) { p class="notice" role="note" { (reader.say(words::LAST_PUBLISHED)) } }
        }
        (table(&tables::guardrails(tenant, book.checks, reader), id, reader))
    }
}

fn keys(tenant: &Tenant<'_>, id: &str, reader: Reader) -> Markup {
    html! {
        (table(&tables::keys(tenant, reader), id, reader))
        (table(&tables::key_access(tenant, reader), id, reader))
    }
}

fn backups(tenant: &Tenant<'_>, id: &str, reader: Reader) -> Markup {
    let losses = tables::losses(tenant, reader);
    html! {
        (chart::chart(tenant, id, reader))
        (table(&tables::recovery_points(tenant, reader), id, reader))
        @if !losses.rows.is_empty() { (table(&losses, id, reader)) }
    }
}

fn network(tenant: &Tenant<'_>, id: &str, reader: Reader) -> Markup {
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
        (table(&tables::networks(tenant, reader), id, reader))
        (table(&tables::peers(tenant, reader), id, reader))
        (table(&tables::endpoints(tenant, reader), id, reader))
    }
}

fn names(tenant: &Tenant<'_>, id: &str, reader: Reader) -> Markup {
    let rules = tables::rules(tenant, reader);
    let associations = tables::associations(tenant, reader);
    html! {
        (table(&tables::names(tenant, reader), id, reader))
        @if !rules.rows.is_empty() { (table(&rules, id, reader)) }
        @if !associations.rows.is_empty() { (table(&associations, id, reader)) }
    }
}

/// Drift now, then what happened, or why nothing is known of that.
fn history(tenant: &Tenant<'_>, book: &Book<'_>, id: &str, reader: Reader) -> Markup {
    html! {
        (table(&tables::drift(tenant, reader), id, reader))
        @match book.evidence.missing() {
            Some(why) => p class="notice" role="note" {
                strong { (reader.say(words::EVIDENCE_MISSING)) } " " (reader.text(why))
            },
            None => (table(&tables::evidence(tenant, reader), id, reader)),
        }
    }
}
