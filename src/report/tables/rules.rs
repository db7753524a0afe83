//! Forwarding rules that concern a municipality.

use jichitai_api::resolver_endpoint::{ForwardRule, ForwardTarget};

use crate::names::Named;
use crate::reach::Reach;
use crate::reader::Reader;
use crate::standing::Standing;
use crate::table::{Cell, Piece, Table, both};
use crate::tenant::{Tenant, name};
use crate::words;

/// AWS's word for a rule that is complete.
const COMPLETE: &str = "COMPLETE";

/// One row for each rule.
pub(crate) fn rules(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let all = tenant.endpoints.iter();
    let rows = all.flat_map(|reach| reach.rules().map(|rule| row(reach, rule, reader)).collect::<Vec<_>>());
    Table {
        key: "resolverRules",
        title: words::TABLE_RULES,
        empty: words::NONE_RULES,
        columns: vec![
            both("endpoint", words::COLUMN_ENDPOINT),
            both("rule", words::COLUMN_RULE),
            both("domain", words::COLUMN_DOMAIN),
            both("type", words::COLUMN_TYPE),
            both("targets", words::COLUMN_TARGETS),
            both("id", words::COLUMN_ID),
            both("state", words::COLUMN_STATE),
        ],
        rows: rows.collect(),
    }
}

/// `172.16.0.53:53`, with the protocol where it is another than plain DNS.
pub(crate) fn target(target: &ForwardTarget) -> String {
    let ForwardTarget {
        ip,
        port,
        protocol,
        server_name,
    } = target;
    match server_name {
        Some(server) => format!("{ip}:{port} {} {server}", protocol.as_str()),
        None => format!("{ip}:{port}"),
    }
}

fn row(reach: &Reach<'_>, rule: &ForwardRule, reader: Reader) -> Vec<Cell> {
    let ForwardRule {
        name: rule_name,
        domain,
        rule_type,
        targets,
    } = rule;
    let known = reach.rule_status(rule_name);
    let missing = || Cell::shown(vec![Piece::Mark(Standing::Unknown, reader.say(words::NOT_CREATED))]);
    vec![
        Cell::text(name(&reach.endpoint.metadata)),
        Cell::text(rule_name),
        Cell::code(domain),
        Cell::word(rule_type.key(), reader.say(rule_type.word())),
        Cell::codes(targets.iter().map(target)),
        Cell::code_of(known.map(|one| one.id.as_str())),
        known.map_or_else(missing, |one| {
            let standing = match one.status == COMPLETE {
                true => Standing::Good,
                false => Standing::Moving,
            };
            Cell::mark(standing, one.status.clone(), &one.status)
        }),
    ]
}
