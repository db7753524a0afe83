//! What the roles that the operator makes may do: each on one bucket, through one key.

use jichitai_api::Region;

use crate::policy::bucket_policy::{READ_OBJECTS, WRITE_OBJECTS, arn};
pub use crate::policy::consumer::{OtherSide, as_consumer};
use crate::policy::document::{Document, Statement};
pub use crate::policy::trust_policy::{
    TRUST_MAX, broker_trust, replication_trust, scope_tag, transfer_trust, web_identity_trust,
};

/// Largest sum of a role's inline policies, in characters that are no white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const INLINE_MAX: usize = 10_240;

/// What may be done with objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Get and list.
    Read,
    /// Put, list and delete.
    Write,
    /// Both.
    ReadWrite,
}

impl Access {
    fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }

    fn objects(self) -> Vec<&'static str> {
        let read = self.reads().then_some(READ_OBJECTS);
        let write = self.writes().then_some(WRITE_OBJECTS);
        read.into_iter().flatten().chain(write.into_iter().flatten()).collect()
    }

    /// A multipart upload decrypts its parts, so writing needs both.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
    fn key(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["kms:Decrypt"],
            Self::Write | Self::ReadWrite => &["kms:Decrypt", "kms:GenerateDataKey"],
        }
    }
}

/// Of an SFTP user: what is below the prefix and nothing else. An empty prefix is the whole bucket.
/// <https://docs.aws.amazon.com/transfer/latest/userguide/requirements-roles.html>
#[must_use]
pub fn sftp_user(bucket: &str, key_arn: &str, prefix: &str, access: Access) -> Document {
    let mut statements = objects(bucket, prefix, access);
    statements.push(key("UseKey", access.key(), key_arn, Region::Tokyo, bucket));
    Document::new(statements)
}

/// Of a client that comes with a token, and of any other role that is named: the whole bucket.
#[must_use]
pub fn client(bucket: &str, key_arn: &str, access: Access) -> Document {
    let mut statements = objects(bucket, "", access);
    statements.push(key("UseKey", access.key(), key_arn, Region::Tokyo, bucket));
    Document::new(statements)
}

/// Of S3 when it replicates objects from one key to another. Both buckets have bucket keys, so S3
/// decrypts on the replica's side too, to verify its bucket key.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html>
#[must_use]
pub fn replication(
    source: &str,
    destination: &str,
    source_key: &str,
    destination_key: &str,
    (from, to): (Region, Region),
) -> Document {
    Document::new(vec![
        Statement::permit("ReadReplication", &["s3:GetReplicationConfiguration", "s3:ListBucket"])
            .for_resources([arn(source)]),
        Statement::permit(
            "ReadVersions",
            &[
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
        )
        .for_resources([format!("{}/*", arn(source))]),
        Statement::permit(
            "WriteReplicas",
            &[
                "s3:GetObjectVersionTagging",
                "s3:ReplicateDelete",
                "s3:ReplicateObject",
                "s3:ReplicateTags",
            ],
        )
        .for_resources([format!("{}/*", arn(destination))]),
        key("UseSourceKey", &["kms:Decrypt"], source_key, from, source),
        key(
            "UseReplicaKey",
            &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            destination_key,
            to,
            destination,
        ),
    ])
}

/// The size that IAM counts: white space is free.
#[must_use]
pub fn size(document: &Document) -> usize {
    document.to_json().chars().filter(|c| !c.is_whitespace()).count()
}

fn objects(bucket: &str, prefix: &str, access: Access) -> Vec<Statement> {
    let whole = arn(bucket);
    let listing: &[&str] = match access.writes() {
        true => &["s3:ListBucket", "s3:ListBucketMultipartUploads"],
        false => &["s3:ListBucket"],
    };
    let list = Statement::permit("ListObjects", listing).for_resources([whole.clone()]);
    let list = match prefix.trim_end_matches('/') {
        "" => list,
        // Clients ask for a folder with and without its slash.
        folder => list.when(
            "StringLike",
            "s3:prefix",
            [folder.to_owned(), format!("{folder}/"), format!("{folder}/*")],
        ),
    };
    let below = match prefix.trim_end_matches('/') {
        "" => format!("{whole}/*"),
        folder => format!("{whole}/{folder}/*"),
    };
    vec![
        Statement::permit("LocateBucket", &["s3:GetBucketLocation"]).for_resources([whole]),
        list,
        Statement::permit("UseObjects", &access.objects()).for_resources([below]),
    ]
}

/// The use of a key by S3 for one bucket, with bucket keys or without.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>
fn key(sid: &str, actions: &[&str], key_arn: &str, region: Region, bucket: &str) -> Statement {
    let arn = arn(bucket);
    Statement::permit(sid, actions)
        .for_resources([key_arn.to_owned()])
        .when("StringEquals", "kms:ViaService", [format!("s3.{region}.amazonaws.com")])
        .when("ArnLike", "kms:EncryptionContext:aws:s3:arn", [format!("{arn}/*"), arn])
}
