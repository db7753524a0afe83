//! Templates of stacks that are kept in Osaka.
//!
//! What an object says about itself stands in its metadata, which never changes; so an object is asked once, and
//! after that a list tells all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, Object, ObjectIdentifier, ServerSideEncryption};
use jichitai_api::Region;
use jichitai_plan::cloudformation::template::{Action, BUCKET_PREFIX, DESCRIPTION, Place, TEMPLATE};
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::osaka_backup_policy::copy::{Copy, Label, State};
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::resolve::is_of;
use jichitai_plan::step::Created;
use jichitai_plan::tags::{self, Tags};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Address, bucket};
use crate::answer::{if_found, moment};
use crate::cloudformation::description::Description;
use crate::cloudformation::stack;
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::{fault, incomplete, refused, unbuilt};
use crate::session::Session;

const REGION: Region = Region::Osaka;
/// Objects that are asked at the same time.
const AT_ONCE: usize = 16;
/// Objects that S3 deletes by one call.
const BATCH: usize = 1_000;

/// The tags that an object carries in its metadata, which S3 limits to 2 KB, ASCII:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>. The others are the bucket's.
const CARRIED: [&str; 10] = [
    tags::INSTALLATION,
    tags::OWNER,
    tags::ROLE,
    tags::ENVIRONMENT,
    tags::RUN,
    tags::SOURCE,
    tags::ATTEMPT,
    tags::BEGUN,
    tags::KEEP,
    tags::KEY,
];

/// What is known of objects, by bucket, and by key and entity tag.
pub(crate) type Known = Mutex<BTreeMap<String, BTreeMap<Version, Head>>>;

/// An object that has not been written anew.
type Version = (String, Option<String>);

/// What an object says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The key that it is encrypted under, where that is one of KMS.
    key: Option<String>,
    tags: Tags,
}

/// What was kept of a stack.
pub(crate) struct Kept {
    /// The template.
    pub(crate) template: String,
    /// Where CloudFormation finds it.
    pub(crate) url: String,
    /// What else there is.
    pub(crate) description: Description,
}

fn metadata_name(tag: &str) -> String {
    tag.replacen(':', "-", 1)
}

fn address<'a>(session: &'a Session, s3: &'a aws_sdk_s3::Client, name: &'a str) -> Address<'a> {
    Address {
        s3,
        owner: session.account().as_str(),
        name,
    }
}

/// The account's buckets of templates, with their tags.
pub(crate) async fn buckets(session: &Session) -> Listing<(String, Tags)> {
    let s3 = session.s3(REGION, Purpose::Read);
    let pages = s3.list_buckets().prefix(BUCKET_PREFIX).bucket_region(REGION.as_str());
    let found = pages.into_paginator().page_size(1_000).items().send();
    let found: Vec<_> = found.try_collect().await.map_err(fault)?;
    let names: Vec<String> = found.into_iter().filter_map(|bucket| bucket.name).collect();
    let mut all = Vec::new();
    for name in names {
        let tags = bucket::tags(address(session, &s3, &name)).await?;
        all.extend(tags.map(|tags| (name, tags)));
    }
    Ok(all)
}

/// The copies of an owner, wherever they are.
pub(crate) async fn of_owner(session: &Session, owner: &Identity) -> Listing<Copy> {
    in_buckets(session, |tags| is_of(tags, owner)).await
}

/// The copies of every owner of an installation.
pub(crate) async fn of_installation(session: &Session, installation: &str) -> Listing<Copy> {
    let ours = |tags: &Tags| tags.get(tags::INSTALLATION).is_some_and(|found| found == installation);
    in_buckets(session, ours).await
}

async fn in_buckets(session: &Session, ours: impl Fn(&Tags) -> bool) -> Listing<Copy> {
    let mut all = Vec::new();
    for (name, tags) in buckets(session).await? {
        if ours(&tags) {
            all.extend(list(session, &name).await?);
        }
    }
    Ok(all)
}

