//! Recorders of AWS Config.

use aws_sdk_config::Client;
use jichitai_plan::guardrails::survey::Service;
use jichitai_plan::observation::Fault;

use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

pub(super) async fn recorders(session: &Session) -> Vec<Service> {
    super::services(async |region| on(&session.config_service(region, Purpose::Read)).await).await
}

async fn on(client: &Client) -> Result<Option<bool>, Fault> {
    let found = client
        .describe_configuration_recorder_status()
        .send()
        .await
        .map_err(fault)?;
    let all = found.configuration_recorders_status.unwrap_or_default();
    Ok((!all.is_empty()).then(|| all.iter().any(|one| one.recording)))
}
