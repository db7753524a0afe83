//! The public-access block.

use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::public_access_block::PublicAccessBlock;

use super::{Address, observation};
use crate::error::fault;

pub(crate) async fn read(at: Address<'_>) -> Observation<PublicAccessBlock> {
    let call = at
        .s3
        .get_public_access_block()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    let answer = call.send().await.map_err(fault);
    observation(answer.map(|answer| {
        answer.public_access_block_configuration.map(|found| PublicAccessBlock {
            block_acls: found.block_public_acls == Some(true),
            ignore_acls: found.ignore_public_acls == Some(true),
            block_policy: found.block_public_policy == Some(true),
            restrict_buckets: found.restrict_public_buckets == Some(true),
        })
    }))
}

pub(super) async fn put(at: Address<'_>, block: &PublicAccessBlock) -> Result<(), Fault> {
    let PublicAccessBlock {
        block_acls,
        ignore_acls,
        block_policy,
        restrict_buckets,
    } = *block;
    let configuration = PublicAccessBlockConfiguration::builder()
        .block_public_acls(block_acls)
        .ignore_public_acls(ignore_acls)
        .block_public_policy(block_policy)
        .restrict_public_buckets(restrict_buckets)
        .build();
    let call = at.s3.put_public_access_block().bucket(at.name);
    let call = call.public_access_block_configuration(configuration);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}
