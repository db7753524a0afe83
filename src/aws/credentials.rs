//! Credentials of a role in a tenant's account: assumed once, shared by all clients of the session,
//! and renewed before they expire.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::Client;
use jichitai_plan::observation::Fault;
use tokio::sync::Mutex;

use crate::accounts::AccountAccess;
use crate::error::{Refused, fault, incomplete};

/// Credentials are renewed when less than this is left.
pub const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);

/// Assumes the role; the mutex makes it a single flight: who comes second waits and takes the same.
pub(crate) struct AssumedRole {
    sts: Client,
    role_arn: String,
    external_id: Option<String>,
    session_name: String,
    current: Mutex<Option<Credentials>>,
}

impl AssumedRole {
    /// A provider for the role that the access names.
    pub(crate) fn new(sts: Client, role_arn: &str, access: &AccountAccess) -> Self {
        let AccountAccess {
            account: _,
            role_arn: _,
            external_id,
            session_name,
            rates: _,
        } = access;
        let current = Mutex::new(None);
        Self {
            sts,
            role_arn: role_arn.to_owned(),
            external_id: external_id.clone(),
            session_name: session_name.clone(),
            current,
        }
    }

    async fn credentials(&self) -> provider::Result {
        let mut current = self.current.lock().await;
        if let Some(credentials) = current.as_ref().filter(|credentials| left(credentials) > RENEW_BEFORE) {
            return Ok(credentials.clone());
        }
        match self.assume().await {
            Ok(credentials) => Ok(current.insert(credentials).clone()),
            // STS has a bad minute; what is still valid still serves.
            Err(fault) => match current
                .as_ref()
                .filter(|credentials| left(credentials) > Duration::ZERO)
            {
                Some(credentials) => {
                    tracing::warn!(role = self.role_arn, %fault, "cannot renew credentials; the old ones are still valid");
                    Ok(credentials.clone())
                }
                None => Err(CredentialsError::provider_error(Refused(fault))),
            },
        }
    }

    async fn assume(&self) -> Result<Credentials, Fault> {
        let call = self
            .sts
            .assume_role()
            .role_arn(&self.role_arn)
            .role_session_name(&self.session_name);
        let output = call
            .set_external_id(self.external_id.clone())
            .send()
            .await
            .map_err(fault)?;
        let granted = output
            .credentials
            .ok_or_else(|| incomplete("sts:AssumeRole", "Credentials"))?;
        let expiry =
            SystemTime::try_from(granted.expiration).map_err(|_| incomplete("sts:AssumeRole", "valid Expiration"))?;
        Ok(Credentials::new(
            granted.access_key_id,
            granted.secret_access_key,
            Some(granted.session_token),
            Some(expiry),
            "AssumedRole",
        ))
    }
}

fn left(credentials: &Credentials) -> Duration {
    let until = |expiry: SystemTime| expiry.duration_since(SystemTime::now()).unwrap_or_default();
    credentials.expiry().map(until).unwrap_or_default()
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumedRole")
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
}
