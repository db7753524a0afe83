//! The end of a contract: what is being deleted or is over, what was revoked, by which records, and what stays.

use jichitai_api::{InventoryEntry, InventoryState};

use super::permission_changes::touched;
use crate::history::Told;
use crate::leaving::{self, Leaving, Over};
use crate::names::Named;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each; none where nothing ended.
pub(crate) fn disposal(tenant: &Tenant<'_>, installation: &str, reader: Reader) -> Table {
    let leaving = leaving::objects(tenant);
    let over = leaving::grants(tenant, installation, reader);
    let mut rows: Vec<Vec<Cell>> = leaving.iter().map(|one| deleting(one, reader)).collect();
    rows.extend(over.iter().map(|one| grant(one, reader)));
    if !rows.is_empty() {
        let revoked = tenant.history.writes().into_iter();
        let revoked = revoked.filter(|one| is_revoked(*one, &leaving));
        rows.extend(revoked.map(|one| gone(one, reader)));
        rows.extend(leaving.iter().flat_map(|one| stays(one, reader)));
    }
    Table {
        key: "disposal",
        title: month_words::TABLE_DISPOSAL,
        empty: month_words::NONE_DISPOSAL,
        columns: vec![
            both("what", words::COLUMN_WHAT),
            both("subject", words::COLUMN_SUBJECT),
            both("detail", words::COLUMN_DETAIL),
            both("time", month_words::COLUMN_WHEN),
            both("approver", words::COLUMN_APPROVER),
            data("party", words::COLUMN_PARTY),
            data("ticket", words::COLUMN_TICKET),
            both("requestId", words::COLUMN_REQUEST),
        ],
        rows,
    }
}

/// The cells of approvals and request, where there are none.
fn without_record() -> [Cell; 4] {
    [Cell::none(), Cell::none(), Cell::none(), Cell::none()]
}

fn deleting(one: &Leaving<'_>, reader: Reader) -> Vec<Cell> {
    let Leaving {
        object,
        since,
        policy,
        inventory: _,
    } = one;
    let mut row = vec![
        Cell::mark(Standing::Moving, "deleting", reader.say(month_words::DISPOSAL_DELETING)),
        Cell::code(object),
        Cell::word(policy.key(), reader.say(policy.word())),
        Cell::time(*since),
    ];
    row.extend(without_record());
    row
}

fn grant(one: &Over, reader: Reader) -> Vec<Cell> {
    let Over {
        who,
        organization,
        contract,
        until,
        is_let_in,
    } = one;
    let (standing, key, word) = match is_let_in {
        Some(true) => (Standing::Bad, "letIn", month_words::STILL_LET_IN),
        Some(false) => (Standing::Good, "letInNoMore", month_words::LET_IN_NO_MORE),
        None => (Standing::Unknown, "notTold", month_words::NOT_TOLD_IF_LET_IN),
    };
    let mut row = vec![
        Cell::mark(standing, "grantOver", reader.say(month_words::DISPOSAL_GRANT)),
        Cell::code(who)
            .note(organization.clone().unwrap_or_default())
            .note(contract.clone().unwrap_or_default()),
        Cell::mark(standing, key, reader.say(word)),
        Cell::text(until),
    ];
    row.extend(without_record());
    row
}

/// What took something from somebody, or from an object that is being deleted.
fn is_revoked(one: Told<'_>, leaving: &[Leaving<'_>]) -> bool {
    let record = one.record;
    let is_leaving = leaving.iter().any(|leaving| leaving.object == record.object);
    record.destructive && !one.is_refused() && (is_leaving || touched(one).is_some())
}

fn gone(one: Told<'_>, reader: Reader) -> Vec<Cell> {
    let [approver, party, ticket] = told::approvers(one, reader);
    vec![
        Cell::mark(Standing::Good, "revoked", reader.say(month_words::DISPOSAL_REVOKED)),
        told::object(one),
        told::summary(one),
        Cell::time(one.record.time),
        approver,
        party,
        ticket,
        Cell::code_of(one.record.request_id.as_deref()),
    ]
}

fn stays(one: &Leaving<'_>, reader: Reader) -> Vec<Vec<Cell>> {
    let there = one.inventory.iter().filter(|entry| {
        use InventoryState::{Conflict, Deleting, Intended, OwnershipLost, PendingDeletion, Present, Retained};
        match entry.state {
            Present | Retained | OwnershipLost | PendingDeletion => true,
            Intended | Conflict | Deleting => false,
        }
    });
    there.map(|entry| left(one, entry, reader)).collect()
}

fn left(one: &Leaving<'_>, entry: &InventoryEntry, reader: Reader) -> Vec<Cell> {
    let state = format!("{:?}", entry.state);
    let about = format!("{} / {} / {}", entry.role, entry.region.as_str(), entry.account);
    let mut row = vec![
        Cell::mark(Standing::Excused, "stays", reader.say(month_words::DISPOSAL_STAYS)),
        Cell::code(&entry.id).note(one.object.clone()),
        Cell::new(about.clone(), vec![Piece::Code(about), Piece::Note(state)]),
        Cell::time_of(entry.since.as_ref().map(|time| time.0)),
    ];
    row.extend(without_record());
    row
}
