//! EBS encryption by default and its key, in one account and Region.

use aws_sdk_ec2::Client;
use jichitai_plan::ec2::ebs_defaults::{Action, EbsDefaults};
use jichitai_plan::observation::Fault;
use jichitai_plan::step::Created;

use super::done;
use crate::error::fault;

/// Reads both settings.
pub(crate) async fn read(ec2: &Client) -> Result<EbsDefaults, Fault> {
    let encryption = async { ec2.get_ebs_encryption_by_default().send().await.map_err(fault) };
    let key = async { ec2.get_ebs_default_kms_key_id().send().await.map_err(fault) };
    let (encryption, key) = futures::join!(encryption, key);
    let encrypted = encryption?.ebs_encryption_by_default.unwrap_or_default();
    Ok(EbsDefaults {
        encrypted,
        key: key?.kms_key_id.unwrap_or_default(),
    })
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Enable => done(ec2.enable_ebs_encryption_by_default().send().await.map_err(fault)),
        Action::SetKey { arn } => done(
            ec2.modify_ebs_default_kms_key_id()
                .kms_key_id(arn)
                .send()
                .await
                .map_err(fault),
        ),
        Action::ResetKey => done(ec2.reset_ebs_default_kms_key_id().send().await.map_err(fault)),
    }
}
