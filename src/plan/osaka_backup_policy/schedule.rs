//! When runs are due, and what they are called.
//!
//! A run has the name of its slot: what started it and the time for which that was. Every copy carries it
//! as a tag, so whoever looks again, after a crash or in another replica, finds the run and does not begin
//! a second one.

use std::fmt;

use cronexpr::Crontab;
use jichitai_api::osaka_backup_policy::{OsakaBackupPolicySpec, Schedule};
use jiff::{SignedDuration, Timestamp};

use crate::calendar;
use crate::spec_fault::SpecFault;

/// A time with what it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The time for which the run is, in whole seconds.
    pub time: Timestamp,
    /// The name of the schedule, or the label with which a person or a job asked for the run.
    pub label: String,
}

impl fmt::Display for Slot {
    /// The name of the run, for example `after-batch@20270331T200000Z`: fit for a tag's value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, label } = self;
        write!(f, "{label}@{}", compact(*time))
    }
}

impl std::str::FromStr for Slot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.rsplit_once('@').and_then(|(label, time)| {
            let time = compact_time(time)?;
            let label = label.to_owned();
            Some(Self { time, label })
        });
        parsed.ok_or_else(|| format!("{text} is no run: a label, @ and a time are expected"))
    }
}

/// Characters of a label, at most.
const MAX_LABEL: usize = 64;

/// Whether a run may be called so: fit for the value of a tag and for `status`, without what parts a label from its
/// time.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || " +-=._:/".contains(c);
    (1..=MAX_LABEL).contains(&text.chars().count()) && text.chars().all(fits)
}

/// A time as names and tags have it, for example `20270331T200000Z`.
#[must_use]
pub fn compact(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A time that is written so.
#[must_use]
pub fn compact_time(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// The schedules of a policy, parsed.
#[derive(Clone, Debug)]
pub struct Schedules {
    all: Vec<(String, Crontab)>,
    deadline: SignedDuration,
}

/// What the schedules say about now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The run that may start.
    pub start: Option<Slot>,
    /// When the next one is due.
    pub next: Option<Slot>,
}

/// Runs of a schedule that are looked for among those that did not start, at most: a week of minutes.
const MOST_SKIPPED: usize = 10_080;

impl Schedules {
    /// Parses the schedules.
    ///
    /// # Errors
    /// Every schedule that cannot be understood, with its path.
    pub fn parse(spec: &OsakaBackupPolicySpec) -> Result<Self, Vec<SpecFault>> {
        let mut faults = Vec::new();
        let mut all = Vec::new();
        for (index, schedule) in spec.schedules.iter().enumerate() {
            let Schedule { name, cron, time_zone } = schedule;
            match crontab(&format!("spec.schedules[{index}].cron"), cron, time_zone) {
                Ok(cron) => all.push((name.clone(), cron)),
                Err(fault) => faults.push(fault),
            }
        }
        let deadline = SignedDuration::from_secs(i64::from(spec.starting_deadline_seconds));
        if faults.is_empty() {
            Ok(Self { all, deadline })
        } else {
            Err(faults)
        }
    }

    /// Which run may start at `now`, when the last one was for `last`: the newest whose time has come within
    /// the deadline. Where several have, one copy of now serves all of them.
    #[must_use]
    pub fn due(&self, last: Option<Timestamp>, now: Timestamp) -> Due {
        // The times of a cron are asked for after a moment; one at the very edge is still in time.
        let edge = now - self.deadline - SignedDuration::from_nanos(1);
        let after = last.map_or(edge, |last| last.max(edge));
        let start = self.passed(after, now, usize::MAX).pop();
        let next = self.next(now);
        Due { start, next }
    }

    /// Runs whose time passed after the last one, and before the one that starts; the oldest first.
    #[must_use]
    pub fn between(&self, last: Option<Timestamp>, start: &Slot) -> Vec<Slot> {
        let Some(last) = last else { return Vec::new() };
        let mut all = self.passed(last, start.time, MOST_SKIPPED);
        all.retain(|slot| slot < start);
        all
    }

    /// What is due after one moment and until another, the oldest first; so many of each schedule at most.
    fn passed(&self, after: Timestamp, until: Timestamp, most: usize) -> Vec<Slot> {
        let slots = |(label, cron): &(String, Crontab)| {
            let times = cron.iter_after(after).into_iter().flatten();
            let times = times.map_while(Result::ok).map(|zoned| zoned.timestamp());
            let label = label.clone();
            let slot = move |time| Slot {
                time,
                label: label.clone(),
            };
            let times = times.take_while(move |time| *time <= until).take(most);
            times.map(slot).collect::<Vec<_>>()
        };
        let mut all: Vec<Slot> = self.all.iter().flat_map(slots).collect();
        all.sort();
        all
    }

    /// The first slot after a moment.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Slot> {
        let next = self.all.iter().filter_map(|(label, cron)| {
            let time = cron.find_next(after).ok()?.timestamp();
            let label = label.clone();
            Some(Slot { time, label })
        });
        next.min()
    }
}

