//! What can be set on a bucket: each is one call that replaces the whole setting.

use std::collections::BTreeSet;
use std::fmt;

use crate::observation::Observation;
use crate::policy::document::Document;
use crate::s3::bucket::Bucket;
use crate::s3::encryption::Encryption;
use crate::s3::lifecycle::Rule;
use crate::s3::logging::Logging;
use crate::s3::object_lock::ObjectLock;
use crate::s3::ownership;
use crate::s3::public_access_block::PublicAccessBlock;
use crate::s3::replication::Replication;
use crate::s3::versioning::Versioning;

/// A setting and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `PutPublicAccessBlock`.
    PublicAccessBlock(PublicAccessBlock),
    /// `PutBucketOwnershipControls`: ACLs are off.
    Ownership,
    /// `PutBucketEncryption`.
    Encryption(Encryption),
    /// `PutBucketVersioning`.
    Versioning(Versioning),
    /// `PutObjectLockConfiguration`.
    ObjectLock(ObjectLock),
    /// `PutBucketPolicy`.
    Policy(Document),
    /// `PutBucketLifecycleConfiguration`.
    Lifecycle(BTreeSet<Rule>),
    /// `PutBucketReplication`, or `DeleteBucketReplication`.
    Replication(Option<Replication>),
    /// `PutBucketLogging`, with nothing to turn it off.
    Logging(Option<Logging>),
}

impl Setting {
    /// Writes it into what is known of the bucket.
    pub fn absorb(&self, bucket: &mut Bucket) {
        fn optional<T: Clone>(value: Option<&T>) -> Observation<T> {
            value.cloned().map_or(Observation::Absent, Observation::Present)
        }
        match self {
            Self::PublicAccessBlock(block) => bucket.public_access = Observation::Present(*block),
            Self::Ownership => bucket.ownership = Observation::Present(ownership::ENFORCED.to_owned()),
            Self::Encryption(encryption) => bucket.encryption = Observation::Present(encryption.clone()),
            Self::Versioning(versioning) => bucket.versioning = Observation::Present(*versioning),
            Self::ObjectLock(lock) => bucket.object_lock = Observation::Present(*lock),
            Self::Policy(policy) => bucket.policy = Observation::Present(policy.clone()),
            Self::Lifecycle(rules) => bucket.lifecycle = Observation::Present(rules.clone()),
            Self::Replication(replication) => bucket.replication = optional(replication.as_ref()),
            Self::Logging(logging) => bucket.logging = optional(logging.as_ref()),
        }
    }

    /// The sentence with the bucket's name in it.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublicAccessBlock(_) => write!(f, "block public access to bucket {name}"),
            Self::Ownership => write!(f, "turn off the ACLs of bucket {name}"),
            Self::Encryption(encryption) => write!(f, "encrypt bucket {name} by {encryption}"),
            Self::Versioning(Versioning::Enabled) => write!(f, "keep old versions in bucket {name}"),
            Self::Versioning(Versioning::Suspended) => write!(f, "stop keeping old versions in bucket {name}"),
            Self::ObjectLock(lock) => write!(f, "lock objects in bucket {name}: {lock}"),
            Self::Policy(policy) => write!(f, "put the policy of bucket {name} ({})", policy.summary()),
            Self::Lifecycle(rules) => {
                let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
                write!(f, "put the lifecycle of bucket {name} ({})", rules.join("; "))
            }
            Self::Replication(Some(replication)) => write!(f, "replicate bucket {name} to {replication}"),
            Self::Replication(None) => write!(f, "stop replicating bucket {name}"),
            Self::Logging(Some(logging)) => write!(f, "log accesses to bucket {name} in {logging}"),
            Self::Logging(None) => write!(f, "stop logging accesses to bucket {name}"),
        }
    }
}
