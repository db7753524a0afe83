//! Object ownership: ACLs mean nothing, whoever wrote an object.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html)

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::s3::bucket::Bucket;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// The ownership that turns ACLs off.
pub const ENFORCED: &str = "BucketOwnerEnforced";

/// Whether ACLs are certainly off.
#[must_use]
pub fn is_enforced(bucket: &Bucket) -> bool {
    matches!(&bucket.ownership, Observation::Present(have) if have == ENFORCED)
}

/// Turns ACLs off.
pub fn plan(bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let have = match &bucket.ownership {
        Observation::Present(have) if have == ENFORCED => return,
        Observation::Present(have) => have.as_str(),
        // From before ownership could be set: the writer owns, and ACLs count.
        Observation::Absent => "not set",
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    let difference = Difference::new("objectOwnership", ENFORCED, have);
    plan.step(bucket.put(Setting::Ownership, difference, part));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::bucket::tests::{new, part};

    #[test]
    fn acls_are_turned_off_unless_they_are() {
        let mut bucket = new();
        let mut made = Plan::default();
        plan(&bucket, &part(), &mut made);
        assert_eq!(made, Plan::default());
        for have in [Observation::Absent, Observation::Present("ObjectWriter".to_owned())] {
            bucket.ownership = have;
            let mut made = Plan::default();
            plan(&bucket, &part(), &mut made);
            assert_eq!(made.steps.len(), 1);
            assert!(!made.steps[0].is_destructive());
        }
    }
}
