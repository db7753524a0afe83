//! What AWS charges for, counted, with the tags by which costs are allocated. No prices.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_api::municipality::KeyStatusState;

use crate::known::Known;
use crate::language::Word;
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tenant::{Policy, Tenant, name};
use crate::{month_words, words};

/// A count of one thing of one object.
struct Item<'a> {
    object: (&'static str, &'a str),
    key: &'static str,
    said: String,
    count: Option<u64>,
    basis: String,
    tags: &'a BTreeMap<String, String>,
}

/// One row for each thing of each object.
pub(crate) fn billable(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let mut all = of_municipality(tenant, reader);
    all.extend(of_files(tenant, reader));
    all.extend(of_policies(tenant, reader));
    all.extend(of_endpoints(tenant, reader));
    all.retain(|item| item.count != Some(0));
    Table {
        key: "billable",
        title: month_words::TABLE_BILLABLE,
        empty: month_words::NONE_BILLABLE,
        columns: vec![
            both("item", month_words::COLUMN_ITEM),
            both("count", month_words::COLUMN_COUNT),
            both("object", words::COLUMN_OBJECT),
            data("kind", words::COLUMN_KIND),
            both("basis", month_words::COLUMN_COUNTED_BY),
            both("tags", month_words::COLUMN_TAGS),
        ],
        rows: all.into_iter().map(row).collect(),
    }
}

fn row(item: Item<'_>) -> Vec<Cell> {
    let Item {
        object: (kind, name),
        key,
        said,
        count,
        basis,
        tags,
    } = item;
    vec![
        Cell::word(key, said),
        count.map_or_else(Cell::none, Cell::number),
        Cell::text(name).note(kind),
        Cell::text(kind),
        Cell::new(basis.clone(), vec![Piece::Text(basis)]),
        Cell::codes(tags.iter().map(|(key, value)| format!("{key}={value}"))),
    ]
}

fn of_municipality<'a>(tenant: &Tenant<'a>, reader: Reader) -> Vec<Item<'a>> {
    let one = tenant.municipality;
    let item = |key, said, count, basis| Item {
        object: ("Municipality", name(&one.metadata)),
        key,
        said,
        count,
        basis,
        tags: &one.spec.common.tags,
    };
    let status = one.status.as_ref();
    let keys = |region: Region| {
        let all = status.map(|status| status.keys.as_slice()).unwrap_or_default().iter();
        let there = all.filter(|key| key.region == region && key.state != KeyStatusState::Absent);
        Some(there.count() as u64)
    };
    let reported = || reader.say(month_words::BY_STATUS);
    let key_of = |region: Region| reader.with(month_words::ITEM_KEY, &[&reader.say(region.word())]);
    let (count, basis) = interfaces(tenant, reader);
    let attachments = u64::from(Known::of(one).attachment().is_some());
    vec![
        item("keysTokyo", key_of(Region::Tokyo), keys(Region::Tokyo), reported()),
        item("keysOsaka", key_of(Region::Osaka), keys(Region::Osaka), reported()),
        item(
            "interfaceEndpointZones",
            reader.say(month_words::ITEM_ENDPOINT),
            count,
            basis,
        ),
        item(
            "attachments",
            reader.say(month_words::ITEM_ATTACHMENT),
            Some(attachments),
            reported(),
        ),
    ]
}

/// AWS charges for an interface endpoint by zone; they stand in the service subnets.
fn interfaces(tenant: &Tenant<'_>, reader: Reader) -> (Option<u64>, String) {
    let one = tenant.municipality;
    let network = one.status.as_ref().and_then(|status| status.network.as_ref());
    let endpoints = network.map_or(0, |network| network.endpoints.len());
    let subnets = one.spec.network.service_subnets.iter();
    let zones: BTreeSet<&str> = subnets.map(|subnet| subnet.availability_zone.as_str()).collect();
    if zones.is_empty() && endpoints > 0 {
        return (None, reader.say(month_words::ZONES_UNKNOWN));
    }
    let counts = [endpoints.to_string(), zones.len().to_string()];
    let basis = reader.with(month_words::BY_STATUS_ZONES, &[&counts[0], &counts[1]]);
    (Some((endpoints * zones.len()) as u64), basis)
}

fn of_files<'a>(tenant: &Tenant<'a>, reader: Reader) -> Vec<Item<'a>> {
    let mut all = Vec::new();
    for bucket in &tenant.buckets {
        let status = bucket.status.as_ref();
        let made = status.is_some_and(|status| status.bucket.is_some());
        let is_own = bucket.spec.sftp.as_ref().is_some_and(|sftp| sftp.server.is_some());
        let server = is_own && status.is_some_and(|status| status.sftp.is_some());
        let item = |key, word: Word, there: bool| Item {
            object: ("FileLinkBucket", name(&bucket.metadata)),
            key,
            said: reader.say(word),
            count: Some(there.into()),
            basis: reader.say(month_words::BY_STATUS),
            tags: &bucket.spec.common.tags,
        };
        all.push(item("buckets", month_words::ITEM_BUCKET, made));
        all.push(item("transferServers", month_words::ITEM_TRANSFER, server));
    }
    all
}

/// What a policy that serves several copies is told with how many others it serves.
fn of_policies<'a>(tenant: &Tenant<'a>, reader: Reader) -> Vec<Item<'a>> {
    let mut all = Vec::new();
    for Policy { policy, others } in &tenant.policies {
        let point = policy.status.as_ref();
        let Some(point) = point.and_then(|status| status.newest_recovery_point.as_ref()) else {
            continue;
        };
        let basis = basis(month_words::BY_NEWEST_POINT, *others, reader);
        let counts = [
            ("images", month_words::ITEM_IMAGES, point.images),
            ("snapshots", month_words::ITEM_SNAPSHOTS, point.snapshots),
            ("databaseSnapshots", month_words::ITEM_DATABASES, point.databases),
            ("templates", month_words::ITEM_TEMPLATES, point.templates),
        ];
        all.extend(counts.map(|(key, word, count)| Item {
            object: ("OsakaBackupPolicy", name(&policy.metadata)),
            key,
            said: reader.say(word),
            count: Some(count.into()),
            basis: basis.clone(),
            tags: own_tags(*others, &policy.spec.common.tags),
        }));
    }
    all
}

fn of_endpoints<'a>(tenant: &Tenant<'a>, reader: Reader) -> Vec<Item<'a>> {
    let of = |reach: &crate::reach::Reach<'a>| {
        let addresses = reach.status().map_or(0, |status| status.ip_addresses.len());
        let others = if reach.is_shared() { reach.others.max(1) } else { 0 };
        Item {
            object: ("ResolverEndpoint", name(&reach.endpoint.metadata)),
            key: "resolverAddresses",
            said: reader.say(month_words::ITEM_RESOLVER),
            count: Some(addresses as u64),
            basis: basis(month_words::BY_STATUS, others, reader),
            tags: own_tags(others, &reach.endpoint.spec.common.tags),
        }
    };
    tenant.endpoints.iter().map(of).collect()
}

/// By what it is counted, and with how many it is shared.
fn basis(word: Word, others: usize, reader: Reader) -> String {
    let basis = reader.say(word);
    match others {
        0 => basis,
        others => {
            let shared = reader.with(month_words::BY_SHARED, &[&others.to_string()]);
            format!("{basis} / {shared}")
        }
    }
}

/// Tags of an object that serves several may name others.
fn own_tags(others: usize, tags: &BTreeMap<String, String>) -> &BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    if others == 0 { tags } else { &NONE }
}
