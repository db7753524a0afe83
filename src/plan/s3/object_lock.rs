//! Object lock: versions cannot be deleted before their time. It can be turned on for a versioned
//! bucket and never off again; its default for new objects can change.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html)

use std::fmt;

use jichitai_api::Reason;
use jichitai_api::file_link_bucket::ObjectLockMode;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::s3::versioning;
use crate::step::Difference;

/// How long, in the unit in which it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Days.
    Days(u32),
    /// Years.
    Years(u32),
}

impl Period {
    /// Days for certain, and days at most.
    pub(crate) fn days(self) -> (u64, u64) {
        match self {
            Self::Days(days) => (days.into(), days.into()),
            Self::Years(years) => (u64::from(years) * 365, u64::from(years) * 366),
        }
    }
}

/// How a new object is locked when its writer says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Who may lift it.
    pub mode: ObjectLockMode,
    /// For how long.
    pub period: Period,
}

impl Retention {
    /// Whether some object would be locked less than under the other.
    fn is_weaker_than(&self, other: &Self) -> bool {
        let softer = self.mode == ObjectLockMode::Governance && other.mode == ObjectLockMode::Compliance;
        softer || self.period.days().0 < other.period.days().1
    }
}

/// An object lock that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectLock {
    /// The default for new objects; without it only those are locked whose writers ask for it.
    pub default: Option<Retention>,
}

impl ObjectLock {
    /// As the spec gives it: no days mean no default.
    #[must_use]
    pub fn new(mode: ObjectLockMode, days: u32) -> Self {
        Self {
            default: (days > 0).then_some(Retention {
                mode,
                period: Period::Days(days),
            }),
        }
    }
}

impl fmt::Display for ObjectLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Retention { mode, period }) = &self.default else {
            return f.write_str("on, without a default");
        };
        match period {
            Period::Days(days) => write!(f, "{mode:?} for {days} days"),
            Period::Years(years) => write!(f, "{mode:?} for {years} years"),
        }
    }
}

/// Turns it on, or changes its default.
pub fn plan(wanted: Option<&ObjectLock>, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let name = &bucket.name;
    let (want, have) = match (wanted, &bucket.object_lock) {
        (_, Observation::Unreadable(fault)) => return plan.unreadable(part, fault),
        (None, Observation::Absent) => return,
        (None, Observation::Present(_)) => {
            let text = Text::new(
                format!(
                    "bucket {name} has an object lock, which AWS never turns off again: add objectLock to the spec"
                ),
                format!("バケット {name} のオブジェクトロックは解除できません。spec に objectLock を追加してください"),
            );
            return plan.block(part, Reason::ImmutableInAws, text);
        }
        (Some(want), Observation::Present(have)) if want == have => return,
        (Some(want), Observation::Present(have)) => (want, Some(have)),
        (Some(want), Observation::Absent) => (want, None),
    };
    if !versioning::is_enabled(bucket) {
        let text = Text::new(
            format!("the object lock of {name} waits for its versioning"),
            format!("{name} のオブジェクトロックは、バージョニングの有効化を待っています"),
        );
        return plan.wait(part, Reason::WaitingForDependency, text);
    }
    let shown = have.map_or_else(|| "off".to_owned(), ToString::to_string);
    let step = bucket.put(
        Setting::ObjectLock(*want),
        Difference::new("objectLock", want, shown),
        part,
    );
    let weaker = match (&want.default, have.and_then(|have| have.default.as_ref())) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(want), Some(have)) => want.is_weaker_than(have),
    };
    plan.step(if weaker {
        step.risking("new objects, which can be deleted sooner than before")
    } else {
        step
    });
}

#[cfg(test)]
mod tests {
    use ObjectLockMode::{Compliance, Governance};

    use super::*;
    use crate::s3::bucket::tests::{new, part};
    use crate::s3::versioning::Versioning;

    fn planned(wanted: Option<ObjectLock>, have: Observation<ObjectLock>) -> Plan {
        let mut bucket = new();
        bucket.versioning = Observation::Present(Versioning::Enabled);
        bucket.object_lock = have;
        let mut made = Plan::default();
        plan(wanted.as_ref(), &bucket, &part(), &mut made);
        made
    }

    #[test]
    fn a_weaker_default_is_a_risk_and_a_stronger_one_is_not() {
        let have = Observation::Present(ObjectLock::new(Governance, 30));
        for (want, risky) in [
            (ObjectLock::new(Governance, 31), false),
            (ObjectLock::new(Compliance, 30), false),
            (ObjectLock::new(Governance, 29), true),
            (ObjectLock::new(Compliance, 29), true),
            (ObjectLock::new(Governance, 0), true),
        ] {
            let made = planned(Some(want), have.clone());
            assert_eq!(made.steps[0].is_destructive(), risky, "{want}");
        }
        let compliance = Observation::Present(ObjectLock::new(Compliance, 30));
        assert!(planned(Some(ObjectLock::new(Governance, 30)), compliance).steps[0].is_destructive());
        let year = Retention {
            mode: Governance,
            period: Period::Years(1),
        };
        let year = Observation::Present(ObjectLock { default: Some(year) });
        assert!(planned(Some(ObjectLock::new(Governance, 365)), year.clone()).steps[0].is_destructive());
        assert!(!planned(Some(ObjectLock::new(Governance, 366)), year).steps[0].is_destructive());
    }

    #[test]
    fn it_is_turned_on_for_a_versioned_bucket_only() {
        let want = Some(ObjectLock::new(Governance, 7));
        assert!(!planned(want, Observation::Absent).steps[0].is_destructive());
        let mut bucket = new();
        bucket.versioning = Observation::Absent;
        let mut made = Plan::default();
        plan(want.as_ref(), &bucket, &part(), &mut made);
        assert_eq!((made.steps.len(), made.waits.len()), (0, 1));
    }

    #[test]
    fn it_is_never_turned_off() {
        let made = planned(None, Observation::Present(ObjectLock { default: None }));
        assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::ImmutableInAws));
    }
}
