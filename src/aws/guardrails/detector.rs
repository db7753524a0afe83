//! Detectors of GuardDuty: one at most in a Region.

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::types::DetectorStatus;
use jichitai_plan::guardrails::survey::Service;
use jichitai_plan::observation::Fault;

use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

pub(super) async fn detectors(session: &Session) -> Vec<Service> {
    super::services(async |region| on(&session.guardduty(region, Purpose::Read)).await).await
}

async fn on(client: &Client) -> Result<Option<bool>, Fault> {
    let found = client.list_detectors().send().await.map_err(fault)?;
    let Some(id) = found.detector_ids.unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    let detector = client.get_detector().detector_id(id).send().await.map_err(fault)?;
    Ok(Some(detector.status == Some(DetectorStatus::Enabled)))
}
