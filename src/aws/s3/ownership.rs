//! Object ownership, which decides whether ACLs count.

use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use jichitai_plan::observation::{Fault, Observation};

use super::{Address, observation};
use crate::error::{fault, unbuilt};

pub(super) async fn read(at: Address<'_>) -> Observation<String> {
    let call = at.s3.get_bucket_ownership_controls().bucket(at.name);
    let answer = call.expected_bucket_owner(at.owner).send().await.map_err(fault);
    observation(answer.map(|answer| {
        let rules = answer.ownership_controls.map(|found| found.rules).unwrap_or_default();
        rules.first().map(|rule| rule.object_ownership.as_str().to_owned())
    }))
}

pub(super) async fn enforce(at: Address<'_>) -> Result<(), Fault> {
    let operation = "s3:PutBucketOwnershipControls";
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::BucketOwnerEnforced)
        .build()
        .map_err(|error| unbuilt(operation, error))?;
    let controls = OwnershipControls::builder()
        .rules(rule)
        .build()
        .map_err(|error| unbuilt(operation, error))?;
    let call = at
        .s3
        .put_bucket_ownership_controls()
        .bucket(at.name)
        .ownership_controls(controls);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}
