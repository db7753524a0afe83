//! Cells of records: how a change, a run or a drill is told wherever it is.

use jichitai_plan::evidence::{Approved, Outcome};
use jiff::SignedDuration;

use crate::history::Told;
use crate::names::Named;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece};
use crate::{month_words, words};

/// The object, with the part of it.
pub(super) fn object(told: Told<'_>) -> Cell {
    Cell::code(told.object_name()).note(told.record.part.clone().unwrap_or_default())
}

/// How it ended, and why not otherwise.
pub(super) fn outcome(told: Told<'_>, reader: Reader) -> Cell {
    let Some(outcome) = told.record.outcome else {
        return Cell::none();
    };
    let (standing, why) = match outcome {
        Outcome::Done => (Standing::Good, None),
        Outcome::Refused => (Standing::Bad, told.detail()),
    };
    Cell::mark(standing, outcome.key(), reader.say(outcome.word())).note(why.unwrap_or_default())
}

/// What it was; with what differed, where that is told.
pub(super) fn summary(told: Told<'_>) -> Cell {
    let differed = told.detail().filter(|_| !told.is_refused());
    Cell::text(&told.record.summary).note(differed.unwrap_or_default())
}

/// Whether it deletes, detaches, disables or narrows.
pub(super) fn destructive(told: Told<'_>, reader: Reader) -> Cell {
    match told.record.destructive {
        true => Cell::new(
            true,
            vec![Piece::Mark(Standing::Moving, reader.say(month_words::DESTRUCTIVE))],
        ),
        false => Cell::new(false, vec![Piece::Text(reader.say(words::NO))]),
    }
}

/// Each approval as a line: in which capacity, who, by which ticket.
pub(super) fn approvals(told: Told<'_>, reader: Reader) -> Vec<String> {
    let line = |one: &Approved| {
        let Approved {
            party,
            approver,
            ticket,
        } = one;
        let party = reader.say(party.word());
        match ticket {
            Some(ticket) => reader.with(month_words::APPROVAL_TICKET, &[&party, approver, ticket]),
            None => reader.with(month_words::APPROVAL_LINE, &[&party, approver]),
        }
    };
    told.approvals().iter().map(line).collect()
}

/// Who approved, in which capacity, by which ticket; each for programs, and all of it for people in the first.
pub(super) fn approvers(told: Told<'_>, reader: Reader) -> [Cell; 3] {
    let all = told.approvals();
    let joined = |of: &dyn Fn(&Approved) -> Option<String>| {
        let some: Vec<String> = all.iter().filter_map(of).collect();
        (!some.is_empty()).then(|| some.join("; "))
    };
    let shown = approvals(told, reader).into_iter().map(Piece::Text);
    let approver = joined(&|one| Some(one.approver.clone()));
    let party = joined(&|one| Some(one.party.key().to_owned()));
    let ticket = joined(&|one| one.ticket.clone());
    [
        Cell::new(approver, shown.collect()),
        Cell::text_of(party.as_deref()),
        Cell::text_of(ticket.as_deref()),
    ]
}

/// A length of time: seconds for programs.
pub(super) fn length(duration: Option<SignedDuration>, reader: Reader) -> Cell {
    duration.map_or_else(Cell::none, |one| {
        Cell::new(one.as_secs(), vec![Piece::Text(reader.length(one))])
    })
}
