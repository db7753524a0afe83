//! Evidence in a bucket: put once and never over something else. Nobody can change or remove it where the bucket's object lock
//! says so: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ObjectLockRetentionMode;
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind, Listing};

use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::{fault, incomplete, is_there, names_no_bucket};
use crate::session::Session;

/// Objects that are read at the same time.
const AT_ONCE: usize = 8;

/// Where evidence is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidencePlace {
    /// The Region of the bucket.
    pub region: Region,
    /// The bucket, of the session's account.
    pub bucket: String,
}

impl Session {
    /// Keeps a text under a key; done where it is there already.
    ///
    /// # Errors
    /// S3 refused, or did not answer: then it may be there, and may be put again.
    pub async fn keep_evidence(&self, place: &EvidencePlace, key: &str, text: &str) -> Result<(), Fault> {
        let call = self
            .s3(place.region, Purpose::Write)
            .put_object()
            .bucket(&place.bucket)
            .expected_bucket_owner(self.account().as_str())
            .key(key)
            .content_type("application/x-ndjson")
            .if_none_match("*")
            .body(ByteStream::from(text.as_bytes().to_vec()));
        match call.send().await.map_err(fault) {
            // A key stands for its content: an earlier answer was lost.
            Err(fault) if is_there(&fault) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Whether nobody can remove what is kept: for how many days a new object is locked in compliance mode; none where it is not.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn evidence_lock(&self, place: &EvidencePlace) -> Result<Option<i64>, Fault> {
        let call = self
            .s3(place.region, Purpose::Read)
            .get_object_lock_configuration()
            .bucket(&place.bucket);
        let answer = match call
            .expected_bucket_owner(self.account().as_str())
            .send()
            .await
            .map_err(fault)
        {
            Ok(answer) => answer,
            Err(fault) if fault.kind == FaultKind::NotFound && !names_no_bucket(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let rule = answer.object_lock_configuration.and_then(|lock| lock.rule);
        let retention = rule.and_then(|rule| rule.default_retention);
        let retention = retention.filter(|one| one.mode == Some(ObjectLockRetentionMode::Compliance));
        let days = |retention: aws_sdk_s3::types::DefaultRetention| {
            let years = retention.years.map(|years| i64::from(years) * 365);
            retention.days.map(i64::from).or(years)
        };
        Ok(retention.and_then(days))
    }

    /// Everything that is kept under a prefix, in the order of its keys: key and text.
    ///
    /// # Errors
    /// S3 refused, or did not answer.
    pub async fn evidence(&self, place: &EvidencePlace, prefix: &str) -> Listing<(String, String)> {
        let s3 = self.s3(place.region, Purpose::Read);
        let owner = self.account().as_str();
        let call = s3
            .list_objects_v2()
            .bucket(&place.bucket)
            .prefix(prefix)
            .expected_bucket_owner(owner);
        let mut pages = call.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let found = page.map_err(fault)?.contents.unwrap_or_default();
            keys.extend(found.into_iter().filter_map(|object| object.key));
        }
        let read = async |key: String| {
            let call = s3
                .get_object()
                .bucket(&place.bucket)
                .key(&key)
                .expected_bucket_owner(owner);
            let answer = call.send().await.map_err(fault)?;
            let body = answer
                .body
                .collect()
                .await
                .map_err(|_cut| incomplete("s3:GetObject", "whole body"))?;
            Ok((key, String::from_utf8_lossy(&body.to_vec()).into_owned()))
        };
        let read: Vec<Result<_, Fault>> = concurrently(AT_ONCE, keys.into_iter().map(read).collect()).await;
        read.into_iter().collect()
    }
}
