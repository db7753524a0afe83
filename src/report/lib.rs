//! The report on tenant environments, for people who have to answer for them: municipal officers, auditors, platform
//! teams. One page in HTML, the same in Markdown, sheets for a spreadsheet, and JSON.
//!
//! A report is made of a [`Book`]: objects as the cluster has them, what checks found, what an evidence store kept. It
//! tells nothing that is not in there, decides nothing about AWS, and reads no cluster, no file and no clock.
//!
//! **Who sees what.** A municipality's section and its page hold nothing of another municipality. Of an endpoint or a
//! policy that serves several it tells what concerns this one, and how many others there are; sentences that may name
//! others are left out. [`Book::pages`] takes a book apart accordingly.

mod areas;
mod backups;
mod book;
#[cfg(test)]
mod contrast;
mod days;
mod drawing;
mod ends;
mod expected;
mod facts;
mod fleet;
mod guardrails;
mod history;
mod json;
mod known;
mod language;
mod leaving;
mod manifest;
mod markdown;
mod measure;
mod month_backups;
mod month_numbers;
mod month_words;
mod names;
mod numbers;
mod objects;
mod page;
mod pages;
mod parts;
mod ports;
mod reach;
mod reader;
mod rights;
mod sheets;
mod sorting;
mod standing;
mod table;
mod tables;
mod tenant;
mod words;

use jichitai_api::{Municipality, OsakaBackupPolicy, ResolverEndpoint};
use serde_json::Value;

pub use book::{Book, Check, Evidence, Exemption, Finding, Key, Objects, Severity, Verdict};
pub use language::Language;
pub use manifest::{Checksum, manifest};
pub use sheets::Sheet;

/// The report as one HTML page that needs nothing else. A page of several municipalities has a summary of all, and a
/// section for each where [`Book::details`] says so; a page of one has its section.
#[must_use]
pub fn html(book: &Book<'_>, language: Language) -> String {
    page::page(book, language).into_string()
}

/// The same as Markdown, without the drawing.
#[must_use]
pub fn markdown(book: &Book<'_>, language: Language) -> String {
    markdown::markdown(book, language)
}

/// One sheet for each table, as CSV for spreadsheets: UTF-8 with a byte order mark, and no cell that a spreadsheet would
/// run as a formula. Names of columns are those of [`json()`].
///
/// # Errors
/// Fails where a row does not have as many cells as its sheet has columns, which would be a fault of this program.
pub fn csv(book: &Book<'_>) -> Result<Vec<Sheet>, csv::Error> {
    sheets::sheets(book)
}

