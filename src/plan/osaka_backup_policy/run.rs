//! How far the newest run is, and the copies that it has to make: in Tokyo, and templates in Osaka.
//!
//! A run is nothing but the copies that carry its name. It begins with its first copy, within the deadline of its
//! time; it makes the copies that its sources lack until its period is over; and it has ended when nothing of it
//! moves any more. So whoever looks, after a crash or in another replica, goes on where it stands.
//!
//! The next run waits for the end of this one, for half of its deadline: a way to Osaka that is closed must not
//! keep Tokyo from having copies.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{Reason, Region};
use jiff::{SignedDuration, Timestamp};

use crate::context::Context;
use crate::ec2::{image, snapshot};
use crate::identity::{Part, short_hash};
use crate::osaka_backup_policy::copy::{Copy, Label, State, snapshot_tags};
use crate::osaka_backup_policy::objective;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::retry;
use crate::osaka_backup_policy::schedule::Slot;
use crate::osaka_backup_policy::source::{Machine, Medium, Selector, Source, SourceId};
use crate::osaka_backup_policy::target::Target;
use crate::osaka_backup_policy::template::Ready;
use crate::plan::{Plan, Text};
use crate::rds::snapshot as database;
use crate::step::{Action, Creation, Step};
use crate::tags;

/// How long after the deadline a run may still begin copies: one that starts at the very edge has this for all of
/// its sources.
const BEGINS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Creations that AWS's lists may not show yet, at most: each has an entry in `status.inventory`.
const UNLISTED: usize = 200;

/// The newest run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub slot: Slot,
    /// Whether it may still begin copies.
    pub begins: bool,
    /// Sources with a copy that AWS is making, or that could be made still.
    pub being_made: usize,
    /// Sources whose copy is on its way to Osaka, or waits for its turn.
    pub to_osaka: usize,
    /// Sources without a copy in this run.
    pub missed: BTreeSet<SourceId>,
    /// Whether it has a source, and every source that existed at its time has a good copy in Osaka.
    pub succeeded: bool,
    /// Whether some of its sources or copies could not be read.
    pub unclear: bool,
}

impl Run {
    /// Whether anything of it moves by itself, or may.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.being_made > 0 || self.to_osaka > 0 || (self.unclear && self.begins)
    }
}

/// What there is to run now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// The newest run, which may be one that begins now.
    pub run: Option<Run>,
    /// When the next one is due.
    pub next: Option<Slot>,
    /// Runs whose time passed, each for the reason given.
    pub skipped: Vec<Slot>,
    /// A run whose time has come and that waits for the one before.
    pub held_up: Option<Slot>,
}

/// What there is to run now.
#[must_use]
pub fn agenda(target: &Target, observed: &Observed, ctx: &Context) -> Agenda {
    let newest = newest(target, observed);
    let run = newest.clone().map(|slot| look(slot, target, observed, ctx));
    let last = newest
        .as_ref()
        .map(|slot| slot.time)
        .into_iter()
        .chain([target.since])
        .max();
    let due = target.schedules.due(last, ctx.now);
    let idle = target.suspended || target.watches;
    let asked = target.requested.clone().filter(|slot| {
        let later = newest.as_ref().is_none_or(|newest| slot.time > newest.time);
        later && ctx.now <= slot.time + target.deadline
    });
    // One that was asked for by a clock that is ahead of this one has its time yet to come.
    let (asked, ahead) = match asked {
        Some(slot) if slot.time > ctx.now => (None, Some(slot)),
        asked => (asked, None),
    };
    let start = due.start.into_iter().chain(asked).max().filter(|_| !idle);
    let next = due.next.into_iter().chain(ahead).min().filter(|_| !target.suspended);
    let of = |run, skipped, held_up| Agenda {
        run,
        next: next.clone(),
        skipped,
        held_up,
    };
    match (start, run) {
        (Some(start), Some(run)) if run.is_busy() && ctx.now < patience(&start, target) => {
            of(Some(run), Vec::new(), Some(start))
        }
        (Some(start), _) => {
            let skipped = target.schedules.between(last, &start);
            of(Some(look(start, target, observed, ctx)), skipped, None)
        }
        (None, run) => of(run, Vec::new(), None),
    }
}

/// Until when a run waits for the one before it.
fn patience(slot: &Slot, target: &Target) -> Timestamp {
    slot.time.checked_add(target.deadline / 2).unwrap_or(Timestamp::MAX)
}

