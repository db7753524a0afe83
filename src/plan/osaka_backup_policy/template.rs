//! The bucket in Osaka in which templates of stacks are kept: the policy's own, and only for the operator and for
//! emergencies. Without it everything of the municipality that CloudFormation made would be gone with Tokyo.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::osaka_backup_policy::OsakaBackupPolicySpec;
use jichitai_api::{Reason, Region};

use crate::cloudformation::template::{self, BUCKET_PREFIX, Place};
use crate::context::Context;
use crate::identity::{Identity, Part, short_hash};
use crate::observation::{Listing, Observation};
use crate::osaka_backup_policy::copy::{Label, labelled};
use crate::osaka_backup_policy::goal::Remains;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::schedule::compact;
use crate::osaka_backup_policy::source::Medium;
use crate::osaka_backup_policy::target::Target;
use crate::osaka_backup_policy::transfer::usable_key;
use crate::plan::{Plan, Text};
use crate::policy::bucket_policy::{BucketAccess, compose};
use crate::policy::role_arn::RoleArn;
use crate::resolve::is_of;
use crate::s3::bucket::{self, Bucket};
use crate::s3::versioning::Versioning;
use crate::s3::{bucket_policy, encryption, lifecycle, public_access_block, replication};
use crate::step::{Action, Step};

/// Days for which a template can be had back that retention took away.
const NONCURRENT_DAYS: u32 = 30;
/// Days after which an unfinished upload goes.
const ABORT_MULTIPART_DAYS: u32 = 1;

/// Where templates are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// The bucket.
    pub bucket: String,
    /// The operator's role in the account.
    pub operator: RoleArn,
    /// Roles for emergencies.
    pub break_glass: BTreeSet<RoleArn>,
    /// The same with those that have ended.
    pub break_glass_before: BTreeSet<RoleArn>,
}

/// The bucket as a part of its policy.
#[must_use]
pub fn part() -> Part {
    Part::new(Region::Osaka, "bucket.templates")
}

/// The bucket's name: from the spec, or one that only this owner computes.
#[must_use]
pub fn bucket_name(spec: &OsakaBackupPolicySpec, identity: &Identity) -> String {
    let given = &spec.destination.template_bucket;
    if !given.is_empty() {
        return given.clone();
    }
    let owner = format!("{}\n{}", identity.installation, identity.owner);
    format!("{BUCKET_PREFIX}{}", short_hash(&owner, 24))
}

/// What the bucket shall be under a key.
fn want(templates: &Templates, target: &Target, key_arn: Option<&str>) -> bucket::Want {
    let Templates {
        bucket,
        operator,
        break_glass,
        break_glass_before,
    } = templates;
    let policy = key_arn.map(|key_arn| {
        let document = |break_glass: &BTreeSet<RoleArn>| {
            compose(&BucketAccess {
                bucket: bucket.clone(),
                account: target.account.clone(),
                key_arn: key_arn.to_owned(),
                readers: break_glass.iter().chain([operator]).cloned().collect(),
                writers: [operator.clone()].into(),
                replicator: None,
                receives_from: None,
                operator: operator.clone(),
                break_glass: break_glass.clone(),
                paths: BTreeMap::new(),
            })
        };
        let now = document(break_glass);
        bucket_policy::Want {
            before_expiry: document(break_glass_before),
            proof: bucket_policy::proof(&now, operator, bucket),
            document: now,
        }
    });
    bucket::Want {
        name: bucket.clone(),
        key_arn: key_arn.map(str::to_owned),
        versioning: true,
        object_lock: None,
        policy,
        lifecycle: lifecycle::Want {
            expire_after_days: None,
            noncurrent_days: NONCURRENT_DAYS,
            abort_multipart_days: ABORT_MULTIPART_DAYS,
        },
        replication: replication::Want::Off,
        logging: None,
    }
}

