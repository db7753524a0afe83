//! Customer managed keys as AWS has them.

use jichitai_api::Region;
use jichitai_api::municipality::{KeyPurpose, KeyStatus, KeyStatusState};
use jiff::Timestamp;

use crate::history::History;
use crate::names::Named;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each key.
pub(crate) fn keys(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let status = tenant.municipality.status.as_ref();
    let keys = status.map(|status| status.keys.as_slice()).unwrap_or_default();
    Table {
        key: "keys",
        title: words::TABLE_KEYS,
        empty: words::NONE_KEYS,
        columns: vec![
            both("region", words::COLUMN_REGION),
            both("purpose", words::COLUMN_PURPOSE),
            both("arn", words::COLUMN_ARN),
            both("state", words::COLUMN_STATE),
            both("rotationPeriodDays", words::COLUMN_ROTATION),
            both("inUse", words::COLUMN_IN_USE),
            both("deletionDate", words::COLUMN_DELETION),
            reader.of_month("createdAt", month_words::COLUMN_CREATED),
        ],
        rows: keys.iter().map(|key| row(key, &tenant.history, reader)).collect(),
    }
}

fn row(key: &KeyStatus, history: &History<'_>, reader: Reader) -> Vec<Cell> {
    let KeyStatus {
        region,
        purpose,
        arn,
        state,
        rotation_period_days,
        in_use,
        uses_checked,
        deletion_date,
        quarantined_until,
        blockers,
    } = key;
    let quarantine = quarantined_until.as_ref();
    let quarantine = quarantine.map(|time| reader.with(words::QUARANTINED, &[&crate::days::minute(time.0)]));
    vec![
        Cell::new(
            region.as_str(),
            vec![
                Piece::Text(reader.say(region.word())),
                Piece::Note(region.as_str().to_owned()),
            ],
        ),
        Cell::word(purpose.key(), reader.say(purpose.word())),
        Cell::code_of(arn.as_deref()),
        Cell::mark(standing(*state), state.key(), reader.say(state.word())),
        rotation(*rotation_period_days, *state, reader),
        reader.yes_no(*in_use).note(uses_checked.join(", ")),
        Cell::time_of(deletion_date.as_ref().map(|time| time.0))
            .note(quarantine.unwrap_or_default())
            .note(blockers.join(", ")),
        creation(*region, *purpose, history, reader),
    ]
}

/// When a record tells that it was created; nothing else does.
fn creation(region: Region, purpose: KeyPurpose, history: &History<'_>, reader: Reader) -> Cell {
    let part = format!("key.{} in {}", purpose.key().to_ascii_lowercase(), region.as_str());
    let is_creation = |summary: &str| summary.starts_with("create key");
    let writes = history.writes();
    let created = writes
        .iter()
        .rfind(|one| one.record.part.as_ref() == Some(&part) && !one.is_refused() && is_creation(&one.record.summary));
    let created: Option<Timestamp> = created.map(|one| one.record.time);
    match created {
        Some(time) => Cell::time(time),
        None => Cell::shown(vec![Piece::Note(reader.say(month_words::CREATION_NOT_TOLD))]),
    }
}

/// How a key's state stands.
pub(super) fn standing(state: KeyStatusState) -> Standing {
    match state {
        KeyStatusState::Absent => Standing::Moving,
        KeyStatusState::Enabled => Standing::Good,
        KeyStatusState::Disabled | KeyStatusState::PendingDeletion => Standing::Bad,
        KeyStatusState::Unknown => Standing::Unknown,
    }
}

fn rotation(days: Option<u32>, state: KeyStatusState, reader: Reader) -> Cell {
    match (days, state) {
        (Some(days), _) => Cell::new(
            days,
            vec![Piece::Text(reader.with(words::EVERY_DAYS, &[&days.to_string()]))],
        ),
        (None, KeyStatusState::Enabled) => {
            Cell::shown(vec![Piece::Mark(Standing::Bad, reader.say(words::ROTATION_OFF))])
        }
        (None, _) => Cell::none(),
    }
}
