//! Who administers the keys, and who uses them: as the specification has it.

use jichitai_api::grant::GrantInfo;
use jichitai_api::municipality::{KeyAdministrator, KeyUser};

use crate::language::Word;
use crate::names::Named;
use crate::reader::Reader;
use crate::table::{Cell, Table, both};
use crate::tenant::Tenant;
use crate::words;

/// One row for each role, administrators first.
pub(crate) fn key_access(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let encryption = &tenant.municipality.spec.encryption;
    let administrators = encryption.administrators.iter().map(|one| {
        let KeyAdministrator { role_arn, grant } = one;
        row(
            ("Administer", words::RIGHT_ADMINISTER),
            role_arn,
            Cell::none(),
            grant,
            reader,
        )
    });
    let users = encryption.users.iter().map(|one| {
        let KeyUser {
            role_arn,
            services,
            grant,
        } = one;
        let services = services
            .iter()
            .map(|service| (service.key(), reader.say(service.word())))
            .collect();
        row(
            ("Use", words::RIGHT_USE),
            role_arn,
            Cell::words(services),
            grant,
            reader,
        )
    });
    Table {
        key: "keyAccess",
        title: words::TABLE_KEY_ACCESS,
        empty: words::NONE_KEY_ACCESS,
        columns: vec![
            both("right", words::COLUMN_RIGHT),
            both("role", words::COLUMN_ROLE),
            both("services", words::COLUMN_SERVICES),
            both("organization", words::COLUMN_ORGANIZATION),
            both("contractRef", words::COLUMN_CONTRACT),
            both("validFrom", words::COLUMN_FROM),
            both("validUntil", words::COLUMN_UNTIL),
        ],
        rows: administrators.chain(users).collect(),
    }
}

fn row(right: (&'static str, Word), role: &str, services: Cell, grant: &GrantInfo, reader: Reader) -> Vec<Cell> {
    let GrantInfo {
        organization,
        contract_ref,
        valid_from,
        valid_until,
    } = grant;
    let (key, word) = right;
    vec![
        Cell::word(key, reader.say(word)),
        Cell::code(role),
        services,
        Cell::text_of(organization.as_deref()),
        Cell::text_of(contract_ref.as_deref()),
        Cell::text_of(valid_from.as_deref()),
        reader.last_day(valid_until.as_deref()),
    ]
}
