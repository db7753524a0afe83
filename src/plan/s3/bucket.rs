//! A bucket: created with its tags under a name that only its owner computes, closed, encrypted,
//! and given its settings one by one. It is deleted only while it holds nothing.
//!
//! S3 refuses settings of one bucket that are written at the same time (`OperationAborted`), so a
//! plan has one write per bucket: the first that takes nothing away, else the first that does.

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::identity::Part;
use crate::observation::{Fault, Listing, Observation};
use crate::plan::{Plan, Text};
use crate::policy::document::Document;
use crate::resolve::{Found, Resource, resolve};
use crate::s3::contents::Contents;
use crate::s3::encryption::{self, Encryption};
use crate::s3::lifecycle::{self, Rule};
use crate::s3::logging::{self, Logging};
use crate::s3::object_lock::{self, ObjectLock};
use crate::s3::public_access_block::{self, PublicAccessBlock};
use crate::s3::replication::{self, Replication};
use crate::s3::setting::Setting;
use crate::s3::versioning::{self, Versioning};
use crate::s3::{bucket_policy, ownership};
use crate::step::{Created, Difference, Step};
use crate::tags::{self, Tags};

/// A bucket in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name, unique in all of AWS.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its Region.
    pub region: Region,
    /// Its tags.
    pub tags: Tags,
    /// Who owns objects, and whether ACLs count.
    pub ownership: Observation<String>,
    /// The public-access block.
    pub public_access: Observation<PublicAccessBlock>,
    /// The default encryption.
    pub encryption: Observation<Encryption>,
    /// Versioning; absent where it never was on.
    pub versioning: Observation<Versioning>,
    /// The object lock; absent where it is not on.
    pub object_lock: Observation<ObjectLock>,
    /// The lifecycle's rules.
    pub lifecycle: Observation<BTreeSet<Rule>>,
    /// Access logs.
    pub logging: Observation<Logging>,
    /// Replication.
    pub replication: Observation<Replication>,
    /// The bucket policy.
    pub policy: Observation<Document>,
    /// What it holds; none when that was not asked for.
    pub contents: Option<Result<Contents, Fault>>,
}

impl Resource for Bucket {
    fn id(&self) -> &str {
        &self.name
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    // The name does the work of a token: a repeated creation cannot make a second bucket.
    const CLIENT_TOKEN: bool = true;
}

impl Bucket {
    /// Whether it was looked into and holds nothing.
    #[must_use]
    pub fn is_certainly_empty(&self) -> bool {
        matches!(&self.contents, Some(Ok(contents)) if contents.is_empty())
    }

    /// The step that changes one setting.
    pub(super) fn put(&self, setting: Setting, difference: Difference, part: &Part) -> Step {
        let name = self.name.clone();
        Step::change(part, Action::Put { name, setting }, difference)
    }
}

/// The ARN of a bucket.
#[must_use]
pub fn arn(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// What the bucket shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The name that only its owner computes.
    pub name: String,
    /// The full ARN of the key; none while it is not known, which is waited for.
    pub key_arn: Option<String>,
    /// Whether old versions are kept.
    pub versioning: bool,
    /// The object lock.
    pub object_lock: Option<ObjectLock>,
    /// The bucket policy; none while what goes into it is not known, which is waited for.
    pub policy: Option<bucket_policy::Want>,
    /// When objects go.
    pub lifecycle: lifecycle::Want,
    /// Replication.
    pub replication: replication::Want,
    /// Access logs.
    pub logging: Option<Logging>,
}

/// Writes to a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateBucket` with tags, without ACLs.
    Create {
        /// Its name.
        name: String,
        /// Its Region.
        region: Region,
        /// Tags.
        tags: Tags,
        /// Whether it can lock objects, which also turns versioning on.
        object_lock: bool,
    },
    /// `PutBucketTagging`: all tags that it shall have, those of others included.
    Tag {
        /// The bucket.
        name: String,
        /// All of its tags but AWS's own.
        tags: Tags,
    },
    /// The change of one setting.
    Put {
        /// The bucket.
        name: String,
        /// The setting.
        setting: Setting,
    },
    /// `DeleteBucket`, which S3 refuses while it holds anything.
    Delete {
        /// The bucket.
        name: String,
    },
}

impl Action {
    /// The bucket's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Create { name, .. } | Self::Tag { name, .. } | Self::Put { name, .. } | Self::Delete { name } => name,
        }
    }

    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create {
                name,
                object_lock: false,
                ..
            } => write!(f, "create bucket {name}"),
            Self::Create {
                name,
                object_lock: true,
                ..
            } => write!(f, "create bucket {name} with object lock"),
            Self::Tag { name, tags } => write!(f, "tag bucket {name}: {}", tags::list(tags)),
            Self::Put { name, setting } => setting.describe(name, f),
            Self::Delete { name } => write!(f, "delete bucket {name}"),
        }
    }
}

/// Brings the bucket to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    buckets: &'a Listing<Bucket>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Bucket> {
    let tags = ctx.tags(&part.role);
    match resolve(buckets, part, Some(&want.name), &want.name, ctx, plan) {
        Found::Halted => None,
        Found::Absent(creation) => {
            let create = Action::Create {
                name: want.name.clone(),
                region: part.region,
                tags,
                object_lock: want.object_lock.is_some(),
            };
            plan.step(Step::create(part, create, creation));
            None
        }
        Found::Adoptable(bucket) => {
            tag(bucket, &tags, part, plan);
            None
        }
        Found::Ours(bucket) => {
            let mut all = Plan::default();
            adjust(want, bucket, &tags, part, &mut all);
            let Plan {
                mut steps,
                waits,
                blocks,
                notices,
                look_at,
            } = all;
            if !steps.is_empty() {
                let harmless = steps.iter().position(|step| !step.is_destructive());
                plan.step(steps.swap_remove(harmless.unwrap_or(0)));
            }
            plan.waits.extend(waits);
            plan.blocks.extend(blocks);
            plan.notices.extend(notices);
            if let Some(at) = look_at {
                plan.look_at(at);
            }
            Some(bucket)
        }
    }
}

