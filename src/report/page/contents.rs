//! Where to find what on a page: the parts of one municipality, or the municipalities.

use maud::{Markup, html};

use super::appendix;
use super::section::id;
use crate::book::Book;
use crate::month_words;
use crate::parts::Part;
use crate::reader::Reader;
use crate::tenant::{Tenant, Tenants, name, namespace};
use crate::words;

/// Links to what follows, or to pages of their own; nothing where there is neither.
pub(super) fn contents(book: &Book<'_>, tenants: &Tenants<'_>, reader: Reader) -> Markup {
    let mut links: Vec<(String, String)> = match tenants.all.as_slice() {
        [one] => {
            let id = id(one);
            let parts = (1..)
                .zip(Part::all(one, book, reader))
                .map(|(number, part)| (format!("#{id}-{number}"), part.heading(number, reader)));
            parts.collect()
        }
        all if book.details => all
            .iter()
            .map(|one| (format!("#{}", id(one)), one.municipality.spec.display_name.clone()))
            .collect(),
        all => all.iter().filter_map(|one| elsewhere(one, book)).collect(),
    };
    if reader.period.is_some() {
        links.push((format!("#{}", appendix::ID), reader.say(month_words::PART_SHEETS)));
    }
    html! {
        @if !links.is_empty() {
            nav aria-label=(reader.say(words::CONTENTS)) {
                ul { @for (target, name) in links { li { a href=(target) { (name) } } } }
            }
        }
    }
}

/// A municipality's own page, and its name.
fn elsewhere(tenant: &Tenant<'_>, book: &Book<'_>) -> Option<(String, String)> {
    let meta = &tenant.municipality.metadata;
    let page = book.page_of?(namespace(meta), name(meta));
    let spec = &tenant.municipality.spec;
    Some((page, format!("{} {}", spec.code, spec.display_name)))
}