/// The newest run that anything knows of.
fn newest(target: &Target, observed: &Observed) -> Option<Slot> {
    let both = Region::ALL.into_iter();
    let labels = both
        .flat_map(|region| observed.side(region))
        .filter_map(|copy| copy.label.as_ref());
    labels.map(|label| &label.slot).chain(&target.last).max().cloned()
}

/// How far a run is.
fn look(slot: Slot, target: &Target, observed: &Observed, ctx: &Context) -> Run {
    let begins = !target.watches && ctx.now < slot.time + target.deadline + BEGINS_FOR;
    let copies = observed.copies.values().all(Result::is_ok);
    let unclear = !copies || !observed.sources.values().all(Result::is_ok);
    let (tokyo, osaka) = (
        of_run(&slot, Region::Tokyo, observed),
        of_run(&slot, Region::Osaka, observed),
    );
    let sources = observed.sources.values().flatten().flatten();
    // What came later is no part of the run, unless it was taken in.
    let sources = sources.filter(|source| source.since <= slot.time || tokyo.contains_key(&source.id));
    let there: BTreeSet<&SourceId> = sources.map(|source| &source.id).collect();
    // A copy of what has been deleted since goes to Osaka as well.
    let taken = tokyo
        .iter()
        .filter(|(_, copies)| copies.iter().any(|(_, copy)| copy.is_not_bad()));
    let all: BTreeSet<&SourceId> = taken.map(|(source, _)| *source).chain(there.iter().copied()).collect();
    let mut run = Run {
        begins,
        being_made: 0,
        to_osaka: 0,
        missed: BTreeSet::new(),
        succeeded: !all.is_empty() && !unclear,
        unclear,
        slot,
    };
    let none = Vec::new();
    for source in all {
        let over_there = osaka.get(source).unwrap_or(&none);
        let here = match source.medium.made_in() {
            Region::Tokyo => tokyo.get(source).unwrap_or(&none),
            Region::Osaka => over_there,
        };
        if over_there.iter().any(|(_, copy)| copy.is_good()) {
            continue;
        }
        run.succeeded = false;
        let complete = here.iter().any(|(_, copy)| copy.is_good());
        let pending = here.iter().any(|(_, copy)| copy.state == State::Pending);
        if complete {
            let moves = over_there.iter().any(|(_, copy)| copy.state == State::Pending);
            run.to_osaka += usize::from(moves || attempts(over_there) < retry::SOON);
        } else if pending || (begins && there.contains(source) && attempts(here) < retry::SOON) {
            run.being_made += 1;
        } else {
            run.missed.insert(source.clone());
        }
    }
    run
}

/// How often a copy was tried: what failed goes when another attempt has ended, so they are not all there.
fn attempts(copies: &[(&Label, &Copy)]) -> u32 {
    copies.iter().map(|(label, _)| label.attempt).max().unwrap_or_default()
}

/// Begins the copies that the run lacks; those of templates once there is a bucket that takes them.
pub fn plan(
    run: &Run,
    templates: Option<&Ready>,
    target: &Target,
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    if !run.begins {
        return;
    }
    let unlisted = ctx.ledger.iter().filter(|(_, entry)| ctx.may_lag(entry)).count();
    let mut left = UNLISTED.saturating_sub(unlisted);
    let sides = Region::ALL.map(|region| (region, of_run(&run.slot, region, observed)));
    let (sides, none) = (BTreeMap::from(sides), Vec::new());
    for (medium, sources) in &observed.sources {
        let region = medium.made_in();
        let part = Part::new(region, format!("copy.{}", medium.as_str()));
        let sources = match (sources, observed.copies.get(&(*medium, region))) {
            (Ok(sources), Some(Ok(_))) => sources,
            (Err(fault), _) | (_, Some(Err(fault))) => {
                plan.unreadable(&part, fault);
                continue;
            }
            (Ok(_), None) => continue,
        };
        let mut lacking: Vec<(&Source, u32)> = Vec::new();
        for source in sources {
            let copies = sides.get(&region);
            let mine = copies.and_then(|copies| copies.get(&source.id)).unwrap_or(&none);
            let works = mine.iter().any(|(_, copy)| copy.is_not_bad());
            if works || source.since > run.slot.time {
                continue;
            }
            if !source.ready {
                plan.look_at(ctx.now + SignedDuration::from_mins(1));
                continue;
            }
            match retry::attempt(mine.iter().map(|(label, copy)| (label.attempt, copy.started)), ctx.now) {
                Ok(attempt) => lacking.push((source, attempt)),
                Err(until) => plan.look_at(until),
            }
        }
        for step in begin(&lacking, &run.slot, templates, target, observed, ctx) {
            let since = ctx.ledger.get(&step.part).filter(|entry| ctx.may_lag(entry));
            match since.and_then(|entry| ctx.listed_by(entry)) {
                // It may have been made, and AWS does not list it yet.
                Some(until) => plan.look_at(until),
                None if left > 0 => {
                    left -= 1;
                    plan.step(step.routinely());
                }
                None => plan.look_at(ctx.now + SignedDuration::from_mins(1)),
            }
        }
    }
}

