//! Quotas of the account in Tokyo, by their codes.

use jichitai_api::Region;
use jichitai_plan::guardrails::survey::Read;
use jichitai_plan::observation::Listing;

use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

pub(super) async fn quotas(session: &Session) -> Read<(String, u64)> {
    [of(session, "vpc").await].into_iter().collect()
}

async fn of(session: &Session, service: &str) -> Listing<(String, u64)> {
    let client = session.service_quotas(Region::Tokyo, Purpose::Read);
    let call = client.list_service_quotas().service_code(service);
    let pages = call.into_paginator().page_size(100).items().send();
    let found: Vec<aws_sdk_servicequotas::types::ServiceQuota> = pages.try_collect().await.map_err(fault)?;
    let one = |quota: aws_sdk_servicequotas::types::ServiceQuota| Some((quota.quota_code?, whole(quota.value?)?));
    Ok(found.into_iter().filter_map(one).collect())
}

/// AWS writes quotas as floating-point numbers, and means whole ones.
fn whole(value: f64) -> Option<u64> {
    format!("{value:.0}").parse().ok()
}
