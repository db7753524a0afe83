//! Host keys of a server.

use aws_sdk_transfer::Client;
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::transfer::host_key::{HostKey, HostKeySource, SOURCE, Secret};
use jiff::Timestamp;

use super::{if_found, tags};
use crate::error::{fault, incomplete};
use crate::secrets;
use crate::session::Session;

/// All host keys of a server, with their tags.
pub(super) async fn read(transfer: &Client, server_id: &str) -> Observation<Vec<HostKey>> {
    match list(transfer, server_id).await {
        Ok(keys) => Observation::Present(keys),
        Err(fault) => Observation::Unreadable(fault),
    }
}

async fn list(transfer: &Client, server_id: &str) -> Result<Vec<HostKey>, Fault> {
    let mut ids = Vec::new();
    let mut next = None;
    loop {
        let call = transfer.list_host_keys().server_id(server_id).set_next_token(next);
        let answer = call.send().await.map_err(fault)?;
        ids.extend(answer.host_keys.into_iter().filter_map(|key| key.host_key_id));
        next = answer.next_token;
        if next.is_none() {
            break;
        }
    }
    let mut keys = Vec::new();
    for id in ids {
        let call = transfer.describe_host_key().server_id(server_id).host_key_id(&id);
        let Some(answer) = if_found(call.send().await.map_err(fault))? else {
            continue;
        };
        let key = answer
            .host_key
            .ok_or_else(|| incomplete("transfer:DescribeHostKey", "HostKey"))?;
        keys.push(HostKey {
            id,
            arn: key.arn,
            fingerprint: key.host_key_fingerprint.unwrap_or_default(),
            kind: key.r#type.unwrap_or_default(),
            source: tags(key.tags).remove(SOURCE),
            imported: key.date_imported.and_then(|at| Timestamp::from_second(at.secs()).ok()),
        });
    }
    Ok(keys)
}

/// The private key itself: read for the call that gives it to the server, and dropped after it.
pub(super) async fn fetch(session: &Session, region: Region, source: &HostKeySource) -> Result<Secret, Fault> {
    match source {
        HostKeySource::SecretsManager { arn, version } => secrets::value(session, region, arn, version).await,
        HostKeySource::Given(secret) => Ok(secret.clone()),
    }
}
