//! Which good copies stay, and why.
//!
//! A copy stays if anything keeps it. Only what AWS has and the spec says decide: a run that failed leaves
//! no good copy, so it neither counts as a generation nor takes the place of an older one. Copies that are
//! not good, or not yet, are no matter of retention.

use std::collections::BTreeMap;
use std::fmt;

use cronexpr::Crontab;
use jichitai_api::osaka_backup_policy::{Hold, Retention, Tier};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::context::japan_date;
use crate::osaka_backup_policy::schedule::{Slot, compact, compact_time, crontab};
use crate::spec_fault::SpecFault;

/// A good copy on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodCopy {
    /// What it is a copy of.
    pub source: String,
    /// The run that made it.
    pub slot: Slot,
    /// What in AWS keeps it: a hold tag of a person or of another policy, or a launch template in use.
    pub kept_by: Option<String>,
}

/// What keeps a copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeper {
    /// No newer good copy of its source exists.
    Newest,
    /// It is among the newest `retention.copies`.
    Copies,
    /// It is no older than `retention.days`.
    Days,
    /// It is the first at or after a time of this tier.
    Tier(String),
    /// A hold of the spec, by its label.
    Hold(String),
    /// Something in AWS.
    Other(String),
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest => write!(f, "the newest"),
            Self::Copies => write!(f, "retention.copies"),
            Self::Days => write!(f, "retention.days"),
            Self::Tier(name) => write!(f, "tier {name}"),
            Self::Hold(label) => write!(f, "hold {label}"),
            Self::Other(what) => write!(f, "{what}"),
        }
    }
}

/// When the next time of a tier is after the copy before: few moments, and many copies that ask for them.
type Nexts = BTreeMap<(usize, Timestamp), Option<Timestamp>>;

/// How long a copy was promised to stay when it was made. A shorter retention of later does not take it away
/// before without an approval: shrinking a number in a file is how data gets lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// It stays while it is among so many of the newest.
    pub copies: usize,
    /// It stays until then.
    pub until: Timestamp,
}

impl Promise {
    /// Whether it still holds for a copy, which is the `rank`-th newest good one of its source.
    #[must_use]
    pub fn holds(&self, rank: usize, now: Timestamp) -> bool {
        rank <= self.copies || now < self.until
    }
}

impl fmt::Display for Promise {
    /// Fit for a tag's value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { copies, until } = self;
        write!(f, "copies={copies} until={}", compact(*until))
    }
}

impl std::str::FromStr for Promise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(' ').and_then(|(copies, until)| {
            Some(Self {
                copies: copies.strip_prefix("copies=")?.parse().ok()?,
                until: compact_time(until.strip_prefix("until=")?)?,
            })
        });
        parsed.ok_or_else(|| format!("{text} is no promise: copies=… until=… is expected"))
    }
}

/// Labels of runs whose copies are held, with the last day in Japan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(BTreeMap<String, Date>);

impl Held {
    /// What a spec holds. A day that cannot be read has no end: better too much is kept than too little.
    #[must_use]
    pub fn of(holds: &[Hold]) -> Self {
        let one = |hold: &Hold| (hold.label.clone(), hold.until.parse().unwrap_or(Date::MAX));
        Self(holds.iter().map(one).collect())
    }

    /// Whether the copies of a run are held.
    #[must_use]
    pub fn holds(&self, slot: &Slot, now: Timestamp) -> bool {
        self.0.get(&slot.label).is_some_and(|until| japan_date(now) <= *until)
    }
}

/// The retention of a policy, parsed.
#[derive(Clone, Debug)]
pub struct Rules {
    copies: usize,
    days: SignedDuration,
    tiers: Vec<(String, Crontab, SignedDuration)>,
    holds: Held,
}

