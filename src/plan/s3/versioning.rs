//! Versioning: old versions of objects are kept. Once on it can only be suspended, and under an
//! object lock not even that.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html)

use std::fmt;

use jichitai_api::Reason;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// The state of versioning; a bucket that never had it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// Every write makes a new version.
    Enabled,
    /// New writes overwrite; versions that exist stay.
    Suspended,
}

impl fmt::Display for Versioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enabled => "Enabled",
            Self::Suspended => "Suspended",
        })
    }
}

/// Whether versions are certainly kept.
#[must_use]
pub fn is_enabled(bucket: &Bucket) -> bool {
    bucket.versioning == Observation::Present(Versioning::Enabled)
}

/// Turns it on, or suspends it where S3 lets one.
pub fn plan(wanted: bool, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    match (wanted, &bucket.versioning) {
        (_, Observation::Unreadable(fault)) => plan.unreadable(part, fault),
        (true, Observation::Present(Versioning::Enabled))
        | (false, Observation::Absent | Observation::Present(Versioning::Suspended)) => {}
        (true, Observation::Absent) => put(Versioning::Enabled, "never enabled", bucket, part, plan),
        (true, Observation::Present(Versioning::Suspended)) => {
            put(Versioning::Enabled, "Suspended", bucket, part, plan);
        }
        (false, Observation::Present(Versioning::Enabled)) => suspend(bucket, part, plan),
    }
}

fn suspend(bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let name = &bucket.name;
    match (&bucket.object_lock, &bucket.replication) {
        (Observation::Unreadable(fault), _) | (_, Observation::Unreadable(fault)) => plan.unreadable(part, fault),
        (Observation::Present(_), _) => plan.block(
            part,
            Reason::ImmutableInAws,
            Text::new(
                format!("bucket {name} has an object lock, so its versioning cannot be suspended: set versioning: true"),
                format!("バケット {name} はオブジェクトロックが有効なため、バージョニングを停止できません。versioning: true にしてください"),
            ),
        ),
        // S3 refuses the suspension while objects are replicated.
        (Observation::Absent, Observation::Present(_)) => plan.wait(
            part,
            Reason::WaitingForDependency,
            Text::new(
                format!("the versioning of {name} is suspended once its replication has ended"),
                format!("{name} のバージョニングは、複製の終了後に停止します"),
            ),
        ),
        (Observation::Absent, Observation::Absent) => put(Versioning::Suspended, "Enabled", bucket, part, plan),
    }
}

fn put(want: Versioning, have: &str, bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let step = bucket.put(
        Setting::Versioning(want),
        Difference::new("versioning", want, have),
        part,
    );
    plan.step(match want {
        Versioning::Enabled => step,
        Versioning::Suspended => {
            step.risking("what is overwritten or deleted from then on: no old version of it is kept")
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{new, part};
    use crate::s3::object_lock::ObjectLock;
    use crate::s3::replication::Replication;

    fn planned(wanted: bool, bucket: &Bucket) -> Plan {
        let mut made = Plan::default();
        plan(wanted, bucket, &part(), &mut made);
        made
    }

    #[test]
    fn it_is_turned_on_freely_and_suspended_as_a_risk() {
        let mut bucket = new();
        bucket.versioning = Observation::Absent;
        assert!(!planned(true, &bucket).steps[0].is_destructive());
        assert_eq!(planned(false, &bucket), Plan::default());
        bucket.versioning = Observation::Present(Versioning::Enabled);
        assert_eq!(planned(true, &bucket), Plan::default());
        assert!(planned(false, &bucket).steps[0].is_destructive());
    }

    #[test]
    fn it_is_never_suspended_under_an_object_lock() {
        let mut bucket = new();
        bucket.versioning = Observation::Present(Versioning::Enabled);
        bucket.object_lock = Observation::Present(ObjectLock { default: None });
        let made = planned(false, &bucket);
        assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::ImmutableInAws));
    }

    #[test]
    fn it_is_suspended_after_the_replication_has_ended() {
        let mut bucket = new();
        bucket.versioning = Observation::Present(Versioning::Enabled);
        bucket.replication = Observation::Present(Replication::to("role", "arn", "key"));
        let made = planned(false, &bucket);
        assert_eq!((made.steps.len(), made.waits.len()), (0, 1));
    }
}
