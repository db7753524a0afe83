//! A session in one account: its clients in both Regions, and who we are there.

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::provider::SharedCredentialsProvider;
use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::{Fault, FaultKind};

use crate::accounts::AccountAccess;
use crate::config;
use crate::credentials::AssumedRole;
use crate::error::{fault, incomplete};
use crate::trace::Trace;

/// An opened session. Credentials renew themselves; the session never ends by itself.
#[derive(Debug)]
pub struct Session {
    account: AccountId,
    caller_arn: String,
    readers: [Clients; 2],
    writers: [Clients; 2],
}

/// The clients of one account and Region.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) s3: aws_sdk_s3::Client,
}

impl Session {
    /// Enters the account and confirms that it is the one.
    pub(crate) async fn open(base: &SdkConfig, access: &AccountAccess) -> Result<Self, Fault> {
        let config = entered(base, access);
        let caller = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .map_err(fault)?;
        let operation = "sts:GetCallerIdentity";
        let caller_arn = caller.arn.ok_or_else(|| incomplete(operation, "Arn"))?;
        let account = caller
            .account
            .and_then(|id| AccountId::new(&id))
            .ok_or_else(|| incomplete(operation, "Account"))?;
        if account != access.account {
            return Err(Fault {
                kind: FaultKind::Denied,
                operation: operation.to_owned(),
                code: "AccountMismatch".to_owned(),
                message: format!("{caller_arn} is not in account {}", access.account),
                request_id: None,
            });
        }
        tracing::info!(%account, caller_arn, "opened a session");
        let readers =
            Region::ALL.map(|region| Clients::new(&config::reading(&config, region), &account, region, false));
        let writers = Region::ALL.map(|region| Clients::new(&config::writing(&config, region), &account, region, true));
        Ok(Self {
            account,
            caller_arn,
            readers,
            writers,
        })
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The ARN that AWS sees us as.
    #[must_use]
    pub fn caller_arn(&self) -> &str {
        &self.caller_arn
    }

    /// Clients for reads.
    pub(crate) fn reader(&self, region: Region) -> &Clients {
        of(&self.readers, region)
    }

    /// Clients for writes, which send once.
    pub(crate) fn writer(&self, region: Region) -> &Clients {
        of(&self.writers, region)
    }
}

/// In the order of [`Region::ALL`].
fn of(clients: &[Clients; 2], region: Region) -> &Clients {
    let [tokyo, osaka] = clients;
    match region {
        Region::Tokyo => tokyo,
        Region::Osaka => osaka,
    }
}

/// The base configuration with the identity that the access asks for.
fn entered(base: &SdkConfig, access: &AccountAccess) -> SdkConfig {
    let Some(role_arn) = &access.role_arn else {
        return base.clone();
    };
    let role = AssumedRole::new(aws_sdk_sts::Client::new(base), role_arn, access);
    // The role keeps its credentials itself: the SDK's cache holds 64 identities and forgets the rest.
    base.to_builder()
        .credentials_provider(SharedCredentialsProvider::new(role))
        .identity_cache(IdentityCache::no_cache())
        .build()
}

impl Clients {
    fn new(config: &SdkConfig, account: &AccountId, region: Region, writes: bool) -> Self {
        let trace = Trace {
            account: account.clone(),
            region,
            writes,
        };
        let ec2 = aws_sdk_ec2::config::Builder::from(config)
            .interceptor(trace.clone())
            .build();
        let kms = aws_sdk_kms::config::Builder::from(config)
            .interceptor(trace.clone())
            .build();
        let rds = aws_sdk_rds::config::Builder::from(config)
            .interceptor(trace.clone())
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(config).interceptor(trace).build();
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            kms: aws_sdk_kms::Client::from_conf(kms),
            rds: aws_sdk_rds::Client::from_conf(rds),
            s3: aws_sdk_s3::Client::from_conf(s3),
        }
    }
}
