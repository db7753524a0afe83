//! Interface endpoints: how AWS's services are reached without the internet.

use jichitai_api::municipality::Endpoint;

use crate::known::Known;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::Tenant;
use crate::words;

/// AWS's word for an endpoint that works.
const AVAILABLE: &str = "available";

/// One row for each service.
pub(crate) fn endpoints(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let municipality = tenant.municipality;
    let known = Known::of(municipality);
    let endpoints = municipality.spec.network.endpoints.iter();
    let rows = endpoints.map(|Endpoint { service }| row(service, known, reader));
    Table {
        key: "interfaceEndpoints",
        title: words::TABLE_ENDPOINTS,
        empty: words::NONE_ENDPOINTS,
        columns: vec![
            both("service", words::COLUMN_SERVICE),
            both("id", words::COLUMN_ID),
            both("state", words::COLUMN_STATE),
        ],
        rows: rows.collect(),
    }
}

/// How a state that AWS reports stands.
fn standing(state: &str) -> Standing {
    match state.eq_ignore_ascii_case(AVAILABLE) {
        true => Standing::Good,
        false => Standing::Moving,
    }
}

fn row(service: &str, known: Known<'_>, reader: Reader) -> Vec<Cell> {
    let missing = || Cell::shown(vec![Piece::Mark(Standing::Unknown, reader.say(known.unknown()))]);
    let found = known.endpoint(service);
    vec![
        Cell::code(service),
        Cell::code_of(found.map(|one| one.id.as_str())),
        found.map_or_else(missing, |one| {
            Cell::mark(standing(&one.state), one.state.clone(), &one.state)
        }),
    ]
}
