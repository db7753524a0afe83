//! AWS as a person with every right in an account sees it: to look, and to cause drift.

use aws_credential_types::Credentials;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::{BehaviorVersion, Region};
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ObjectLockRule,
};

use crate::rig::Outcome;

/// Clients in one account and Region.
pub struct Person {
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// KMS.
    pub kms: aws_sdk_kms::Client,
    /// RDS.
    pub rds: aws_sdk_rds::Client,
    /// Route 53.
    pub route53: aws_sdk_route53::Client,
    /// Route 53 Resolver.
    pub resolver: aws_sdk_route53resolver::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// STS.
    pub sts: aws_sdk_sts::Client,
    /// Transfer Family.
    pub transfer: aws_sdk_transfer::Client,
}

impl Person {
    /// The account's root in a Region. The local AWS takes an account id for its root's access key.
    pub fn new(endpoint: &str, account: &str, region: &'static str) -> Self {
        Self::with(
            endpoint,
            Credentials::new(account, "local", None, None, "tests"),
            region,
        )
    }

    /// Whoever has these credentials.
    pub fn with(endpoint: &str, credentials: Credentials, region: &'static str) -> Self {
        let http = aws_smithy_http_client::Builder::new().build_http();
        macro_rules! client {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::Config::builder()
                        .behavior_version(BehaviorVersion::latest())
                        .credentials_provider(credentials.clone())
                        .endpoint_url(endpoint)
                        .http_client(http.clone())
                        // The account's request rate is the operator's as well.
                        .retry_config(RetryConfig::standard().with_max_attempts(8))
                        .region(Region::new(region))
                        .build(),
                )
            };
        }
        Self {
            cloudformation: client!(aws_sdk_cloudformation),
            ec2: client!(aws_sdk_ec2),
            iam: client!(aws_sdk_iam),
            kms: client!(aws_sdk_kms),
            rds: client!(aws_sdk_rds),
            route53: client!(aws_sdk_route53),
            resolver: client!(aws_sdk_route53resolver),
            s3: client!(aws_sdk_s3),
            sqs: client!(aws_sdk_sqs),
            sts: client!(aws_sdk_sts),
            transfer: client!(aws_sdk_transfer),
        }
    }

    /// A bucket in which nothing can be changed or removed for a day.
    pub async fn make_locked_bucket(&self, name: &str) -> Outcome {
        let place = BucketLocationConstraint::ApNortheast1;
        let place = CreateBucketConfiguration::builder().location_constraint(place).build();
        let call = self.s3.create_bucket().bucket(name).create_bucket_configuration(place);
        call.object_lock_enabled_for_bucket(true).send().await?;
        let retention = DefaultRetention::builder()
            .mode(ObjectLockRetentionMode::Compliance)
            .days(1)
            .build();
        let lock = ObjectLockConfiguration::builder()
            .object_lock_enabled(ObjectLockEnabled::Enabled)
            .rule(ObjectLockRule::builder().default_retention(retention).build())
            .build();
        let call = self.s3.put_object_lock_configuration().bucket(name);
        call.object_lock_configuration(lock).send().await?;
        Ok(())
    }

    /// The text of a key's policy.
    pub async fn key_policy(&self, key: &str) -> Outcome<String> {
        let answer = self
            .kms
            .get_key_policy()
            .key_id(key)
            .policy_name("default")
            .send()
            .await?;
        Ok(answer.policy.unwrap_or_default())
    }

    /// The state of a key.
    pub async fn key_state(&self, key: &str) -> Outcome<String> {
        let answer = self.kms.describe_key().key_id(key).send().await?;
        Ok(answer
            .key_metadata
            .and_then(|key| key.key_state)
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default())
    }
}
