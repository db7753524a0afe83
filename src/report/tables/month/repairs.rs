//! Differences between AWS and the specification that the month's records tell of: how each ended, and how long it took.

use jichitai_plan::evidence::RecordKind;

use crate::history::{Told, role_of};
use crate::objects;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each repair, and for each difference that was left.
pub(crate) fn repairs(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let repaired = tenant.history.of(&[RecordKind::Repair]);
    let left = left(tenant);
    let mut all: Vec<Told<'_>> = repaired.into_iter().chain(left).collect();
    all.sort_by_key(|one| one.record.time);
    Table {
        key: "repairs",
        title: month_words::TABLE_REPAIRS,
        empty: month_words::NONE_REPAIRS,
        columns: vec![
            both("object", words::COLUMN_OBJECT),
            data("part", words::COLUMN_PART),
            both("summary", words::COLUMN_SUMMARY),
            data("detail", words::COLUMN_DETAIL),
            both("since", month_words::COLUMN_SEEN),
            both("repairedAt", month_words::COLUMN_REPAIRED),
            both("repairedAfterSeconds", words::COLUMN_REPAIRED_AFTER),
            both("standing", words::COLUMN_STANDING),
            data("requestId", words::COLUMN_REQUEST),
        ],
        rows: all.into_iter().map(|one| row(one, tenant, reader)).collect(),
    }
}

/// Differences that were seen and left, and that no later record of the month repaired.
pub(super) fn left<'a>(tenant: &Tenant<'a>) -> Vec<Told<'a>> {
    let repaired = tenant.history.of(&[RecordKind::Repair]);
    let is_repaired = |one: &Told<'_>| {
        repaired.iter().any(|repair| {
            let (seen, repair) = (one.record, repair.record);
            repair.object == seen.object && repair.part == seen.part && repair.time >= seen.time
        })
    };
    let seen = tenant.history.of(&[RecordKind::Drift]).into_iter();
    seen.filter(|one| !is_repaired(one)).collect()
}

fn row(one: Told<'_>, tenant: &Tenant<'_>, reader: Reader) -> Vec<Cell> {
    let is_repair = one.record.kind == RecordKind::Repair;
    let repaired_at = is_repair.then_some(one.record.time);
    let took = match one.took().filter(|_| is_repair) {
        None if is_repair => Cell::shown(vec![Piece::Note(reader.say(month_words::SAME_PASS))]),
        took => told::length(took, reader),
    };
    vec![
        told::object(one),
        Cell::text_of(one.record.part.as_deref()),
        told::summary(one),
        Cell::text_of(one.detail()),
        Cell::time_of(one.record.since),
        Cell::time_of(repaired_at),
        took,
        standing(one, tenant, reader),
        Cell::code_of(one.record.request_id.as_deref()),
    ]
}

fn standing(one: Told<'_>, tenant: &Tenant<'_>, reader: Reader) -> Cell {
    if one.record.kind == RecordKind::Repair {
        return Cell::mark(Standing::Good, "repaired", reader.say(month_words::REPAIRED));
    }
    match is_open(one, tenant) {
        true => Cell::mark(Standing::Bad, "open", reader.say(month_words::STILL_OPEN)),
        false => Cell::mark(Standing::Excused, "gone", reader.say(month_words::LEFT_AND_GONE)),
    }
}

/// Whether status still tells of a difference in the same part.
fn is_open(one: Told<'_>, tenant: &Tenant<'_>) -> bool {
    let object = one.object();
    let all = objects::of(tenant);
    let mut same = all.iter().filter(|known| (known.kind, known.name) == object);
    same.any(|known| {
        let drift = known.status.map(|status| status.drift.as_slice()).unwrap_or_default();
        let part = one.record.part.as_deref();
        let is_same = |role: &str| Some(role) == part || Some(role) == part.map(role_of);
        drift.iter().any(|drift| is_same(&drift.role))
    })
}
