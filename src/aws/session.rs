//! A session in one account: who we are there, and clients for both Regions.
//!
//! Clients are made when they are needed. They share the session's credentials and the process's
//! connections, so a new one costs microseconds; kept ones would cost 300 KB per account.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::provider::SharedCredentialsProvider;
use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::{Fault, FaultKind};

use crate::accounts::AccountAccess;
use crate::calls::Calls;
use crate::config::{self, Purpose};
use crate::credentials::AssumedRole;
use crate::depth::Depth;
use crate::ec2::landscape;
use crate::ec2::presign::Presigner;
use crate::error::{fault, incomplete};
use crate::guard::Guard;
use crate::kept::Turns;
use crate::limits::{Limited, Limits};
use crate::osaka_backup_policy::Queues;
use crate::route53resolver::Shared;
use crate::s3::bucket;
use crate::s3::template::Known;
use crate::stores::Stores;
use crate::trace::Trace;
use crate::{iam, kms};

/// An opened session. Credentials renew themselves; the session never ends by itself.
#[derive(Debug)]
pub struct Session {
    account: AccountId,
    caller_arn: String,
    config: SdkConfig,
    calls: Calls,
    guard: Guard,
    limits: Arc<Limits>,
    /// When somebody else changed something last: lists that were read before are old.
    disturbed: Mutex<Option<Instant>>,
    /// What all objects of the account share of Route 53 Resolver.
    pub(crate) resolver: Shared,
    /// What they share of its networks.
    pub(crate) networks: landscape::Shared,
    /// What is known of its buckets' settings, by their names, which are unique in all Regions.
    pub(crate) buckets: Turns<bucket::Settings>,
    /// What is known of its roles, by their names.
    pub(crate) roles: iam::Known,
    /// What they share of its keys, in each Region.
    pub(crate) keys: BTreeMap<Region, kms::Shared>,
    /// The room for copies in flight, which the policies of the account share.
    pub(crate) copies: Queues,
    /// What in the account holds data.
    pub(crate) stores: Stores,
    /// What is known of templates that are kept.
    pub(crate) templates: Known,
}

impl Session {
    /// Enters the account and confirms that it is the one.
    pub(crate) async fn open(
        base: &SdkConfig,
        access: &AccountAccess,
        calls: &Calls,
        guard: &Guard,
    ) -> Result<Self, Fault> {
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
        Ok(Self {
            account,
            caller_arn,
            config,
            calls: calls.clone(),
            guard: guard.clone(),
            limits: Arc::new(Limits::new(access.rates.clone())),
            disturbed: Mutex::default(),
            resolver: Shared::default(),
            networks: landscape::Shared::default(),
            buckets: Turns::default(),
            roles: iam::Known::default(),
            keys: Region::ALL.map(|region| (region, kms::Shared::default())).into(),
            copies: Queues::default(),
            stores: Stores::default(),
            templates: Known::default(),
        })
    }

    /// Somebody else changed something: lists that were read before are old.
    pub(crate) fn disturb(&self) {
        *self.disturbed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.resolver.wrote();
    }

    /// From when on lists count for a look of this depth.
    pub(crate) fn lists_since(&self, depth: Depth) -> Option<Instant> {
        let disturbed = *self.disturbed.lock().unwrap_or_else(PoisonError::into_inner);
        disturbed.max(depth.lists())
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

    pub(crate) fn cloudformation(&self, region: Region, purpose: Purpose) -> aws_sdk_cloudformation::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_cloudformation::config::Builder::from(&config);
        aws_sdk_cloudformation::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn ec2(&self, region: Region, purpose: Purpose) -> aws_sdk_ec2::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_ec2::config::Builder::from(&config);
        aws_sdk_ec2::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn efs(&self, region: Region, purpose: Purpose) -> aws_sdk_efs::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_efs::config::Builder::from(&config);
        aws_sdk_efs::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn kms(&self, region: Region, purpose: Purpose) -> aws_sdk_kms::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_kms::config::Builder::from(&config);
        aws_sdk_kms::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn rds(&self, region: Region, purpose: Purpose) -> aws_sdk_rds::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_rds::config::Builder::from(&config);
        aws_sdk_rds::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn resource_groups_tagging(
        &self,
        region: Region,
        purpose: Purpose,
    ) -> aws_sdk_resourcegroupstagging::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_resourcegroupstagging::config::Builder::from(&config);
        aws_sdk_resourcegroupstagging::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn s3(&self, region: Region, purpose: Purpose) -> aws_sdk_s3::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_s3::config::Builder::from(&config);
        aws_sdk_s3::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn secrets_manager(&self, region: Region, purpose: Purpose) -> aws_sdk_secretsmanager::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_secretsmanager::config::Builder::from(&config);
        aws_sdk_secretsmanager::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn sqs(&self, region: Region, purpose: Purpose) -> aws_sdk_sqs::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_sqs::config::Builder::from(&config);
        aws_sdk_sqs::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn transfer(&self, region: Region, purpose: Purpose) -> aws_sdk_transfer::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_transfer::config::Builder::from(&config);
        aws_sdk_transfer::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn ram(&self, region: Region, purpose: Purpose) -> aws_sdk_ram::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_ram::config::Builder::from(&config);
        aws_sdk_ram::Client::from_conf(config.interceptor(trace).build())
    }

    pub(crate) fn route53resolver(&self, region: Region, purpose: Purpose) -> aws_sdk_route53resolver::Client {
        let (config, trace) = self.at(region, purpose);
        let config = aws_sdk_route53resolver::config::Builder::from(&config);
        aws_sdk_route53resolver::Client::from_conf(config.interceptor(trace).build())
    }

    /// Hosted zones are global, like IAM.
    pub(crate) fn route53(&self, purpose: Purpose) -> aws_sdk_route53::Client {
        let (config, trace) = self.at(Region::Tokyo, purpose);
        let config = aws_sdk_route53::config::Builder::from(&config);
        aws_sdk_route53::Client::from_conf(config.interceptor(trace).build())
    }

    /// IAM is global; its clients are made for Tokyo, and the SDK finds the one endpoint.
    pub(crate) fn iam(&self, purpose: Purpose) -> aws_sdk_iam::Client {
        let (config, trace) = self.at(Region::Tokyo, purpose);
        let config = aws_sdk_iam::config::Builder::from(&config);
        aws_sdk_iam::Client::from_conf(config.interceptor(trace).build())
    }

    /// Signs what EC2 in another Region is to do in our name.
    pub(crate) fn presigner(&self, to: Region) -> Presigner<'_> {
        let config = &self.config;
        Presigner { config, to }
    }

    fn at(&self, region: Region, purpose: Purpose) -> (SdkConfig, Trace) {
        let account = self.account.clone();
        let trace = Trace {
            limits: Arc::clone(&self.limits),
            calls: self.calls.clone(),
            account,
            region,
            purpose,
        };
        let config = config::at(&self.config, region, purpose);
        let Some(inner) = config.http_client() else {
            return (config, trace);
        };
        let limited = Limited {
            inner,
            limits: Arc::clone(&self.limits),
            calls: self.calls.clone(),
            guard: self.guard.clone(),
            region,
            purpose,
        };
        (config.into_builder().http_client(limited).build(), trace)
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
