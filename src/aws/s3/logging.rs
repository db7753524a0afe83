//! Server access logs.

use aws_sdk_s3::types::{BucketLoggingStatus, LoggingEnabled};
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::logging::Logging;

use super::{Address, observation};
use crate::error::{fault, unbuilt};

pub(super) async fn read(at: Address<'_>) -> Observation<Logging> {
    let call = at
        .s3
        .get_bucket_logging()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    let answer = call.send().await.map_err(fault);
    observation(answer.map(|answer| {
        answer.logging_enabled.map(|found| Logging {
            bucket: found.target_bucket,
            prefix: found.target_prefix,
        })
    }))
}

/// With nothing it is turned off.
pub(super) async fn put(at: Address<'_>, logging: Option<&Logging>) -> Result<(), Fault> {
    let operation = "s3:PutBucketLogging";
    let enabled = logging.map(|Logging { bucket, prefix }| {
        let enabled = LoggingEnabled::builder().target_bucket(bucket).target_prefix(prefix);
        enabled.build().map_err(|error| unbuilt(operation, error))
    });
    let status = BucketLoggingStatus::builder()
        .set_logging_enabled(enabled.transpose()?)
        .build();
    let call = at.s3.put_bucket_logging().bucket(at.name).bucket_logging_status(status);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}
