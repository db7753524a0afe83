//! In which of a municipality's VPCs rules hold; of others', how many there are.

use jichitai_api::resolver_endpoint::AssociationStatus;

use crate::reach::Reach;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::{Tenant, name, vpc};
use crate::words;

/// One row for each endpoint with associations.
pub(crate) fn associations(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let some = tenant
        .endpoints
        .iter()
        .filter(|reach| !reach.endpoint.spec.associations.is_empty());
    Table {
        key: "resolverAssociations",
        title: words::TABLE_ASSOCIATIONS,
        empty: words::NONE_ASSOCIATIONS,
        columns: vec![
            both("endpoint", words::COLUMN_ENDPOINT),
            both("vpcId", words::COLUMN_VPC),
            both("rules", words::COLUMN_RULES),
            both("accepted", words::COLUMN_ACCEPTED),
            both("established", words::COLUMN_ESTABLISHED),
            both("others", words::COLUMN_OTHERS),
        ],
        rows: some.map(|reach| row(tenant, reach, reader)).collect(),
    }
}

fn row(tenant: &Tenant<'_>, reach: &Reach<'_>, reader: Reader) -> Vec<Cell> {
    let municipality = tenant.municipality;
    let known = reach.association(municipality);
    let vpc = known
        .and_then(|one| one.vpc_id.as_deref())
        .or_else(|| vpc(municipality));
    let mine = !reach.mine.is_empty();
    vec![
        Cell::text(name(&reach.endpoint.metadata)),
        Cell::code_of(vpc.filter(|_| mine)),
        rules(reach, reader),
        known.map_or_else(Cell::none, |one: &AssociationStatus| reader.must(one.accepted)),
        known.map_or_else(Cell::none, |one| Cell::number(one.rules)),
        Cell::new(
            reach.others as u64,
            vec![Piece::Text(reader.with(words::OTHERS, &[&reach.others.to_string()]))],
        ),
    ]
}

fn rules(reach: &Reach<'_>, reader: Reader) -> Cell {
    if reach.mine.is_empty() {
        return Cell::shown(vec![Piece::Note(reader.say(words::NO_OWN_ASSOCIATION))]);
    }
    let all = &reach.endpoint.spec.associations;
    let is_all = reach.mine.iter().any(|&entry| all[entry].rules.is_empty());
    match is_all {
        true => Cell::word("all", reader.say(words::ALL_RULES)),
        false => Cell::codes(reach.mine.iter().flat_map(|&entry| all[entry].rules.iter().cloned())),
    }
}
