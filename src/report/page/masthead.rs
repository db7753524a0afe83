//! The head of a page: what it is, of which installation, and as of when.

use maud::{Markup, html};

use crate::book::Book;
use crate::days;
use crate::language::Language;
use crate::reader::Reader;
use crate::tenant::Tenants;
use crate::words;

/// The title: with the municipality's name where there is one.
pub(super) fn title(tenants: &Tenants<'_>, reader: Reader) -> String {
    match tenants.all.as_slice() {
        [one] => {
            let spec = &one.municipality.spec;
            reader.with(words::TITLE_OF_ONE, &[&spec.display_name, &spec.code])
        }
        _ => reader.say(words::TITLE),
    }
}

/// The head.
pub(super) fn masthead(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Markup {
    let mut facts = vec![
        (words::HEAD_INSTALLATION, book.installation.to_owned()),
        (words::HEAD_MADE_AT, days::moment(book.made_at, reader.language)),
        (
            words::HEAD_FISCAL_YEAR,
            days::fiscal_year(reader.today, reader.language),
        ),
        (words::HEAD_MUNICIPALITIES, tenants.all.len().to_string()),
        (words::HEAD_VERSION, book.operator_version.to_owned()),
    ];
    if reader.language == Language::En {
        // The fiscal year is Japan's own; an English reader has the date.
        facts.remove(2);
    }
    html! {
        header class="masthead" {
            p class="kicker" { (reader.say(words::KICKER)) }
            h1 { (title(tenants, reader)) }
            dl {
                @for (word, value) in facts {
                    div { dt { (reader.say(word)) } dd { (value) } }
                }
            }
        }
    }
}
