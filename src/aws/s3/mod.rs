//! Buckets and their settings. Every call names the account that must own the bucket, so that a
//! bucket of the same name that somebody else has by now is neither read nor written.

pub(crate) mod bucket;
pub(crate) mod bucket_policy;
mod contents;
mod encryption;
pub(crate) mod evidence;
pub(crate) mod installation_lock;
mod lifecycle;
mod logging;
mod object_lock;
mod ownership;
pub(crate) mod public_access_block;
mod replication;
pub(crate) mod store;
pub(crate) mod template;
mod versioning;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::Tag;
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind, Listing, Observation};
use jichitai_plan::s3::bucket::Bucket;

use crate::config::Purpose;
use crate::depth::Depth;
use crate::error::names_no_bucket;
use crate::session::Session;

/// A bucket to call, and the account that must own it.
#[derive(Clone, Copy)]
pub(crate) struct Address<'a> {
    pub(crate) s3: &'a Client,
    pub(crate) owner: &'a str,
    pub(crate) name: &'a str,
}

impl Session {
    /// Reads the bucket of this name in the Region, if the account has it. What it holds is counted
    /// on request, and where it has no lifecycle or no policy yet: only then can a first one take
    /// something away.
    pub async fn observe_bucket(&self, region: Region, name: &str, with_contents: bool) -> Listing<Bucket> {
        self.observe_bucket_at(region, name, with_contents, Depth::fresh())
            .await
    }

    /// The same, as new as it has to be.
    pub(crate) async fn observe_bucket_at(
        &self,
        region: Region,
        name: &str,
        with_contents: bool,
        depth: Depth,
    ) -> Listing<Bucket> {
        let s3 = self.s3(region, Purpose::Read);
        // Its policy and its public-access block are asked for by its name: without a bucket they are not known.
        if !depth.is_shared() && !bucket::exists(&s3, region, name).await? {
            return Ok(Vec::new());
        }
        let at = Address {
            s3: &s3,
            owner: self.account().as_str(),
            name,
        };
        // Eleven calls at once are large.
        let read = Box::pin(bucket::read(
            at,
            region,
            &self.buckets,
            (depth.details(), with_contents),
        ))
        .await?;
        Ok(read.into_iter().collect())
    }
}

/// What the filter of a lifecycle or replication rule limits it to, as text. An empty prefix limits nothing.
fn limits<'a>(prefixes: [Option<&'a str>; 3], tags: impl Iterator<Item = &'a Tag>) -> impl Iterator<Item = String> {
    let prefixes = prefixes.into_iter().flatten().filter(|prefix| !prefix.is_empty());
    let tags = tags.map(|tag| format!("tag {}={}", tag.key, tag.value));
    prefixes.map(|prefix| format!("prefix {prefix}")).chain(tags)
}

/// The three answers of a read: a setting that S3 does not find is absent, one of a bucket that is
/// not there (any more) is unknown.
fn observation<T>(answer: Result<Option<T>, Fault>) -> Observation<T> {
    match answer {
        Ok(Some(value)) => Observation::Present(value),
        Ok(None) => Observation::Absent,
        Err(fault) if fault.kind == FaultKind::NotFound && !names_no_bucket(&fault) => Observation::Absent,
        Err(fault) => Observation::Unreadable(fault),
    }
}

/// A goal that is reached when the bucket is not there.
fn gone_is_done(answer: Result<(), Fault>) -> Result<(), Fault> {
    match answer {
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(()),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_setting_is_absent_and_a_missing_bucket_is_not_known() {
        let fault = |kind, code: &str| Fault {
            kind,
            operation: "s3:GetBucketPolicy".into(),
            code: code.into(),
            message: String::new(),
            request_id: None,
        };
        let absent = fault(FaultKind::NotFound, "NoSuchBucketPolicy");
        assert_eq!(observation::<()>(Err(absent)), Observation::Absent);
        for fault in [
            fault(FaultKind::NotFound, "NoSuchBucket"),
            fault(FaultKind::Denied, "AccessDenied"),
        ] {
            assert_eq!(observation::<()>(Err(fault.clone())), Observation::Unreadable(fault));
        }
    }
}
