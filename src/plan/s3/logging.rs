//! Server access logs: who asked for which object, written into another bucket.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html)

use std::fmt;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// Where the logs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// The bucket, in the same Region and account.
    pub bucket: String,
    /// The beginning of the keys.
    pub prefix: String,
}

impl fmt::Display for Logging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, prefix } = self;
        write!(f, "s3://{bucket}/{prefix}")
    }
}

/// Turns logs on, moves them, or turns them off.
pub fn plan(wanted: Option<&Logging>, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let have = match &bucket.logging {
        Observation::Present(have) => Some(have),
        Observation::Absent => None,
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    if wanted == have {
        return;
    }
    let show = |one: Option<&Logging>| one.map_or_else(|| "off".to_owned(), ToString::to_string);
    let difference = Difference::new("accessLogs", show(wanted), show(have));
    let step = bucket.put(Setting::Logging(wanted.cloned()), difference, part);
    plan.step(match wanted {
        Some(_) => step,
        None => step.risking("the record of accesses from then on"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{new, part};

    #[test]
    fn only_turning_it_off_is_a_risk() {
        let logs = |prefix: &str| Logging {
            bucket: "logs".into(),
            prefix: prefix.into(),
        };
        let planned = |wanted: Option<&Logging>, have: Observation<Logging>| {
            let mut bucket = new();
            bucket.logging = have;
            let mut made = Plan::default();
            plan(wanted, &bucket, &part(), &mut made);
            made.steps
                .iter()
                .map(crate::step::Step::is_destructive)
                .collect::<Vec<_>>()
        };
        let (old, new) = (logs("old/"), logs("new/"));
        assert_eq!(planned(Some(&new), Observation::Absent), [false]);
        assert_eq!(planned(Some(&new), Observation::Present(old.clone())), [false]);
        assert_eq!(planned(Some(&old), Observation::Present(old.clone())), [false; 0]);
        assert_eq!(planned(None, Observation::Present(old)), [true]);
        assert_eq!(planned(None, Observation::Absent), [false; 0]);
    }
}
