//! What parts are made of.

use crate::book::Book;
use crate::days;
use crate::facts::Fact;
use crate::guardrails::Counts;
use crate::reader::Reader;
use crate::table::Table;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// A piece of a part.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// Facts with their names.
    Facts(Vec<Fact>),
    /// How many checks ended in which way.
    Counts(Counts),
    /// As of when, or of which month, the following is; and what has to be known to read it.
    Lead(String),
    /// What a reader must not miss: the sentence, and more about it.
    Notice(String, String),
    /// A table, or the sentence in its place.
    Table(Table),
    /// The ages of recovery points as bars: on pages.
    Chart,
    /// The network: on pages.
    Drawing,
}

/// A table that is left out when it has no rows.
pub(super) fn optional(table: Table) -> Option<Block> {
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

/// In a monthly report, that the following is how things stood when it was made.
pub(super) fn as_of(reader: Reader) -> Option<Block> {
    reader.period?;
    let made_at = days::moment(reader.now, reader.language);
    Some(Block::Lead(reader.with(month_words::AS_OF, &[&made_at])))
}

/// In a monthly report, of which month the following is.
pub(super) fn of_month(reader: Reader) -> Option<Block> {
    let period = reader.period?;
    let month = days::month(period, reader.language);
    let made_at = days::moment(reader.now, reader.language);
    let is_over = days::bounds(period).1 <= reader.now;
    Some(Block::Lead(match is_over {
        true => reader.with(month_words::OF_MONTH, &[&month]),
        false => reader.with(month_words::OF_MONTH_SO_FAR, &[&month, &made_at]),
    }))
}

/// From which month on what happened is told.
pub(super) fn since(book: &Book<'_>, reader: Reader) -> Option<Block> {
    let since = book.since.filter(|_| book.evidence.missing().is_none())?;
    let month = days::month(since, reader.language);
    Some(Block::Lead(reader.with(words::EVIDENCE_SINCE, &[&month])))
}

/// Why there is no history: no evidence store, or nothing in it.
pub(super) fn no_history(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Option<Block> {
    if let Some(why) = book.evidence.missing() {
        return Some(Block::Notice(reader.say(words::EVIDENCE_MISSING), reader.text(why)));
    }
    let is_empty = reader.period.is_some() && tenant.history.is_empty();
    is_empty.then(|| {
        Block::Notice(
            reader.say(month_words::NO_RECORDS),
            reader.say(month_words::NO_RECORDS_MEAN),
        )
    })
}

/// Tables of what happened, or why nothing is known of that.
pub(super) fn history(
    tables: impl IntoIterator<Item = Table>,
    tenant: &Tenant<'_>,
    book: &Book<'_>,
    reader: Reader,
) -> Vec<Block> {
    match no_history(tenant, book, reader) {
        Some(notice) => vec![notice],
        None => of_month(reader)
            .into_iter()
            .chain(tables.into_iter().map(Block::Table))
            .collect(),
    }
}
