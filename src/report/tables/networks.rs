//! Subnets of a municipality's network, zone by zone, with what keeps the zones apart.

use jichitai_api::municipality::{Subnet, Zone};

use crate::known::{Filter, Known};
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tenant::{Tenant, vpc};
use crate::words;

/// One row for each subnet.
pub(crate) fn networks(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let municipality = tenant.municipality;
    let network = &municipality.spec.network;
    let known = Known::of(municipality);
    let vpc = vpc(municipality);
    let zones = network.zones.iter();
    let zones = zones.flat_map(|zone| zone.subnets.iter().map(move |subnet| (Some(zone), subnet)));
    let services = network.service_subnets.iter().map(|subnet| (None, subnet));
    let all = zones.chain(services);
    let rows = all
        .map(|(zone, subnet)| row(vpc, zone, subnet, known, reader))
        .collect();
    Table {
        key: "networks",
        title: words::TABLE_NETWORKS,
        empty: words::NONE_NETWORKS,
        columns: vec![
            data("vpcId", words::COLUMN_VPC),
            both("zone", words::COLUMN_ZONE),
            data("zoneType", words::COLUMN_ZONE_TYPE),
            both("subnet", words::COLUMN_SUBNET),
            both("cidr", words::COLUMN_CIDR),
            both("availabilityZone", words::COLUMN_AZ),
            both("subnetId", words::COLUMN_SUBNET_ID),
            both("routeTableId", words::COLUMN_ROUTE_TABLE),
            both("networkAclId", words::COLUMN_NETWORK_ACL),
            both("securityGroupId", words::COLUMN_SECURITY_GROUP),
        ],
        rows,
    }
}

fn row(vpc: Option<&str>, zone: Option<&Zone>, subnet: &Subnet, known: Known<'_>, reader: Reader) -> Vec<Cell> {
    let Subnet {
        name,
        cidr,
        availability_zone,
        subnet_id: _,
    } = subnet;
    let place = zone.map(|zone| zone.name.as_str());
    let unknown = || Cell::shown(vec![Piece::Note(reader.say(known.unknown()))]);
    let id = known.subnet(place, subnet).map_or_else(unknown, Cell::code);
    let filter = |filter| Cell::code_of(known.filter(place, filter));
    vec![
        Cell::code_of(vpc),
        zone_name(zone, reader),
        zone.map_or_else(Cell::none, |zone| {
            Cell::word(zone.zone_type.key(), reader.say(zone.zone_type.word()))
        }),
        Cell::text(name),
        Cell::code(cidr),
        Cell::text(availability_zone),
        id,
        filter(Filter::RouteTable),
        filter(Filter::NetworkAcl),
        filter(Filter::SecurityGroup),
    ]
}

fn zone_name(zone: Option<&Zone>, reader: Reader) -> Cell {
    match zone {
        Some(zone) => Cell::new(
            zone.name.clone(),
            vec![
                Piece::Text(reader.say(zone.zone_type.word())),
                Piece::Note(zone.name.clone()),
            ],
        ),
        None => Cell::shown(vec![Piece::Text(reader.say(words::SERVICE_SUBNETS))]),
    }
}
