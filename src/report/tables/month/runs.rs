//! Runs of backups that came to their end in the month.

use jichitai_plan::evidence::{Outcome, RecordKind};

use crate::history::Told;
use crate::language::Word;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each run.
pub(crate) fn runs(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let all = tenant.history.of(&[RecordKind::Run]);
    Table {
        key: "runs",
        title: month_words::TABLE_RUNS,
        empty: month_words::NONE_RUNS,
        columns: vec![
            both("object", words::COLUMN_POLICY),
            both("run", month_words::COLUMN_RUN),
            both("began", month_words::COLUMN_BEGAN),
            both("ended", month_words::COLUMN_ENDED),
            both("tookSeconds", month_words::COLUMN_LASTED),
            both("outcome", words::COLUMN_OUTCOME),
            both("summary", words::COLUMN_SUMMARY),
            data("detail", words::COLUMN_DETAIL),
        ],
        rows: all.into_iter().map(|one| row(one, reader)).collect(),
    }
}

fn row(one: Told<'_>, reader: Reader) -> Vec<Cell> {
    let record = one.record;
    vec![
        Cell::code(one.object_name()),
        Cell::code_of(record.part.as_deref()),
        Cell::time_of(record.since),
        Cell::time(record.time),
        told::length(one.took(), reader),
        ending(one, reader),
        told::summary(one),
        Cell::text_of(one.detail()),
    ]
}

/// How a run or a drill ended, and why it failed.
pub(super) fn ending(one: Told<'_>, reader: Reader) -> Cell {
    let mark = |standing, value: &'static str, word: Word| Cell::mark(standing, value, reader.say(word));
    match one.record.outcome {
        Some(Outcome::Done) => mark(Standing::Good, "Done", month_words::RUN_DONE),
        Some(Outcome::Refused) => {
            mark(Standing::Bad, "Refused", month_words::RUN_FAILED).note(one.detail().unwrap_or_default())
        }
        None => Cell::shown(vec![Piece::Mark(
            Standing::Unknown,
            reader.say(month_words::RUN_UNKNOWN),
        )]),
    }
}
