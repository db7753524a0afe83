//! What is copied to Osaka: of each source the newest good copy in Tokyo, when Osaka has none as new.
//!
//! AWS takes only so many copies at a time, so they wait in a queue; those whose recovery point is the oldest go
//! first.

use std::collections::BTreeMap;

use jichitai_api::{Reason, Region};
use jiff::{SignedDuration, Timestamp};

use crate::context::Context;
use crate::ec2::{image, snapshot};
use crate::identity::Part;
use crate::kms::key::KeyState;
use crate::observation::Observation;
use crate::osaka_backup_policy::copy::{Copy, Label, State, Verdict, labelled, snapshot_tags};
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::retry;
use crate::osaka_backup_policy::run::name;
use crate::osaka_backup_policy::schedule::Slot;
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::osaka_backup_policy::target::{KeyName, Target};
use crate::plan::{Plan, Text};
use crate::rds::snapshot as database;
use crate::step::{Action, Creation, Step};
use crate::tags::{self, Tags};

/// A copy that is due.
#[derive(Clone, Debug)]
struct Due<'a> {
    /// What it will be.
    label: Label,
    /// What is copied.
    from: &'a Copy,
    /// The run of the newest good copy in Osaka.
    before: Option<Timestamp>,
}

/// Copies of a kind that are due, those of the oldest recovery points first; and when a failed one is tried again.
fn due<'a>(medium: Medium, observed: &'a Observed, ctx: &Context) -> (Vec<Due<'a>>, Option<Timestamp>) {
    let mut newest: BTreeMap<&SourceId, (&Label, &Copy)> = BTreeMap::new();
    for (label, copy) in labelled(observed.of(medium, Region::Tokyo)) {
        if copy.is_good() {
            newest.insert(&label.source, (label, copy));
        }
    }
    let mut osaka: BTreeMap<&SourceId, Vec<(&Label, &Copy)>> = BTreeMap::new();
    for (label, copy) in labelled(observed.of(medium, Region::Osaka)) {
        osaka.entry(&label.source).or_default().push((label, copy));
    }
    let (mut all, mut again, none) = (Vec::new(), None::<Timestamp>, Vec::new());
    for (source, (label, from)) in newest {
        let there = osaka.get(source).unwrap_or(&none);
        let newer = |(one, copy): &(&Label, &Copy)| copy.is_not_bad() && one.slot >= label.slot;
        if there.iter().any(newer) {
            continue;
        }
        let failed = there.iter().filter(|(one, _)| one.slot == label.slot);
        match retry::attempt(failed.map(|(one, copy)| (one.attempt, copy.started)), ctx.now) {
            Ok(attempt) => all.push(Due {
                before: there
                    .iter()
                    .filter(|(_, copy)| copy.is_good())
                    .map(|(one, _)| one.slot.time)
                    .max(),
                label: Label {
                    attempt,
                    ..label.clone()
                },
                from,
            }),
            Err(until) => again = Some(again.map_or(until, |before| before.min(until))),
        }
    }
    all.sort_by(|a, b| (a.before, &a.label).cmp(&(b.before, &b.label)));
    (all, again)
}

/// How many copies of a kind wait for room.
#[must_use]
pub fn waiting(medium: Medium, observed: &Observed, ctx: &Context) -> usize {
    due(medium, observed, ctx).0.len()
}

/// How many copies of this object are in flight to Osaka.
#[must_use]
pub fn in_flight(medium: Medium, observed: &Observed) -> usize {
    observed
        .of(medium, Region::Osaka)
        .filter(|copy| copy.state == State::Pending)
        .count()
}

/// How many copies of a kind AWS takes at a time.
#[must_use]
pub fn quota(medium: Medium, ctx: &Context) -> usize {
    match medium {
        Medium::Template => usize::MAX,
        Medium::Snapshot => ctx.settings.snapshot_copy_quota,
        Medium::Image => ctx.settings.image_copy_quota,
        Medium::Database | Medium::Cluster => ctx.settings.database_copy_quota,
    }
}

/// Begins as many copies as there is room for.
pub fn plan(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    for medium in target.copied() {
        let part = Part::new(Region::Osaka, format!("copy.{}", medium.as_str()));
        if let Some(Err(fault)) = observed.copies.get(&(medium, Region::Osaka)) {
            plan.unreadable(&part, fault);
            continue;
        }
        let (due, again) = due(medium, observed, ctx);
        if let Some(again) = again {
            plan.look_at(again);
        }
        let Some(key_arn) = usable_key(medium, target, observed, plan) else {
            continue;
        };
        let mut room = observed.room.get(&medium).copied().unwrap_or_default();
        for one in due {
            let part = one.label.part(Region::Osaka);
            let unlisted = ctx.ledger.get(&part).filter(|entry| ctx.may_lag(entry));
            // A copy of an image takes a client token: asked again, AWS answers with the first.
            if let Some(until) = unlisted.and_then(|entry| ctx.listed_by(entry))
                && medium != Medium::Image
            {
                plan.look_at(until);
            } else if room == 0 {
                plan.look_at(ctx.now + SignedDuration::from_secs(30));
            } else {
                room -= 1;
                plan.steps.extend(step(&one, &key_arn, target, ctx));
            }
        }
    }
}

fn step(one: &Due<'_>, key_arn: &str, target: &Target, ctx: &Context) -> Option<Step> {
    let Due { label, from, before } = one;
    let part = label.part(Region::Osaka);
    let promise = target.retention.promise(&label.slot, *before);
    let more = [(tags::KEEP.to_owned(), promise.to_string())];
    let action = write(from, label, key_arn, more.into(), ctx)?;
    let token = ctx.identity.token(&part, &from.id, label.attempt);
    Some(Step::create(&part, action, Creation::once(token)).routinely())
}

