//! SFTP users and the public keys with which they log in.
//!
//! Nothing tells when a key was made. What is known of its age is the day on which a record of the month tells that it
//! was let in; the comment of a key may be a person's name, and is left out.

use jichitai_api::file_link_bucket::{FileLinkBucket, SftpUser};
use jichitai_api::grant::GrantInfo;
use jichitai_plan::transfer::user::PublicKey;
use jiff::Timestamp;

use crate::days;
use crate::history::{History, role_of};
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Piece, Table, both, data};
use crate::tenant::{Tenant, name};
use crate::{month_words, words};

/// One row for each user.
pub(crate) fn sftp_users(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let users = tenant.buckets.iter().flat_map(|bucket| {
        let users = bucket.spec.sftp.iter().flat_map(|sftp| &sftp.users);
        users.map(|user| row(bucket, user, &tenant.history, reader))
    });
    Table {
        key: "sftpUsers",
        title: month_words::TABLE_SFTP_USERS,
        empty: month_words::NONE_SFTP_USERS,
        columns: vec![
            both("object", words::COLUMN_BUCKET),
            both("user", month_words::COLUMN_USER),
            both("organization", words::COLUMN_ORGANIZATION),
            both("right", words::COLUMN_RIGHT),
            both("directory", month_words::COLUMN_DIRECTORY),
            both("publicKeys", month_words::COLUMN_PUBLIC_KEYS),
            both("keysAdded", month_words::COLUMN_KEY_AGE),
            data("validFrom", words::COLUMN_FROM),
            both("validUntil", words::COLUMN_UNTIL),
        ],
        rows: users.collect(),
    }
}

fn row(bucket: &FileLinkBucket, user: &SftpUser, history: &History<'_>, reader: Reader) -> Vec<Cell> {
    let SftpUser {
        name: user_name,
        public_keys,
        prefix,
        access,
        role_arn: _,
        grant,
    } = user;
    let GrantInfo {
        organization,
        contract_ref: _,
        valid_from,
        valid_until,
    } = grant;
    let keys: Vec<String> = public_keys
        .iter()
        .map(|line| PublicKey::new(line).fingerprint())
        .collect();
    vec![
        Cell::text(name(&bucket.metadata)),
        Cell::code(user_name),
        Cell::text_of(organization.as_deref()),
        Cell::word(access.key(), reader.say(access.word())),
        Cell::code(prefix),
        public(&keys, reader),
        ages(user_name, &keys, history, reader),
        Cell::text_of(valid_from.as_deref()),
        reader.last_day(valid_until.as_deref()),
    ]
}

fn public(keys: &[String], reader: Reader) -> Cell {
    match keys {
        [] => Cell::new(
            Vec::<String>::new(),
            vec![Piece::Note(reader.say(month_words::NO_PUBLIC_KEY))],
        ),
        keys => Cell::codes(keys.iter().cloned()),
    }
}

/// Of each key in its order: when a record of the month let it in, or that nothing tells.
fn ages(user: &str, keys: &[String], history: &History<'_>, reader: Reader) -> Cell {
    let added: Vec<Option<Timestamp>> = keys.iter().map(|key| added(user, key, history)).collect();
    let values: Vec<String> = added
        .iter()
        .map(|time| time.map_or_else(String::new, |time| time.to_string()))
        .collect();
    let pieces = added.iter().map(|time| match time {
        Some(time) => Piece::Text(reader.with(month_words::KEY_ADDED, &[&days::minute(*time)])),
        None => Piece::Note(reader.say(month_words::AGE_NOT_TOLD)),
    });
    Cell::new(values, pieces.collect())
}

fn added(user: &str, key: &str, history: &History<'_>) -> Option<Timestamp> {
    let part = format!("sftp-user.{user}");
    let lets_in = |summary: &str| summary.contains(key) && !summary.contains("no longer");
    let writes = history.writes();
    let found = writes.iter().rfind(|one| {
        let is_users = one.record.part.as_deref().map(role_of) == Some(&part);
        is_users && !one.is_refused() && lets_in(&one.record.summary)
    });
    found.map(|one| one.record.time)
}
