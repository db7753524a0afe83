//! The bucket itself: found, created, tagged, deleted.

use std::collections::BTreeSet;
use std::time::Instant;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, Tag, Tagging};
use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::s3::bucket::{Action, Bucket, arn};
use jichitai_plan::s3::encryption::Encryption;
use jichitai_plan::s3::lifecycle::Rule;
use jichitai_plan::s3::logging::Logging;
use jichitai_plan::s3::object_lock::ObjectLock;
use jichitai_plan::s3::replication::Replication;
use jichitai_plan::s3::setting::Setting;
use jichitai_plan::s3::versioning::Versioning;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::{
    Address, bucket_policy, contents, encryption, gone_is_done, lifecycle, logging, object_lock, ownership,
    public_access_block, replication, versioning,
};
use crate::error::{fault, names_no_bucket, unbuilt};
use crate::kept::Turns;

/// Whether the account has a bucket of this name in the Region.
pub(super) async fn exists(s3: &Client, region: Region, name: &str) -> Result<bool, Fault> {
    let pages = s3
        .list_buckets()
        .prefix(name)
        .bucket_region(region.as_str())
        .into_paginator()
        .page_size(1_000)
        .items()
        .send();
    let buckets: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(buckets.iter().any(|bucket| bucket.name() == Some(name)))
}

/// What a bucket has besides its policy and its public-access block.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) tags: Tags,
    pub(crate) ownership: Observation<String>,
    pub(crate) encryption: Observation<Encryption>,
    versioning: Observation<Versioning>,
    object_lock: Observation<ObjectLock>,
    lifecycle: Observation<BTreeSet<Rule>>,
    logging: Observation<Logging>,
    replication: Observation<Replication>,
}

/// Its tags first: what has none has no settings either, and there is nothing more to ask for.
pub(crate) async fn settings(at: Address<'_>) -> Result<Option<Settings>, Fault> {
    // A bucket without tags in our knowledge would be nobody's: its tags have to be readable.
    let Some(tags) = tags(at).await? else { return Ok(None) };
    let (ownership, encryption, versioning, object_lock, lifecycle, logging, replication) = futures::join!(
        ownership::read(at),
        encryption::read(at),
        versioning::read(at),
        object_lock::read(at),
        lifecycle::read(at),
        logging::read(at),
        replication::read(at),
    );
    Ok(Some(Settings {
        tags,
        ownership,
        encryption,
        versioning,
        object_lock,
        lifecycle,
        logging,
        replication,
    }))
}

/// Reads the bucket; none where it is not there, or has gone meanwhile. Who may read it, its policy and its public-access
/// block, is as it is now; its other settings may be known, if they were read after `since`.
pub(super) async fn read(
    at: Address<'_>,
    region: Region,
    known: &Turns<Settings>,
    (since, with_contents): (Option<Instant>, bool),
) -> Result<Option<Bucket>, Fault> {
    let settings = known.get(at.name, since, || Box::pin(settings(at))).await?;
    let Some(settings) = settings else { return Ok(None) };
    let (public_access, policy) = futures::join!(public_access_block::read(at), bucket_policy::read(at));
    let Settings {
        tags,
        ownership,
        encryption,
        versioning,
        object_lock,
        lifecycle,
        logging,
        replication,
    } = settings;
    let is_new = lifecycle == Observation::Absent || policy == Observation::Absent;
    let contents = if with_contents || is_new {
        Some(contents::count(at).await)
    } else {
        None
    };
    Ok(Some(Bucket {
        name: at.name.to_owned(),
        arn: arn(at.name),
        region,
        tags,
        ownership,
        public_access,
        encryption,
        versioning,
        object_lock,
        lifecycle,
        logging,
        replication,
        policy,
        contents,
    }))
}

/// The bucket's tags; none where there is no bucket.
pub(super) async fn tags(at: Address<'_>) -> Result<Option<Tags>, Fault> {
    let call = at
        .s3
        .get_bucket_tagging()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    match call.send().await.map_err(fault) {
        Ok(answer) => Ok(Some(
            answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        )),
        Err(fault) if names_no_bucket(&fault) => Ok(None),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(Some(Tags::new())),
        Err(fault) => Err(fault),
    }
}

/// Performs one write.
pub(crate) async fn execute(s3: &Client, account: &AccountId, action: &Action) -> Result<Option<Created>, Fault> {
    let address = |name| Address {
        s3,
        owner: account.as_str(),
        name,
    };
    match action {
        Action::Create {
            name,
            region,
            tags,
            object_lock,
        } => create(s3, name, *region, tags, *object_lock).await.map(Some),
        Action::Tag { name, tags } => tag(address(name), tags).await.map(|()| None),
        Action::Put { name, setting } => put(address(name), setting).await.map(|()| None),
        Action::Delete { name } => delete(address(name)).await.map(|()| None),
    }
}

/// A bucket of this name that is there already is a fault even if the account owns it: whose it is
/// says the next observation.
async fn create(s3: &Client, name: &str, region: Region, tags: &Tags, object_lock: bool) -> Result<Created, Fault> {
    let configuration = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region.as_str()))
        .set_tags(Some(sdk_tags("s3:CreateBucket", tags)?))
        .build();
    s3.create_bucket()
        .bucket(name)
        .create_bucket_configuration(configuration)
        .object_ownership(ObjectOwnership::BucketOwnerEnforced)
        .object_lock_enabled_for_bucket(object_lock)
        .send()
        .await
        .map_err(fault)?;
    Ok(Created {
        id: name.to_owned(),
        arn: Some(arn(name)),
        state: None,
    })
}

async fn tag(at: Address<'_>, tags: &Tags) -> Result<(), Fault> {
    let operation = "s3:PutBucketTagging";
    let tagging = Tagging::builder()
        .set_tag_set(Some(sdk_tags(operation, tags)?))
        .build()
        .map_err(|error| unbuilt(operation, error))?;
    let call = at.s3.put_bucket_tagging().bucket(at.name).tagging(tagging);
    call.expected_bucket_owner(at.owner).send().await.map_err(fault)?;
    Ok(())
}

async fn put(at: Address<'_>, setting: &Setting) -> Result<(), Fault> {
    match setting {
        Setting::PublicAccessBlock(block) => public_access_block::put(at, block).await,
        Setting::Ownership => ownership::enforce(at).await,
        Setting::Encryption(encryption) => encryption::put(at, encryption).await,
        Setting::Versioning(versioning) => versioning::put(at, *versioning).await,
        Setting::ObjectLock(lock) => object_lock::put(at, lock).await,
        Setting::Policy(policy) => bucket_policy::put(at, policy).await,
        Setting::Lifecycle(rules) => lifecycle::put(at, rules).await,
        Setting::Replication(Some(replication)) => replication::put(at, replication).await,
        Setting::Replication(None) => replication::delete(at).await,
        Setting::Logging(logging) => logging::put(at, logging.as_ref()).await,
    }
}

async fn delete(at: Address<'_>) -> Result<(), Fault> {
    let call = at.s3.delete_bucket().bucket(at.name).expected_bucket_owner(at.owner);
    gone_is_done(call.send().await.map(drop).map_err(fault))
}

fn sdk_tags(operation: &str, tags: &Tags) -> Result<Vec<Tag>, Fault> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(tag)
        .collect::<Result<_, _>>()
        .map_err(|error| unbuilt(operation, error))
}