/// A cron of the spec.
pub(super) fn crontab(path: &str, cron: &str, time_zone: &str) -> Result<Crontab, SpecFault> {
    calendar::crontab(cron, time_zone).map_err(|error| {
        SpecFault::invalid(
            path,
            format!("{cron} ({time_zone}) is no time of the kind “minute hour day month weekday”: {error}"),
            format!("{cron}({time_zone})は「分 時 日 月 曜日」の形の時刻ではありません: {error}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use jichitai_api::osaka_backup_policy::OsakaBackupPolicySpec;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{Due, Schedules, Slot};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn slot(text: &str) -> Slot {
        text.parse().expect("a slot")
    }

    fn spec(schedules: &Value) -> OsakaBackupPolicySpec {
        serde_json::from_value(json!({
            "municipalityRef": {"name": "chiyoda"},
            "sources": {"volumes": {"matchTags": {"backup": "osaka"}}},
            "schedules": schedules,
        }))
        .expect("a spec")
    }

    fn daily() -> Schedules {
        let schedules = json!([{"name": "after-batch", "cron": "0 5 * * *"}]);
        Schedules::parse(&spec(&schedules)).expect("schedules")
    }

    #[test]
    fn a_run_is_named_by_its_slot() {
        let text = "after-batch@20270331T200000Z";
        let parsed = slot(text);
        assert_eq!(parsed.time, at("2027-04-01T05:00:00+09:00"));
        assert_eq!(parsed.to_string(), text);
        assert_eq!(slot("a@b@20270331T200000Z").label, "a@b");
        assert!("after-batch".parse::<Slot>().is_err());
        assert!("after-batch@yesterday".parse::<Slot>().is_err());
    }

    #[test]
    fn a_run_starts_between_its_time_and_the_deadline() {
        let start = |now: &str| daily().due(None, at(now)).start.map(|slot| slot.to_string());
        let today = Some("after-batch@20270331T200000Z".to_owned());
        assert_eq!(start("2027-04-01T04:59:59+09:00"), None);
        assert_eq!(start("2027-04-01T05:00:00+09:00"), today);
        assert_eq!(start("2027-04-01T06:00:00+09:00"), today);
        assert_eq!(start("2027-04-01T06:00:01+09:00"), None);
    }

    #[test]
    fn a_run_starts_once() {
        let now = at("2027-04-01T05:10:00+09:00");
        let first = daily().due(None, now).start.expect("due");
        let expected = Due {
            start: None,
            next: Some(slot("after-batch@20270401T200000Z")),
        };
        assert_eq!(daily().due(Some(first.time), now), expected);
    }

    #[test]
    fn one_run_serves_all_whose_time_has_come() {
        let schedules = json!([
            {"name": "hourly", "cron": "0 * * * *"},
            {"name": "utc", "cron": "30 20 * * *", "timeZone": "UTC"},
        ]);
        let mut spec = spec(&schedules);
        spec.starting_deadline_seconds = 7200;
        let schedules = Schedules::parse(&spec).expect("schedules");
        let due = schedules.due(None, at("2027-04-01T05:45:00+09:00"));
        assert_eq!(due.start, Some(slot("utc@20270331T203000Z")));
        let last = Some(at("2027-04-01T03:00:00+09:00"));
        let skipped = schedules.between(last, &slot("utc@20270331T203000Z"));
        assert_eq!(
            skipped,
            ["hourly@20270331T190000Z", "hourly@20270331T200000Z"].map(slot)
        );
        assert_eq!(due.next, Some(slot("hourly@20270331T210000Z")));
    }

    #[test]
    fn without_schedules_nothing_is_due() {
        let none = Schedules::parse(&spec(&json!([]))).expect("no schedules");
        assert_eq!(none.due(None, at("2027-04-01T05:00:00+09:00")), Due::default());
    }

    #[test]
    fn what_is_no_time_is_named_by_its_path() {
        let schedules = json!([{"name": "good", "cron": "0 5 * * *"}, {"name": "bad", "cron": "0 25 * * *"}]);
        let faults = Schedules::parse(&spec(&schedules)).expect_err("refused");
        let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["spec.schedules[1].cron"]);
    }
}
