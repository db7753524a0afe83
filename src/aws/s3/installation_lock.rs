//! The object that says which cluster writes for an installation. It is only ever put in the place of the version
//! that was read: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>

use aws_sdk_s3::primitives::ByteStream;
use jichitai_api::Region;
use jichitai_plan::installation::Lock;
use jichitai_plan::observation::{Fault, FaultKind};

use crate::config::Purpose;
use crate::error::{fault, incomplete, is_overtaken, names_no_bucket, unbuilt};
use crate::session::Session;

/// Where the lock is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockPlace {
    /// The Region of the bucket.
    pub region: Region,
    /// The bucket, of the session's account.
    pub bucket: String,
    /// The installation.
    pub installation: String,
}

impl LockPlace {
    fn key(&self) -> String {
        format!("jichitai/{}.json", self.installation)
    }
}

/// A lock as it was read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLock {
    /// What it says.
    pub lock: Lock,
    /// The version, S3's entity tag.
    pub version: String,
}

impl Session {
    /// Reads the lock of an installation.
    ///
    /// # Errors
    /// The bucket cannot be read, or the object is no lock.
    pub async fn read_lock(&self, place: &LockPlace) -> Result<Option<FoundLock>, Fault> {
        let operation = "s3:GetObject";
        let call = self
            .s3(place.region, Purpose::Read)
            .get_object()
            .bucket(&place.bucket)
            .expected_bucket_owner(self.account().as_str())
            .key(place.key());
        let answer = match call.send().await.map_err(fault) {
            Ok(answer) => answer,
            Err(fault) if fault.kind == FaultKind::NotFound && !names_no_bucket(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let version = answer.e_tag.ok_or_else(|| incomplete(operation, "ETag"))?;
        let body = answer.body.collect().await;
        let body = body.map_err(|_cut| incomplete(operation, "whole body"))?.to_vec();
        let lock = serde_json::from_slice(&body).map_err(|error| unbuilt(operation, error))?;
        Ok(Some(FoundLock { lock, version }))
    }

    /// Puts a lock in the place of the version that was read, or where none was. None when something else is there
    /// by now.
    ///
    /// # Errors
    /// S3 refused, or did not answer: then it may be there.
    pub async fn put_lock(
        &self,
        place: &LockPlace,
        before: Option<&FoundLock>,
        lock: &Lock,
    ) -> Result<Option<FoundLock>, Fault> {
        let operation = "s3:PutObject";
        let body = serde_json::to_vec_pretty(lock).map_err(|error| unbuilt(operation, error))?;
        let call = self
            .s3(place.region, Purpose::Write)
            .put_object()
            .bucket(&place.bucket)
            .expected_bucket_owner(self.account().as_str())
            .key(place.key())
            .content_type("application/json")
            .body(ByteStream::from(body));
        let call = match before {
            Some(before) => call.if_match(&before.version),
            None => call.if_none_match("*"),
        };
        match call.send().await.map_err(fault) {
            Ok(answer) => Ok(Some(FoundLock {
                lock: lock.clone(),
                version: answer.e_tag.ok_or_else(|| incomplete(operation, "ETag"))?,
            })),
            Err(fault) if is_overtaken(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
