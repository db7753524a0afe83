//! Regions besides Tokyo and Osaka: whether there is anything in them that has tags, or had some.

use jichitai_api::Region;
use jichitai_plan::guardrails::survey::{Elsewhere, Read};
use jichitai_plan::observation::{Fault, FaultKind, Listing};

use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

/// AWS takes 1 to 100.
const PAGE: i32 = 100;
/// Regions that are asked at the same time.
const AT_ONCE: usize = 8;

pub(super) async fn regions(session: &Session) -> Read<(String, Elsewhere)> {
    let names = match names(session).await {
        Ok(names) => names,
        Err(fault) => return [Err(fault)].into_iter().collect(),
    };
    let read = async |name: String| Ok(vec![(name.clone(), there(session, &name).await?)]);
    let (all, buckets) = futures::join!(
        concurrently(AT_ONCE, names.into_iter().map(read).collect()),
        buckets(session)
    );
    all.into_iter().chain([buckets]).collect()
}

/// Regions that the account may use.
async fn names(session: &Session) -> Listing<String> {
    let ec2 = session.ec2(Region::Tokyo, Purpose::Read);
    let found = ec2
        .describe_regions()
        .send()
        .await
        .map_err(fault)?
        .regions
        .unwrap_or_default();
    let names = found.into_iter().filter_map(|region| region.region_name);
    Ok(names.filter(|name| !is_ours(name)).collect())
}

fn is_ours(name: &str) -> bool {
    Region::ALL.iter().any(|region| region.as_str() == name)
}

/// Buckets elsewhere, with tags or without.
async fn buckets(session: &Session) -> Listing<(String, Elsewhere)> {
    let s3 = session.s3(Region::Tokyo, Purpose::Read);
    let pages = s3.list_buckets().into_paginator().page_size(1_000).items().send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let one = |bucket: aws_sdk_s3::types::Bucket| {
        let region = bucket.bucket_region.filter(|region| !is_ours(region))?;
        Some((region, Elsewhere::Something(format!("arn:aws:s3:::{}", bucket.name?))))
    };
    Ok(found.into_iter().filter_map(one).collect())
}

/// What is global (roles, hosted zones) is listed in one Region or another, and is in none. Buckets are listed by S3.
fn is_in_a_region(arn: &str) -> bool {
    arn.split(':').nth(3).is_some_and(|region| !region.is_empty())
}

async fn there(session: &Session, region: &str) -> Result<Elsewhere, Fault> {
    // A page may be short, or empty, and not the last.
    let mut pages = session
        .elsewhere(region)
        .get_resources()
        .resources_per_page(PAGE)
        .into_paginator()
        .send();
    let first = async {
        while let Some(page) = pages.next().await {
            let found = page.map_err(fault)?.resource_tag_mapping_list.unwrap_or_default();
            let arns = found.into_iter().filter_map(|one| one.resource_arn);
            if let Some(arn) = arns.into_iter().find(|arn| is_in_a_region(arn)) {
                return Ok::<_, Fault>(Elsewhere::Something(arn));
            }
        }
        Ok(Elsewhere::Nothing)
    };
    match first.await {
        Ok(there) => Ok(there),
        // It says that nobody of the account can do anything there, which is what is asked for.
        Err(fault) if fault.kind == FaultKind::Denied && fault.message.contains("service control policy") => {
            Ok(Elsewhere::Closed)
        }
        Err(fault) => Err(fault),
    }
}
