//! Lifecycle: when objects, old versions and unfinished uploads go. We put one rule; rules of
//! others are seen, compared by meaning, and replaced.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html)

use std::collections::BTreeSet;
use std::fmt;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// The id of our rule.
pub const RULE: &str = "jichitai";

/// When a current object goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiration {
    /// So many days after it was written. S3 then takes lone delete markers away, too.
    Days(u32),
    /// At a date, as AWS writes it.
    On(String),
    /// Never; only delete markers without any version go. AWS takes this only where no days are given.
    LoneDeleteMarkers,
}

/// When an old version goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noncurrent {
    /// So many days after it was replaced or deleted.
    pub days: u32,
    /// How many of the newest old versions stay whatever their age.
    pub keep: u32,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// What it is limited to (prefix, tags, sizes), as text; empty for the whole bucket.
    pub filter: String,
    /// When objects go.
    pub expiration: Option<Expiration>,
    /// When old versions go.
    pub noncurrent: Option<Noncurrent>,
    /// Days after which an unfinished upload goes.
    pub abort_multipart_days: Option<u32>,
    /// What else it does (transitions), as text, so that it is seen and replaced.
    pub other: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            enabled,
            filter,
            expiration,
            noncurrent,
            abort_multipart_days,
            other,
        } = self;
        let mut parts = Vec::new();
        parts.extend(expiration.as_ref().map(|expiration| match expiration {
            Expiration::Days(days) => format!("objects after {days} days"),
            Expiration::On(date) => format!("objects on {date}"),
            Expiration::LoneDeleteMarkers => "lone delete markers".to_owned(),
        }));
        parts.extend(noncurrent.map(|Noncurrent { days, keep }| match keep {
            0 => format!("old versions after {days} days"),
            keep => format!("old versions but {keep} after {days} days"),
        }));
        parts.extend(abort_multipart_days.map(|days| format!("unfinished uploads after {days} days")));
        parts.extend((!other.is_empty()).then(|| other.clone()));
        write!(f, "{id}: {}", parts.join(", "))?;
        if !filter.is_empty() {
            write!(f, " of {filter}")?;
        }
        f.write_str(if *enabled { "" } else { " (disabled)" })
    }
}

/// What the lifecycle shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Days after which objects go; none keeps them.
    pub expire_after_days: Option<u32>,
    /// Days for which old versions stay.
    pub noncurrent_days: u32,
    /// Days for which unfinished uploads stay.
    pub abort_multipart_days: u32,
}

impl Want {
    /// The one rule. Old versions and delete markers exist only where there are versions.
    #[must_use]
    pub fn rules(&self, versioned: bool) -> BTreeSet<Rule> {
        let Self {
            expire_after_days,
            noncurrent_days,
            abort_multipart_days,
        } = *self;
        let markers = versioned.then_some(Expiration::LoneDeleteMarkers);
        let rule = Rule {
            id: RULE.to_owned(),
            enabled: true,
            filter: String::new(),
            expiration: expire_after_days.map(Expiration::Days).or(markers),
            noncurrent: versioned.then_some(Noncurrent {
                days: noncurrent_days,
                keep: 0,
            }),
            abort_multipart_days: Some(abort_multipart_days),
            other: String::new(),
        };
        BTreeSet::from([rule])
    }
}

