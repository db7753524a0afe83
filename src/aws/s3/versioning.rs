//! Versioning.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::versioning::Versioning;

use super::{Address, observation};
use crate::error::fault;

pub(super) async fn read(at: Address<'_>) -> Observation<Versioning> {
    let call = at
        .s3
        .get_bucket_versioning()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    let answer = call.send().await.map_err(fault);
    observation(answer.map(|answer| {
        answer.status.map(|status| match status {
            BucketVersioningStatus::Enabled => Versioning::Enabled,
            _ => Versioning::Suspended,
        })
    }))
}

pub(super) async fn put(at: Address<'_>, versioning: Versioning) -> Result<(), Fault> {
    let status = match versioning {
        Versioning::Enabled => BucketVersioningStatus::Enabled,
        Versioning::Suspended => BucketVersioningStatus::Suspended,
    };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let call = at.s3.put_bucket_versioning().bucket(at.name);
    let call = call.versioning_configuration(configuration);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}
