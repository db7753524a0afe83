//! What new objects are encrypted with when the writer says nothing: the tenant's key, named by its
//! full ARN (an alias would be looked up in the writer's account), with a bucket key, and without
//! keys that a writer brings along (SSE-C).
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html)

use std::fmt;

use jichitai_api::Reason;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// The default encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `aws:kms`, `AES256` …
    pub algorithm: String,
    /// The key as AWS writes it; none for AWS's own.
    pub key: Option<String>,
    /// Whether one data key serves many objects; then the encryption context is the bucket's ARN.
    pub bucket_key: bool,
    /// Whether objects under keys of their writers are refused.
    pub refuses_customer_keys: bool,
}

impl Encryption {
    /// As it shall be under a key.
    #[must_use]
    pub fn under(key_arn: &str) -> Self {
        Self {
            algorithm: "aws:kms".into(),
            key: Some(key_arn.to_owned()),
            bucket_key: true,
            refuses_customer_keys: true,
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            algorithm,
            key,
            bucket_key,
            refuses_customer_keys,
        } = self;
        f.write_str(algorithm)?;
        if let Some(key) = key {
            write!(f, " with key {key}")?;
        }
        if *bucket_key {
            f.write_str(", bucket key")?;
        }
        if *refuses_customer_keys {
            f.write_str(", no customer-provided keys")?;
        }
        Ok(())
    }
}

/// Whether new objects certainly go under the key.
#[must_use]
pub fn is_under(key_arn: Option<&str>, bucket: &Bucket) -> bool {
    match (key_arn, &bucket.encryption) {
        (Some(key), Observation::Present(have)) => *have == Encryption::under(key),
        (_, Observation::Absent | Observation::Unreadable(_)) | (None, _) => false,
    }
}

/// Makes the key the default. What is encrypted already stays as it is.
pub fn plan(key_arn: Option<&str>, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let have = match &bucket.encryption {
        Observation::Present(have) => Some(have),
        Observation::Absent => None,
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    let Some(key) = key_arn else {
        let text = Text::new(
            format!("the default encryption of {part} waits for its key"),
            format!("{part} のデフォルト暗号化は、鍵の作成を待っています"),
        );
        return plan.wait(part, Reason::WaitingForDependency, text);
    };
    let want = Encryption::under(key);
    if have == Some(&want) {
        return;
    }
    let have = have.map_or_else(|| "not set".to_owned(), ToString::to_string);
    let difference = Difference::new("encryption", &want, have);
    plan.step(bucket.put(Setting::Encryption(want), difference, part));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{KEY, new, part};

    fn planned(key: Option<&str>, have: Encryption) -> Plan {
        let mut bucket = new();
        bucket.encryption = Observation::Present(have);
        let mut made = Plan::default();
        plan(key, &bucket, &part(), &mut made);
        made
    }

    #[test]
    fn every_deviation_is_put_right() {
        let want = Encryption::under(KEY);
        assert_eq!(planned(Some(KEY), want.clone()), Plan::default());
        for have in [
            Encryption {
                algorithm: "AES256".into(),
                key: None,
                ..want.clone()
            },
            Encryption {
                key: Some("alias/mine".into()),
                ..want.clone()
            },
            Encryption {
                bucket_key: false,
                ..want.clone()
            },
            Encryption {
                refuses_customer_keys: false,
                ..want.clone()
            },
        ] {
            let made = planned(Some(KEY), have);
            assert_eq!(made.steps.len(), 1);
            assert!(!made.steps[0].is_destructive());
        }
    }

    #[test]
    fn without_the_key_it_waits() {
        let made = planned(None, Encryption::under(KEY));
        assert_eq!(
            (made.steps.len(), made.waits[0].reason),
            (0, Reason::WaitingForDependency)
        );
    }
}
