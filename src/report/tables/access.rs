//! Who may read and write which bucket of file linkage, by organization.

use jichitai_api::file_link_bucket::{Access, AccessStatus, FileLinkBucket};
use jichitai_api::grant::GrantInfo;

use crate::names::Named;
use crate::reader::Reader;
use crate::rights::{self, Right};
use crate::table::{Cell, Piece, Table, both, data, page};
use crate::tenant::{Tenant, name};
use crate::words;

/// One row for each right, by organization.
pub(crate) fn access(tenant: &Tenant<'_>, installation: &str, reader: Reader) -> Table {
    let rights = rights::of(tenant, installation);
    Table {
        key: "access",
        title: words::TABLE_ACCESS,
        empty: words::NONE_ACCESS,
        columns: vec![
            both("organization", words::COLUMN_ORGANIZATION),
            both("object", words::COLUMN_BUCKET),
            data("bucket", words::COLUMN_BUCKET_NAME),
            data("provides", words::COLUMN_PROVIDES),
            both("who", words::COLUMN_WHO),
            data("capacity", words::COLUMN_CAPACITY),
            both("right", words::COLUMN_RIGHT),
            data("businessId", words::COLUMN_BUSINESS),
            data("vpcEndpointIds", words::COLUMN_WAYS),
            both("contractRef", words::COLUMN_CONTRACT),
            both("validUntil", words::COLUMN_UNTIL),
            page("effective", words::COLUMN_EFFECTIVE),
            data("bucketPolicy", words::COLUMN_BUCKET_POLICY),
            data("keyPolicy", words::COLUMN_KEY_POLICY),
            data("reason", words::COLUMN_REASON),
            both("exception", words::COLUMN_EXCEPTION),
        ],
        rows: rights.iter().map(|right| row(right, reader)).collect(),
    }
}

fn row(right: &Right<'_>, reader: Reader) -> Vec<Cell> {
    let Right {
        bucket,
        capacity,
        who,
        role,
        right,
        business,
        endpoints,
        grant,
    } = right;
    let GrantInfo {
        organization,
        contract_ref,
        valid_from: _,
        valid_until,
    } = grant;
    let role = role.as_deref();
    let status = role.and_then(|role| admitted(bucket, role));
    let (made, object) = (made_name(bucket), name(&bucket.metadata));
    vec![
        Cell::text_of(organization.as_deref()),
        Cell::text(object).note(made.unwrap_or_default()),
        Cell::code_of(made),
        Cell::text(&bucket.spec.business_id),
        Cell::code(who.as_ref()).note(reader.say(capacity.1)).note(ways(
            business.unwrap_or_default(),
            endpoints,
            reader,
        )),
        Cell::word(capacity.0, reader.say(capacity.1)),
        Cell::word(right.0, reader.say(right.1)),
        Cell::text_of(*business),
        Cell::codes(endpoints.iter().cloned()),
        Cell::text_of(contract_ref.as_deref()),
        reader.last_day(valid_until.as_deref()),
        effective(status, reader),
        status.map_or_else(Cell::none, |one| reader.must(one.bucket_policy)),
        status.map_or_else(Cell::none, |one| reader.must(one.key_policy)),
        Cell::text_of(status.and_then(|one| one.reason.as_deref())),
        exception(&bucket.spec.access, role.unwrap_or_default(), reader),
    ]
}

fn ways(business: &str, endpoints: &[String], reader: Reader) -> String {
    let business = match business {
        "" => String::new(),
        id => reader.with(words::FOR_BUSINESS, &[id]),
    };
    let endpoints = match endpoints {
        [] => String::new(),
        ids => reader.with(words::BY_ENDPOINTS, &[&ids.join(", ")]),
    };
    let parts = [business, endpoints];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" / ")
}

fn made_name(bucket: &FileLinkBucket) -> Option<&str> {
    let made = bucket.status.as_ref().and_then(|status| status.bucket.as_ref());
    made.map(|made| made.name.as_str())
}

fn admitted<'a>(bucket: &'a FileLinkBucket, role: &str) -> Option<&'a AccessStatus> {
    let status = bucket.status.as_ref()?;
    status.access.iter().find(|one| one.principal == role)
}

/// Whether both policies let it in, and why not.
fn effective(status: Option<&AccessStatus>, reader: Reader) -> Cell {
    use crate::standing::Standing::{Bad, Good, Unknown};
    let Some(status) = status else {
        return Cell::shown(vec![Piece::Mark(Unknown, reader.say(words::NOT_REPORTED))]);
    };
    let AccessStatus {
        principal: _,
        access: _,
        bucket_policy,
        key_policy,
        reason,
    } = status;
    let (standing, word) = match (bucket_policy, key_policy) {
        (true, true) => (Good, words::LET_IN),
        (true, false) => (Bad, words::KEY_POLICY_MISSING),
        (false, true) => (Bad, words::BUCKET_POLICY_MISSING),
        (false, false) => (Bad, words::NOT_LET_IN),
    };
    Cell::shown(vec![Piece::Mark(standing, reader.say(word))]).note(reason.clone().unwrap_or_default())
}

/// Under which exceptions a role of another zone, municipality or environment is let in.
fn exception(access: &Access, role: &str, reader: Reader) -> Cell {
    let Access {
        providers: _,
        consumers: _,
        cross_zone,
        cross_municipality,
        cross_environment,
    } = access;
    let zones = cross_zone
        .iter()
        .filter(|one| one.role_arn == role)
        .map(|one| (words::CROSS_ZONE, one.zone.clone(), &one.exception));
    let places = cross_municipality.iter().filter(|one| one.role_arn == role).map(|one| {
        let place = format!("{}/{}", one.municipality_ref.namespace, one.municipality_ref.name);
        (words::CROSS_MUNICIPALITY, place, &one.exception)
    });
    let stages = cross_environment.iter().filter(|one| one.role_arn == role).map(|one| {
        (
            words::CROSS_ENVIRONMENT,
            reader.say(one.environment.word()),
            &one.exception,
        )
    });
    let all: Vec<String> = zones
        .chain(places)
        .chain(stages)
        .map(|(word, which, exception)| reader.with(word, &[&which, &exception.until]))
        .collect();
    Cell::new(all.clone(), all.into_iter().map(Piece::Text).collect())
}