/// Puts the rule. Where something goes sooner than before, that is at risk, unless there is nothing.
pub fn plan(want: &Want, versioned: bool, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let none = BTreeSet::new();
    let have = match &bucket.lifecycle {
        Observation::Present(have) => have,
        Observation::Absent => &none,
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    let want = want.rules(versioned);
    if meaning(&want) == meaning(have) {
        return;
    }
    let show = |rules: &BTreeSet<Rule>| match rules.is_empty() {
        true => "none".to_owned(),
        false => rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    };
    let difference = Difference::new("lifecycle", show(&want), show(have));
    let sooner = if bucket.is_certainly_empty() {
        Vec::new()
    } else {
        sooner(&want, have)
    };
    let step = bucket.put(Setting::Lifecycle(want), difference, part);
    plan.step(match sooner.as_slice() {
        [] => step,
        sooner => step.risking(format!("{} that go sooner than before", sooner.join(", "))),
    });
}

/// What the rules do, whatever they are called. A disabled rule does nothing.
fn meaning(rules: &BTreeSet<Rule>) -> BTreeSet<Rule> {
    let in_force = rules.iter().filter(|rule| rule.enabled);
    in_force
        .map(|rule| Rule {
            id: String::new(),
            ..rule.clone()
        })
        .collect()
}

/// What goes sooner under the new rules than under the old ones. An old rule that is limited to
/// some objects explains nothing about the others.
fn sooner(new: &BTreeSet<Rule>, old: &BTreeSet<Rule>) -> Vec<&'static str> {
    let general: Vec<&Rule> = old
        .iter()
        .filter(|rule| rule.enabled && rule.filter.is_empty())
        .collect();
    let shrinks = |of: fn(&Rule) -> Option<u32>| {
        let before = general.iter().filter_map(|rule| of(rule)).min();
        let after = new.iter().filter_map(of).min();
        after.is_some_and(|after| before.is_none_or(|before| after < before))
    };
    let objects = shrinks(|rule| match rule.expiration {
        Some(Expiration::Days(days)) => Some(days),
        Some(Expiration::On(_) | Expiration::LoneDeleteMarkers) | None => None,
    });
    let old_versions = shrinks(|rule| rule.noncurrent.filter(|old| old.keep == 0).map(|old| old.days));
    let uploads = shrinks(|rule| rule.abort_multipart_days);
    let kinds = [
        (objects, "objects"),
        (old_versions, "old versions"),
        (uploads, "unfinished uploads"),
    ];
    kinds.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{filled, new, part};

    const WANT: Want = Want {
        expire_after_days: Some(90),
        noncurrent_days: 30,
        abort_multipart_days: 7,
    };

    fn planned(want: &Want, have: BTreeSet<Rule>) -> Plan {
        let mut bucket = filled();
        bucket.lifecycle = Observation::Present(have);
        let mut made = Plan::default();
        plan(want, true, &bucket, &part(), &mut made);
        made
    }

    #[test]
    fn days_and_lone_delete_markers_are_never_in_one_rule() {
        let only = |want: &Want, versioned| want.rules(versioned).pop_first().unwrap().expiration;
        let keep = Want {
            expire_after_days: None,
            ..WANT
        };
        assert_eq!(only(&WANT, true), Some(Expiration::Days(90)));
        assert_eq!(only(&keep, true), Some(Expiration::LoneDeleteMarkers));
        assert_eq!(only(&keep, false), None);
        assert_eq!(WANT.rules(false).pop_first().unwrap().noncurrent, None);
    }

    #[test]
    fn what_goes_sooner_is_at_risk() {
        for (want, risk) in [
            (
                Want {
                    expire_after_days: Some(89),
                    ..WANT
                },
                Some("objects that go sooner than before"),
            ),
            (
                Want {
                    noncurrent_days: 29,
                    abort_multipart_days: 6,
                    ..WANT
                },
                Some("old versions, unfinished uploads that go sooner than before"),
            ),
            (
                Want {
                    expire_after_days: None,
                    ..WANT
                },
                None,
            ),
            (
                Want {
                    expire_after_days: Some(91),
                    noncurrent_days: 31,
                    abort_multipart_days: 8,
                },
                None,
            ),
        ] {
            let made = planned(&want, WANT.rules(true));
            assert_eq!(made.steps[0].risk.as_deref(), risk, "{want:?}");
        }
    }

    #[test]
    fn a_first_lifecycle_is_a_risk_only_where_there_is_something() {
        let mut made = Plan::default();
        plan(&WANT, true, &new(), &part(), &mut made);
        assert!(!made.steps[0].is_destructive());
        let mut made = Plan::default();
        plan(&WANT, true, &filled(), &part(), &mut made);
        assert!(made.steps[0].is_destructive());
        let mut unread = new();
        unread.contents = None;
        let mut made = Plan::default();
        plan(&WANT, true, &unread, &part(), &mut made);
        assert!(made.steps[0].is_destructive(), "not knowing is not emptiness");
    }

    #[test]
    fn names_and_disabled_rules_mean_nothing_and_filters_do() {
        let rule = WANT.rules(true).pop_first().unwrap();
        let renamed = Rule {
            id: "theirs".into(),
            ..rule.clone()
        };
        let disabled = Rule {
            enabled: false,
            expiration: Some(Expiration::Days(1)),
            ..rule.clone()
        };
        assert_eq!(planned(&WANT, [renamed, disabled].into()), Plan::default());
        let limited = Rule {
            filter: "prefix tmp/".into(),
            expiration: Some(Expiration::Days(1)),
            ..rule
        };
        assert!(
            planned(&WANT, [limited].into()).steps[0].is_destructive(),
            "the others went later"
        );
    }
}
