//! Which copies go: those that no rule keeps, those that came to nothing and whose place another has taken, and
//! snapshots whose image is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jichitai_api::Region;

use crate::cloudformation::template::{self, Place};
use crate::context::Context;
use crate::ec2::{image, snapshot};
use crate::identity::Part;
use crate::osaka_backup_policy::copy::{Copy, IMAGE_SNAPSHOT, Label, State, Verdict, labelled};
use crate::osaka_backup_policy::observed::{ImageSnapshot, Observed};
use crate::osaka_backup_policy::retention::GoodCopy;
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::osaka_backup_policy::target::Target;
use crate::plan::Plan;
use crate::rds::snapshot::{self as database, Of};
use crate::resolve::is_of;
use crate::step::{Action, Difference, Step};
use crate::tags::{self, Tags};

/// Takes away what nothing keeps.
pub fn plan(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    for medium in Medium::ALL {
        // Templates are in Osaka alone.
        let readable = |region| matches!(observed.copies.get(&(medium, region)), Some(Ok(_)));
        let tokyo = labelled(observed.of(medium, Region::Tokyo));
        let osaka = labelled(observed.of(medium, Region::Osaka));
        // What Tokyo may lose depends on what Osaka has.
        if !readable(Region::Osaka) {
            continue;
        }
        expired(&osaka, target, ctx, plan);
        came_to_nothing(&osaka, |_| false, plan);
        if readable(Region::Tokyo) {
            replaced(&tokyo, &osaka, target, ctx, plan);
            came_to_nothing(&tokyo, |source| observed.is_gone(source), plan);
        }
    }
    all_orphans(observed, ctx, plan);
}

/// Copies are sorted by source, so those of one are together, the oldest first.
fn same_source(one: &(&Label, &Copy), other: &(&Label, &Copy)) -> bool {
    one.0.source == other.0.source
}

fn good<'a>(copies: &[(&'a Label, &'a Copy)]) -> (Vec<(&'a Label, &'a Copy)>, Vec<GoodCopy>) {
    let good: Vec<_> = copies.iter().filter(|(_, copy)| copy.is_good()).cloned().collect();
    let known = good.iter().map(|(label, copy)| GoodCopy {
        source: label.source.id.clone(),
        slot: label.slot.clone(),
        kept_by: copy.kept_by(),
    });
    let known = known.collect();
    (good, known)
}

/// Osaka: what no rule keeps. What goes before it was promised needs an approval.
fn expired(osaka: &[(&Label, &Copy)], target: &Target, ctx: &Context, plan: &mut Plan) {
    let (good, known) = good(osaka);
    let keepers = target.retention.keepers(&known, ctx.now);
    let ranks = good.chunk_by(same_source).flat_map(|of_one| (1..=of_one.len()).rev());
    for (((label, copy), keepers), rank) in good.iter().zip(&keepers).zip(ranks) {
        if !keepers.is_empty() {
            continue;
        }
        let step = remove(label, copy, "kept by no rule of spec.retention", "good");
        let promised = copy.promise().filter(|promise| promise.holds(rank, ctx.now));
        plan.step(match promised {
            Some(promise) => {
                let (source, slot) = (&label.source, &label.slot);
                step.risking(format!(
                    "the recovery point {slot} of {source}, promised to stay ({promise})"
                ))
            }
            None => step,
        });
    }
}

/// Tokyo: what is neither among the newest nor still needed for a copy to Osaka.
fn replaced(tokyo: &[(&Label, &Copy)], osaka: &[(&Label, &Copy)], target: &Target, ctx: &Context, plan: &mut Plan) {
    let there: BTreeMap<&SourceId, &[(&Label, &Copy)]> = osaka
        .chunk_by(same_source)
        .map(|of_one| (&of_one[0].0.source, of_one))
        .collect();
    let (good, known) = good(tokyo);
    let keepers = target.source_side.keepers(&known, ctx.now);
    for ((label, copy), keepers) in good.iter().zip(&keepers) {
        let there = there.get(&label.source).copied().unwrap_or_default();
        let read = there
            .iter()
            .any(|(other, copy)| other.slot == label.slot && copy.state == State::Pending);
        let arrived = |(other, copy): &(&Label, &Copy)| other.slot >= label.slot && copy.is_good();
        if keepers.is_empty() && !read && there.iter().any(arrived) {
            plan.step(remove(label, copy, "replaced by newer ones", "good"));
        }
    }
}