/// Everything that differs, in the order in which it is put right: what keeps others out and data
/// safe comes first, and what a person may have got wrong (a bucket for logs) comes last.
fn adjust(want: &Want, bucket: &Bucket, tags: &Tags, part: &Part, plan: &mut Plan) {
    let Want {
        name: _,
        key_arn,
        versioning,
        object_lock,
        policy,
        lifecycle,
        replication,
        logging,
    } = want;
    public_access_block::plan(bucket, part, plan);
    ownership::plan(bucket, part, plan);
    encryption::plan(key_arn.as_deref(), bucket, part, plan);
    versioning::plan(*versioning, bucket, part, plan);
    object_lock::plan(object_lock.as_ref(), bucket, part, plan);
    let closed = public_access_block::is_closed(bucket) && encryption::is_under(key_arn.as_deref(), bucket);
    match policy {
        Some(policy) if closed => bucket_policy::plan(policy, bucket, part, plan),
        Some(policy)
            if bucket
                .policy
                .present()
                .is_some_and(|have| have.means_the_same(&policy.document)) => {}
        Some(_) => plan.wait(
            part,
            Reason::WaitingForDependency,
            Text::new(
                format!("the policy of {part} waits for its public-access block and its encryption"),
                format!("{part} のポリシーは、公開遮断と暗号化の設定を待っています"),
            ),
        ),
        None => plan.wait(
            part,
            Reason::WaitingForDependency,
            Text::new(
                format!("the policy of {part} waits for what it names"),
                format!("{part} のポリシーは、記載する対象の作成を待っています"),
            ),
        ),
    }
    lifecycle::plan(lifecycle, *versioning, bucket, part, plan);
    replication::plan(replication, bucket, part, plan);
    tag(bucket, tags, part, plan);
    logging::plan(logging.as_ref(), bucket, part, plan);
}

/// `PutBucketTagging` replaces all tags, so those of others are put again. AWS keeps its own.
fn tag(bucket: &Bucket, want: &Tags, part: &Part, plan: &mut Plan) {
    let missing = tags::missing(want, &bucket.tags);
    if missing.is_empty() {
        return;
    }
    let difference = Difference::new("tags", tags::list(&missing), tags::list(&bucket.tags));
    let theirs = bucket.tags.iter().filter(|(key, _)| !is_system_tag(key));
    let mut tags: Tags = theirs.collect();
    tags.extend(&missing);
    let name = bucket.name.clone();
    plan.step(Step::change(part, Action::Tag { name, tags }, difference));
}

/// Whether only AWS may set the tag.
fn is_system_tag(key: &str) -> bool {
    key.starts_with("aws:")
}

/// Takes a bucket of ours away, if it certainly holds nothing.
pub fn remove(bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let name = &bucket.name;
    match &bucket.contents {
        None => plan.wait(
            part,
            Reason::DeletionBlocked,
            Text::new(
                format!("what bucket {name} holds is being counted"),
                format!("バケット {name} の内容を確認しています"),
            ),
        ),
        Some(Err(fault)) => plan.unreadable(part, fault),
        Some(Ok(contents)) if contents.is_empty() => {
            let action = Action::Delete { name: name.clone() };
            let risk = "the bucket, which holds nothing, and its name, which others can take afterwards";
            plan.step(Step::delete(part, action, risk));
        }
        Some(Ok(contents)) => {
            let Text { en, ja } = contents.describe();
            let text = Text::new(
                format!("bucket {name} holds {en}: empty it yourself if they may go, or set deletionPolicy: Retain"),
                format!(
                    "バケット {name} に{ja}があります。不要であれば手動で空にするか、deletionPolicy を Retain にしてください"
                ),
            );
            plan.block(part, Reason::BucketNotEmpty, text);
        }
    }
}

/// Folds an executed write into what is known.
pub fn absorb(buckets: &mut Listing<Bucket>, action: &Action, created: Option<&Created>) {
    let Ok(buckets) = buckets else { return };
    match action {
        Action::Create {
            name,
            region,
            tags,
            object_lock,
        } => buckets.extend(created.map(|_| Bucket {
            // Known before AWS answers.
            name: name.clone(),
            arn: arn(name),
            region: *region,
            tags: tags.clone(),
            ownership: Observation::Present(ownership::ENFORCED.to_owned()),
            // S3 has defaults for the next two; ours are put all the same.
            public_access: Observation::Absent,
            encryption: Observation::Absent,
            versioning: match object_lock {
                true => Observation::Present(Versioning::Enabled),
                false => Observation::Absent,
            },
            object_lock: match object_lock {
                true => Observation::Present(ObjectLock { default: None }),
                false => Observation::Absent,
            },
            lifecycle: Observation::Absent,
            logging: Observation::Absent,
            replication: Observation::Absent,
            policy: Observation::Absent,
            contents: Some(Ok(Contents::default())),
        })),
        Action::Tag { name, tags } => {
            if let Some(bucket) = buckets.iter_mut().find(|bucket| bucket.name == *name) {
                bucket.tags.retain(|key, _| is_system_tag(key));
                bucket.tags.extend(tags);
            }
        }
        Action::Put { name, setting } => {
            if let Some(bucket) = buckets.iter_mut().find(|bucket| bucket.name == *name) {
                setting.absorb(bucket);
            }
        }
        Action::Delete { name } => buckets.retain(|bucket| bucket.name != *name),
    }
}

#[cfg(test)]
pub(super) mod tests;
