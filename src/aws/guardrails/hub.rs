//! Security Hub.

use aws_sdk_securityhub::Client;
use jichitai_plan::guardrails::survey::Service;
use jichitai_plan::observation::Fault;

use crate::config::Purpose;
use crate::error::{fault, is_not_subscribed};
use crate::session::Session;

pub(super) async fn hubs(session: &Session) -> Vec<Service> {
    super::services(async |region| on(&session.security_hub(region, Purpose::Read)).await).await
}

async fn on(client: &Client) -> Result<Option<bool>, Fault> {
    match client.describe_hub().send().await.map_err(fault) {
        Ok(hub) => Ok(Some(hub.hub_arn.is_some())),
        Err(fault) if is_not_subscribed(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}