impl Rules {
    /// Parses what the spec says of the copies in Osaka.
    ///
    /// # Errors
    /// Every tier or hold that cannot be understood, with its path.
    pub fn parse(retention: &Retention, holds: &[Hold]) -> Result<Self, Vec<SpecFault>> {
        let Retention {
            copies,
            days,
            tiers: long,
            source_side: _,
        } = retention;
        let mut faults = Vec::new();
        let mut tiers = Vec::new();
        for (index, tier) in long.iter().enumerate() {
            let Tier {
                name,
                cron,
                time_zone,
                days,
            } = tier;
            match crontab(&format!("spec.retention.tiers[{index}].cron"), cron, time_zone) {
                Ok(cron) => tiers.push((name.clone(), cron, whole_days(*days))),
                Err(fault) => faults.push(fault),
            }
        }
        for (index, hold) in holds.iter().enumerate() {
            let Hold {
                label: _,
                until,
                reason: _,
            } = hold;
            if until.parse::<Date>().is_err() {
                faults.push(SpecFault::invalid(
                    format!("spec.holds[{index}].until"),
                    format!("{until} is no day: write it as 2027-03-31"),
                    format!("{until} は日付ではありません。2027-03-31 の形で書いてください"),
                ));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            copies: usize::try_from(*copies).unwrap_or(usize::MAX),
            days: whole_days(*days),
            tiers,
            holds: Held::of(holds),
        })
    }

    /// What the spec says of the copies in Tokyo: so many of the newest, and those that are held.
    #[must_use]
    pub fn source_side(self, retention: &Retention) -> Self {
        Self {
            copies: usize::try_from(retention.source_side.copies).unwrap_or(usize::MAX),
            days: SignedDuration::ZERO,
            tiers: Vec::new(),
            holds: self.holds,
        }
    }

    /// What keeps each of the copies, in their order; nothing keeps those that may go.
    ///
    /// The oldest copy of a source counts as the first after the last time of each tier before it: what came
    /// before it is not known, and too much is kept rather than too little.
    #[must_use]
    pub fn keepers(&self, copies: &[GoodCopy], now: Timestamp) -> Vec<Vec<Keeper>> {
        let mut by_source: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, copy) in copies.iter().enumerate() {
            by_source.entry(&copy.source).or_default().push(index);
        }
        let mut all = vec![Vec::new(); copies.len()];
        let mut nexts = Nexts::new();
        for mut places in by_source.into_values() {
            places.sort_by_key(|place| &copies[*place].slot);
            let mut before = None;
            let count = places.len();
            for (position, place) in places.into_iter().enumerate() {
                let copy = &copies[place];
                all[place] = self.of_one(copy, before, count - position, now, &mut nexts);
                before = Some(copy.slot.time);
            }
        }
        all
    }

    /// What is promised of a copy when it is made, given when the good copy before it of its source was.
    #[must_use]
    pub fn promise(&self, slot: &Slot, before: Option<Timestamp>) -> Promise {
        let mut nexts = Nexts::new();
        let tiers = self.tiers_of(slot.time, before, &mut nexts);
        let longest = tiers.map(|(_, days)| days).max().unwrap_or_default().max(self.days);
        Promise {
            copies: self.copies,
            until: slot.time.checked_add(longest).unwrap_or(Timestamp::MAX),
        }
    }

    /// The tiers of which a copy is the first at or after one of their times.
    fn tiers_of<'a>(
        &'a self,
        time: Timestamp,
        before: Option<Timestamp>,
        nexts: &'a mut Nexts,
    ) -> impl Iterator<Item = (&'a String, SignedDuration)> {
        let all = self.tiers.iter().enumerate();
        all.filter_map(move |(index, (name, cron, days))| {
            let first = before.is_none_or(|before| {
                let next = || cron.find_next(before).ok().map(|next| next.timestamp());
                // A cron that cannot be told keeps.
                nexts
                    .entry((index, before))
                    .or_insert_with(next)
                    .is_none_or(|next| next <= time)
            });
            first.then_some((name, *days))
        })
    }

    /// What keeps one copy; `rank` is 1 for the newest of its source.
    fn of_one(
        &self,
        copy: &GoodCopy,
        before: Option<Timestamp>,
        rank: usize,
        now: Timestamp,
        nexts: &mut Nexts,
    ) -> Vec<Keeper> {
        let age = now.duration_since(copy.slot.time);
        let mut all = Vec::new();
        if rank == 1 {
            all.push(Keeper::Newest);
        }
        if rank <= self.copies {
            all.push(Keeper::Copies);
        }
        if age < self.days {
            all.push(Keeper::Days);
        }
        let tiers = self.tiers_of(copy.slot.time, before, nexts);
        all.extend(
            tiers
                .filter(|(_, days)| age < *days)
                .map(|(name, _)| Keeper::Tier(name.clone())),
        );
        if self.holds.holds(&copy.slot, now) {
            all.push(Keeper::Hold(copy.slot.label.clone()));
        }
        all.extend(copy.kept_by.clone().map(Keeper::Other));
        all
    }
}

