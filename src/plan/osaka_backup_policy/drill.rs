//! Restore drills: the newest recovery point comes back to Tokyo for a while, and the time that takes is measured.
//!
//! A drill is a [`crate::restore`] of everything into an identity of its own. As with a run, only AWS knows
//! how far it is: what carries that identity. When all of it is there and verified, the time is taken; after
//! `deleteAfter` it goes again.

use cronexpr::Crontab;
use jichitai_api::municipality::Environment;
use jichitai_api::osaka_backup_policy::{DrillStatus, OsakaBackupPolicyStatus};
use jichitai_api::{Reason, Region};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::context::Context;
use crate::ec2::volume;
use crate::identity::{Identity, Owner, Part};
use crate::kms::key::KeyState;
use crate::observation::Observation;
use crate::osaka_backup_policy::observed::Observed;
use crate::osaka_backup_policy::prune;
use crate::osaka_backup_policy::schedule::{Slot, compact_time};
use crate::osaka_backup_policy::source::{Medium, SourceId};
use crate::osaka_backup_policy::target::{KeyName, Target};
use crate::plan::{Plan, Text};
use crate::restore;
use crate::restore::order::{Order, Volume};
use crate::restore::point::points;
use crate::step::{Difference, Step};
use crate::tags::{self, Tags};

/// After so long a drill that has not come to its end has failed, and one that is due and has not begun is overdue.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// The drills of a policy.
#[derive(Clone, Debug)]
pub struct Drill {
    /// When they are held, after the first.
    pub cron: Crontab,
    /// How long what was restored stays.
    pub delete_after: SignedDuration,
    /// How long a recovery may take.
    pub objective: SignedDuration,
    /// Where volumes are made.
    pub availability_zone: String,
    /// The key in Tokyo of each kind of copy.
    pub keys: std::collections::BTreeMap<Medium, KeyName>,
}

/// What status knows of the last drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// When it began.
    pub begun: Timestamp,
    /// The run that was restored.
    pub run: String,
    /// When all of it was back.
    pub completed: Option<Timestamp>,
}

/// Whose things of a drill are.
#[must_use]
pub fn identity(policy: &Identity) -> Identity {
    let Owner { namespace, name, .. } = &policy.owner;
    Identity {
        installation: policy.installation.clone(),
        owner: Owner::restore_drill(namespace, name),
    }
}

fn part() -> Part {
    Part::new(Region::Tokyo, "restore.drill")
}

/// A drill of which something is there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct UnderWay {
    run: Slot,
    begun: Timestamp,
}

fn under_way(seen: &restore::observed::Observed) -> Option<UnderWay> {
    let copies = Medium::COPIED
        .into_iter()
        .flat_map(|medium| seen.in_tokyo(medium))
        .map(|copy| &copy.tags);
    let things = seen.things.iter().flatten().map(|thing| &thing.tags);
    let of = |tags: &Tags| {
        let begun = tags.get(tags::BEGUN).and_then(compact_time);
        Some((tags.get(tags::RUN)?.parse::<Slot>().ok()?, begun))
    };
    let all: Vec<(Slot, Option<Timestamp>)> = copies.chain(things).filter_map(of).collect();
    let run = all.iter().map(|(run, _)| run).max()?.clone();
    let begun = all
        .iter()
        .filter(|(of, _)| *of == run)
        .filter_map(|(_, begun)| *begun)
        .min();
    Some(UnderWay {
        run,
        begun: begun.unwrap_or(Timestamp::MIN),
    })
}

/// Begins, goes on with, or takes away a drill.
pub fn plan(target: &Target, observed: &Observed, next_run: Option<Timestamp>, ctx: &Context, plan: &mut Plan) {
    let Some(seen) = &observed.drill else { return };
    if let Some(fault) = seen.fault() {
        plan.unreadable(&part(), fault);
        return;
    }
    let own = Context {
        identity: identity(&ctx.identity),
        ..ctx.clone()
    };
    let going_on = under_way(seen);
    let Some(drill) = &target.drill else {
        clear(seen, &own, plan);
        return;
    };
    if target.watches {
        return;
    }
    let last = target.last_drill.as_ref();
    match &going_on {
        Some(going_on) => go_on(going_on, drill, target, observed, seen, &own, plan),
        None if is_due(drill, last, ctx.now) => begin(drill, target, observed, seen, &own, plan),
        None => clear(seen, &own, plan),
    }
    tell(drill, target, going_on.is_some(), next_run, ctx, plan);
}

fn is_due(drill: &Drill, last: Option<&Last>, now: Timestamp) -> bool {
    last.is_none_or(|last| next(drill, last.begun) <= now)
}

fn next(drill: &Drill, begun: Timestamp) -> Timestamp {
    drill
        .cron
        .find_next(begun)
        .map_or(Timestamp::MAX, |next| next.timestamp())
}

