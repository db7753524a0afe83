//! The ARN of a role, with its account.

use crate::identity::AccountId;

/// A role by its ARN; the account is part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleArn {
    /// The whole ARN.
    pub arn: String,
    /// The account in it.
    pub account: AccountId,
}

impl RoleArn {
    /// Parses `arn:aws:iam::<account>:role/<path and name>`; `None` for anything else.
    ///
    /// ARN conditions take `*` and `?` as patterns and `${` begins a variable, so a text with any
    /// character that no role name has is no ARN here: it could name more than one role.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    #[must_use]
    pub fn new(arn: &str) -> Option<Self> {
        let rest = arn.strip_prefix("arn:aws:iam::")?;
        let (account, resource) = rest.split_once(':')?;
        let name = resource.strip_prefix("role/")?;
        let account = AccountId::new(account)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_/".contains(&b);
        (!name.is_empty() && !name.ends_with('/') && name.bytes().all(plain)).then(|| Self {
            arn: arn.to_owned(),
            account,
        })
    }
}