/// The copies in a Region that a run has, by source.
fn of_run<'a>(
    slot: &Slot,
    region: Region,
    observed: &'a Observed,
) -> BTreeMap<&'a SourceId, Vec<(&'a Label, &'a Copy)>> {
    let mut all: BTreeMap<&SourceId, Vec<_>> = BTreeMap::new();
    for copy in observed.side(region) {
        if let Some(label) = copy.label.as_ref().filter(|label| label.slot == *slot) {
            all.entry(&label.source).or_default().push((label, copy));
        }
    }
    all
}

/// The steps that begin copies of these sources, volumes of one instance by one step.
fn begin(
    lacking: &[(&Source, u32)],
    slot: &Slot,
    templates: Option<&Ready>,
    target: &Target,
    observed: &Observed,
    ctx: &Context,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut machines: BTreeMap<&str, (&Machine, u32, Vec<&Source>)> = BTreeMap::new();
    for (source, attempt) in lacking {
        if let Some(machine) = &source.machine {
            let entry = machines.entry(&machine.id).or_insert((machine, *attempt, Vec::new()));
            entry.1 = entry.1.max(*attempt);
            entry.2.push(source);
            continue;
        }
        let label = Label {
            source: source.id.clone(),
            slot: slot.clone(),
            attempt: *attempt,
        };
        let action = match source.id.medium {
            Medium::Template => templates.map(|ready| keep(ready, &label, target, observed, ctx)),
            _ => one(source, &label, target, ctx),
        };
        steps.extend(action.map(|action| create(&label, action, ctx)));
    }
    for (machine, attempt, sources) in machines.into_values() {
        // Named by its instance: it stands for all the volumes.
        let label = Label {
            source: SourceId {
                medium: Medium::Snapshot,
                id: machine.id.clone(),
            },
            slot: slot.clone(),
            attempt,
        };
        let volumes: BTreeSet<String> = sources.iter().map(|source| source.id.id.clone()).collect();
        let left_out = |volume: &&String| !volumes.contains(*volume);
        let root = machine.root.as_ref();
        let action = snapshot::Action::CreateOfInstance {
            instance_id: machine.id.clone(),
            without_root: root.is_some_and(|root| !volumes.contains(root)),
            without: machine
                .volumes
                .iter()
                .filter(left_out)
                .filter(|id| Some(*id) != root)
                .cloned()
                .collect(),
            volumes,
            tags: label.tags(ctx),
        };
        steps.push(create(&label, action.into(), ctx));
    }
    steps
}

fn create(label: &Label, action: Action, ctx: &Context) -> Step {
    let part = label.part(label.source.medium.made_in());
    let token = ctx.identity.token(&part, "", label.attempt);
    Step::create(&part, action, Creation::once(token))
}

/// A template, which is in Osaka at once and so promised to stay.
fn keep(ready: &Ready, label: &Label, target: &Target, observed: &Observed, ctx: &Context) -> Action {
    let before = objective::newest(observed).get(&label.source).copied();
    let mut tags = label.tags(ctx);
    let promise = target.retention.promise(&label.slot, before);
    tags.insert(tags::KEEP, promise.to_string());
    ready.keep(label, tags)
}

/// The write that makes a copy in Tokyo.
fn one(source: &Source, label: &Label, target: &Target, ctx: &Context) -> Option<Action> {
    let mut tags = label.tags(ctx);
    if let Some(size) = source.size {
        tags.insert(tags::SIZE, size.to_string());
    }
    let (medium, id) = (source.id.medium, source.id.id.clone());
    Some(match medium {
        Medium::Snapshot => snapshot::Action::Create { volume_id: id, tags }.into(),
        Medium::Image => image::Action::Create {
            instance_id: id,
            name: name(label, ctx),
            reboot: target.reboots,
            snapshot_tags: snapshot_tags(&tags),
            tags,
        }
        .into(),
        Medium::Database | Medium::Cluster => database::Action::Create {
            of: medium.database()?,
            database: id,
            id: name(label, ctx),
            tags,
        }
        .into(),
        Medium::Template => return None,
    })
}

