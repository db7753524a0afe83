//! The appendix of a monthly report: its sheets and their checksums.

use maud::{Markup, html};

use super::table::table;
use crate::book::Book;
use crate::month_words;
use crate::reader::Reader;
use crate::sheets;

/// The id of the appendix.
pub(super) const ID: &str = "sheets";

/// The appendix; nothing where no month is reported.
pub(super) fn appendix(book: &Book<'_>, reader: Reader) -> Markup {
    html! {
        @if reader.period.is_some() {
            section class="appendix" aria-labelledby=(ID) {
                h2 id=(ID) { (reader.say(month_words::PART_SHEETS)) }
                p class="lead" { (reader.say(month_words::SHEETS_ABOUT)) }
                (table(&sheets::list(book), "appendix", reader))
            }
        }
    }
}
