//! AWS as a person with every right in an account sees it: to look, and to cause drift.

use aws_credential_types::Credentials;
use aws_sdk_ec2::config::{BehaviorVersion, Region};

use crate::rig::Outcome;

/// Clients in one account and Region.
pub struct Person {
    /// EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// KMS.
    pub kms: aws_sdk_kms::Client,
}

impl Person {
    /// The account's root in a Region. The local AWS takes an account id for its root's access key.
    pub fn new(endpoint: &str, account: &str, region: &'static str) -> Self {
        let credentials = Credentials::new(account, "local", None, None, "tests");
        let http = aws_smithy_http_client::Builder::new().build_http();
        let ec2 = aws_sdk_ec2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials.clone())
            .endpoint_url(endpoint)
            .http_client(http.clone())
            .region(Region::new(region))
            .build();
        let kms = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials)
            .endpoint_url(endpoint)
            .http_client(http)
            .region(Region::new(region))
            .build();
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            kms: aws_sdk_kms::Client::from_conf(kms),
        }
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
