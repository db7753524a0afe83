//! When each object was looked at, and when it is due again: how far the process is behind, and how old what it knows is.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jichitai_api::KINDS;
use jichitai_aws::{Depth, Known, Lane, Tally};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use tokio::sync::Notify;

/// When so many objects have something left to do, and so many of an account are looked at, their looks share what is read:
/// fewer are read each by itself.
const MANY: usize = 4;
/// How old lists may be that show whether AWS has finished something.
const WAITING: Duration = Duration::from_secs(2);

/// The objects of the process, by kind and name.
#[derive(Clone, Debug, Default)]
pub struct Agenda(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    objects: HashMap<(&'static str, String), Entry>,
    /// How many of them have something left to do.
    restless: usize,
    /// How many are looked at now, in each account.
    at_work: Tally,
    /// When all of them were woken last.
    all_woken: Option<Instant>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    /// When the last look at it began.
    begun: Option<Instant>,
    /// When AWS was last read for it.
    seen: Option<Instant>,
    /// When it is to be looked at again; not while somebody does.
    due: Option<Instant>,
    /// The account in which somebody looks at it now.
    under_way: Option<String>,
    /// What people had changed of it when it was looked at last.
    version: Option<u64>,
    /// Whether something was left to do then.
    restless: bool,
    /// Whether somebody reported a change in AWS since.
    reported: bool,
    /// When something was last done for it in AWS.
    acted: Option<Instant>,
    /// By which event another replica told of a change last; without the outer one, nobody has asked yet.
    told: Option<Option<String>>,
    /// When it was woken last.
    woken: Option<Instant>,
    /// When something that it refers to changed last.
    heard: Option<Instant>,
    /// Woken while it waits for its turn: it may be urgent by now.
    hurry: Option<Arc<Notify>>,
}

/// How the objects of a kind stand in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    under_way: u64,
    overdue: u64,
    longest_overdue: Duration,
    oldest: Duration,
}

impl State {
    /// Somebody no longer looks at an object in that account.
    fn leaves(&mut self, account: Option<String>) {
        if let Some(account) = account {
            self.at_work.take(&account);
        }
    }
}

impl Agenda {
    fn change(&self, kind: &'static str, name: &str, change: impl FnOnce(&mut Entry)) {
        let mut state = self.lock();
        change(state.objects.entry((kind, name.to_owned())).or_default());
    }

    /// Something has changed that concerns every object: the configuration, whether this cluster writes, the shards.
    pub fn all_are_woken(&self, now: Instant) {
        self.lock().all_woken = Some(now);
    }

    /// How long an object need not be looked at, where nothing has become of it since the last look began: nobody changed it
    /// or what it refers to, nothing was reported, and its time has not come. One wake after another is answered by one look.
    pub fn rests(&self, kind: &'static str, name: &str, version: u64, now: Instant) -> Option<Duration> {
        let state = self.lock();
        let entry = state.objects.get(&(kind, name.to_owned()))?;
        let begun = entry.begun?;
        let is_later = |then: Option<Instant>| then.is_some_and(|then| then >= begun);
        let is_new =
            entry.reported || entry.version != Some(version) || is_later(entry.woken) || is_later(state.all_woken);
        let due = entry.due.filter(|due| *due > now)?;
        (!is_new).then(|| due - now)
    }

    /// An object waits for its turn. What is returned is told when it is to be judged anew how urgent that is.
    pub fn waits(&self, kind: &'static str, name: &str, now: Instant) -> Arc<Notify> {
        let mut hurry = Arc::default();
        self.change(kind, name, |entry| {
            entry.due = Some(entry.due.map_or(now, |due| due.min(now)));
            hurry = Arc::clone(entry.hurry.get_or_insert_default());
        });
        hurry
    }

    /// An object is more urgent than it was: if it waits for its turn, that comes sooner.
    pub fn hurries(&self, kind: &'static str, name: &str) {
        let state = self.lock();
        let entry = state.objects.get(&(kind, name.to_owned()));
        if let Some(hurry) = entry.and_then(|entry| entry.hurry.as_ref()) {
            hurry.notify_one();
        }
    }

    /// A change of what the object has in AWS was reported: it is looked at as one that has something to do.
    pub fn reported(&self, kind: &'static str, name: &str) {
        self.change(kind, name, |entry| entry.reported = true);
        self.hurries(kind, name);
    }

    /// Whether another replica has told of a change since this was asked last.
    pub fn is_told(&self, kind: &'static str, name: &str, event: Option<&str>) -> bool {
        let mut is = false;
        self.change(kind, name, |entry| {
            let before = entry.told.replace(event.map(str::to_owned));
            is = event.is_some() && before.is_some_and(|before| before.as_deref() != event);
        });
        is
    }

