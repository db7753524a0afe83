//! Nothing is public: buckets, snapshots, images, databases.

use crate::guardrails::encryption::{bucket_marks, marks};
use crate::guardrails::survey::{Bucket, Read, Stored, Survey};
use crate::guardrails::tenant::Tenant;
use crate::guardrails::{Finding, Judgement};
use crate::policy::document::Document;
use crate::policy::evaluate::{Decision, Principal, Request};
use crate::s3::public_access_block::PublicAccessBlock;

pub(super) fn buckets(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    of_buckets(tenant, survey, |bucket, judgement| {
        judgement.property(
            &bucket.public,
            |public| !public,
            || Finding::new(&bucket.name, "everybody may read it", "誰でも読み取れます"),
        );
    })
}

pub(super) fn blocks(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    of_buckets(tenant, survey, |bucket, judgement| {
        judgement.property(
            &bucket.block,
            |block| *block == PublicAccessBlock::CLOSED,
            || {
                Finding::new(
                    &bucket.name,
                    "its public-access block is not wholly on",
                    "パブリックアクセスブロックの一部または全部が無効です",
                )
            },
        );
    })
}

pub(super) fn tls(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    of_buckets(tenant, survey, |bucket, judgement| {
        judgement.property(
            &bucket.refuses_plain_http,
            |refuses| *refuses,
            || {
                Finding::new(
                    &bucket.name,
                    "its policy does not refuse plain HTTP",
                    "ポリシーが平文の HTTP を拒否していません",
                )
            },
        );
    })
}

fn of_buckets(tenant: &Tenant<'_>, survey: &Survey, look: impl Fn(&Bucket, &mut Judgement)) -> Judgement {
    let mut judgement = Judgement::default();
    judgement.unreadable.extend(survey.buckets.faults.iter().cloned());
    for bucket in survey
        .buckets
        .found
        .iter()
        .filter(|one| tenant.concerns(bucket_marks(one), survey))
    {
        look(bucket, &mut judgement);
    }
    judgement
}

/// Whether a bucket's policy denies everything to whoever comes over plain HTTP.
#[must_use]
pub fn refuses_plain_http(policy: &Document, bucket: &str) -> bool {
    let resources = [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/a")];
    let denies = |(action, resource): (&str, &String)| {
        let request = Request::new(Principal::anonymous(), action, resource).with("aws:SecureTransport", "false");
        policy.judge(&request) == Decision::Deny
    };
    let [itself, object] = &resources;
    [
        ("s3:ListBucket", itself),
        ("s3:GetObject", object),
        ("s3:PutObject", object),
    ]
    .into_iter()
    .all(denies)
}

pub(super) fn snapshots(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    stored(tenant, survey, &[&survey.snapshots, &survey.database_snapshots])
}

pub(super) fn images(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    stored(tenant, survey, &[&survey.images])
}

pub(super) fn databases(tenant: &Tenant<'_>, survey: &Survey) -> Judgement {
    stored(tenant, survey, &[&survey.databases])
}

fn stored(tenant: &Tenant<'_>, survey: &Survey, reads: &[&Read<Stored>]) -> Judgement {
    let mut judgement = Judgement::default();
    for read in reads {
        judgement.unreadable.extend(read.faults.iter().cloned());
        for one in read.found.iter().filter(|one| tenant.concerns(marks(one), survey)) {
            judgement.property(
                &one.public,
                |public| !public,
                || Finding::new(&one.id, "it is open to everybody", "公開されています"),
            );
        }
    }
    judgement
}
