//! The bucket policy.

use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::policy::document::Document;

use super::{Address, observation};
use crate::error::fault;

pub(crate) async fn read(at: Address<'_>) -> Observation<Document> {
    let call = at
        .s3
        .get_bucket_policy()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    observation(match call.send().await.map_err(fault) {
        Ok(answer) => answer.policy.map(|text| parse(at.name, &text)).transpose(),
        Err(fault) => Err(fault),
    })
}

fn parse(name: &str, text: &str) -> Result<Document, Fault> {
    Document::parse(text).map_err(|error| Fault {
        kind: FaultKind::Invalid,
        operation: "s3:GetBucketPolicy".to_owned(),
        code: "UnreadablePolicy".to_owned(),
        message: format!("bucket {name}: {error}"),
        request_id: None,
    })
}

/// Never with the confirmation that lets a caller lock itself out.
pub(super) async fn put(at: Address<'_>, policy: &Document) -> Result<(), Fault> {
    let call = at.s3.put_bucket_policy().bucket(at.name).policy(policy.to_json());
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}
