//! Which of the month's changes touch who may do what: policies of buckets and keys, roles, SFTP users, providers.

use crate::history::{Told, role_of};
use crate::language::Word;
use crate::reader::Reader;
use crate::table::{Cell, Table, both, data};
use crate::tables::told;
use crate::tenant::Tenant;
use crate::{month_words, words};

/// One row for each such change.
pub(crate) fn permission_changes(tenant: &Tenant<'_>, reader: Reader) -> Table {
    let writes = tenant.history.writes();
    let touching = writes.into_iter().filter_map(|one| Some((one, touched(one)?)));
    Table {
        key: "permissionChanges",
        title: month_words::TABLE_PERMISSION_CHANGES,
        empty: month_words::NONE_PERMISSION_CHANGES,
        columns: vec![
            both("time", words::COLUMN_TIME),
            both("what", month_words::COLUMN_CHANGED),
            both("object", words::COLUMN_OBJECT),
            data("part", words::COLUMN_PART),
            both("summary", words::COLUMN_SUMMARY),
            both("destructive", words::COLUMN_DESTRUCTIVE),
            both("outcome", words::COLUMN_OUTCOME),
            both("approver", words::COLUMN_APPROVER),
            data("party", words::COLUMN_PARTY),
            data("ticket", words::COLUMN_TICKET),
            data("requestId", words::COLUMN_REQUEST),
        ],
        rows: touching.map(|(one, what)| row(one, what, reader)).collect(),
    }
}

/// What of people's and systems' rights a change touches, by the part it is of. Buckets and keys have much that grants
/// nothing; of these it is their policies, and what makes them public.
pub(super) fn touched(one: Told<'_>) -> Option<(&'static str, Word)> {
    let role = role_of(one.record.part.as_deref()?);
    let summary = one.record.summary.as_str();
    let kind = role.split('.').next().unwrap_or_default();
    match kind {
        "bucket" if summary.contains("the policy of") || summary.contains("public access") => {
            Some(("BucketPolicy", month_words::CHANGED_BUCKET_POLICY))
        }
        "key" if summary.contains("the policy of") => Some(("KeyPolicy", month_words::CHANGED_KEY_POLICY)),
        "role" => Some(("Role", month_words::CHANGED_ROLE)),
        "sftp-user" => Some(("SftpUser", month_words::CHANGED_SFTP_USER)),
        "oidc-provider" => Some(("Provider", month_words::CHANGED_PROVIDER)),
        _ => None,
    }
}

fn row(one: Told<'_>, (key, word): (&'static str, Word), reader: Reader) -> Vec<Cell> {
    let [approver, party, ticket] = told::approvers(one, reader);
    vec![
        Cell::time(one.record.time),
        Cell::word(key, reader.say(word)),
        told::object(one),
        Cell::text_of(one.record.part.as_deref()),
        told::summary(one),
        told::destructive(one, reader),
        told::outcome(one, reader),
        approver,
        party,
        ticket,
        Cell::code_of(one.record.request_id.as_deref()),
    ]
}
