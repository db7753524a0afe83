//! One key: its state, policy, rotation and tags.

use std::time::Instant;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, Tag};
use jichitai_plan::kms::key::{Action, Key, KeyState};
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::policy::document::Document;
use jichitai_plan::step::Created;
use jichitai_plan::tags::{QUARANTINED_SINCE, Tags};
use jiff::Timestamp;

use crate::answer::if_found;
use crate::error::{fault, incomplete};
use crate::kept::Turns;

/// The only policy name that KMS has.
const POLICY: &str = "default";

/// KMS's period when none is given, and before periods could be given.
const DEFAULT_ROTATION_DAYS: u32 = 365;

/// What a key has besides its state and its policy.
#[derive(Clone, Debug)]
pub(crate) struct Details {
    tags: Tags,
    rotation_days: Observation<u32>,
}

/// Reads a key by id or ARN; none when there is no such key. Its details may be known, if they were read after `since`.
pub(crate) async fn read(
    kms: &Client,
    known: &Turns<Details>,
    id: &str,
    since: Option<Instant>,
) -> Result<Option<Key>, Fault> {
    let Some(metadata) = metadata(kms, id).await? else {
        return Ok(None);
    };
    let id = metadata.key_id.clone();
    let details = || async {
        let (tags, rotation_days) = futures::join!(tags(kms, &id), rotation_days(kms, &id));
        // A key without tags in our knowledge would be nobody's: its tags have to be readable.
        let tags = if_found(tags)?;
        Ok(tags.map(|tags| Details { tags, rotation_days }))
    };
    let (details, policy) = futures::join!(known.get(&id, since, details), policy(kms, &id));
    let Some(Details { tags, rotation_days }) = details? else {
        return Ok(None);
    };
    let arn = metadata
        .arn
        .clone()
        .ok_or_else(|| incomplete("kms:DescribeKey", "Arn"))?;
    let (state, description) = (state(&metadata), metadata.description.unwrap_or_default());
    Ok(Some(Key {
        id,
        arn,
        state,
        description,
        policy,
        rotation_days,
        tags,
    }))
}

/// The key behind an alias, as far as those need it who use it but do not own it: its state and its
/// policy, without tags and rotation.
pub(crate) async fn behind(kms: &Client, alias: &str) -> Observation<Key> {
    let metadata = match metadata(kms, alias).await {
        Ok(Some(metadata)) => metadata,
        Ok(None) => return Observation::Absent,
        Err(fault) => return Observation::Unreadable(fault),
    };
    let (id, state) = (metadata.key_id.clone(), state(&metadata));
    let Some(arn) = metadata.arn else {
        return Observation::Unreadable(incomplete("kms:DescribeKey", "Arn"));
    };
    Observation::Present(Key {
        policy: policy(kms, &id).await,
        id,
        arn,
        state,
        description: metadata.description.unwrap_or_default(),
        rotation_days: Observation::Absent,
        tags: Tags::new(),
    })
}

/// `DescribeKey`; none when there is no such key.
pub(crate) async fn metadata(kms: &Client, id: &str) -> Result<Option<KeyMetadata>, Fault> {
    let answer = if_found(kms.describe_key().key_id(id).send().await.map_err(fault))?;
    let is_named = id.contains("alias/");
    let of_this = |metadata: &KeyMetadata| is_named || metadata.key_id == id || metadata.arn.as_deref() == Some(id);
    answer
        .map(|answer| {
            let metadata = answer
                .key_metadata
                .ok_or_else(|| incomplete("kms:DescribeKey", "KeyMetadata"))?;
            // An answer about another key does not say that this one is not there.
            match of_this(&metadata) {
                true => Ok(metadata),
                false => Err(incomplete("kms:DescribeKey", "KeyId")),
            }
        })
        .transpose()
}

/// What the key can be used for.
pub(crate) fn state(metadata: &KeyMetadata) -> KeyState {
    match metadata.key_state.as_ref().map(|state| state.as_str()) {
        Some("Enabled") => KeyState::Enabled,
        Some("Disabled") => KeyState::Disabled,
        Some("PendingDeletion") => {
            let at = metadata
                .deletion_date
                .and_then(|at| Timestamp::from_second(at.secs()).ok());
            KeyState::PendingDeletion { at }
        }
        other => KeyState::Other(other.unwrap_or("of unknown state").to_owned()),
    }
}

/// The key's tags.
pub(crate) async fn tags(kms: &Client, id: &str) -> Result<Tags, Fault> {
    let pages = kms.list_resource_tags().key_id(id).into_paginator().items().send();
    let tags: Vec<Tag> = pages.try_collect().await.map_err(fault)?;
    Ok(tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect())
}

async fn policy(kms: &Client, id: &str) -> Observation<Document> {
    let text = match kms
        .get_key_policy()
        .key_id(id)
        .policy_name(POLICY)
        .send()
        .await
        .map_err(fault)
    {
        Ok(answer) => answer.policy.unwrap_or_default(),
        Err(fault) => return Observation::Unreadable(fault),
    };
    match Document::parse(&text) {
        Ok(document) => Observation::Present(document),
        Err(error) => Observation::Unreadable(Fault {
            kind: FaultKind::Invalid,
            operation: "kms:GetKeyPolicy".to_owned(),
            code: "UnreadablePolicy".to_owned(),
            message: format!("key {id}: {error}"),
            request_id: None,
        }),
    }
}

