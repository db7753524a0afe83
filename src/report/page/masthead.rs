//! The head of a page: what it is, of which installation, and as of when.

use jichitai_plan::evidence::Month;
use maud::{Markup, html};

use crate::book::Book;
use crate::days;
use crate::language::{Language, Word};
use crate::reader::Reader;
use crate::tenant::Tenants;
use crate::{month_words, words};

/// The title: with the municipality's name where there is one.
pub(crate) fn title(tenants: &Tenants<'_>, reader: Reader) -> String {
    let month = reader.period.map(|month| days::month(month, reader.language));
    match (tenants.all.as_slice(), month) {
        ([one], Some(month)) => {
            let spec = &one.municipality.spec;
            reader.with(month_words::MONTH_TITLE, &[&spec.display_name, &spec.code, &month])
        }
        (_, Some(month)) => reader.with(month_words::MONTH_TITLE_OF_ALL, &[&month]),
        ([one], None) => {
            let spec = &one.municipality.spec;
            reader.with(words::TITLE_OF_ONE, &[&spec.display_name, &spec.code])
        }
        (_, None) => reader.say(words::TITLE),
    }
}

/// What the report is about, in the head of pages and of Markdown.
pub(crate) fn facts(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Vec<(Word, String)> {
    let month = reader.period.map(|month| days::month(month, reader.language));
    let first = reader.period.map_or(reader.today, Month::first);
    let whom = match (tenants.all.as_slice(), &month) {
        ([one], Some(_)) => {
            let spec = &one.municipality.spec;
            format!("{} ({})", spec.display_name, spec.code)
        }
        (all, _) => all.len().to_string(),
    };
    let mut facts = Vec::from_iter(month.map(|month| (month_words::HEAD_MONTH, month)));
    // The fiscal year is Japan's own; an English reader of how things stand has the date.
    if reader.language == Language::Ja || reader.period.is_some() {
        facts.push((words::HEAD_FISCAL_YEAR, days::fiscal_year(first, reader.language)));
    }
    facts.extend([
        (words::HEAD_MUNICIPALITIES, whom),
        (words::HEAD_INSTALLATION, book.installation.to_owned()),
        (words::HEAD_MADE_AT, days::moment(book.made_at, reader.language)),
        (words::HEAD_VERSION, book.operator_version.to_owned()),
    ]);
    facts
}

/// The head.
pub(super) fn masthead(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Markup {
    html! {
        header class="masthead" {
            p class="kicker" { (reader.say(words::KICKER)) }
            h1 { (title(tenants, reader)) }
            dl {
                @for (word, value) in facts(book, tenants, reader) {
                    div { dt { (reader.say(word)) } dd { (value) } }
                }
            }
        }
    }
}
