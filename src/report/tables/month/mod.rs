//! The tables of a monthly report alone, one file each: what happened in the month, and ledgers of what is there.

mod approvals;
mod backup_month;
mod billable;
mod certificates;
mod changes;
mod disposal;
mod drills;
mod permission_changes;
mod ranges;
mod repair_figures;
mod repairs;
mod runs;
mod sftp_users;
mod unread;

pub(crate) use backup_month::{backup_month, object as policy_object};
pub(crate) use certificates::{certificates, looked_at};
pub(crate) use drills::{drills, objective as drill_objective, standing as drill_standing};
pub(crate) use {
    approvals::approvals, billable::billable, changes::changes, disposal::disposal,
    permission_changes::permission_changes, ranges::ranges, repair_figures::repair_figures, repairs::repairs,
    runs::runs, sftp_users::sftp_users, unread::unread,
};

use crate::book::Book;
use crate::reader::Reader;
use crate::table::Table;
use crate::tenant::Tenant;

/// All of them, in the order of a section.
pub(crate) fn all(tenant: &Tenant<'_>, book: &Book<'_>, reader: Reader) -> Vec<Table> {
    vec![
        changes(tenant, reader),
        approvals(tenant, reader),
        repairs(tenant, reader),
        repair_figures(tenant, reader),
        backup_month(tenant, reader),
        runs(tenant, reader),
        drills(tenant, reader),
        permission_changes(tenant, reader),
        certificates(tenant, book.checks, reader),
        sftp_users(tenant, reader),
        ranges(tenant, reader),
        billable(tenant, reader),
        unread(tenant, book, reader),
        disposal(tenant, book.installation, reader),
    ]
}
