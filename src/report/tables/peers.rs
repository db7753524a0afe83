//! What each zone talks to: outside the VPC, and in other zones by exception.

use jichitai_api::municipality::{CrossZone, Direction, Peer, Zone};

use crate::names::Named;
use crate::ports;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::Tenant;
use crate::words;

const DIRECTIONS: [Direction; 3] = [Direction::Inbound, Direction::Outbound, Direction::Both];

/// One row for each peer and direction, and for each exception.
pub(crate) fn peers(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let network = &tenant.municipality.spec.network;
    let peers = network.zones.iter().flat_map(|zone| {
        let all = zone
            .peers
            .iter()
            .flat_map(move |peer| DIRECTIONS.map(|way| (peer, way)));
        all.filter_map(move |(peer, way)| peer_row(zone, peer, way, reader))
    });
    let exceptions = network.allowed_cross_zone.iter().map(|one| exception(one, reader));
    Table {
        key: "peers",
        title: words::TABLE_PEERS,
        empty: words::NONE_PEERS,
        columns: vec![
            both("zone", words::COLUMN_ZONE),
            both("peer", words::COLUMN_PEER),
            both("direction", words::COLUMN_DIRECTION),
            both("ports", words::COLUMN_PORTS),
            both("reason", words::COLUMN_REASON),
            both("until", words::COLUMN_UNTIL),
        ],
        rows: peers.chain(exceptions).collect(),
    }
}

fn peer_row(zone: &Zone, peer: &Peer, direction: Direction, reader: Reader) -> Option<Vec<Cell>> {
    let Peer { cidr, kind, ports } = peer;
    let ports = ports::of_direction(ports, direction);
    (!ports.is_empty()).then(|| {
        vec![
            Cell::text(&zone.name).note(reader.say(zone.zone_type.word())),
            Cell::code(cidr).note(reader.say(kind.word())),
            Cell::word(direction.key(), reader.say(direction.word())),
            Cell::text(ports::list(ports, reader.language)),
            Cell::none(),
            Cell::none(),
        ]
    })
}

fn exception(one: &CrossZone, reader: Reader) -> Vec<Cell> {
    let CrossZone {
        from,
        to,
        ports,
        exception,
    } = one;
    let approved = reader.with(words::APPROVED_BY, &[&exception.approved_by]);
    vec![
        Cell::text(from),
        Cell::new(
            to.clone(),
            vec![
                Piece::Text(to.clone()),
                Piece::Note(reader.say(words::EXCEPTION_BETWEEN_ZONES)),
            ],
        ),
        Cell::word(Direction::Outbound.key(), reader.say(Direction::Outbound.word())),
        Cell::text(ports::list(ports, reader.language)),
        Cell::text(&exception.reason).note(approved),
        reader.last_day(Some(&exception.until)),
    ]
}
