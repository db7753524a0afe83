//! What no policy copies.

use aws_sdk_rds::types::Tag;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, DeleteMarkerReplication,
    DeleteMarkerReplicationStatus, Destination, ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter,
    ReplicationRuleStatus, ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use jichitai_api::{Municipality, OsakaBackupPolicy};
use serde_json::json;

use super::{OSAKA, TOKYO};
use crate::aws::Person;
use crate::backups::{Backups, MUNICIPALITY, POLICY};
use crate::objects::Objects;
use crate::rig::{Outcome, Rig};

pub async fn what_no_policy_copies_is_listed_until_it_is_copied_or_excepted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    let municipality = Objects::<Municipality>::new(&rig.client, &tenant.namespace)
        .get(MUNICIPALITY)
        .await?;
    let key = crate::tenant::id(&municipality, "key.all", TOKYO)?;
    let (trail, files) = (format!("trail-{}", tenant.account), format!("files-{}", tenant.account));
    let replica = format!("replica-{}", tenant.account);
    for bucket in [&trail, &files] {
        bucket_of(&backups.tokyo, TOKYO, bucket).await?;
        encrypt(&backups.tokyo, bucket, &key).await?;
    }
    bucket_of(&backups.osaka, OSAKA, &replica).await?;
    replicate(&backups.tokyo, &files, &replica, &tenant.account).await?;
    let tags = [("team", "archive"), ("jichitai:municipality", "131016")];
    let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build());
    let database = backups.tokyo.rds.create_db_instance().db_instance_identifier("archive");
    database
        .db_instance_class("db.t3.micro")
        .engine("postgres")
        .allocated_storage(20)
        .master_username("postgres")
        .manage_master_user_password(true)
        .set_tags(Some(tags.into()))
        .send()
        .await?;

    // What an account has is read once an hour: the database has to be there by then.
    let is_made = async || {
        let found = backups.tokyo.rds.describe_db_instances().send().await?;
        let mut all = found.db_instances().iter();
        Ok(all.any(|one| one.db_instance_status() == Some("available")))
    };
    tenant.eventually("chiyoda", "the database is made", is_made).await?;
    backups.apply(&backups.policy(|_| {})).await?;
    let object = backups
        .condition(POLICY, "CoverageComplete", "False", "Uncovered")
        .await?;
    let listed = |object: OsakaBackupPolicy| -> Vec<(String, String)> {
        let uncovered = object.status.map(|status| status.uncovered).unwrap_or_default();
        uncovered.into_iter().map(|one| (one.service, one.id)).collect()
    };
    let database = ("rds".to_owned(), "archive".to_owned());
    assert_eq!(listed(object), [database, ("s3".to_owned(), trail.clone())]);

    // Another policy takes the database, and the bucket is excepted.
    backups
        .apply(&backups.policy(|object| {
            object["metadata"] = json!({"name": "archive", "namespace": tenant.namespace});
            object["spec"]["sources"] = json!({"databases": {"matchTags": {"team": "archive"}}});
        }))
        .await?;
    backups
        .condition("archive", "CoverageComplete", "False", "Uncovered")
        .await?;
    let exception = json!({
        "service": "s3", "id": trail, "reason": "kept in the log archive account", "approvedBy": "CIO", "until": "2999-03-31",
    });
    backups
        .merge(POLICY, json!({"spec": {"coverageExceptions": [exception]}}))
        .await?;
    let object = backups.condition(POLICY, "CoverageComplete", "True", "").await?;
    assert_eq!(listed(object), []);
    Ok(())
}

async fn bucket_of(person: &Person, region: &str, name: &str) -> Outcome {
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region));
    let call = person.s3.create_bucket().bucket(name);
    call.create_bucket_configuration(place.build()).send().await?;
    let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let call = person.s3.put_bucket_versioning().bucket(name);
    call.versioning_configuration(versioned.build()).send().await?;
    Ok(())
}

async fn encrypt(person: &Person, bucket: &str, key: &str) -> Outcome {
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(key)
        .build()?;
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default);
    let rules = ServerSideEncryptionConfiguration::builder()
        .rules(rule.build())
        .build()?;
    let call = person.s3.put_bucket_encryption().bucket(bucket);
    call.server_side_encryption_configuration(rules).send().await?;
    Ok(())
}

async fn replicate(person: &Person, bucket: &str, to: &str, account: &str) -> Outcome {
    let destination = Destination::builder().bucket(format!("arn:aws:s3:::{to}")).build()?;
    let rule = ReplicationRule::builder()
        .id("all")
        .priority(1)
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .delete_marker_replication(
            DeleteMarkerReplication::builder()
                .status(DeleteMarkerReplicationStatus::Disabled)
                .build(),
        )
        .status(ReplicationRuleStatus::Enabled)
        .destination(destination)
        .build()?;
    let rules = ReplicationConfiguration::builder()
        .role(format!("arn:aws:iam::{account}:role/replication"))
        .rules(rule)
        .build()?;
    let call = person.s3.put_bucket_replication().bucket(bucket);
    call.replication_configuration(rules).send().await?;
    Ok(())
}
