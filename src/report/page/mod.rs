//! The report as one HTML page: no script, no external file, made to be read on screen, aloud and on paper.

mod appendix;
mod chart;
mod contents;
pub(crate) mod masthead;
mod month_tiles;
mod section;
mod signatures;
mod style;
mod summary;
mod table;

use maud::{DOCTYPE, Markup, html};

use crate::book::Book;
use crate::language::Language;
use crate::reader::Reader;
use crate::tenant::Tenants;
use crate::words;

/// The whole page.
pub(crate) fn page(book: &Book<'_>, language: Language) -> Markup {
    let reader = Reader::of(book, language);
    let tenants = Tenants::of(book);
    let is_one = tenants.all.len() == 1;
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(format!("jichitai {}", book.operator_version));
                title { (masthead::title(&tenants, reader)) }
                style { (maud::PreEscaped(style::STYLE)) }
            }
            body {
                a class="skip" href="#main" { (reader.say(words::SKIP)) }
                (masthead::masthead(book, &tenants, reader))
                (contents::contents(book, &tenants, reader))
                main id="main" {
                    (signatures::signatures(reader))
                    (summary::summary(book, &tenants, reader))
                    @if is_one || book.details {
                        @for tenant in &tenants.all { (section::section(tenant, book, reader)) }
                    }
                    (appendix::appendix(book, reader))
                }
                footer { p { (reader.with(words::FOOTER, &[book.installation, book.operator_version])) } }
            }
        }
    }
}
