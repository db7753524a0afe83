//! The box of a monthly report in which those who made, checked and approved it sign or seal, on paper too.

use maud::{Markup, html};

use crate::language::Word;
use crate::month_words;
use crate::reader::Reader;

/// The box; nothing where no month is reported.
pub(super) fn signatures(reader: Reader) -> Markup {
    html! {
        @if reader.period.is_some() {
            section class="signatures" aria-labelledby="signatures" {
                h2 id="signatures" { (reader.say(month_words::SIGNATURES)) }
                dl { @for signer in month_words::SIGNERS { (place(signer, reader)) } }
            }
        }
    }
}

/// Where one of them writes a name and a day, and puts a seal.
fn place(signer: Word, reader: Reader) -> Markup {
    let lines = [month_words::SIGN_NAME, month_words::SIGN_DAY, month_words::SIGN_SEAL];
    html! {
        div {
            dt { (reader.say(signer)) }
            @for (at, line) in lines.iter().enumerate() {
                dd class=(if at + 1 == lines.len() { "seal" } else { "line" }) { (reader.say(*line)) }
            }
        }
    }
}