/// The report for programs; the names of its fields are below.
///
/// # Fields
/// | field | |
/// |---|---|
/// | `madeAt`, `installation`, `operatorVersion` | of the book |
/// | `evidence` | `recorded`, or `missing` where no evidence store is configured |
/// | `summary` | `municipalities`, `ready`, `stalled`, `guardrails` (`passed`, `failed`, `exempt`, `unreadable`, `notOurs`), `drift`, `policies`, `recoveryPointsLate`, `endsSoon`, `over` |
/// | `strays[]` | objects whose municipality is not in the book, in a report on several: `kind`, `namespace`, `name` |
/// | `municipalities[]` | `namespace`, `name`, `facts`, `areas`, `guardrailsAsOf` (`report` or `status`), and one list for each table |
/// | `…facts` | `displayName`, `code`, `environment`, `usageModel`, `isolation`, `accountId`, `systemName`, `businesses[]`, `predecessors[]`, `mode`, `driftAction`, `connection`, `overlapResolution`, `networkOwner`, `object` |
/// | `…areas` | `whole`, `keys`, `network`, `guardrails`, `files`, `backups`, `names`, `drift`: each `good`, `bad`, `moving`, `unknown`, `excused` or `absent` |
/// | `…conditions[]` | `kind`, `name`, `type`, `status`, `reason`, `message`, `since` |
/// | `…guardrails[]` | `check`, `title`, `outcome`, `severity`, `lookedAt`, `findings[]`, `readAt`, `source`, `controls[]`, `remediation`, `exemptionReason`, `exemptionApprovedBy`, `exemptionUntil` |
/// | `…keys[]` | `region`, `purpose`, `arn`, `state`, `rotationPeriodDays`, `inUse`, `deletionDate`, `createdAt` |
/// | `…keyAccess[]` | `right`, `role`, `services[]`, `organization`, `contractRef`, `validFrom`, `validUntil` |
/// | `…access[]` | `organization`, `object`, `bucket`, `provides`, `who`, `capacity`, `right`, `businessId`, `vpcEndpointIds[]`, `contractRef`, `validUntil`, `bucketPolicy`, `keyPolicy`, `reason`, `exception[]` |
/// | `…recoveryPoints[]` | `policy`, `standing`, `newest`, `ageSeconds`, `objectiveSeconds`, `images`, `snapshots`, `databases`, `templates`, `lastRun`, `lastSuccess`, `nextRun`, `measuredRestoreSeconds`, `restoreObjectiveSeconds`, `failures`, `uncovered` |
/// | `…backupLosses[]` | `policy`, `what`, `resource`, `copy`, `message` |
/// | `…networks[]` | `vpcId`, `zone`, `zoneType`, `subnet`, `cidr`, `availabilityZone`, `subnetId`, `routeTableId`, `networkAclId`, `securityGroupId` |
/// | `…peers[]` | `zone`, `peer`, `direction`, `ports`, `reason`, `until` |
/// | `…interfaceEndpoints[]` | `service`, `id`, `state` |
/// | `…resolverAddresses[]` | `endpoint`, `endpointId`, `direction`, `place`, `ip`, `availabilityZone`, `state` |
/// | `…resolverRules[]` | `endpoint`, `rule`, `domain`, `type`, `targets[]`, `id`, `state` |
/// | `…resolverAssociations[]` | `endpoint`, `vpcId`, `rules`, `accepted`, `established`, `others` |
/// | `…drift[]` | `kind`, `name`, `role`, `path`, `want`, `have`, `since` |
/// | `…evidence[]` | `time`, `kind`, `object`, `part`, `account`, `summary`, `detail`, `outcome`, `destructive`, `approver`, `party`, `ticket`, `planHash`, `requestId`, `repairedAfterSeconds` |
/// | `…endings[]` | `until`, `from`, `inMonth`, `standing`, `daysLeft`, `what`, `subject`, `reason`, `basis`, `kind`, `name` |
///
/// With [`Book::period`] it is a monthly report, which has these too:
///
/// | field | |
/// |---|---|
/// | `period`, `fiscalYear` | `2026-04`, and the year in whose April the fiscal year began |
/// | `summary.month` | `done`, `refused`, `approvals`, `repaired`, `longestRepairSeconds`, `goodRuns`, `dueRuns`, `goodDrills`, `drills` |
/// | `sheets[]` | `name`, `sha256`, `bytes`, `rows`, as [`manifest()`] has them |
/// | `…changes[]` | `time`, `kind`, `object`, `part`, `account`, `summary`, `detail`, `destructive`, `outcome`, `approver`, `party`, `ticket`, `planHash`, `requestId` |
/// | `…approvals[]` | `time`, `object`, `planHash`, `approver`, `party`, `ticket`, `done`, `refused` |
/// | `…repairs[]` | `object`, `part`, `summary`, `detail`, `since`, `repairedAt`, `repairedAfterSeconds`, `standing` (`repaired`, `open`, `gone`), `requestId` |
/// | `…repairFigures[]` | `repaired`, `timed`, `longestSeconds`, `medianSeconds`, `left`, `open` |
/// | `…backupMonth[]` | `policy`, `expected`, `recorded`, `good`, `failed`, `notRecorded`, `longestGapSeconds`, `objectiveSeconds`, `pointStanding`, `drills`, `slowestRestoreSeconds`, `restoreObjectiveSeconds`, `restoreStanding` |
/// | `…runs[]` | `object`, `run`, `began`, `ended`, `tookSeconds`, `outcome`, `summary`, `detail` |
/// | `…drills[]` | `object`, `run`, `began`, `ended`, `measuredSeconds`, `objectiveSeconds`, `standing`, `outcome`, `summary`, `detail` |
/// | `…permissionChanges[]` | `time`, `what`, `object`, `part`, `summary`, `destructive`, `outcome`, `approver`, `party`, `ticket`, `requestId` |
/// | `…certificates[]` | `resource`, `finding`, `outcome`, `readAt` |
/// | `…sftpUsers[]` | `object`, `user`, `organization`, `right`, `directory`, `publicKeys[]`, `keysAdded[]`, `validFrom`, `validUntil` |
/// | `…ranges[]` | `what`, `cidr`, `of` |
/// | `…billable[]` | `item`, `count`, `object`, `kind`, `basis`, `tags[]` |
/// | `…unread[]` | `what`, `subject`, `detail`, `time` |
/// | `…disposal[]` | `what`, `subject`, `detail`, `time`, `approver`, `party`, `ticket`, `requestId` |
///
/// Times are ISO 8601 in UTC, days are YYYY-MM-DD in Japan; sentences of the catalogue are in English. What is not
/// known is null.
#[must_use]
pub fn json(book: &Book<'_>) -> Value {
    json::json(book)
}

/// The drawing of one municipality's network alone, as an SVG document. Endpoints that have nothing to do with the
/// municipality are not drawn.
#[must_use]
pub fn svg(
    municipality: &Municipality,
    endpoints: &[&ResolverEndpoint],
    policies: &[&OsakaBackupPolicy],
    language: Language,
) -> String {
    let reaches: Vec<reach::Reach<'_>> = endpoints
        .iter()
        .map(|endpoint| reach::Reach::of(endpoint, municipality))
        .filter(|reach| reach.is_home || !reach.mine.is_empty())
        .collect();
    let scene = drawing::Scene {
        municipality,
        reaches: &reaches,
        policies,
        language,
    };
    drawing::draw(&scene).svg.into_string()
}
