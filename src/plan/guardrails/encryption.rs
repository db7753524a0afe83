//! Data at rest: encrypted, under a key of the tenant.

use jichitai_api::Region;
use jichitai_api::municipality::Isolation;

use crate::guardrails::survey::{Bucket, Encryption, Read, Stored, Survey};
use crate::guardrails::tenant::{Marks, Tenant, names};
use crate::guardrails::{Finding, Judgement};
use crate::observation::Observation;

pub(super) fn volumes(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    stored(tenant, survey, &[&survey.volumes])
}

pub(super) fn snapshots(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    stored(tenant, survey, &[&survey.snapshots, &survey.images])
}

pub(super) fn databases(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    stored(tenant, survey, &[&survey.databases, &survey.database_snapshots])
}

/// Whose a key is, its aliases tell.
fn begun(survey: &Survey) -> Judgement {
    Judgement {
        unreadable: survey.alias_faults.clone(),
        ..Judgement::default()
    }
}

fn stored(tenant: &Tenant<'_>, survey: &Survey, reads: &[&Read<Stored>]) -> Judgement {
    let mut judgement = begun(survey);
    for read in reads {
        let is_meant = |one: &Stored| tenant.concerns(marks(one), survey) && one.encryption.is_some();
        judgement.over(read, is_meant, |one| {
            let owned = tenant.owns(marks(one), survey) == Some(true);
            weakness(one.encryption.as_ref()?, owned, tenant, survey).map(|(en, ja)| Finding::new(&one.id, en, ja))
        });
    }
    judgement
}

pub(super) fn marks(one: &Stored) -> Marks<'_> {
    Marks {
        tags: Some(&one.tags),
        vpc: one.vpc_id.as_deref(),
        encryption: one.encryption.as_ref(),
    }
}

/// What is wrong with an encryption; what is the tenant's has to be under a key of the tenant.
fn weakness(
    encryption: &Encryption,
    owned: bool,
    tenant: &Tenant<'_>,
    survey: &Survey,
) -> Option<(&'static str, &'static str)> {
    let own_account = tenant.spec.isolation == Isolation::Account;
    match encryption {
        Encryption::None => Some(("it is not encrypted", "暗号化されていません")),
        Encryption::ByAws => Some((
            "it is encrypted with a key that AWS manages",
            "AWS 管理の鍵で暗号化されています",
        )),
        Encryption::Key(key) if tenant.is_own_key(key, survey) => None,
        Encryption::Key(key) if names(key, survey).any(|alias| alias.starts_with("alias/aws/")) => Some((
            "it is encrypted with a key that AWS manages",
            "AWS 管理の鍵で暗号化されています",
        )),
        Encryption::Key(_) if owned || own_account => Some((
            "it is encrypted with a key that is not this tenant's",
            "この団体のものではない鍵で暗号化されています",
        )),
        Encryption::Key(_) => None,
    }
}

/// What tells whose a bucket is.
pub(super) fn bucket_marks(bucket: &Bucket) -> Marks<'_> {
    Marks {
        tags: bucket.tags.present(),
        vpc: None,
        encryption: bucket.encryption.present(),
    }
}

pub(super) fn buckets(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = begun(survey);
    judgement.unreadable.extend(survey.buckets.faults.iter().cloned());
    for bucket in survey
        .buckets
        .found
        .iter()
        .filter(|one| tenant.concerns(bucket_marks(one), survey))
    {
        let owned = tenant.owns(bucket_marks(bucket), survey) == Some(true);
        let found = match &bucket.encryption {
            Observation::Present(encryption) => weakness(encryption, owned, tenant, survey),
            Observation::Absent => weakness(&Encryption::None, owned, tenant, survey),
            Observation::Unreadable(fault) => {
                judgement.unreadable.push(fault.clone());
                None
            }
        };
        judgement.looked_at += 1;
        judgement
            .failing
            .extend(found.map(|(en, ja)| Finding::new(&bucket.name, en, ja)));
    }
    judgement
}

/// New volumes, in an account of the tenant's own: a shared account's settings belong to nobody.
pub(super) fn defaults(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    let mut judgement = Judgement::default();
    if tenant.spec.isolation != Isolation::Account {
        return judgement;
    }
    for (region, encrypted) in &survey.ebs_defaults {
        judgement.property(encrypted, |on| *on, || default_off(*region));
    }
    judgement
}

fn default_off(region: Region) -> Finding {
    Finding::new(
        region.as_str(),
        "new EBS volumes are not encrypted unless somebody asks for it",
        "新しい EBS ボリュームが既定では暗号化されません",
    )
}
