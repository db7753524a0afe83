//! Resolver endpoints and their addresses.

use jichitai_api::resolver_endpoint::{EndpointIp, EndpointIpStatus};

use crate::names::Named;
use crate::reach::Reach;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tenant::{Tenant, name};
use crate::words;

/// AWS's word for an address that answers.
const ATTACHED: &str = "ATTACHED";

/// One row for each address.
pub(crate) fn names(tenant: &Tenant<'_>, reader: Reader) -> Table {
    Table {
        key: "resolverAddresses",
        title: words::TABLE_NAMES,
        empty: words::NONE_NAMES,
        columns: vec![
            both("endpoint", words::COLUMN_ENDPOINT),
            data("endpointId", words::COLUMN_ID),
            both("direction", words::COLUMN_DIRECTION),
            both("place", words::COLUMN_PLACE),
            both("ip", words::COLUMN_ADDRESS),
            both("availabilityZone", words::COLUMN_AZ),
            both("state", words::COLUMN_STATE),
        ],
        rows: tenant.endpoints.iter().flat_map(|reach| rows(reach, reader)).collect(),
    }
}

fn rows(reach: &Reach<'_>, reader: Reader) -> Vec<Vec<Cell>> {
    let known = reach
        .status()
        .map(|status| status.ip_addresses.as_slice())
        .unwrap_or_default();
    let asked = reach.endpoint.spec.ip_addresses.iter();
    let missing = asked.filter(|ip| known.iter().all(|one| one.ip != ip.ip));
    let known = known.iter().map(|one| {
        let EndpointIpStatus {
            subnet_id: _,
            az,
            ip,
            status,
            retiring,
        } = one;
        row(reach, ip, az, state(status, *retiring, reader), reader)
    });
    let missing = missing.map(|EndpointIp { subnet: _, ip }| {
        let state = Cell::shown(vec![Piece::Mark(Standing::Unknown, reader.say(words::NOT_CREATED))]);
        row(reach, ip, "", state, reader)
    });
    known.chain(missing).collect()
}

fn state(status: &str, retiring: bool, reader: Reader) -> Cell {
    let standing = match (retiring, status == ATTACHED) {
        (false, true) => Standing::Good,
        _ => Standing::Moving,
    };
    let note = if retiring {
        reader.say(words::RETIRING)
    } else {
        String::new()
    };
    Cell::mark(standing, status, status).note(note)
}

fn row(reach: &Reach<'_>, ip: &str, az: &str, state: Cell, reader: Reader) -> Vec<Cell> {
    let endpoint = reach.endpoint;
    let id = reach.status().and_then(|status| status.endpoint_id.as_deref());
    vec![
        Cell::text(name(&endpoint.metadata)).note(id.unwrap_or_default()),
        Cell::code_of(id),
        Cell::word(
            endpoint.spec.direction.key(),
            reader.say(endpoint.spec.direction.word()),
        ),
        place(reach, reader),
        Cell::code(ip),
        Cell::text(az),
        state,
    ]
}

/// A zone of this municipality, its service subnets, or a VPC that many share.
fn place(reach: &Reach<'_>, reader: Reader) -> Cell {
    let placement = &reach.endpoint.spec.placement;
    let zone = placement.zone.as_deref().filter(|_| reach.is_home);
    match zone {
        Some(zone) => Cell::text(zone),
        None => Cell::word("shared", reader.say(words::SHARED_VPC)),
    }
}
