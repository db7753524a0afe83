//! Secrets in Secrets Manager: which version is current, and its value for the one call that needs it.
//! Nothing here writes, and no value is read while observing.

use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::transfer::host_key::Secret;

use crate::config::Purpose;
use crate::error::{fault, incomplete};
use crate::session::Session;

/// The stage of the version that counts.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>
const CURRENT: &str = "AWSCURRENT";

/// The id of the secret's current version; absent where there is no secret, none of its versions is
/// current, or it is about to be deleted.
pub async fn current_version(session: &Session, region: Region, arn: &str) -> Observation<String> {
    let secrets = session.secrets_manager(region, Purpose::Read);
    let secret = match secrets.describe_secret().secret_id(arn).send().await.map_err(fault) {
        Ok(secret) => secret,
        Err(fault) if fault.kind == FaultKind::NotFound => return Observation::Absent,
        Err(fault) => return Observation::Unreadable(fault),
    };
    if secret.deleted_date.is_some() {
        return Observation::Absent;
    }
    let versions = secret.version_ids_to_stages.into_iter().flatten();
    let current = versions
        .filter(|(_, stages)| stages.iter().any(|stage| stage == CURRENT))
        .map(|(version, _)| version)
        .next();
    current.map_or(Observation::Absent, Observation::Present)
}

/// The value of one version, as text.
pub(crate) async fn value(session: &Session, region: Region, arn: &str, version: &str) -> Result<Secret, Fault> {
    let secrets = session.secrets_manager(region, Purpose::Read);
    let call = secrets.get_secret_value().secret_id(arn).version_id(version);
    let answer = call.send().await.map_err(fault)?;
    let binary = || {
        let bytes = answer.secret_binary.as_ref()?.as_ref();
        std::str::from_utf8(bytes).ok()
    };
    let text = answer.secret_string.as_deref().or_else(binary);
    let text = text.ok_or_else(|| incomplete("secretsmanager:GetSecretValue", "text"))?;
    Ok(Secret::new(text))
}