async fn rotation_days(kms: &Client, id: &str) -> Observation<u32> {
    match kms.get_key_rotation_status().key_id(id).send().await.map_err(fault) {
        Ok(status) if status.key_rotation_enabled => {
            let days = status.rotation_period_in_days.and_then(|days| u32::try_from(days).ok());
            Observation::Present(days.unwrap_or(DEFAULT_ROTATION_DAYS))
        }
        Ok(_) => Observation::Absent,
        // A key on its way out does not rotate; neither do key types that cannot (`Invalid`).
        Err(fault) if matches!(fault.kind, FaultKind::Conflict | FaultKind::Invalid) => Observation::Absent,
        Err(fault) => Observation::Unreadable(fault),
    }
}

/// Performs one write.
pub(crate) async fn execute(kms: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            description,
            policy,
            tags,
        } => return create(kms, description, policy, tags).await.map(Some),
        Action::PutPolicy { id, policy } => {
            // Never with the lockout check bypassed.
            let call = kms
                .put_key_policy()
                .key_id(id)
                .policy_name(POLICY)
                .policy(policy.to_json());
            call.send().await.map_err(fault)?;
        }
        Action::Rotate { id, days } => {
            let days = i32::try_from(*days).unwrap_or(i32::MAX);
            kms.enable_key_rotation()
                .key_id(id)
                .rotation_period_in_days(days)
                .send()
                .await
                .map_err(fault)?;
        }
        Action::Describe { id, description } => {
            kms.update_key_description()
                .key_id(id)
                .description(description)
                .send()
                .await
                .map_err(fault)?;
        }
        Action::Tag { id, tags } => {
            kms.tag_resource()
                .key_id(id)
                .set_tags(Some(sdk_tags(tags)?))
                .send()
                .await
                .map_err(fault)?;
        }
        Action::Quarantine { id, since } => {
            let tags = Tags::from([(QUARANTINED_SINCE.to_owned(), since.to_string())]);
            kms.tag_resource()
                .key_id(id)
                .set_tags(Some(sdk_tags(&tags)?))
                .send()
                .await
                .map_err(fault)?;
        }
        Action::Untag { id, key } => {
            kms.untag_resource()
                .key_id(id)
                .tag_keys(key)
                .send()
                .await
                .map_err(fault)?;
        }
        Action::Enable { id } => {
            kms.enable_key().key_id(id).send().await.map_err(fault)?;
        }
        Action::Disable { id } => {
            kms.disable_key().key_id(id).send().await.map_err(fault)?;
        }
        Action::CancelDeletion { id } => {
            kms.cancel_key_deletion().key_id(id).send().await.map_err(fault)?;
        }
        Action::ScheduleDeletion { id, days } => {
            let days = i32::try_from(*days).unwrap_or(i32::MAX);
            kms.schedule_key_deletion()
                .key_id(id)
                .pending_window_in_days(days)
                .send()
                .await
                .map_err(fault)?;
        }
    }
    Ok(None)
}

async fn create(kms: &Client, description: &str, policy: &Document, tags: &Tags) -> Result<Created, Fault> {
    let call = kms
        .create_key()
        .description(description)
        .policy(policy.to_json())
        .set_tags(Some(sdk_tags(tags)?));
    let answer = call.send().await.map_err(fault)?;
    let metadata = answer
        .key_metadata
        .ok_or_else(|| incomplete("kms:CreateKey", "KeyMetadata"))?;
    let state = metadata.key_state.map(|state| state.as_str().to_owned());
    Ok(Created {
        id: metadata.key_id,
        arn: metadata.arn,
        state,
    })
}

fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>, Fault> {
    let tag = |(key, value)| Tag::builder().tag_key(key).tag_value(value).build();
    tags.iter()
        .map(tag)
        .collect::<Result<_, _>>()
        .map_err(|_| incomplete("kms:TagResource", "complete tags"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::primitives::DateTime;
    use aws_sdk_kms::types::KeyState as SdkState;

    use super::*;

    fn metadata(state: SdkState) -> KeyMetadata {
        let builder = KeyMetadata::builder()
            .key_id("k")
            .key_state(state)
            .deletion_date(DateTime::from_secs(1_800_000_000));
        builder.build().expect("a key id is all that is required")
    }

    #[test]
    fn states_are_read() {
        assert_eq!(state(&metadata(SdkState::Enabled)), KeyState::Enabled);
        assert_eq!(state(&metadata(SdkState::Disabled)), KeyState::Disabled);
        assert_eq!(state(&metadata(SdkState::Creating)), KeyState::Other("Creating".into()));
        let at = Timestamp::from_second(1_800_000_000).ok();
        assert_eq!(
            state(&metadata(SdkState::PendingDeletion)),
            KeyState::PendingDeletion { at }
        );
    }
}
