//! Guardrails: each check with its outcome and what it rests on.

use crate::book::{Check, Exemption};
use crate::days;
use crate::guardrails::{self, Result};
use crate::names::Named;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both, data, page};
use crate::tenant::Tenant;
use crate::words;

/// Whether the results are the operator's last published ones, because the account was not read for this report.
pub(crate) fn is_published(tenant: &Tenant<'_>) -> bool {
    tenant.verdicts.is_none()
}

/// One row for each check.
pub(crate) fn guardrails(tenant: &Tenant<'_>, checks: &[Check], reader: Reader) -> Table {
    let results = guardrails::results(tenant, checks, reader);
    let empty = match guardrails::counts(tenant) {
        Some(_) => words::NONE_FAILED,
        None => words::NONE_GUARDRAILS,
    };
    Table {
        key: "guardrails",
        title: words::TABLE_GUARDRAILS,
        empty,
        columns: vec![
            both("check", words::COLUMN_CHECK),
            data("title", words::COLUMN_TITLE),
            both("outcome", words::COLUMN_OUTCOME),
            both("severity", words::COLUMN_SEVERITY),
            page("evidence", words::COLUMN_EVIDENCE),
            data("lookedAt", words::COLUMN_LOOKED_AT),
            data("findings", words::COLUMN_FINDINGS),
            data("readAt", words::COLUMN_READ_AT),
            page("basis", words::COLUMN_BASIS),
            data("source", words::COLUMN_SOURCE),
            data("controls", words::COLUMN_CONTROLS),
            both("remediation", words::COLUMN_REMEDIATION),
            data("exemptionReason", words::COLUMN_EXEMPTION_REASON),
            data("exemptionApprovedBy", words::COLUMN_APPROVED_BY),
            data("exemptionUntil", words::COLUMN_UNTIL),
        ],
        rows: results.iter().map(|result| row(result, reader)).collect(),
    }
}

fn row(result: &Result<'_>, reader: Reader) -> Vec<Cell> {
    let check = result.check;
    let exemption = result.exemption.as_ref();
    let title = check.map(|check| reader.text(&check.title));
    let findings: Vec<String> = result.findings.iter().map(one_line).collect();
    vec![
        named(result.id, title.as_deref()),
        Cell::text_of(title.as_deref()),
        outcome(result, reader),
        check.map_or_else(Cell::none, |check| {
            Cell::word(check.severity.key(), reader.say(check.severity.word()))
        }),
        evidence(result, reader),
        result.looked_at.map_or_else(Cell::none, Cell::number),
        Cell::codes(findings),
        Cell::time_of(result.read_at),
        check.map_or_else(Cell::none, basis),
        Cell::text_of(check.map(|check| check.source.as_str())),
        Cell::codes(check.iter().flat_map(|check| check.controls.iter().cloned())),
        answer(result, reader),
        Cell::text_of(exemption.map(|one| one.reason.as_str())),
        Cell::text_of(exemption.map(|one| one.approved_by.as_str())),
        Cell::text_of(exemption.map(|one| one.until.as_str())),
    ]
}

fn one_line((resource, detail): &(String, String)) -> String {
    match (resource.is_empty(), detail.is_empty()) {
        (false, false) => format!("{resource}: {detail}"),
        _ => format!("{resource}{detail}"),
    }
}

fn named(id: &str, title: Option<&str>) -> Cell {
    match title {
        Some(title) => Cell::new(id, vec![Piece::Text(title.to_owned()), Piece::Note(id.to_owned())]),
        None => Cell::code(id),
    }
}

fn outcome(result: &Result<'_>, reader: Reader) -> Cell {
    match result.outcome {
        Some(outcome) => Cell::mark(result.standing(), outcome.key(), reader.say(outcome.word())),
        None => Cell::shown(vec![Piece::Mark(Standing::Unknown, reader.say(words::NO_RESULT))]),
    }
}

/// How many things were looked at and when, and what was found.
fn evidence(result: &Result<'_>, reader: Reader) -> Cell {
    let mut pieces = Vec::new();
    if let Some(count) = result.looked_at {
        pieces.push(Piece::Text(reader.with(words::LOOKED_AT, &[&count.to_string()])));
    }
    for (resource, detail) in &result.findings {
        let parts = [Piece::Code(resource.clone()), Piece::Text(detail.clone())];
        pieces.extend(parts.into_iter().filter(|piece| !is_blank(piece)));
    }
    if let Some(time) = result.read_at {
        pieces.push(Piece::Note(reader.with(words::READ_AT, &[&days::minute(time)])));
    }
    Cell::shown(pieces)
}

fn is_blank(piece: &Piece) -> bool {
    match piece {
        Piece::Text(text) | Piece::Code(text) | Piece::Mark(_, text) | Piece::Note(text) => text.is_empty(),
    }
}

fn basis(check: &Check) -> Cell {
    Cell::shown(vec![Piece::Text(check.source.clone())]).note(check.controls.join(", "))
}

/// What to do about a failure, or why it need not pass.
fn answer(result: &Result<'_>, reader: Reader) -> Cell {
    let failed = matches!(result.standing(), Standing::Bad | Standing::Unknown);
    let remediation = result
        .check
        .filter(|_| failed)
        .map(|check| reader.text(&check.remediation));
    let mut cell = Cell::text_of(remediation.as_deref());
    if let Some(exemption) = &result.exemption {
        cell.pieces.extend(excuse(exemption, reader));
    }
    cell
}

fn excuse(exemption: &Exemption, reader: Reader) -> Vec<Piece> {
    let Exemption {
        reason,
        approved_by,
        until,
    } = exemption;
    let mut pieces = vec![
        Piece::Text(reason.clone()),
        Piece::Note(reader.with(words::APPROVED_UNTIL, &[approved_by, until])),
    ];
    match reader.until(Some(until)) {
        (Standing::Good, ..) => {}
        (standing, word, _) => pieces.push(Piece::Mark(standing, reader.say(word))),
    }
    pieces
}
