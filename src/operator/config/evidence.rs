//! Where evidence is kept.

use jichitai_api::Region;
use jichitai_plan::identity::AccountId;
use serde::Deserialize;

/// A bucket with object lock in which the operator's own identity puts records, and nothing else of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceStore {
    /// The bucket. It has to exist, with object lock (`jichitai template hub`).
    pub bucket: String,
    /// The account of the bucket and of the operator's own identity; twelve digits, quoted.
    pub account_id: String,
    /// The bucket's Region.
    #[serde(default = "super::tokyo")]
    pub region: Region,
}

impl EvidenceStore {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// Where not, and what is expected.
    pub(super) fn check(&self) -> Result<(), (String, &'static str)> {
        let path = |field: &str| format!("evidence.{field}");
        if !(3..=63).contains(&self.bucket.len()) {
            return Err((path("bucket"), "name a bucket that exists, 3 to 63 characters"));
        }
        match AccountId::new(&self.account_id) {
            Some(_) => Ok(()),
            None => Err((path("accountId"), "an account id has twelve digits; quote it")),
        }
    }
}
