//! Ranges of addresses that the specifications name: which there are, and who may come from where.

use crate::language::Word;
use crate::reader::Reader;
use crate::table::{Cell, Table, both};
use crate::tenant::{Tenant, name};
use crate::{month_words, words};

type Range = (&'static str, Word, String, String);

/// One row for each range. Who may ask a shared Resolver endpoint is left out: others are among them.
pub(crate) fn ranges(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let all = of_network(tenant)
        .into_iter()
        .chain(of_files(tenant))
        .chain(of_endpoints(tenant));
    let row =
        |(key, word, range, of): Range| vec![Cell::word(key, reader.say(word)), Cell::code(range), Cell::text(of)];
    Table {
        key: "ranges",
        title: month_words::TABLE_RANGES,
        empty: month_words::NONE_RANGES,
        columns: vec![
            both("what", words::COLUMN_WHAT),
            both("cidr", words::COLUMN_CIDR),
            both("of", month_words::COLUMN_OF),
        ],
        rows: all.map(row).collect(),
    }
}

fn of_network(tenant: &Tenant<'_>) -> Vec<Range> {
    let network = &tenant.municipality.spec.network;
    let object = name(&tenant.municipality.metadata);
    let several = |key, word, all: &[String]| -> Vec<Range> {
        let all = all.iter().cloned();
        all.map(|range| (key, word, range, object.to_owned())).collect()
    };
    let mut all = several("vpc", month_words::RANGE_VPC, std::slice::from_ref(&network.vpc_cidr));
    all.extend(several(
        "additional",
        month_words::RANGE_ADDITIONAL,
        &network.additional_cidrs,
    ));
    all.extend(several("office", month_words::RANGE_OFFICE, &network.on_premises_cidrs));
    let zones = network.zones.iter();
    let subnets = zones.flat_map(|zone| zone.subnets.iter().map(move |subnet| (zone.name.as_str(), subnet)));
    let services = network.service_subnets.iter().map(|subnet| ("service", subnet));
    all.extend(subnets.chain(services).map(|(zone, subnet)| {
        let of = format!("{zone} / {}", subnet.name);
        ("subnet", month_words::RANGE_SUBNET, subnet.cidr.clone(), of)
    }));
    all
}

fn of_files(tenant: &Tenant<'_>) -> Vec<Range> {
    let servers = tenant.buckets.iter().filter_map(|bucket| {
        let server = bucket.spec.sftp.as_ref()?.server.as_ref()?;
        Some((name(&bucket.metadata), &server.allowed_cidrs))
    });
    let of = |(object, ranges): (&str, &Vec<String>)| -> Vec<Range> {
        let ranges = ranges.iter().cloned();
        ranges
            .map(|range| ("sftp", month_words::RANGE_SFTP, range, object.to_owned()))
            .collect()
    };
    servers.flat_map(of).collect()
}

fn of_endpoints(tenant: &Tenant<'_>) -> Vec<Range> {
    let own = tenant.endpoints.iter().filter(|reach| !reach.is_shared());
    let ranges = own.flat_map(|reach| {
        let object = name(&reach.endpoint.metadata);
        let ranges = reach.endpoint.spec.allowed_cidrs.iter().cloned();
        ranges.map(move |range| (object.to_owned(), range))
    });
    ranges
        .map(|(object, range)| ("resolver", month_words::RANGE_RESOLVER, range, object))
        .collect()
}
