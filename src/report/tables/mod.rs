//! The tables of one municipality, one file each.
//!
//! They decide what is told, in which order and under which name; how it looks is decided elsewhere.

mod access;
mod associations;
mod conditions;
mod drift;
mod endings;
mod endpoints;
mod evidence;
mod guardrails;
mod key_access;
mod keys;
mod losses;
pub(crate) mod month;
mod names;
mod networks;
mod peers;
mod recovery_points;
mod rules;
mod told;

pub(crate) use endings::endings;
pub(crate) use evidence::evidence;
pub(crate) use guardrails::{guardrails, is_published};
pub(crate) use {
    access::access,
    associations::associations,
    conditions::conditions,
    drift::drift,
    endpoints::endpoints,
    key_access::key_access,
    keys::keys,
    losses::losses,
    names::names,
    networks::networks,
    peers::peers,
    recovery_points::recovery_points,
    rules::{rules, target},
};

use crate::book::Book;
use crate::reader::Reader;
use crate::table::Table;
use crate::tenant::Tenant;

/// All tables, in the order of a section; those of a month where the report is of one.
pub(crate) fn all(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Table> {
    let mut all = vec![
        conditions(tenant, reader),
        guardrails(tenant, book.checks, reader),
        keys(tenant, reader),
        key_access(tenant, reader),
        access(tenant, book.installation, reader),
        recovery_points(tenant, reader),
        losses(tenant, reader),
        networks(tenant, reader),
        peers(tenant, reader),
        endpoints(tenant, reader),
        names(tenant, reader),
        rules(tenant, reader),
        associations(tenant, reader),
        drift(tenant, reader),
        evidence(tenant, reader),
        endings(tenant, reader),
    ];
    if reader.period.is_some() {
        all.extend(month::all(tenant, book, reader));
    }
    all
}
