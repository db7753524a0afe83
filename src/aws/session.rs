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
use crate::guardrails::Surveys;
use crate::kept::Turns;
use crate::limits::{Limited, Limits, Lines};
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
    lines: Lines,
    /// When somebody else changed something last: lists that were read before are old.
    disturbed: Mutex<Option<Instant>>,
    /// When a write was sent last.
    written: Mutex<Option<Instant>>,
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
    /// What the account has, for the checks of guardrails.
    pub(crate) surveys: Surveys,
}

impl Session {
    /// Enters the account and confirms that it is the one.
    pub(crate) async fn open(
        base: &SdkConfig,
        access: &AccountAccess,
        calls: &Calls,
        lines: &Lines,
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
            lines: lines.clone(),
            disturbed: Mutex::default(),
            written: Mutex::default(),
            resolver: Shared::default(),
            networks: landscape::Shared::default(),
            buckets: Turns::default(),
            roles: iam::Known::default(),
            keys: Region::ALL.map(|region| (region, kms::Shared::default())).into(),
            copies: Queues::default(),
            stores: Stores::default(),
            templates: Known::default(),
            surveys: Surveys::default(),
        })
    }

    /// Somebody else changed something: lists that were read before are old.
    pub(crate) fn disturb(&self) {
        *self.disturbed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.resolver.wrote();
    }

    /// A write is sent.
    pub(crate) fn writes(&self) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When a write was sent last.
    #[must_use]
    pub fn last_write(&self) -> Option<Instant> {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody else changed something after that moment.
    pub(crate) fn disturbed_since(&self, moment: Instant) -> bool {
        let disturbed = *self.disturbed.lock().unwrap_or_else(PoisonError::into_inner);
        disturbed.is_some_and(|at| at > moment)
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

    /// What is in a Region that tenants have no business in.
    pub(crate) fn elsewhere(&self, region: &str) -> aws_sdk_resourcegroupstagging::Client {
        let (config, trace) = self.at(Region::Tokyo, Purpose::Read);
        let config = aws_sdk_resourcegroupstagging::config::Builder::from(&config);
        let config = config.region(aws_sdk_resourcegroupstagging::config::Region::new(region.to_owned()));
        aws_sdk_resourcegroupstagging::Client::from_conf(config.interceptor(trace).build())
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
            lines: self.lines.clone(),
            calls: self.calls.clone(),
            guard: self.guard.clone(),
            region,
            purpose,
        };
        (config.into_builder().http_client(limited).build(), trace)
    }
}

/// Clients for a Region and purpose. Those of global services (IAM, Route 53) are made for Tokyo, and the SDK finds the one
/// endpoint.
macro_rules! clients {
    ($($client:ident: $sdk:ident),* $(,)?) => {
        impl Session {
            $(pub(crate) fn $client(&self, region: Region, purpose: Purpose) -> $sdk::Client {
                let (config, trace) = self.at(region, purpose);
                let config = $sdk::config::Builder::from(&config);
                $sdk::Client::from_conf(config.interceptor(trace).build())
            })*
        }
    };
}

clients! {
    acm: aws_sdk_acm,
    cloudformation: aws_sdk_cloudformation,
    cloudtrail: aws_sdk_cloudtrail,
    config_service: aws_sdk_config,
    direct_connect: aws_sdk_directconnect,
    ec2: aws_sdk_ec2,
    efs: aws_sdk_efs,
    guardduty: aws_sdk_guardduty,
    iam_in: aws_sdk_iam,
    kms: aws_sdk_kms,
    load_balancing: aws_sdk_elasticloadbalancingv2,
    ram: aws_sdk_ram,
    rds: aws_sdk_rds,
    resource_groups_tagging: aws_sdk_resourcegroupstagging,
    route53_in: aws_sdk_route53,
    route53resolver: aws_sdk_route53resolver,
    s3: aws_sdk_s3,
    secrets_manager: aws_sdk_secretsmanager,
    security_hub: aws_sdk_securityhub,
    service_quotas: aws_sdk_servicequotas,
    sqs: aws_sdk_sqs,
    transfer: aws_sdk_transfer,
}

impl Session {
    pub(crate) fn iam(&self, purpose: Purpose) -> aws_sdk_iam::Client {
        self.iam_in(Region::Tokyo, purpose)
    }

    pub(crate) fn route53(&self, purpose: Purpose) -> aws_sdk_route53::Client {
        self.route53_in(Region::Tokyo, purpose)
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