fn whole_days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

#[cfg(test)]
mod tests {
    use jichitai_api::osaka_backup_policy::{Hold, Retention};
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{Value, json};

    use super::{GoodCopy, Keeper, Rules};
    use crate::osaka_backup_policy::schedule::Slot;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn retention(value: Value) -> Retention {
        serde_json::from_value(value).expect("a retention")
    }

    fn rules(value: Value) -> Rules {
        Rules::parse(&retention(value), &[]).expect("rules")
    }

    fn copy(source: &str, time: Timestamp) -> GoodCopy {
        let label = "daily".to_owned();
        GoodCopy {
            source: source.into(),
            slot: Slot { time, label },
            kept_by: None,
        }
    }

    fn days(source: &str, first: &str, count: i64) -> Vec<GoodCopy> {
        let first = at(first);
        let day = |day| copy(source, first + SignedDuration::from_hours(24 * day));
        (0..count).map(day).collect()
    }

    /// The days in Japan of the copies that stay.
    fn stay(rules: &Rules, copies: &[GoodCopy], now: &str) -> Vec<String> {
        let keepers = rules.keepers(copies, at(now));
        let kept = copies.iter().zip(keepers).filter(|(_, keepers)| !keepers.is_empty());
        kept.map(|(copy, _)| super::japan_date(copy.slot.time).to_string())
            .collect()
    }

    #[test]
    fn the_newest_stays_however_old_it_is() {
        let rules = rules(json!({"copies": 1, "days": 1}));
        let copies = days("i-1", "2027-04-01T05:00:00+09:00", 3);
        assert_eq!(stay(&rules, &copies, "2037-04-01T05:00:00+09:00"), ["2027-04-03"]);
    }

    #[test]
    fn a_copy_stays_for_its_days_or_its_rank() {
        let copies = days("i-1", "2027-04-01T05:00:00+09:00", 6);
        let now = "2027-04-06T06:00:00+09:00";
        let by_rank = rules(json!({"copies": 2, "days": 1}));
        assert_eq!(stay(&by_rank, &copies, now), ["2027-04-05", "2027-04-06"]);
        let by_age = rules(json!({"copies": 1, "days": 3}));
        assert_eq!(stay(&by_age, &copies, now), ["2027-04-04", "2027-04-05", "2027-04-06"]);
    }

    #[test]
    fn sources_do_not_count_for_each_other() {
        let rules = rules(json!({"copies": 1, "days": 1}));
        let mut copies = days("i-1", "2027-04-01T05:00:00+09:00", 1);
        copies.extend(days("i-2", "2027-04-02T05:00:00+09:00", 2));
        let now = "2027-05-01T05:00:00+09:00";
        assert_eq!(stay(&rules, &copies, now), ["2027-04-01", "2027-04-03"]);
    }

    #[test]
    fn a_tier_takes_the_first_good_copy_after_its_time() {
        let tiers = json!([{"name": "年度末", "cron": "0 0 31 3 *", "days": 1825}]);
        let rules = rules(json!({"copies": 1, "days": 1, "tiers": tiers}));
        // That of the 31st failed.
        let mut copies = days("i-1", "2027-03-30T05:00:00+09:00", 5);
        copies.remove(1);
        let keepers = rules.keepers(&copies, at("2028-03-01T00:00:00+09:00"));
        let tier = Keeper::Tier("年度末".into());
        assert_eq!(keepers[1], std::slice::from_ref(&tier));
        assert_eq!(keepers[2], []);
        assert_eq!(keepers[3], [Keeper::Newest, Keeper::Copies]);
        // What came before the oldest is not known.
        assert_eq!(keepers[0], [tier]);
        let gone = rules.keepers(&copies, at("2032-04-01T00:00:00+09:00"));
        assert_eq!(gone[1], []);
    }

