//! What a municipality's environment is.

use jichitai_api::municipality::Municipality;

use crate::language::Word;
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Piece};
use crate::tenant::{Tenant, name, namespace};
use crate::words;

/// One fact: its name in data, its word, and what is so.
pub(crate) type Fact = (&'static str, Word, Cell);

/// All facts, in the order in which they are told.
pub(crate) fn facts(tenant: &Tenant<'_>, reader: Reader) -> Vec<Fact> {
    let municipality = tenant.municipality;
    let spec = &municipality.spec;
    let object = format!("{}/{}", namespace(&municipality.metadata), name(&municipality.metadata));
    let named = |key: &'static str, word: Word| Cell::word(key, reader.say(word));
    vec![
        (
            "displayName",
            words::COLUMN_MUNICIPALITY,
            Cell::text(&spec.display_name),
        ),
        ("code", words::COLUMN_CODE, Cell::text(&spec.code)),
        (
            "environment",
            words::COLUMN_ENVIRONMENT,
            named(spec.environment.key(), spec.environment.word()),
        ),
        (
            "usageModel",
            words::FACT_USAGE,
            named(spec.usage_model.key(), spec.usage_model.word()),
        ),
        (
            "isolation",
            words::FACT_ISOLATION,
            named(spec.isolation.key(), spec.isolation.word()),
        ),
        ("accountId", words::FACT_ACCOUNT, Cell::code(&spec.account_id)),
        ("systemName", words::FACT_SYSTEM, Cell::text(&spec.system_name)),
        ("businesses", words::FACT_BUSINESSES, businesses(municipality)),
        (
            "predecessors",
            words::FACT_PREDECESSORS,
            predecessors(municipality, reader),
        ),
        (
            "mode",
            words::FACT_MODE,
            named(spec.common.mode.key(), spec.common.mode.word()),
        ),
        (
            "driftAction",
            words::FACT_DRIFT_ACTION,
            named(spec.common.drift_action.key(), spec.common.drift_action.word()),
        ),
        (
            "connection",
            words::FACT_CONNECTION,
            named(spec.network.connection.key(), spec.network.connection.word()),
        ),
        (
            "overlapResolution",
            words::FACT_OVERLAP,
            named(
                spec.network.overlap_resolution.key(),
                spec.network.overlap_resolution.word(),
            ),
        ),
        ("networkOwner", words::FACT_NETWORK_OWNER, owner(municipality)),
        ("object", words::COLUMN_OBJECT, Cell::code(object)),
    ]
}

fn businesses(municipality: &Municipality) -> Cell {
    let ids = municipality.spec.businesses.clone();
    let shown = ids.join(", ");
    let pieces = if shown.is_empty() {
        Vec::new()
    } else {
        vec![Piece::Text(shown)]
    };
    Cell::new(ids, pieces)
}

fn predecessors(municipality: &Municipality, reader: Reader) -> Cell {
    let all = municipality.spec.predecessors.iter();
    let codes: Vec<String> = all.clone().map(|one| one.code.clone()).collect();
    let shown = all.map(|one| Piece::Text(reader.with(words::UNTIL, &[&one.code, &one.until])));
    Cell::new(codes, shown.collect())
}

fn owner(municipality: &Municipality) -> Cell {
    let owner = municipality.spec.network.owner.as_ref();
    owner.map_or_else(Cell::none, |owner| {
        Cell::text(&owner.organization).note(owner.contact.clone().unwrap_or_default())
    })
}