/// What failed goes once a later attempt has ended, or when there is nothing left to try it with. Until then it says
/// when it failed, and how often. What is complete and wrong goes only when something good is there.
fn came_to_nothing(copies: &[(&Label, &Copy)], is_gone: impl Fn(&SourceId) -> bool, plan: &mut Plan) {
    let places = copies
        .chunk_by(same_source)
        .flat_map(|of_one| of_one.iter().zip((1..).map(|next| &of_one[next..])));
    for ((label, copy), later) in places {
        let Verdict::Bad(text) = copy.verdict() else { continue };
        let mut later = later.iter().map(|(_, copy)| copy.verdict());
        let replaced = match copy.state {
            State::Failed(_) => is_gone(&label.source) || later.any(|verdict| verdict != Verdict::Pending),
            State::Complete | State::Pending => later.any(|verdict| verdict == Verdict::Good),
        };
        if replaced && copy.kept_by().is_none() {
            plan.step(remove(label, copy, "replaced by a later attempt", &text.en));
        }
    }
}

/// The step that takes a copy away.
fn remove(label: &Label, copy: &Copy, why: &str, have: &str) -> Step {
    let part = label.part(copy.region);
    let mut step = Step::delete(&part, delete(copy), String::new());
    step.risk = None;
    step.difference = Difference::new("copy", format!("absent: {why}"), have);
    step.routinely()
}

/// The write that takes a copy away.
#[must_use]
pub fn delete(copy: &Copy) -> Action {
    let id = copy.id.clone();
    match copy.medium {
        Medium::Snapshot => snapshot::Action::Delete { id }.into(),
        Medium::Image => image::Action::Deregister { id }.into(),
        Medium::Database => database::Action::Delete { of: Of::Instance, id }.into(),
        Medium::Cluster => database::Action::Delete { of: Of::Cluster, id }.into(),
        Medium::Template => {
            let place = Place::named(&id);
            template::Action::Delete { place }.into()
        }
    }
}

/// Takes away snapshots of images of the context's object that are no part of any image of it, and looks again at
/// those that are too young to tell. Their parts begin with the word that `place` gives beside the Region.
pub fn orphans(
    place: (Region, &str),
    snapshots: &[Arc<ImageSnapshot>],
    images: &[Arc<Copy>],
    ctx: &Context,
    plan: &mut Plan,
) {
    /// What an image and its snapshots have in common.
    fn name(tags: &Tags) -> [Option<&str>; 3] {
        [tags::RUN, tags::SOURCE, tags::ATTEMPT].map(|key| tags.get(key))
    }
    let (region, word) = place;
    let used: BTreeSet<&String> = images.iter().flat_map(|image| &image.snapshots).collect();
    // An image that is being made does not show all of its snapshots yet; it has their tags.
    let names: BTreeSet<_> = images.iter().map(|image| name(&image.tags)).collect();
    let made_for = |one: &ImageSnapshot| names.contains(&name(&one.tags));
    let settled = |one: &ImageSnapshot| one.started + ctx.settings.consistency_window;
    let ours =
        |one: &&Arc<ImageSnapshot>| is_of(&one.tags, &ctx.identity) && one.tags.get(tags::ROLE) == Some(IMAGE_SNAPSHOT);
    let lone = snapshots.iter().filter(|one| !used.contains(&one.id));
    for one in lone.filter(ours) {
        if made_for(one) || one.tags.contains_key(tags::HOLD) {
            continue;
        }
        if ctx.now < settled(one) {
            plan.look_at(settled(one));
            continue;
        }
        let part = Part::new(region, format!("{word}.image-snapshot.{}", one.id));
        let mut step = Step::delete(&part, snapshot::Action::Delete { id: one.id.clone() }, String::new());
        step.risk = None;
        step.difference = Difference::new("image", "absent with its image", "left behind");
        plan.step(step.routinely());
    }
}

/// The same of all images of the object.
pub fn all_orphans(observed: &Observed, ctx: &Context, plan: &mut Plan) {
    for (region, snapshots) in &observed.image_snapshots {
        if let (Ok(snapshots), Some(Ok(images))) = (snapshots, observed.copies.get(&(Medium::Image, *region))) {
            orphans((*region, "copy"), snapshots, images, ctx, plan);
        }
    }
}