    #[test]
    fn a_hold_keeps_to_the_end_of_its_day_in_japan() {
        let hold = Hold {
            label: "batch-after".into(),
            until: "2027-06-30".into(),
            reason: "当初賦課".into(),
        };
        let retention = retention(json!({"copies": 1, "days": 1}));
        let rules = Rules::parse(&retention, &[hold]).expect("rules");
        let mut copies = days("i-1", "2027-04-01T05:00:00+09:00", 3);
        copies[0].slot.label = "batch-after".into();
        for rules in [rules.clone(), rules.source_side(&retention)] {
            let first = |now: &str| rules.keepers(&copies, at(now))[0].clone();
            let hold = Keeper::Hold("batch-after".into());
            assert_eq!(first("2027-06-30T23:59:59+09:00"), [hold]);
            assert_eq!(first("2027-07-01T00:00:00+09:00"), []);
        }
    }

    #[test]
    fn what_somebody_keeps_in_aws_stays() {
        let rules = rules(json!({"copies": 1, "days": 1}));
        let mut copies = days("i-1", "2027-04-01T05:00:00+09:00", 2);
        copies[0].kept_by = Some("launch template lt-1".into());
        let keepers = rules.keepers(&copies, at("2027-05-01T05:00:00+09:00"));
        assert_eq!(keepers[0], [Keeper::Other("launch template lt-1".into())]);
    }

    #[test]
    fn tokyo_keeps_its_own_number() {
        let retention = retention(json!({"copies": 14, "days": 30, "sourceSide": {"copies": 2}}));
        let tokyo = Rules::parse(&retention, &[]).expect("rules").source_side(&retention);
        let copies = days("i-1", "2027-04-01T05:00:00+09:00", 5);
        let now = "2027-04-05T06:00:00+09:00";
        assert_eq!(stay(&tokyo, &copies, now), ["2027-04-04", "2027-04-05"]);
    }

    #[test]
    fn what_cannot_be_understood_is_named_by_its_path() {
        let tiers = json!([{"name": "年度末", "cron": "0 0 31 13 *", "days": 1825}]);
        let hold = Hold {
            label: "x".into(),
            until: "2027-02-30".into(),
            reason: "y".into(),
        };
        let faults = Rules::parse(&retention(json!({"tiers": tiers})), &[hold]).expect_err("refused");
        let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["spec.retention.tiers[0].cron", "spec.holds[0].until"]);
    }

    /// A year of daily runs, each pruned after: what stays is what the rules say, day by day.
    #[test]
    fn a_year_keeps_fourteen_generations_and_the_end_of_each_month() {
        let tiers = json!([{"name": "月末", "cron": "0 0 28 * *", "days": 365}]);
        let rules = rules(json!({"copies": 14, "days": 7, "tiers": tiers}));
        let mut have: Vec<GoodCopy> = Vec::new();
        for made in days("i-1", "2027-04-01T05:00:00+09:00", 364) {
            let now = made.slot.time + SignedDuration::from_hours(3);
            have.push(made);
            let keepers = rules.keepers(&have, now);
            let mut keepers = keepers.iter();
            have.retain(|_| keepers.next().is_some_and(|keepers| !keepers.is_empty()));
            assert!(have.len() <= 14 + 13, "{} on {now}", have.len());
        }
        let days = have.iter().map(|copy| super::japan_date(copy.slot.time).to_string());
        let days: Vec<_> = days.collect();
        let months = days.iter().filter(|day| day.ends_with("-28")).count();
        assert_eq!(months, 12, "{days:?}");
        // The oldest of all, twelve ends of months, and the newest but for the one counted already.
        assert_eq!(days.len(), 1 + 12 + 13, "{days:?}");
    }
}
