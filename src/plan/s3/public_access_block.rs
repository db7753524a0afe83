//! The public-access block: the four switches that no policy and no ACL can get past. It closes
//! before anything else is done to a bucket.
//!
//! [AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)

use std::fmt;

use jichitai_api::Reason;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::s3::bucket::Bucket;
use crate::s3::ownership;
use crate::s3::setting::Setting;
use crate::step::Difference;

/// The four switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`: no new public ACLs.
    pub block_acls: bool,
    /// `IgnorePublicAcls`: public ACLs that exist mean nothing.
    pub ignore_acls: bool,
    /// `BlockPublicPolicy`: no new public policy.
    pub block_policy: bool,
    /// `RestrictPublicBuckets`: a public policy that exists lets only the account in.
    pub restrict_buckets: bool,
}

impl PublicAccessBlock {
    /// All four on, as it shall be.
    pub const CLOSED: Self = Self {
        block_acls: true,
        ignore_acls: true,
        block_policy: true,
        restrict_buckets: true,
    };
    /// All four off, which is also what a missing block means.
    pub const OPEN: Self = Self {
        block_acls: false,
        ignore_acls: false,
        block_policy: false,
        restrict_buckets: false,
    };
}

impl fmt::Display for PublicAccessBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            block_acls,
            ignore_acls,
            block_policy,
            restrict_buckets,
        } = self;
        let off: Vec<&str> = [
            (block_acls, "BlockPublicAcls"),
            (ignore_acls, "IgnorePublicAcls"),
            (block_policy, "BlockPublicPolicy"),
            (restrict_buckets, "RestrictPublicBuckets"),
        ]
        .into_iter()
        .filter(|(on, _)| !**on)
        .map(|(_, name)| name)
        .collect();
        match off.as_slice() {
            [] => f.write_str("all on"),
            off => write!(f, "off: {}", off.join(", ")),
        }
    }
}

/// Whether all four are certainly on.
#[must_use]
pub fn is_closed(bucket: &Bucket) -> bool {
    bucket.public_access == Observation::Present(PublicAccessBlock::CLOSED)
}

/// Closes it. That repairs and never takes anything from those whom the spec names.
pub fn plan(bucket: &Bucket, part: &Part, plan: &mut Plan) {
    let have = match &bucket.public_access {
        Observation::Present(have) if *have == PublicAccessBlock::CLOSED => return,
        Observation::Present(have) => have,
        Observation::Absent => &PublicAccessBlock::OPEN,
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    if could_be_public(bucket) {
        let name = &bucket.name;
        let text = Text::new(
            format!("bucket {name} could be made public ({have}) and is closed first of all"),
            format!("バケット {name} は公開可能な状態です({have})。最優先で遮断します"),
        );
        plan.notice(part, Reason::PublicExposure, text);
    }
    let closed = PublicAccessBlock::CLOSED;
    let difference = Difference::new("publicAccessBlock", closed, have);
    plan.step(bucket.put(Setting::PublicAccessBlock(closed), difference, part));
}

/// Without a policy and without ACLs (a bucket that was just created) nothing can be public.
fn could_be_public(bucket: &Bucket) -> bool {
    bucket.policy != Observation::Absent || !ownership::is_enforced(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::document::Document;
    use crate::s3::bucket::tests::{new, part};

    #[test]
    fn an_open_block_is_closed_and_reported() {
        let mut bucket = new();
        bucket.policy = Observation::Present(Document::default());
        bucket.public_access = Observation::Present(PublicAccessBlock {
            block_policy: false,
            ..PublicAccessBlock::CLOSED
        });
        let mut made = Plan::default();
        plan(&bucket, &part(), &mut made);
        assert_eq!(made.notices[0].reason, Reason::PublicExposure);
        assert_eq!(made.steps[0].difference.have, "off: BlockPublicPolicy");
        assert!(!made.steps[0].is_destructive());
    }

    #[test]
    fn a_bucket_without_policy_and_acls_is_closed_without_alarm() {
        let mut bucket = new();
        bucket.public_access = Observation::Absent;
        let mut made = Plan::default();
        plan(&bucket, &part(), &mut made);
        assert_eq!((made.steps.len(), made.notices.len()), (1, 0));

        bucket.ownership = Observation::Present("ObjectWriter".into());
        let mut made = Plan::default();
        plan(&bucket, &part(), &mut made);
        assert_eq!(made.notices.len(), 1, "ACLs count");
    }
}