/// The copies in a bucket.
pub(crate) async fn list(session: &Session, name: &str) -> Listing<Copy> {
    let s3 = session.s3(REGION, Purpose::Read);
    let at = address(session, &s3, name);
    let pages = s3.list_objects_v2().bucket(name).expected_bucket_owner(at.owner);
    let pages = pages.into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let objects: Vec<Object> = pages
        .into_iter()
        .flat_map(|page| page.contents.unwrap_or_default())
        .collect();
    let known = {
        let all = session.templates.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).cloned().unwrap_or_default()
    };
    let mut reads = Vec::new();
    for object in objects {
        let version = (object.key.unwrap_or_default(), object.e_tag);
        let time = object.last_modified.and_then(moment).unwrap_or(Timestamp::MAX);
        let known = known.get(&version).cloned();
        reads.push(async move {
            let head = match known {
                Some(head) => Some(head),
                None => head(at, &version.0).await?,
            };
            Ok::<_, Fault>(head.map(|head| (version, time, head)))
        });
    }
    let read: Result<Vec<_>, Fault> = concurrently(AT_ONCE, reads).await.into_iter().collect();
    let (mut now, mut copies) = (BTreeMap::new(), BTreeMap::new());
    for (version, time, head) in read?.into_iter().flatten() {
        if let Some((prefix, object)) = version.0.rsplit_once('/') {
            let place = Place {
                bucket: name.to_owned(),
                prefix: prefix.to_owned(),
            };
            let found: &mut BTreeMap<String, (Timestamp, Head)> = copies.entry(place.to_string()).or_default();
            found.insert(object.to_owned(), (time, head.clone()));
        }
        now.insert(version, head);
    }
    let mut known = session.templates.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(name.to_owned(), now);
    Ok(copies.into_iter().filter_map(|(id, found)| copy(id, &found)).collect())
}

/// The copy that two objects make. A template alone is half written; something else is none of ours.
fn copy(id: String, found: &BTreeMap<String, (Timestamp, Head)>) -> Option<Copy> {
    let (started, template) = found.get(TEMPLATE)?;
    let both = [Some(template), found.get(DESCRIPTION).map(|(_, head)| head)];
    let is_whole = both.iter().all(Option::is_some);
    let (medium, tags) = (Medium::Template, template.tags.clone());
    let heads = || both.into_iter().flatten();
    Some(Copy {
        medium,
        region: REGION,
        id,
        arn: None,
        state: match is_whole {
            true => State::Complete,
            false => State::Failed("its description was not written".to_owned()),
        },
        started: *started,
        size: None,
        encrypted: heads().all(|head| head.key.is_some()),
        keys: heads().filter_map(|head| head.key.clone()).collect(),
        snapshots: BTreeSet::new(),
        used_by: None,
        label: Label::read(medium, None, &tags),
        tags,
    })
}

/// What an object says about itself; none where it has gone meanwhile.
async fn head(at: Address<'_>, key: &str) -> Result<Option<Head>, Fault> {
    let call = at
        .s3
        .head_object()
        .bucket(at.name)
        .key(key)
        .expected_bucket_owner(at.owner);
    let Some(answer) = if_found(call.send().await.map_err(fault))? else {
        return Ok(None);
    };
    let metadata = answer.metadata.unwrap_or_default();
    let value = |tag: &str| {
        let text = metadata.get(&metadata_name(tag))?;
        Some((
            tag.to_owned(),
            percent_decode_str(text).decode_utf8_lossy().into_owned(),
        ))
    };
    let is_kms = answer.server_side_encryption == Some(ServerSideEncryption::AwsKms);
    Ok(Some(Head {
        key: answer.ssekms_key_id.filter(|_| is_kms),
        tags: CARRIED.into_iter().filter_map(value).collect(),
    }))
}

/// Performs one write.
pub(crate) async fn execute(session: &Session, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Keep {
            stack,
            place,
            key_arn,
            tags,
        } => keep(session, stack, place, key_arn, tags).await.map(Some),
        Action::Delete { place } => {
            let keys = [place.description(), place.template()].map(|key| (key, None));
            delete(session, &place.bucket, keys.into()).await.map(|()| None)
        }
        Action::Purge { bucket } => purge(session, bucket).await.map(|()| None),
    }
}

