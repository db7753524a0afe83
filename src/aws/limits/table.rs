//! How many calls AWS takes, by service and operation: its documented rates where there are any.

use std::fmt;
use std::num::NonZeroU32;

use serde::Deserialize;

use crate::config::Purpose;

/// How many calls AWS takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// Calls a second in the long run.
    pub per_second: NonZeroU32,
    /// Calls at once after a pause, at least 1.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A rate; zeros count as one.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Self {
        const fn at_least_one(value: u32) -> NonZeroU32 {
            match NonZeroU32::new(value) {
                Some(value) => value,
                None => NonZeroU32::MIN,
            }
        }
        Self {
            per_second: at_least_one(per_second),
            burst: at_least_one(burst),
        }
    }
}

macro_rules! families {
    ($($(#[$doc:meta])+ $family:ident = $name:literal, $per_second:literal, $burst:literal;)+) => {
        /// Calls with the same limit, in one account and Region.
        #[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Family {
            $($(#[$doc])+ #[serde(rename = $name)] $family,)+
        }

        impl Family {
            /// All families.
            pub const ALL: &[Self] = &[$(Self::$family),+];

            /// As it is written in the configuration.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$family => $name,)+ }
            }

            /// What is assumed where the configuration says nothing.
            #[must_use]
            pub const fn default_rate(self) -> Rate {
                match self { $(Self::$family => Rate::new($per_second, $burst),)+ }
            }
        }
    };
}

families! {
    /// Reads of EC2, each operation by itself
    /// ([EC2](https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html)).
    Ec2Read = "ec2-read", 20, 100;
    /// Writes of EC2, each operation by itself (the same page).
    Ec2Write = "ec2-write", 5, 50;
    /// Reads of KMS, each operation by itself: the slowest of them
    /// ([KMS](https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html)).
    KmsRead = "kms-read", 100, 100;
    /// `PutKeyPolicy`, `EnableKeyRotation` and `ScheduleKeyDeletion`, each by itself (the same page).
    KmsPolicy = "kms-policy", 15, 15;
    /// `TagResource` of KMS (the same page).
    KmsTag = "kms-tag", 10, 10;
    /// The other writes of KMS, each operation by itself (the same page).
    KmsWrite = "kms-write", 5, 5;
    /// Reads of buckets' settings, each operation by itself. AWS gives no number.
    S3Read = "s3-read", 100, 200;
    /// Writes of buckets and their settings, each operation by itself. AWS gives no number.
    S3Write = "s3-write", 20, 100;
    /// Reads of IAM, each operation by itself. AWS gives no number.
    IamRead = "iam-read", 20, 100;
    /// Writes of IAM, each operation by itself. AWS gives no number.
    IamWrite = "iam-write", 5, 50;
    /// All of Route 53 Resolver together
    /// ([Resolver](https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-resolver)).
    Resolver = "resolver", 5, 4;
    /// All of Route 53 together
    /// ([Route 53](https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests)).
    Route53 = "route53", 5, 5;
    /// Transfer Family, each operation by itself. AWS gives no number.
    Transfer = "transfer", 5, 20;
    /// Resource Access Manager, each operation by itself. AWS gives no number.
    Ram = "ram", 5, 20;
    /// Reads of RDS, each operation by itself. AWS gives no number.
    RdsRead = "rds-read", 20, 100;
    /// Writes of RDS, each operation by itself. AWS gives no number.
    RdsWrite = "rds-write", 5, 20;
    /// The tagging API
    /// ([Resource Groups](https://docs.aws.amazon.com/ARG/latest/userguide/reference-quotas.html)).
    Tagging = "tagging", 15, 15;
    /// Simple Queue Service, each operation by itself; AWS takes more
    /// ([SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)).
    Sqs = "sqs", 100, 100;
    /// Every other service, each operation by itself. AWS gives no number.
    Other = "other", 10, 20;
}

impl Family {
    /// Where a call belongs. `service` and `operation` are named as the SDK names them.
    pub(crate) fn of(service: &str, operation: &str, purpose: Purpose) -> Self {
        let by = |read, write| match purpose {
            Purpose::Read => read,
            Purpose::Write => write,
        };
        match (service, operation) {
            ("EC2", _) => by(Self::Ec2Read, Self::Ec2Write),
            ("KMS", "PutKeyPolicy" | "EnableKeyRotation" | "ScheduleKeyDeletion") => Self::KmsPolicy,
            ("KMS", "TagResource") => Self::KmsTag,
            ("KMS", _) => by(Self::KmsRead, Self::KmsWrite),
            ("S3", _) => by(Self::S3Read, Self::S3Write),
            ("IAM", _) => by(Self::IamRead, Self::IamWrite),
            ("Route53Resolver", _) => Self::Resolver,
            ("Route 53", _) => Self::Route53,
            ("Transfer", _) => Self::Transfer,
            ("RAM", _) => Self::Ram,
            ("RDS", _) => by(Self::RdsRead, Self::RdsWrite),
            ("SQS", _) => Self::Sqs,
            ("Resource Groups Tagging API", _) => Self::Tagging,
            _ => Self::Other,
        }
    }

    /// Whether AWS counts all operations together.
    pub(super) const fn is_shared(self) -> bool {
        matches!(self, Self::Resolver | Self::Route53)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
