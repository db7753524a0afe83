//! Parts about how things stand: the same in monthly reports, which say as of when.

use super::blocks::{Block, as_of, history, optional, since};
use crate::book::Book;
use crate::reader::Reader;
use crate::tenant::Tenant;
use crate::{facts, guardrails, tables, words};

pub(super) fn facts(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let facts = Block::Facts(facts::facts(tenant, reader));
    as_of(reader).into_iter().chain([facts]).collect()
}

pub(super) fn conditions(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let table = Block::Table(tables::conditions(tenant, reader));
    as_of(reader).into_iter().chain([table]).collect()
}

/// Counts, and where the results come from; then each check.
pub(super) fn guardrails(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = Vec::from_iter(as_of(reader));
    if let Some(counts) = guardrails::counts(tenant) {
        blocks.push(Block::Counts(counts));
        if tables::is_published(tenant) {
            blocks.push(Block::Notice(reader.say(words::LAST_PUBLISHED), String::new()));
        }
    }
    blocks.push(Block::Table(tables::guardrails(tenant, book.checks, reader)));
    blocks
}

pub(super) fn keys(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    vec![
        Block::Table(tables::keys(tenant, reader)),
        Block::Table(tables::key_access(tenant, reader)),
    ]
}

pub(super) fn access(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    vec![Block::Table(tables::access(tenant, book.installation, reader))]
}

pub(super) fn backups(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let always = [Block::Chart, Block::Table(tables::recovery_points(tenant, reader))];
    let losses = optional(tables::losses(tenant, reader));
    as_of(reader).into_iter().chain(always).chain(losses).collect()
}

pub(super) fn network(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let always = [
        Block::Drawing,
        Block::Table(tables::networks(tenant, reader)),
        Block::Table(tables::peers(tenant, reader)),
        Block::Table(tables::endpoints(tenant, reader)),
    ];
    as_of(reader).into_iter().chain(always).collect()
}

pub(super) fn names(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = vec![Block::Table(tables::names(tenant, reader))];
    blocks.extend(optional(tables::rules(tenant, reader)));
    blocks.extend(optional(tables::associations(tenant, reader)));
    blocks
}

/// Drift now, then what happened, or why nothing is known of that.
pub(super) fn drift(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Block> {
    let mut blocks = vec![Block::Table(tables::drift(tenant, reader))];
    blocks.extend(since(book, reader));
    blocks.extend(history([tables::evidence(tenant, reader)], tenant, book, reader));
    blocks
}

pub(super) fn endings(tenant: &Tenant<'_>, reader: Reader) -> Vec<Block> {
    vec![Block::Table(tables::endings(tenant, reader))]
}
