//! What could not be read or was refused, so that nobody takes what is not told for what is well.

use jichitai_api::municipality::{GuardrailOutcome, KeyStatusState};

use crate::book::Book;
use crate::guardrails;
use crate::language::Word;
use crate::names::Named;
use crate::objects::{self, Object};
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::Tenant;
use crate::{month_words, words};

type Row = Vec<Cell>;

/// One row for each.
pub(crate) fn unread(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Table {
    let rows = checks(tenant, book, reader)
        .into_iter()
        .chain(statuses(tenant, reader))
        .chain(keys(tenant, reader))
        .chain(refused(tenant, reader))
        .chain(evidence(tenant, book, reader));
    Table {
        key: "unread",
        title: month_words::TABLE_UNREAD,
        empty: month_words::NONE_UNREAD,
        columns: vec![
            both("what", words::COLUMN_WHAT),
            both("subject", words::COLUMN_SUBJECT),
            both("detail", words::COLUMN_DETAIL),
            both("time", words::COLUMN_TIME),
        ],
        rows: rows.collect(),
    }
}

fn row(what: (&'static str, Word), standing: Standing, subject: Cell, detail: Cell, time: Cell, reader: Reader) -> Row {
    let (key, word) = what;
    vec![Cell::mark(standing, key, reader.say(word)), subject, detail, time]
}

fn checks(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Row> {
    let results = guardrails::results(tenant, book.checks, reader);
    let unreadable = results
        .iter()
        .filter(|result| matches!(result.outcome, None | Some(GuardrailOutcome::Unreadable)));
    let of = |result: &guardrails::Result<'_>| {
        let title = result.check.map(|check| reader.text(&check.title));
        let subject = match title {
            Some(title) => Cell::new(result.id, vec![Piece::Text(title), Piece::Note(result.id.to_owned())]),
            None => Cell::code(result.id),
        };
        let details: Vec<&str> = result.findings.iter().map(|(_, detail)| detail.as_str()).collect();
        row(
            ("check", month_words::UNREAD_CHECK),
            Standing::Unknown,
            subject,
            Cell::text(details.join("; ")),
            Cell::time_of(result.read_at),
            reader,
        )
    };
    unreadable.map(of).collect()
}

/// Objects that report nothing, and conditions that are unknown.
fn statuses(tenant: &Tenant<'_>, reader: Reader) -> Vec<Row> {
    let objects = objects::of(tenant);
    objects.iter().flat_map(|object| of_object(object, reader)).collect()
}

fn of_object(object: &Object<'_>, reader: Reader) -> Vec<Row> {
    let label = |note: &str| Cell::text(object.name).note(object.kind).note(note);
    let conditions = object.status.map(|status| status.conditions.as_slice());
    let conditions = conditions.unwrap_or_default();
    if conditions.is_empty() {
        let what = ("silent", month_words::UNREAD_SILENT);
        let nothing = Cell::none();
        return vec![row(
            what,
            Standing::Unknown,
            label(""),
            nothing.clone(),
            nothing,
            reader,
        )];
    }
    let unknown = conditions.iter().filter(|one| one.status == "Unknown");
    let of = |one: &k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition| {
        let message = match object.is_shared {
            true => Cell::shown(vec![Piece::Note(reader.say(words::WITHHELD))]),
            false => Cell::text(&one.message),
        };
        let time = Cell::time(one.last_transition_time.0);
        let what = ("condition", month_words::UNREAD_CONDITION);
        row(what, Standing::Unknown, label(&one.type_), message, time, reader)
    };
    unknown.map(of).collect()
}

fn keys(tenant: &Tenant<'_>, reader: Reader) -> Vec<Row> {
    let status = tenant.municipality.status.as_ref();
    let all = status.map(|status| status.keys.as_slice()).unwrap_or_default().iter();
    let unknown = all.filter(|key| key.state == KeyStatusState::Unknown);
    let of = |key: &jichitai_api::municipality::KeyStatus| {
        let subject = Cell::text(key.region.as_str()).note(reader.say(key.purpose.word()));
        let what = ("key", month_words::UNREAD_KEY);
        row(
            what,
            Standing::Unknown,
            subject,
            Cell::code_of(key.arn.as_deref()),
            Cell::none(),
            reader,
        )
    };
    unknown.map(of).collect()
}

fn refused(tenant: &Tenant<'_>, reader: Reader) -> Vec<Row> {
    let writes = tenant.history.writes();
    let refused = writes.into_iter().filter(|one| one.is_refused());
    let of = |one: crate::history::Told<'_>| {
        let detail = Cell::text_of(one.detail()).note(one.record.request_id.clone().unwrap_or_default());
        row(
            ("refused", month_words::UNREAD_REFUSED),
            Standing::Bad,
            Cell::text(&one.record.summary).note(one.object_name()),
            detail,
            Cell::time(one.record.time),
            reader,
        )
    };
    refused.map(of).collect()
}

/// That there is no evidence, and how many records there are that are not told.
fn evidence(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |what, subject: Cell, detail: Cell| {
        rows.push(row(what, Standing::Unknown, subject, detail, Cell::none(), reader));
    };
    if let Some(why) = book.evidence.missing() {
        let missing = Cell::text(reader.say(words::EVIDENCE_MISSING)).note(reader.text(why));
        add(("evidence", month_words::UNREAD_EVIDENCE), Cell::none(), missing);
    }
    let counts = [
        (
            ("withheld", month_words::UNREAD_WITHHELD),
            tenant.history.withheld.len(),
            month_words::WITHHELD_RECORDS,
        ),
        (
            ("unplaced", month_words::UNREAD_UNPLACED),
            tenant.history.unplaced.len(),
            month_words::UNPLACED_RECORDS,
        ),
    ];
    for (what, count, word) in counts.into_iter().filter(|(_, count, _)| *count > 0) {
        let told = reader.with(word, &[&count.to_string()]);
        add(what, Cell::text(count.to_string()), Cell::text(told));
    }
    rows
}
