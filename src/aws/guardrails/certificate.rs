//! Certificates of ACM, imported ones and those of AWS's authorities.

use aws_sdk_acm::Client;
use aws_sdk_acm::types::{CertificateStatus, Filters, KeyAlgorithm, RenewalEligibility};
use jichitai_plan::guardrails::survey::{Certificate, Read};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::tags::Tags;

use super::both;
use crate::answer::moment;
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

/// Certificates that are asked at the same time.
const AT_ONCE: usize = 4;

/// Every kind of key.
const KEYS: [KeyAlgorithm; 7] = [
    KeyAlgorithm::Rsa1024,
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa3072,
    KeyAlgorithm::Rsa4096,
    KeyAlgorithm::EcPrime256v1,
    KeyAlgorithm::EcSecp384r1,
    KeyAlgorithm::EcSecp521r1,
];

pub(super) async fn certificates(session: &Session) -> Read<Certificate> {
    both(async |region| of(&session.acm(region, Purpose::Read)).await).await
}

async fn of(acm: &Client) -> Listing<Certificate> {
    // Without them AWS lists those with RSA keys of up to 2,048 bits only.
    let keys = Filters::builder().set_key_types(Some(KEYS.to_vec()));
    let call = acm.list_certificates().includes(keys.build());
    let call = call
        .certificate_statuses(CertificateStatus::Issued)
        .certificate_statuses(CertificateStatus::Expired);
    let pages = call.into_paginator().page_size(1_000).items().send();
    let found: Vec<aws_sdk_acm::types::CertificateSummary> = pages.try_collect().await.map_err(fault)?;
    let arns = found.into_iter().filter_map(|one| one.certificate_arn);
    let read = async |arn: String| one(acm, arn).await;
    concurrently(AT_ONCE, arns.map(read).collect())
        .await
        .into_iter()
        .collect()
}

async fn one(acm: &Client, arn: String) -> Result<Certificate, Fault> {
    let (described, tagged) = futures::join!(
        acm.describe_certificate().certificate_arn(&arn).send(),
        acm.list_tags_for_certificate().certificate_arn(&arn).send(),
    );
    let detail = described.map_err(fault)?.certificate;
    let tags: Tags = tagged
        .map_err(fault)?
        .tags
        .into_iter()
        .flatten()
        .map(|tag| (tag.key, tag.value.unwrap_or_default()))
        .collect();
    let (names, issuer, not_after, renews) = match detail {
        Some(detail) => (
            detail
                .subject_alternative_names
                .or(detail.domain_name.map(|name| vec![name]))
                .unwrap_or_default(),
            detail.issuer.unwrap_or_default(),
            detail.not_after.and_then(moment),
            detail.renewal_eligibility == Some(RenewalEligibility::Eligible),
        ),
        None => (Vec::new(), String::new(), None, false),
    };
    Ok(Certificate {
        arn,
        names,
        issuer,
        not_after,
        renews,
        tags,
    })
}
