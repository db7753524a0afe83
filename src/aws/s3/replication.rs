//! Replication rules.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination, EncryptionConfiguration, MetricsStatus,
    ReplicaModificationsStatus, ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter,
    ReplicationRuleStatus, ReplicationTimeStatus, SourceSelectionCriteria, SseKmsEncryptedObjects,
    SseKmsEncryptedObjectsStatus,
};
use jichitai_plan::observation::{Fault, Observation};
use jichitai_plan::s3::replication::{Replication, Rule};

use super::{Address, gone_is_done, limits, observation};
use crate::error::{fault, unbuilt};

const OPERATION: &str = "s3:PutBucketReplication";

pub(super) async fn read(at: Address<'_>) -> Observation<Replication> {
    let call = at
        .s3
        .get_bucket_replication()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    let answer = call.send().await.map_err(fault);
    observation(answer.map(|answer| {
        answer.replication_configuration.map(|found| Replication {
            role: found.role,
            rules: found.rules.into_iter().map(rule).collect::<BTreeSet<_>>(),
        })
    }))
}

fn rule(found: ReplicationRule) -> Rule {
    let kms = found
        .source_selection_criteria
        .as_ref()
        .and_then(|criteria| criteria.sse_kms_encrypted_objects.as_ref());
    let markers = found.delete_marker_replication.as_ref();
    let destination = found.destination.as_ref();
    let encryption = destination.and_then(|destination| destination.encryption_configuration.as_ref());
    Rule {
        enabled: found.status == ReplicationRuleStatus::Enabled,
        filter: filter(&found),
        destination: destination
            .map(|destination| destination.bucket.clone())
            .unwrap_or_default(),
        key: encryption.and_then(|encryption| encryption.replica_kms_key_id.clone()),
        kms_objects: kms.is_some_and(|kms| kms.status == SseKmsEncryptedObjectsStatus::Enabled),
        delete_markers: markers.is_some_and(|markers| markers.status == Some(DeleteMarkerReplicationStatus::Enabled)),
        other: other(&found),
        id: found.id.unwrap_or_default(),
    }
}

/// What the rule is limited to, as text.
#[expect(
    deprecated,
    reason = "rules of others may still have their prefix outside of the filter"
)]
fn filter(rule: &ReplicationRule) -> String {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let prefixes = [
        rule.prefix.as_deref(),
        filter.and_then(|filter| filter.prefix.as_deref()),
        and.and_then(|and| and.prefix.as_deref()),
    ];
    let one = filter.and_then(|filter| filter.tag.as_ref()).into_iter();
    let tags = one.chain(and.into_iter().flat_map(|and| and.tags()));
    limits(prefixes, tags).collect::<Vec<_>>().join(", ")
}

/// What we never ask for, as text.
fn other(rule: &ReplicationRule) -> String {
    let criteria = rule.source_selection_criteria.as_ref();
    let changes = criteria.and_then(|criteria| criteria.replica_modifications.as_ref());
    let destination = rule.destination.as_ref();
    let time = destination.and_then(|destination| destination.replication_time.as_ref());
    let metrics = destination.and_then(|destination| destination.metrics.as_ref());
    let owner = destination.and_then(|destination| destination.access_control_translation.as_ref());
    let class = destination.and_then(|destination| destination.storage_class.as_ref());
    let remarks = [
        // Without a filter it is the first version of the format, where deletions go other ways.
        rule.filter.is_none().then(|| "format version 1".to_owned()),
        changes
            .filter(|changes| changes.status == ReplicaModificationsStatus::Enabled)
            .map(|_| "replica modifications".to_owned()),
        time.filter(|time| time.status == ReplicationTimeStatus::Enabled)
            .map(|_| "time control".to_owned()),
        metrics
            .filter(|metrics| metrics.status == MetricsStatus::Enabled)
            .map(|_| "metrics".to_owned()),
        owner.map(|owner| format!("owner {}", owner.owner.as_str())),
        class.map(|class| format!("class {}", class.as_str())),
    ];
    remarks.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) async fn put(at: Address<'_>, replication: &Replication) -> Result<(), Fault> {
    let Replication { role, rules } = replication;
    // Each rule needs a priority of its own.
    let rules = (1..).zip(rules).map(|(priority, rule)| sdk_rule(priority, rule));
    let configuration = ReplicationConfiguration::builder()
        .role(role)
        .set_rules(Some(rules.collect::<Result<_, _>>()?))
        .build()
        .map_err(|error| unbuilt(OPERATION, error))?;
    let call = at.s3.put_bucket_replication().bucket(at.name);
    let call = call.replication_configuration(configuration);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}

/// Only what we ask for ourselves can be written: rules for the whole bucket.
fn sdk_rule(priority: i32, rule: &Rule) -> Result<ReplicationRule, Fault> {
    let Rule {
        id,
        enabled,
        filter,
        destination,
        key,
        kms_objects,
        delete_markers,
        other,
    } = rule;
    if !filter.is_empty() || !other.is_empty() {
        return Err(unbuilt(OPERATION, "a rule of others"));
    }
    let encryption = key
        .as_ref()
        .map(|key| EncryptionConfiguration::builder().replica_kms_key_id(key).build());
    let destination = Destination::builder()
        .bucket(destination)
        .set_encryption_configuration(encryption)
        .build()
        .map_err(|error| unbuilt(OPERATION, error))?;
    let kms = SseKmsEncryptedObjects::builder()
        .status(match kms_objects {
            true => SseKmsEncryptedObjectsStatus::Enabled,
            false => SseKmsEncryptedObjectsStatus::Disabled,
        })
        .build()
        .map_err(|error| unbuilt(OPERATION, error))?;
    let markers = match delete_markers {
        true => DeleteMarkerReplicationStatus::Enabled,
        false => DeleteMarkerReplicationStatus::Disabled,
    };
    ReplicationRule::builder()
        .id(id)
        .priority(priority)
        .status(match enabled {
            true => ReplicationRuleStatus::Enabled,
            false => ReplicationRuleStatus::Disabled,
        })
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .source_selection_criteria(
            SourceSelectionCriteria::builder()
                .sse_kms_encrypted_objects(kms)
                .build(),
        )
        .delete_marker_replication(DeleteMarkerReplication::builder().status(markers).build())
        .destination(destination)
        .build()
        .map_err(|error| unbuilt(OPERATION, error))
}

pub(super) async fn delete(at: Address<'_>) -> Result<(), Fault> {
    let call = at
        .s3
        .delete_bucket_replication()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    gone_is_done(call.send().await.map(drop).map_err(fault))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::StorageClass;

    use super::*;

    #[test]
    fn what_we_write_reads_back_the_same_and_rules_of_others_are_seen() {
        let ours = Replication::to("role", "arn:aws:s3:::replica", "key");
        let written = sdk_rule(1, ours.rules.first().unwrap()).unwrap();
        assert_eq!(Some(&rule(written.clone())), ours.rules.first());

        let class = Destination::builder().bucket("b").storage_class(StorageClass::Glacier);
        let mut theirs = written;
        theirs.destination = Some(class.build().unwrap());
        theirs.filter = None;
        let seen = rule(theirs);
        assert_eq!(seen.other, "format version 1, class GLACIER");
        assert!(sdk_rule(1, &seen).is_err());
    }
}