fn begin(
    drill: &Drill,
    target: &Target,
    observed: &Observed,
    seen: &restore::observed::Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    let complete = points(observed.side(Region::Osaka)).into_iter().rev();
    let Some((run, _)) = complete
        .into_iter()
        .find(|(_, point)| point.others.is_empty() && point.good.iter().any(is_drilled))
    else {
        return;
    };
    let new = UnderWay { run, begun: ctx.now };
    go_on(&new, drill, target, observed, seen, ctx, plan);
}

fn go_on(
    drilled: &UnderWay,
    drill: &Drill,
    target: &Target,
    observed: &Observed,
    seen: &restore::observed::Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    let last = target
        .last_drill
        .as_ref()
        .filter(|last| last.run == drilled.run.to_string());
    let completed = last
        .filter(|last| last.begun == drilled.begun)
        .and_then(|last| last.completed);
    if let Some(completed) = completed {
        let ends = completed.checked_add(drill.delete_after).unwrap_or(Timestamp::MAX);
        if ctx.now < ends {
            plan.look_at(ends);
        } else {
            clear(seen, ctx, plan);
        }
        return;
    }
    if ctx.now.duration_since(drilled.begun) > PATIENCE {
        clear(seen, ctx, plan);
        return;
    }
    let restore::target::Target { run, order } = match wanted(drilled, drill, observed) {
        Ok(wanted) => wanted,
        Err(text) => {
            plan.wait_until(
                &part(),
                Reason::DrillFailed,
                text,
                ctx.now + SignedDuration::from_mins(1),
            );
            return;
        }
    };
    let next = restore::planner::plan(&restore::target::Target { run, order }, seen, ctx);
    for halt in next.waits.iter().chain(&next.blocks) {
        plan.look_at(halt.until.unwrap_or(ctx.now + SignedDuration::from_secs(30)));
    }
    if let Some(block) = next.blocks.first() {
        let soon = ctx.now + SignedDuration::from_mins(1);
        plan.wait_until(&part(), Reason::DrillFailed, block.message.clone(), soon);
    }
    for step in next.steps {
        plan.step(step.routinely());
    }
    if next.waits.is_empty() && next.blocks.is_empty() {
        // Its time is taken in status after this pass, and judged by the next.
        plan.look_at(ctx.now + SignedDuration::from_secs(1));
    }
}

fn is_drilled(source: &SourceId) -> bool {
    source.medium.made_in() == Region::Tokyo
}

/// What the drill is to bring back.
fn wanted(drilled: &UnderWay, drill: &Drill, observed: &Observed) -> Result<restore::target::Target, Text> {
    let good = points(observed.side(Region::Osaka))
        .remove(&drilled.run)
        .unwrap_or_default()
        .good;
    // What a template makes is known to nobody beforehand, so no drill could take it away again.
    let good: Vec<SourceId> = good.into_iter().filter(is_drilled).collect();
    let key = |medium| {
        let name = drill.keys.get(&medium)?;
        match observed.tokyo_keys.get(name)? {
            Observation::Present(key) if key.state == KeyState::Enabled => Some(key.arn.clone()),
            _ => None,
        }
    };
    let mut keys = good.iter().map(|source| key(source.medium));
    if keys.any(|key| key.is_none()) {
        return Err(Text::new(
            "the key in Tokyo cannot be used: the Municipality makes it",
            "東京の鍵を使えません。Municipality が作成します",
        ));
    }
    let volumes = good
        .iter()
        .filter(|source| source.medium == Medium::Snapshot)
        .map(|source| Volume {
            source: source.id.clone(),
            availability_zone: drill.availability_zone.clone(),
            volume_type: "gp3".into(),
            tags: Tags::new(),
        });
    Ok(restore::target::Target {
        run: drilled.run.clone(),
        order: Order {
            environment: Environment::Production,
            region: Region::Tokyo,
            kms_key_arn: key(Medium::Snapshot),
            database_kms_key_arn: key(Medium::Database),
            // No drill gets what an earlier one of the same run made and took away.
            attempt: u32::try_from(drilled.begun.as_second().rem_euclid(i64::from(u32::MAX))).unwrap_or(1),
            exception: None,
            volumes: volumes.collect(),
            instances: Vec::new(),
            databases: Vec::new(),
            clusters: Vec::new(),
            stacks: Vec::new(),
        },
    })
}

/// Takes away what a drill has made: first what was made of copies, then the copies, then what images left.
pub fn clear(seen: &restore::observed::Observed, ctx: &Context, plan: &mut Plan) {
    let mut things = seen.things.iter().flatten().peekable();
    if things.peek().is_some() {
        for thing in things {
            let part = Part::new(Region::Tokyo, format!("restore.volume.{}", thing.id));
            let action = volume::Action::Delete { id: thing.id.clone() };
            plan.step(after(Step::delete(&part, action, String::new())));
        }
        return;
    }
    for copy in Medium::COPIED.into_iter().flat_map(|medium| seen.in_tokyo(medium)) {
        let part = Part::new(Region::Tokyo, format!("restore.{}.{}", copy.medium.as_str(), copy.id));
        plan.step(after(Step::delete(&part, prune::delete(copy), String::new())));
    }
    if let (Ok(snapshots), Some(Ok(images))) = (&seen.image_snapshots, seen.tokyo.get(&Medium::Image)) {
        prune::orphans((Region::Tokyo, "restore"), snapshots, images, ctx, plan);
    }
}