/// Brings the bucket to what is wanted. Where templates may be put now, their place's bucket and key are returned.
pub fn plan(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) -> Option<Ready> {
    let templates = target.templates.as_ref()?;
    let key = usable_key(Medium::Template, target, observed, plan);
    let want = want(templates, target, key.as_deref());
    let bucket = bucket::plan(&want, &observed.buckets, &part(), ctx, plan)?;
    let closed = public_access_block::is_closed(bucket)
        && encryption::is_under(key.as_deref(), bucket)
        && bucket.versioning == Observation::Present(Versioning::Enabled);
    let policy = bucket.policy.present()?;
    let as_wanted = |want: &bucket_policy::Want| policy.means_the_same(&want.document);
    (closed && want.policy.as_ref().is_some_and(as_wanted)).then_some(Ready {
        bucket: bucket.name.clone(),
        key_arn: key?,
    })
}

/// A bucket that takes templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    bucket: String,
    key_arn: String,
}

impl Ready {
    /// The write that keeps a stack's template.
    #[must_use]
    pub fn keep(&self, label: &Label, mut tags: crate::tags::Tags) -> Action {
        tags.insert(crate::tags::KEY, &self.key_arn);
        template::Action::Keep {
            stack: label.source.id.clone(),
            place: place(label, &self.bucket),
            key_arn: self.key_arn.clone(),
            tags,
        }
        .into()
    }
}

/// The place of a copy that is to be made. Labels are free text, so they stand in it as a hash: what a URL would have
/// to escape is read differently by different readers.
fn place(label: &Label, bucket: &str) -> Place {
    let Label { source, slot, attempt } = label;
    let (stack, time, run) = (&source.id, compact(slot.time), short_hash(&slot.label, 8));
    Place {
        bucket: bucket.to_owned(),
        prefix: format!("{stack}/{time}-{run}/{attempt}"),
    }
}

/// The policy's bucket among those that were read.
#[must_use]
pub fn own<'a>(buckets: &'a Listing<Bucket>, identity: &Identity) -> Option<&'a Bucket> {
    buckets.iter().flatten().find(|bucket| is_of(&bucket.tags, identity))
}

/// Takes the bucket away with everything in it, unless the templates of some run in it are held.
pub fn teardown(remains: &Remains, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    if let Err(fault) = &observed.buckets {
        plan.unreadable(&part(), fault);
    }
    let Some(bucket) = own(&observed.buckets, &ctx.identity) else {
        return;
    };
    // What cannot be listed may be held: nothing of it goes.
    if let Some(Err(fault)) = observed.copies.get(&(Medium::Template, Region::Osaka)) {
        plan.unreadable(&part(), fault);
        return;
    }
    let mut labels = labelled(observed.of(Medium::Template, Region::Osaka)).into_iter();
    if let Some((label, _)) = labels.find(|(label, _)| remains.holds.holds(&label.slot, ctx.now)) {
        let (name, slot) = (&bucket.name, &label.slot);
        let en = format!("{name} stays: spec.holds keeps the templates of {slot}");
        let ja = format!("{name} は残します: spec.holds が {slot} のテンプレートを保持しています");
        plan.notice(&part(), Reason::Retained, Text::new(en, ja));
        return;
    }
    let holds_something = matches!(&bucket.contents, Some(Ok(contents)) if !contents.is_empty());
    if holds_something {
        let purge = template::Action::Purge {
            bucket: bucket.name.clone(),
        };
        let mut step = Step::delete(&part(), purge, "every template that the policy has kept");
        // The bucket is there still.
        step.removal = false;
        plan.step(step);
    } else {
        bucket::remove(bucket, &part(), plan);
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, place};
    use crate::osaka_backup_policy::copy::Label;
    use crate::osaka_backup_policy::source::{Medium, SourceId};

    #[test]
    fn a_key_needs_no_escaping() {
        let label = Label {
            source: SourceId {
                medium: Medium::Template,
                id: "network-1".into(),
            },
            slot: "夜間/a@20270330T200000Z".parse().expect("a slot"),
            attempt: 2,
        };
        let place = place(&label, "jichitai-templates-1");
        let url_safe = |c: char| c.is_ascii_alphanumeric() || "-./".contains(c);
        assert!(place.template().chars().all(url_safe), "{}", place.template());
        assert!(place.template().starts_with("network-1/20270330T200000Z-"));
        assert_eq!(place.description().matches('/').count(), 3);
        assert_eq!(Place::named(&place.to_string()), place);
    }
}
