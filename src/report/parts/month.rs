//! Parts of monthly reports alone.

use super::blocks::{Block, as_of, history, no_history, of_month};
use super::standing;
use crate::book::Book;
use crate::month_words;
use crate::reader::Reader;
use crate::tables::{self, month};
use crate::tenant::Tenant;

pub(super) fn changes(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    history([month::changes(tenant, reader)], tenant, book, reader)
}

pub(super) fn approvals(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    history([month::approvals(tenant, reader)], tenant, book, reader)
}

/// What the month's records tell, then what differs now.
pub(super) fn repairs(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let tables = [month::repair_figures(tenant, reader), month::repairs(tenant, reader)];
    let mut blocks = history(tables, tenant, book, reader);
    blocks.extend(as_of(reader));
    blocks.push(Block::Table(tables::drift(tenant, reader)));
    blocks
}

/// The month against the objectives, each run and drill, then the points that there are now. What was due is told without
/// records too.
pub(super) fn backups(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(of_month(reader));
    blocks.push(Block::Lead(reader.say(month_words::ABOUT_EXPECTED)));
    match no_history(tenant, book, reader) {
        Some(notice) => blocks.push(notice),
        None => blocks.extend(
            [
                month::backup_month(tenant, reader),
                month::runs(tenant, reader),
                month::drills(tenant, reader),
            ]
            .map(Block::Table),
        ),
    }
    blocks.extend(standing::backups(tenant, reader));
    blocks
}

pub(super) fn rights(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    blocks.extend(standing::access(tenant, book, reader));
    blocks.push(Block::Table(tables::key_access(tenant, reader)));
    blocks.extend(history(
        [month::permission_changes(tenant, reader)],
        tenant,
        book,
        reader,
    ));
    blocks
}

pub(super) fn exceptions(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    blocks.push(Block::Lead(reader.say(month_words::ABOUT_GRANTS_BEGAN)));
    blocks.extend(standing::endings(tenant, reader));
    blocks
}

/// Keys, certificates, SFTP users, ranges, name resolution: each with what is not known of it.
pub(super) fn ledgers(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    blocks.push(Block::Lead(reader.say(month_words::ABOUT_KEY_CREATION)));
    blocks.push(Block::Table(tables::keys(tenant, reader)));
    let looked_at = month::looked_at(tenant, book.checks, reader);
    blocks.push(Block::Lead(match looked_at {
        Some(count) => reader.with(month_words::ABOUT_CERTIFICATES, &[&count.to_string()]),
        None => reader.say(month_words::ABOUT_CERTIFICATES_UNKNOWN),
    }));
    blocks.push(Block::Table(month::certificates(tenant, book.checks, reader)));
    blocks.push(Block::Lead(reader.say(month_words::ABOUT_PUBLIC_KEYS)));
    blocks.push(Block::Table(month::sftp_users(tenant, reader)));
    blocks.push(Block::Table(month::ranges(tenant, reader)));
    blocks.extend(standing::names(tenant, reader));
    blocks
}

pub(super) fn billable(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    blocks.push(Block::Lead(reader.say(month_words::ABOUT_BILLABLE)));
    blocks.push(Block::Table(month::billable(tenant, reader)));
    blocks
}

pub(super) fn unread(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    blocks.push(Block::Table(month::unread(tenant, book, reader)));
    blocks
}

/// What ends, and by which records it was revoked; without records, why there are none.
pub(super) fn disposal(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    blocks.extend(no_history(tenant, book, reader));
    blocks.push(Block::Table(month::disposal(tenant, book.installation, reader)));
    blocks
}
