//! EBS encryption by default and its default key: settings of the whole account and Region, so they
//! are converged only where the account belongs to one municipality (アカウント分離).

use std::fmt;

use crate::identity::Part;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::step::{Difference, Step};

/// The account's EBS defaults in a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EbsDefaults {
    /// Whether new volumes are encrypted without being asked to.
    pub encrypted: bool,
    /// The default key: an ARN, a key id, or `alias/aws/ebs`.
    pub key: String,
}

/// Writes to the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `EnableEbsEncryptionByDefault`.
    Enable,
    /// `ModifyEbsDefaultKmsKeyId`.
    SetKey {
        /// The full ARN of the key.
        arn: String,
    },
    /// `ResetEbsDefaultKmsKeyId`: back to AWS's own key.
    ResetKey,
}

impl Action {
    /// Settings only.
    #[must_use]
    pub fn brings(&self) -> bool {
        false
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enable => f.write_str("encrypt new EBS volumes by default"),
            Self::SetKey { arn } => write!(f, "make {arn} the default EBS key"),
            Self::ResetKey => f.write_str("make AWS's own key the default EBS key again"),
        }
    }
}

/// Makes encryption the default, under the tenant's key.
pub fn plan(key_arn: &str, have: &Observation<EbsDefaults>, part: &Part, plan: &mut Plan) {
    let have = match have {
        Observation::Present(have) => have,
        Observation::Absent => &EbsDefaults {
            encrypted: false,
            key: String::new(),
        },
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
    };
    if have.key != key_arn {
        let action = Action::SetKey {
            arn: key_arn.to_owned(),
        };
        plan.step(Step::change(
            part,
            action,
            Difference::new("defaultKey", key_arn, &have.key),
        ));
    }
    if !have.encrypted {
        plan.step(Step::change(
            part,
            Action::Enable,
            Difference::new("encryptionByDefault", true, false),
        ));
    }
}

/// Takes the tenant's key out of the defaults before the key goes. Encryption itself stays on.
/// Returns whether nothing is left to do.
pub fn teardown(key_arn: &str, have: &Observation<EbsDefaults>, part: &Part, plan: &mut Plan) -> bool {
    match have {
        Observation::Present(have) if have.key == key_arn => {
            let difference = Difference::new("defaultKey", "alias/aws/ebs", key_arn);
            let risk = "new volumes are encrypted with AWS's own key from then on";
            plan.step(Step::change(part, Action::ResetKey, difference).risking(risk));
            false
        }
        Observation::Present(_) | Observation::Absent => true,
        Observation::Unreadable(fault) => {
            plan.unreadable(part, fault);
            false
        }
    }
}

/// Folds an executed write into what is known.
pub fn absorb(have: &mut Observation<EbsDefaults>, action: &Action) {
    let Some(have) = have.present_mut() else { return };
    match action {
        Action::Enable => have.encrypted = true,
        Action::SetKey { arn } => have.key.clone_from(arn),
        Action::ResetKey => "alias/aws/ebs".clone_into(&mut have.key),
    }
}
