//! Whether the newest good copies are young enough. Time alone can end that.

use std::collections::BTreeMap;

use jichitai_api::{Reason, Region};
use jiff::Timestamp;

use crate::context::Context;
use crate::identity::Part;
use crate::osaka_backup_policy::copy::labelled;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::source::{Medium, Source, SourceId};
use crate::osaka_backup_policy::target::Target;
use crate::plan::{Plan, Text};

/// The run of the newest good copy in Osaka of each source that has one, as far as it could be read.
#[must_use]
pub fn newest(observed: &Observed) -> BTreeMap<SourceId, Timestamp> {
    let mut all = BTreeMap::new();
    for (label, copy) in labelled(observed.side(Region::Osaka)) {
        if copy.is_good() {
            let newest = all.entry(label.source.clone()).or_insert(label.slot.time);
            *newest = label.slot.time.max(*newest);
        }
    }
    all
}

/// The moment up to which each source is safe: that of the run of its newest good copy, and without one that of its
/// own beginning. None while it cannot be told.
#[must_use]
pub fn safe_until(observed: &Observed) -> Option<BTreeMap<SourceId, Timestamp>> {
    let newest = newest(observed);
    let mut all = BTreeMap::new();
    for (medium, sources) in &observed.sources {
        let copies = observed.copies.get(&(*medium, Region::Osaka))?;
        copies.as_ref().ok()?;
        for Source { id, since, .. } in sources.as_ref().ok()? {
            all.insert(id.clone(), newest.get(id).copied().unwrap_or(*since));
        }
    }
    Some(all)
}

/// Says what is too old, and looks again when the next thing will be.
pub fn plan(target: &Target, observed: &Observed, next_run: Option<Timestamp>, ctx: &Context, plan: &mut Plan) {
    let part = Part::new(Region::Osaka, "recovery-point");
    let mut unreadable = false;
    for (medium, sources) in &observed.sources {
        let copies = observed.copies.get(&(*medium, Region::Osaka));
        if let (Err(fault), _) | (_, Some(Err(fault))) = (sources, copies) {
            plan.unreadable(&part, fault);
            unreadable = true;
        }
    }
    if unreadable {
        return;
    }
    let newest = newest(observed);
    let objective = target.recovery_point_objective;
    let (mut old, mut none): (Vec<(&SourceId, Timestamp)>, Vec<&SourceId>) = (Vec::new(), Vec::new());
    for Source { id, since, .. } in observed.sources.values().flatten().flatten() {
        let copied = newest.get(id);
        let ends = copied.unwrap_or(since).checked_add(objective).unwrap_or(Timestamp::MAX);
        match copied {
            _ if ctx.now < ends => plan.look_at(ends),
            Some(time) => old.push((id, *time)),
            None => none.push(id),
        }
    }
    let until = next_run.unwrap_or(Timestamp::MAX);
    old.sort_by_key(|(_, time)| *time);
    if let Some((id, time)) = old.first() {
        let count = old.len() + none.len();
        let text = Text::new(
            format!(
                "{count} sources have no good copy in Osaka within {objective:#}; the oldest is {id} with one of {time}"
            ),
            format!(
                "大阪に {objective:#} 以内の正常なコピーがない対象が {count} 件あります。最も古いのは {id}({time})です"
            ),
        );
        plan.wait_until(&part, Reason::RecoveryPointTooOld, text, until);
    } else if let Some(id) = none.first() {
        let count = none.len();
        let text = Text::new(
            format!("{count} sources have no good copy in Osaka yet, {id} among them"),
            format!("大阪に正常なコピーがまだない対象が {count} 件あります({id} など)"),
        );
        plan.wait_until(&part, Reason::NoRecoveryPoint, text, until);
    }
}

/// Kinds of copies, and how many good ones of one run there are.
#[must_use]
pub fn of_run(time: Timestamp, observed: &Observed) -> BTreeMap<Medium, u32> {
    let mut all = BTreeMap::new();
    for (label, copy) in labelled(observed.side(Region::Osaka)) {
        if label.slot.time == time && copy.is_good() {
            *all.entry(label.source.medium).or_insert(0) += 1;
        }
    }
    all
}
