//! Everything of a municipality that ends by itself: grants, exceptions, exemptions, approvals, holds.

use jichitai_api::common::CommonSpec;
use jichitai_api::file_link_bucket::FileLinkBucket;
use jichitai_api::grant::{ExceptionInfo, GrantInfo};
use jichitai_api::municipality::Municipality;
use jichitai_api::osaka_backup_policy::OsakaBackupPolicy;

use crate::language::Word;
use crate::names::Named;
use crate::tenant::{Policy, Tenant, name};
use crate::words;

/// Something with a last day.
#[derive(Clone, Debug)]
pub(crate) struct End<'a> {
    /// Last day in Japan, as it was written.
    pub until: &'a str,
    /// First day in Japan, where one is written.
    pub from: Option<&'a str>,
    /// What kind of thing ends.
    pub what: Word,
    /// Whom or what it is about.
    pub subject: String,
    pub reason: Option<&'a str>,
    /// Who approved it, or on which contract it rests.
    pub basis: Option<&'a str>,
    /// Kind and name of the object that says so.
    pub object: (&'static str, &'a str),
}

/// Everything that ends, in the order of the last days.
pub(crate) fn of<'a>(tenant: &Tenant<'a>) -> Vec<End<'a>> {
    let mut all = Vec::new();
    municipality(&mut all, tenant.municipality);
    for bucket in &tenant.buckets {
        files(&mut all, bucket);
    }
    // Exceptions and holds of a shared policy may be about another municipality's data.
    for Policy { policy, others: _ } in tenant.policies.iter().filter(|one| one.others == 0) {
        copies(&mut all, policy);
    }
    for reach in tenant.endpoints.iter().filter(|reach| !reach.is_shared()) {
        let meta = &reach.endpoint.metadata;
        approvals(&mut all, &reach.endpoint.spec.common, ("ResolverEndpoint", name(meta)));
    }
    all.sort_by(|a, b| a.until.cmp(b.until));
    all
}

type Owner<'a> = (&'static str, &'a str);

fn grant<'a>(all: &mut Vec<End<'a>>, what: Word, subject: &str, grant: &'a GrantInfo, object: Owner<'a>) {
    let GrantInfo {
        organization,
        contract_ref,
        valid_from,
        valid_until,
    } = grant;
    all.extend(valid_until.as_deref().map(|until| End {
        until,
        from: valid_from.as_deref(),
        what,
        subject: match organization {
            Some(organization) => format!("{organization}: {subject}"),
            None => subject.to_owned(),
        },
        reason: None,
        basis: contract_ref.as_deref(),
        object,
    }));
}

fn exception<'a>(all: &mut Vec<End<'a>>, what: Word, subject: String, one: &'a ExceptionInfo, object: Owner<'a>) {
    let ExceptionInfo {
        reason,
        approved_by,
        until,
    } = one;
    all.push(End {
        until,
        from: None,
        what,
        subject,
        reason: Some(reason),
        basis: Some(approved_by),
        object,
    });
}

fn approvals<'a>(all: &mut Vec<End<'a>>, common: &'a CommonSpec, object: Owner<'a>) {
    let ending = common.approvals.iter();
    let ending = ending.filter_map(|one| Some((one, one.valid_until.as_deref()?)));
    all.extend(ending.map(|(one, until)| End {
        until,
        from: None,
        what: words::END_APPROVAL,
        subject: one.plan_hash.clone(),
        reason: one.ticket.as_deref(),
        basis: Some(&one.approver),
        object,
    }));
}

fn municipality<'a>(all: &mut Vec<End<'a>>, one: &'a Municipality) {
    let object = ("Municipality", name(&one.metadata));
    let spec = &one.spec;
    for predecessor in &spec.predecessors {
        all.push(End {
            until: &predecessor.until,
            from: None,
            what: words::END_PREDECESSOR,
            subject: predecessor.code.clone(),
            reason: None,
            basis: None,
            object,
        });
    }
    for one in &spec.encryption.administrators {
        grant(all, words::RIGHT_ADMINISTER, &one.role_arn, &one.grant, object);
    }
    for one in &spec.encryption.users {
        grant(all, words::RIGHT_USE, &one.role_arn, &one.grant, object);
    }
    for one in &spec.network.allowed_cross_zone {
        let subject = format!("{} → {}", one.from, one.to);
        exception(all, words::EXCEPTION_BETWEEN_ZONES, subject, &one.exception, object);
    }
    for one in spec.guardrails.iter().flat_map(|guardrails| &guardrails.exempt) {
        exception(all, words::END_EXEMPTION, one.id.clone(), &one.exception, object);
    }
    approvals(all, &spec.common, object);
}

fn files<'a>(all: &mut Vec<End<'a>>, bucket: &'a FileLinkBucket) {
    let object = ("FileLinkBucket", name(&bucket.metadata));
    let spec = &bucket.spec;
    for one in &spec.access.providers {
        grant(all, words::CAPACITY_PROVIDER, &one.role_arn, &one.grant, object);
    }
    for one in &spec.access.consumers {
        grant(all, words::CAPACITY_CONSUMER, &one.role_arn, &one.grant, object);
    }
    for one in spec.sftp.iter().flat_map(|sftp| &sftp.users) {
        grant(all, words::CAPACITY_SFTP, &one.name, &one.grant, object);
    }
    for one in spec.federation.iter().flat_map(|federation| &federation.clients) {
        grant(all, words::CAPACITY_CLIENT, &one.client_id, &one.grant, object);
    }
    crossings(all, bucket, object);
    approvals(all, &spec.common, object);
}

fn crossings<'a>(all: &mut Vec<End<'a>>, bucket: &'a FileLinkBucket, object: Owner<'a>) {
    let access = &bucket.spec.access;
    for one in &access.cross_zone {
        let subject = format!("{} ({})", one.role_arn, one.zone);
        exception(all, words::END_CROSS_ZONE, subject, &one.exception, object);
    }
    for one in &access.cross_municipality {
        let place = &one.municipality_ref;
        let subject = format!("{} ({}/{})", one.role_arn, place.namespace, place.name);
        exception(all, words::END_CROSS_MUNICIPALITY, subject, &one.exception, object);
    }
    for one in &access.cross_environment {
        let subject = format!("{} ({})", one.role_arn, one.environment.key());
        exception(all, words::END_CROSS_ENVIRONMENT, subject, &one.exception, object);
    }
}

fn copies<'a>(all: &mut Vec<End<'a>>, policy: &'a OsakaBackupPolicy) {
    let object = ("OsakaBackupPolicy", name(&policy.metadata));
    for one in &policy.spec.coverage_exceptions {
        let subject = format!("{} {}", one.service, one.id);
        exception(all, words::END_COVERAGE, subject, &one.exception, object);
    }
    for one in &policy.spec.holds {
        all.push(End {
            until: &one.until,
            from: None,
            what: words::END_HOLD,
            subject: one.label.clone(),
            reason: Some(&one.reason),
            basis: None,
            object,
        });
    }
    approvals(all, &policy.spec.common, object);
}