    /// Somebody looks at an object in an account, as it was at that time.
    pub fn begins(&self, kind: &'static str, name: &str, account: &str, begun: Instant) {
        let mut state = self.lock();
        let entry = state.objects.entry((kind, name.to_owned())).or_default();
        entry.begun = Some(begun);
        entry.due = None;
        entry.hurry = None;
        let before = entry.under_way.replace(account.to_owned());
        state.leaves(before);
        state.at_work.add(account);
    }

    /// How urgent it is, as far as it was looked at before: an edit where people have changed the object, or a change was
    /// reported; a creation where something was left to do, or something that it refers to has changed since.
    pub fn lane(&self, kind: &'static str, name: &str, version: u64) -> Lane {
        match self.lock().objects.get(&(kind, name.to_owned())) {
            Some(entry) if entry.reported || entry.version.is_some_and(|known| known != version) => Lane::Edit,
            Some(entry) if entry.restless || entry.heard.is_some_and(|heard| entry.begun <= Some(heard)) => {
                Lane::Creation
            }
            Some(_) | None => Lane::Poll,
        }
    }

    /// An object is looked at once more: lists that were read before are too old for it.
    pub fn woken(&self, kind: &'static str, name: &str, now: Instant) {
        self.change(kind, name, |entry| entry.woken = Some(now));
    }

    /// The same, as something that it refers to has changed: somebody may wait for what it does about that.
    pub fn hears(&self, kind: &'static str, name: &str, now: Instant) {
        self.change(kind, name, |entry| {
            entry.woken = Some(now);
            entry.heard = Some(now);
        });
        self.hurries(kind, name);
    }

    /// How new what is read for an object has to be. Who has changed it, if only to ask for a look, and what was reported
    /// to have changed in AWS, is answered from AWS as it is now; what nobody has touched, from what is shared.
    pub fn depth(&self, kind: &'static str, name: &str, version: u64, now: Instant) -> Depth {
        let mut state = self.lock();
        let State {
            objects,
            restless,
            at_work,
            ..
        } = &mut *state;
        let entry = objects.entry((kind, name.to_owned())).or_default();
        let beside = entry.under_way.as_ref().map_or(0, |account| at_work.of(account));
        let many = *restless >= MANY && beside >= MANY;
        let changed = entry.version.replace(version).is_some_and(|known| known != version);
        if std::mem::take(&mut entry.reported) {
            return Depth::Whole;
        }
        if changed || (entry.restless && !many) {
            return Depth::Anew(now);
        }
        // Of one that waits for AWS, lists show the end of it; they are read for all that wait.
        let soon = entry.restless.then(|| now.checked_sub(WAITING)).flatten();
        Depth::Shared(Known {
            lists: entry.acted.max(entry.woken).max(soon),
            details: None,
            crowd: many,
        })
    }

    /// AWS was read for it: whether something was done, and whether something is left to do.
    pub fn seen(&self, kind: &'static str, name: &str, now: Instant, (acted, restless): (bool, bool)) {
        let mut state = self.lock();
        let entry = state.objects.entry((kind, name.to_owned())).or_default();
        let before = std::mem::replace(&mut entry.restless, restless);
        entry.seen = Some(now);
        if acted {
            entry.acted = Some(now);
        }
        state.restless = state.restless + usize::from(restless) - usize::from(before);
    }

    /// When something was last done for it in AWS, by this process.
    #[must_use]
    pub fn acted(&self, kind: &'static str, name: &str) -> Option<Instant> {
        let state = self.lock();
        state
            .objects
            .get(&(kind, name.to_owned()))
            .and_then(|entry| entry.acted)
    }

    /// Nobody looks at it until then; without a time, until it changes.
    pub fn ends(&self, kind: &'static str, name: &str, due: Option<Instant>) {
        let mut state = self.lock();
        let entry = state.objects.entry((kind, name.to_owned())).or_default();
        entry.due = due;
        let account = entry.under_way.take();
        state.leaves(account);
    }

    /// It is gone.
    pub fn forget(&self, kind: &'static str, name: &str) {
        let mut state = self.lock();
        let gone = state.objects.remove(&(kind, name.to_owned())).unwrap_or_default();
        state.restless -= usize::from(gone.restless);
        state.leaves(gone.under_way);
    }

