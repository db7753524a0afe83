//! What the other side adds, when a role of another account is named: nothing of it is the
//! operator's to write, so it is printed for those who can.

use crate::policy::bucket_policy::arn;
use crate::policy::document::{Document, Statement};
use crate::policy::role_arn::RoleArn;
use crate::policy::role_policy::{self, Access};

/// The policies that a role in another account needs besides ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherSide {
    /// To attach to the role.
    pub identity: Document,
    /// To merge into the policy of the S3 endpoint in its VPC. The key is used by S3 itself and needs
    /// no endpoint for KMS.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html>
    pub endpoint: Document,
}

/// What the account of `role` adds for the access that it is granted here.
#[must_use]
pub fn as_consumer(role: &RoleArn, bucket: &str, key_arn: &str, access: Access) -> OtherSide {
    let identity = role_policy::client(bucket, key_arn, access);
    let whole = arn(bucket);
    let actions: Vec<&str> = identity
        .statements
        .iter()
        .flat_map(|statement| statement.actions.words())
        .filter(|action| action.starts_with("s3:"))
        .map(String::as_str)
        .collect();
    let through = Statement::permit("UseFileLinkBucket", &actions)
        .by(["*".to_owned()])
        .for_resources([whole.clone(), format!("{whole}/*")])
        .when("ArnEquals", "aws:PrincipalArn", [role.arn.clone()]);
    OtherSide {
        endpoint: Document::new(vec![through]),
        identity,
    }
}
