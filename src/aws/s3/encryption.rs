//! The default encryption.

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::encryption::Encryption;

use super::{Address, observation};
use crate::error::{fault, unbuilt};

pub(super) async fn read(at: Address<'_>) -> Observation<Encryption> {
    let call = at
        .s3
        .get_bucket_encryption()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    let answer = call.send().await.map_err(fault);
    observation(answer.map(|answer| {
        let rules = answer.server_side_encryption_configuration.map(|found| found.rules);
        rules.unwrap_or_default().into_iter().next().and_then(encryption)
    }))
}

fn encryption(rule: ServerSideEncryptionRule) -> Option<Encryption> {
    let blocked = rule
        .blocked_encryption_types
        .unwrap_or_else(|| BlockedEncryptionTypes::builder().build());
    let refuses_customer_keys = blocked.encryption_type().contains(&EncryptionType::SseC);
    let default = rule.apply_server_side_encryption_by_default?;
    Some(Encryption {
        algorithm: default.sse_algorithm.as_str().to_owned(),
        key: default.kms_master_key_id,
        bucket_key: rule.bucket_key_enabled == Some(true),
        refuses_customer_keys,
    })
}

pub(super) async fn put(at: Address<'_>, encryption: &Encryption) -> Result<(), Fault> {
    let Encryption {
        algorithm,
        key,
        bucket_key,
        refuses_customer_keys,
    } = encryption;
    let operation = "s3:PutBucketEncryption";
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(algorithm.as_str()))
        .set_kms_master_key_id(key.clone())
        .build()
        .map_err(|error| unbuilt(operation, error))?;
    let blocked = match refuses_customer_keys {
        true => EncryptionType::SseC,
        false => EncryptionType::None,
    };
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(*bucket_key)
        .blocked_encryption_types(BlockedEncryptionTypes::builder().encryption_type(blocked).build())
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(|error| unbuilt(operation, error))?;
    let call = at.s3.put_bucket_encryption().bucket(at.name);
    let call = call.server_side_encryption_configuration(configuration);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}