    /// Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing(&self, kind: &str, now: Instant) -> Standing {
        let state = self.lock();
        let mut standing = Standing::default();
        for (_, entry) in state.objects.iter().filter(|((other, _), _)| *other == kind) {
            standing.under_way += u64::from(entry.under_way.is_some());
            if let Some(due) = entry.due.filter(|due| *due <= now) {
                standing.overdue += 1;
                standing.longest_overdue = standing.longest_overdue.max(now - due);
            }
            let age = entry.seen.map(|seen| now.saturating_duration_since(seen));
            standing.oldest = standing.oldest.max(age.unwrap_or_default());
        }
        standing
    }
}

impl Collector for Agenda {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let now = Instant::now();
        let kinds = KINDS.map(|kind| (kind, self.standing(kind, now)));
        let seconds = Some(&Unit::Seconds);
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: fn(&Standing) -> f64| {
            let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            for (kind, standing) in &kinds {
                ConstGauge::new(value(standing)).encode(family.encode_family(&[("kind", *kind)])?)?;
            }
            Ok::<(), fmt::Error>(())
        };
        #[expect(clippy::cast_precision_loss, reason = "there are no 2^52 objects")]
        {
            gauge("reconciles_running", "Objects that are looked at now", None, |one| {
                one.under_way as f64
            })?;
            gauge(
                "queue_objects",
                "Objects whose time to be looked at has passed",
                None,
                |one| one.overdue as f64,
            )?;
        }
        gauge(
            "queue_wait",
            "How long the object that waits longest has been due",
            seconds,
            |one| one.longest_overdue.as_secs_f64(),
        )?;
        gauge(
            "observation_age",
            "Age of the oldest reading of AWS among the objects",
            seconds,
            |one| one.oldest.as_secs_f64(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn what_is_due_waits_and_what_was_seen_ages() {
        let agenda = Agenda::default();
        let (start, kind) = (Instant::now(), "Municipality");
        let at = |seconds| start + Duration::from_secs(seconds);
        agenda.begins(kind, "a/chiyoda", ACCOUNT, start);
        agenda.seen(kind, "a/chiyoda", start, (false, false));
        assert_eq!(agenda.standing(kind, start).under_way, 1);
        agenda.ends(kind, "a/chiyoda", Some(at(60)));
        agenda.begins(kind, "a/minato", ACCOUNT, start);
        agenda.ends(kind, "a/minato", None);
        let rests = Standing {
            oldest: Duration::from_secs(60),
            ..Standing::default()
        };
        assert_eq!(agenda.standing(kind, at(59)).overdue, 0);
        let late = Standing { overdue: 1, ..rests };
        assert_eq!(agenda.standing(kind, at(60)), late);
        assert_eq!(agenda.standing(kind, at(75)).longest_overdue, Duration::from_secs(15));
        assert_eq!(agenda.standing("FileLinkBucket", at(75)), Standing::default());
        agenda.forget(kind, "a/chiyoda");
        assert_eq!(agenda.standing(kind, at(75)), Standing::default());
    }

    #[tokio::test]
    async fn what_waits_hears_that_it_has_become_urgent() {
        let agenda = Agenda::default();
        let (start, kind, name) = (Instant::now(), "Municipality", "a/chiyoda");
        agenda.begins(kind, name, ACCOUNT, start);
        assert_eq!(agenda.depth(kind, name, 1, start), Depth::shared());
        agenda.seen(kind, name, start, (false, false));
        agenda.ends(kind, name, Some(start + Duration::from_secs(60)));
        assert_eq!(agenda.lane(kind, name, 1), Lane::Poll);
        assert_eq!(agenda.lane(kind, name, 2), Lane::Edit);
        let hurry = agenda.waits(kind, name, start);
        assert_eq!(agenda.standing(kind, start).overdue, 1, "it waits from now on");
        agenda.reported(kind, name);
        hurry.notified().await;
        assert_eq!(agenda.lane(kind, name, 1), Lane::Edit);
        agenda.begins(kind, name, ACCOUNT, start);
        assert_eq!(
            agenda.depth(kind, name, 1, start),
            Depth::Whole,
            "all of it is read anew"
        );
        assert_eq!(agenda.depth(kind, name, 1, start), Depth::shared(), "once");
        assert_eq!(agenda.lane(kind, name, 1), Lane::Poll);
        agenda.hurries(kind, "a/unknown");
    }

    #[tokio::test]
    async fn news_of_what_it_refers_to_makes_an_object_urgent_until_it_is_looked_at() {
        let agenda = Agenda::default();
        let (start, kind, name) = (Instant::now(), "Municipality", "a/chiyoda");
        let at = |seconds| start + Duration::from_secs(seconds);
        agenda.begins(kind, name, ACCOUNT, start);
        agenda.ends(kind, name, Some(at(60)));
        let hurry = agenda.waits(kind, name, at(1));
        agenda.woken(kind, name, at(2));
        assert_eq!(agenda.lane(kind, name, 1), Lane::Poll, "nobody waits for it");
        agenda.hears(kind, name, at(3));
        hurry.notified().await;
        assert_eq!(agenda.lane(kind, name, 1), Lane::Creation);
        agenda.begins(kind, name, ACCOUNT, at(4));
        assert_eq!(agenda.lane(kind, name, 1), Lane::Poll);
    }

    #[test]
    fn what_was_touched_is_read_anew_and_the_rest_is_shared() {
        let agenda = Agenda::default();
        let (start, kind, name) = (Instant::now(), "Municipality", "a/chiyoda");
        let at = |seconds| start + Duration::from_secs(seconds);
        let depth = |version, now| agenda.depth(kind, name, version, now);
        let since = |lists, crowd| {
            Depth::Shared(Known {
                lists: Some(lists),
                details: None,
                crowd,
            })
        };
        assert_eq!(depth(1, start), Depth::shared(), "a start reads nothing anew");
        assert_eq!(depth(2, start), Depth::Anew(start), "a person changed it");
        assert_eq!(depth(2, start), Depth::shared());
        agenda.seen(kind, name, at(10), (true, false));
        assert_eq!(
            depth(2, at(20)),
            since(at(10), false),
            "no lists from before its own writes"
        );
        agenda.woken(kind, name, at(30));
        assert_eq!(
            depth(2, at(40)),
            since(at(30), false),
            "nor from before what it refers to"
        );
        agenda.reported(kind, name);
        assert_eq!(depth(2, at(40)), Depth::Whole, "somebody changed it in AWS");
        agenda.seen(kind, name, at(50), (false, true));
        assert_eq!(depth(2, at(60)), Depth::Anew(at(60)), "something is left to do");
        for other in 1..MANY {
            agenda.seen(kind, &format!("a/{other}"), at(50), (false, true));
            agenda.begins(kind, &format!("a/{other}"), ACCOUNT, at(55));
        }
        agenda.begins(kind, name, "222222222222", at(55));
        assert_eq!(
            depth(2, at(60)),
            Depth::Anew(at(60)),
            "nobody else looks in this account"
        );
        agenda.begins(kind, name, ACCOUNT, at(56));
        assert_eq!(depth(2, at(60)), since(at(58), true), "for many at once, lists show it");
        agenda.ends(kind, "a/1", None);
        assert_eq!(depth(2, at(60)), Depth::Anew(at(60)));
        agenda.begins(kind, "a/1", ACCOUNT, at(57));
        agenda.forget(kind, "a/2");
        agenda.seen(kind, "a/4", at(50), (false, true));
        assert_eq!(depth(2, at(60)), Depth::Anew(at(60)));
        assert!(
            !agenda.is_told(kind, name, Some("event-1")),
            "a start does not know when it was told"
        );
        assert!(!agenda.is_told(kind, name, Some("event-1")));
        assert!(agenda.is_told(kind, name, Some("event-2")));
    }
    #[test]
    fn wakes_that_come_before_a_look_are_answered_by_it() {
        let agenda = Agenda::default();
        let (start, kind, name) = (Instant::now(), "Municipality", "a/chiyoda");
        let at = |seconds| start + Duration::from_secs(seconds);
        let looks = |version, begun, due| {
            agenda.begins(kind, name, ACCOUNT, begun);
            agenda.depth(kind, name, version, begun);
            agenda.ends(kind, name, due);
        };
        let rests = |version, now| agenda.rests(kind, name, version, now).map(|rest| rest.as_secs());
        assert_eq!(rests(1, start), None, "nobody has looked yet");
        agenda.all_are_woken(at(1));
        agenda.woken(kind, name, at(2));
        looks(1, at(3), Some(at(100)));
        assert_eq!(rests(1, at(4)), Some(96));
        assert_eq!(rests(2, at(4)), None, "a person changed it");
        assert_eq!(rests(1, at(100)), None, "its time has come");
        agenda.woken(kind, name, at(5));
        assert_eq!(rests(1, at(6)), None, "what it refers to has changed");
        looks(1, at(7), Some(at(100)));
        assert_eq!(rests(1, at(8)), Some(92));
        agenda.all_are_woken(at(9));
        assert_eq!(rests(1, at(10)), None, "all are woken");
        looks(1, at(11), None);
        assert_eq!(rests(1, at(12)), None, "the last look came to nothing");
        looks(1, at(13), Some(at(100)));
        agenda.reported(kind, name);
        assert_eq!(rests(1, at(14)), None, "AWS has changed");
    }
}