/// A deletion that is what the spec asks for, and puts nothing at risk: the original is in Osaka.
fn after(mut step: Step) -> Step {
    step.risk = None;
    step.difference = Difference::new("drill", "absent after it", "present");
    step.routinely()
}

/// Says how the last drill was.
fn tell(drill: &Drill, target: &Target, going_on: bool, next_run: Option<Timestamp>, ctx: &Context, plan: &mut Plan) {
    let part = part();
    let due = target.last_drill.as_ref().map(|last| next(drill, last.begun));
    if let Some(due) = due {
        plan.look_at(due.max(ctx.now + SignedDuration::from_mins(10)));
    }
    let Some(last) = &target.last_drill else {
        let text = Text::new(
            "no restore drill has been completed yet: the first is held once Osaka has every copy of a run",
            "復旧訓練がまだ完了していません。1 回分のコピーが大阪にそろうと最初の訓練を行います",
        );
        plan.wait_until(&part, Reason::DrillOverdue, text, next_run.unwrap_or(Timestamp::MAX));
        return;
    };
    let (run, begun) = (&last.run, last.begun);
    let until = due.unwrap_or(Timestamp::MAX);
    match last.completed {
        None if going_on && target.measured.is_some() => {}
        None if going_on => {
            let text = Text::new(
                format!("the first drill, of {run}, is under way since {begun}"),
                format!("最初の訓練({run})を {begun} から実施中です"),
            );
            plan.wait_until(&part, Reason::DrillOverdue, text, Timestamp::MAX);
        }
        None => {
            let text = Text::new(
                format!("the drill of {run} that began at {begun} did not come to its end within {PATIENCE:#}"),
                format!("{begun} に始めた訓練({run})が {PATIENCE:#} 以内に完了しませんでした"),
            );
            plan.wait_until(&part, Reason::DrillFailed, text, until);
        }
        Some(_) if until.checked_add(PATIENCE).is_ok_and(|late| ctx.now > late) => {
            let text = Text::new(
                format!("the last drill was at {begun}, and one has been due since {until}"),
                format!("前回の訓練は {begun} で、{until} の訓練が実施されていません"),
            );
            plan.wait_until(&part, Reason::DrillOverdue, text, Timestamp::MAX);
        }
        Some(_) => {}
    }
    let slow = target.measured.filter(|took| *took > drill.objective);
    if let Some(took) = slow {
        let text = Text::new(
            format!(
                "the drill of {run} took {took:#}, and the objective is {:#}",
                drill.objective
            ),
            format!("訓練({run})に {took:#} かかりました。目標は {:#} です", drill.objective),
        );
        plan.wait_until(&part, Reason::DrillTooSlow, text, until);
    }
}

/// Notes in status how far the drill is.
pub fn describe(target: &Target, observed: &Observed, ctx: &Context, status: &mut OsakaBackupPolicyStatus) {
    let (Some(drill), Some(seen)) = (&target.drill, &observed.drill) else {
        return;
    };
    let Some(drilled) = under_way(seen).filter(|_| seen.fault().is_none()) else {
        return;
    };
    let same = |last: &&DrillStatus| last.time.0 == drilled.begun && last.run == drilled.run.to_string();
    let completed = status
        .last_drill
        .as_ref()
        .filter(same)
        .and_then(|last| last.completed.clone());
    let own = Context {
        identity: identity(&ctx.identity),
        ..ctx.clone()
    };
    let all_back = || {
        let wanted = wanted(&drilled, drill, observed);
        let left = wanted.map(|wanted| restore::planner::plan(&wanted, seen, &own));
        left.is_ok_and(|left| left.is_settled())
    };
    if completed.is_none() && ctx.now.duration_since(drilled.begun) <= PATIENCE && all_back() {
        let now = Timestamp::from_second(ctx.now.as_second()).unwrap_or(ctx.now);
        let took = SignedDuration::from_secs(now.duration_since(drilled.begun).as_secs());
        status.measured_restore_time = Some(format!("{took:#}").replace(' ', ""));
        status.last_drill = Some(DrillStatus {
            time: Time(drilled.begun),
            run: drilled.run.to_string(),
            completed: Some(Time(now)),
        });
    } else {
        status.last_drill = Some(DrillStatus {
            time: Time(drilled.begun),
            run: drilled.run.to_string(),
            completed,
        });
    }
}