/// The write that copies into another Region under a key there, with the tags that every copy has, and `more`; none for
/// what is not copied.
#[must_use]
pub fn write(from: &Copy, label: &Label, key_arn: &str, more: Tags, ctx: &Context) -> Option<Action> {
    let mut tags = label.tags(ctx);
    tags.extend(&more);
    tags.insert(tags::KEY, key_arn);
    if let Some(size) = from.size {
        tags.insert(tags::SIZE, size.to_string());
    }
    let (source, key_arn, from_region) = (from.id.clone(), key_arn.to_owned(), from.region);
    let medium = label.source.medium;
    Some(match medium {
        Medium::Snapshot => snapshot::Action::Copy {
            from: from_region,
            source,
            key_arn,
            tags,
        }
        .into(),
        Medium::Image => image::Action::Copy {
            from: from_region,
            source,
            name: name(label, ctx),
            key_arn,
            snapshot_tags: snapshot_tags(&tags),
            tags,
        }
        .into(),
        Medium::Database | Medium::Cluster => database::Action::Copy {
            of: medium.database()?,
            from: from_region,
            source_arn: from.arn.clone()?,
            id: name(label, ctx),
            key_arn,
            tags,
        }
        .into(),
        Medium::Template => return None,
    })
}

/// The key of a kind of copy in Osaka, while it can be used.
pub(super) fn usable_key(medium: Medium, target: &Target, observed: &Observed, plan: &mut Plan) -> Option<String> {
    let part = Part::new(Region::Osaka, "copy.key");
    let name = target.keys.get(&medium)?;
    let label = match name {
        KeyName::Alias(alias) => alias,
        KeyName::Arn(arn) => arn,
    };
    match observed.keys.get(name) {
        Some(Observation::Present(key)) if key.state == KeyState::Enabled => Some(key.arn.clone()),
        Some(Observation::Present(key)) => {
            let text = Text::new(
                format!("key {} in Osaka is not enabled: no copy is made until it is", key.arn),
                format!(
                    "大阪の鍵 {} が有効ではありません。有効になるまでコピーしません",
                    key.arn
                ),
            );
            plan.block(&part, Reason::KeyDisabled, text);
            None
        }
        Some(Observation::Unreadable(fault)) => {
            plan.unreadable(&part, fault);
            None
        }
        Some(Observation::Absent) | None => {
            let text = Text::new(
                format!(
                    "{label} does not exist in Osaka yet: the Municipality makes it, or name another in spec.destination.kmsKeyArn"
                ),
                format!(
                    "大阪に {label} がまだありません。Municipality が作成するのを待つか、spec.destination.kmsKeyArn に別の鍵を指定してください"
                ),
            );
            plan.wait(&part, Reason::WaitingForDependency, text);
            None
        }
    }
}

/// Says which copies failed, and looks again at those that AWS is making.
pub fn tell(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let part = Part::new(Region::Osaka, "copy.failed");
    let failed = failures(target, observed);
    if let Some((label, _, text)) = failed.first() {
        let (source, more) = (&label.source, failed.len() - 1);
        let text = Text::new(
            format!("{source}: {}; it is tried again ({more} more failed)", text.en),
            format!("{source}: {}。再試行します(ほか {more} 件)", text.ja),
        );
        let mut tries: BTreeMap<(Region, &SourceId, &Slot), (u32, Timestamp)> = BTreeMap::new();
        for region in Region::ALL {
            for (label, copy) in labelled(observed.side(region)) {
                tries.insert((region, &label.source, &label.slot), (label.attempt, copy.started));
            }
        }
        let last = |label: &Label, copy: &Copy| tries.get(&(copy.region, &label.source, &label.slot)).copied();
        let due = |last| retry::attempt(std::iter::once(last), ctx.now).err();
        let next = failed
            .iter()
            .filter_map(|(label, copy, _)| last(label, copy).and_then(due))
            .min();
        plan.wait_until(&part, Reason::BackupFailed, text, next.unwrap_or(Timestamp::MAX));
    }
    let sides = Region::ALL.into_iter();
    let pending = sides
        .flat_map(|region| observed.side(region))
        .filter(|copy| copy.state == State::Pending);
    if let Some(newest) = pending.map(|copy| copy.started).max() {
        // Soon at first, and more seldom the longer it takes.
        let age = ctx.now.duration_since(newest).max(SignedDuration::ZERO);
        let wait = (age / 10).clamp(SignedDuration::from_secs(1), SignedDuration::from_mins(2));
        plan.look_at(ctx.now + wait);
    }
}

/// Copies that came to nothing and that no good one came after, the newest of each source and side.
#[must_use]
pub fn failures<'a>(target: &Target, observed: &'a Observed) -> Vec<(&'a Label, &'a Copy, Text)> {
    let mut all = Vec::new();
    for medium in target.selectors.keys() {
        for region in [Region::Osaka, Region::Tokyo] {
            let mut last = BTreeMap::new();
            for (label, copy) in labelled(observed.of(*medium, region)) {
                match copy.verdict() {
                    // There is nothing left to copy in Tokyo.
                    Verdict::Bad(_) if region == Region::Tokyo && observed.is_gone(&label.source) => {}
                    Verdict::Bad(text) => drop(last.insert(&label.source, (label, copy, text))),
                    Verdict::Good => drop(last.remove(&label.source)),
                    Verdict::Pending => {}
                }
            }
            all.extend(last.into_values());
        }
    }
    all
}