async fn keep(session: &Session, name: &str, place: &Place, key_arn: &str, tags: &Tags) -> Result<Created, Fault> {
    let cloudformation = session.cloudformation(Region::Tokyo, Purpose::Read);
    let (stack, template) = stack::whole(&cloudformation, name).await?;
    let description = serde_json::to_vec_pretty(&Description::of(stack));
    let description = description.map_err(|error| unbuilt("s3:PutObject", error))?;
    let s3 = session.s3(REGION, Purpose::Write);
    let at = address(session, &s3, &place.bucket);
    let put = |key: String, kind: &str, body: Vec<u8>| {
        let value = |tag: &&str| {
            Some((
                metadata_name(tag),
                utf8_percent_encode(tags.get(tag)?, NON_ALPHANUMERIC).to_string(),
            ))
        };
        at.s3
            .put_object()
            .bucket(at.name)
            .expected_bucket_owner(at.owner)
            .key(key)
            .content_type(kind)
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(key_arn)
            .bucket_key_enabled(true)
            .set_metadata(Some(CARRIED.iter().filter_map(value).collect()))
            .body(ByteStream::from(body))
            .send()
    };
    put(place.template(), "text/plain; charset=utf-8", template.into_bytes())
        .await
        .map_err(fault)?;
    put(place.description(), "application/json", description)
        .await
        .map_err(fault)?;
    Ok(Created {
        id: place.to_string(),
        arn: None,
        state: None,
    })
}

/// Reads what was kept.
pub(crate) async fn kept(session: &Session, place: &Place) -> Result<Kept, Fault> {
    let s3 = session.s3(REGION, Purpose::Read);
    let at = address(session, &s3, &place.bucket);
    let read = |key: String| async {
        let call = at
            .s3
            .get_object()
            .bucket(at.name)
            .key(key)
            .expected_bucket_owner(at.owner);
        let body = call.send().await.map_err(fault)?.body.collect().await;
        let bytes = body.map_err(|_cut| incomplete("s3:GetObject", "whole body"))?.to_vec();
        String::from_utf8(bytes).map_err(|error| unbuilt("s3:GetObject", error))
    };
    let (template, description) = futures::join!(read(place.template()), read(place.description()));
    Ok(Kept {
        template: template?,
        url: format!(
            "https://{}.s3.{}.amazonaws.com/{}",
            place.bucket,
            REGION.as_str(),
            place.template()
        ),
        description: serde_json::from_str(&description?)
            .map_err(|error| unbuilt("cloudformation:CreateStack", error))?,
    })
}

async fn delete(session: &Session, bucket: &str, keys: Vec<(String, Option<String>)>) -> Result<(), Fault> {
    let operation = "s3:DeleteObjects";
    let s3 = session.s3(REGION, Purpose::Write);
    let at = address(session, &s3, bucket);
    let one = |(key, version): (String, Option<String>)| {
        let object = ObjectIdentifier::builder().key(key).set_version_id(version);
        object.build().map_err(|error| unbuilt(operation, error))
    };
    let objects: Result<Vec<_>, Fault> = keys.into_iter().map(one).collect();
    let all = Delete::builder().set_objects(Some(objects?)).quiet(true).build();
    let all = all.map_err(|error| unbuilt(operation, error))?;
    let call = at
        .s3
        .delete_objects()
        .bucket(at.name)
        .expected_bucket_owner(at.owner)
        .delete(all);
    let errors = call.send().await.map_err(fault)?.errors.unwrap_or_default();
    match errors.into_iter().next() {
        Some(error) => Err(refused(operation, error.code, error.message)),
        None => Ok(()),
    }
}

/// Every version and every delete marker.
async fn purge(session: &Session, bucket: &str) -> Result<(), Fault> {
    let s3 = session.s3(REGION, Purpose::Read);
    let at = address(session, &s3, bucket);
    loop {
        let call = at
            .s3
            .list_object_versions()
            .bucket(at.name)
            .expected_bucket_owner(at.owner);
        let page = call.send().await.map_err(fault)?;
        let versions = page.versions.unwrap_or_default().into_iter();
        let versions = versions.filter_map(|one| Some((one.key?, one.version_id)));
        let markers = page.delete_markers.unwrap_or_default().into_iter();
        let markers = markers.filter_map(|one| Some((one.key?, one.version_id)));
        let all: Vec<_> = versions.chain(markers).take(BATCH).collect();
        if all.is_empty() {
            return Ok(());
        }
        delete(session, bucket, all).await?;
    }
}