/// The name of an image or a database's snapshot, which AWS takes once per account and Region: letters, digits and
/// single hyphens, no longer than 63. It shows in consoles of whole accounts, so it carries no names but hashes.
#[must_use]
pub fn name(label: &Label, ctx: &Context) -> String {
    let Label { source, slot, attempt } = label;
    let (installation, owner) = (&ctx.identity.installation, &ctx.identity.owner);
    let hash = short_hash(
        &format!(
            "{installation}\n{owner}\n{}\n{source}\n{}",
            source.medium.as_str(),
            slot.label
        ),
        16,
    );
    format!("jichitai-{hash}-{}-{attempt}", slot.time.strftime("%Y%m%d-%H%M%S"))
}

/// Says what became of runs that are over or could not begin.
pub fn tell(agenda: &Agenda, target: &Target, observed: &Observed, plan: &mut Plan) {
    let part = Part::new(Region::Tokyo, "copy.run");
    if let Some(newest) = agenda.skipped.last() {
        let (count, oldest) = (agenda.skipped.len(), &agenda.skipped[0]);
        let text = Text::new(
            format!("{count} runs did not start before the next was due, from {oldest} to {newest}"),
            format!("{oldest} から {newest} までの {count} 回の実行は、次の予定時刻までに開始できませんでした"),
        );
        plan.notice(&part, Reason::RunSkipped, text);
    }
    if let (Some(slot), Some(run)) = (&agenda.held_up, &agenda.run) {
        let until = patience(slot, target);
        let text = Text::new(
            format!("run {slot} waits for the end of {}, until {until} at most", run.slot),
            format!("実行 {slot} は {} の終了を待っています(最長 {until} まで)", run.slot),
        );
        plan.notice(&part, Reason::WaitingForDependency, text);
        plan.look_at(until);
    }
    if let Some(next) = &agenda.next {
        plan.look_at(next.time);
    }
    let selected = observed.sources.values().flatten().flatten().count();
    if selected == 0 && observed.sources.values().all(Result::is_ok) {
        plan.block(
            &part,
            Reason::NothingSelected,
            Text::new(
                "spec.sources selects nothing in this account: check the tags",
                "spec.sources に該当するものがこのアカウントにありません。タグを確認してください",
            ),
        );
    }
    missing_by_name(target, observed, plan);
    let Some(run) = &agenda.run else { return };
    if !run.missed.is_empty() && !run.begins {
        let named: Vec<String> = run.missed.iter().take(5).map(ToString::to_string).collect();
        let (named, count, slot) = (named.join(", "), run.missed.len(), &run.slot);
        let text = Text::new(
            format!("run {slot} has no copy of {count} sources: {named}; the next run tries again"),
            format!("実行 {slot} では {count} 件の対象のコピーがありません: {named}。次回の実行で再度作成します"),
        );
        let until = agenda.next.as_ref().map_or(Timestamp::MAX, |next| next.time);
        plan.wait_until(&part, Reason::SourceMissed, text, until);
    }
}

/// Says which sources are named and not there.
fn missing_by_name(target: &Target, observed: &Observed, plan: &mut Plan) {
    for (medium, selector) in &target.selectors {
        let (Selector::Names(names), Some(Ok(sources))) = (selector, observed.sources.get(medium)) else {
            continue;
        };
        let there = |name: &&String| sources.iter().any(|source| source.id.id == **name);
        let missing: Vec<&str> = names.iter().filter(|name| !there(name)).map(String::as_str).collect();
        if missing.is_empty() {
            continue;
        }
        let named = missing.join(", ");
        let part = Part::new(medium.made_in(), format!("copy.{}", medium.as_str()));
        let text = Text::new(
            format!(
                "spec.sources.stacks names what is not in this account in Tokyo: {named}; mend the names, or take them out"
            ),
            format!(
                "spec.sources.stacks のスタックがこのアカウントの東京リージョンにありません: {named}。名前を直すか、削除してください"
            ),
        );
        plan.block(&part, Reason::NothingSelected, text);
    }
}
