//! What a reason means for whom: what it holds up, and who acts. Runbooks and `jichitai explain` are made of it.

use crate::Reason;

/// What goes on and what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is held up.
    None,
    /// It goes on by itself.
    Waits,
    /// One part is held up, and the others go on.
    PartHeld,
    /// Nothing of the object is done.
    AllHeld,
    /// Data is not as safe as it shall be.
    DataAtRisk,
}

/// Who does something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has to.
    Nobody,
    /// Who writes the objects: the ASP.
    Asp,
    /// Who runs the operator, its configuration and the accounts: the platform team.
    Platform,
    /// The municipality, by its consent.
    Municipality,
    /// The network's operator (回線運用管理補助者).
    NetworkOperator,
}

impl Effect {
    /// In English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::None => "nothing is held up",
            Self::Waits => "it goes on by itself",
            Self::PartHeld => "this part is held up, the others go on",
            Self::AllHeld => "nothing of the object is changed",
            Self::DataAtRisk => "data is not as safe as it shall be",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::None => "影響はありません",
            Self::Waits => "自動的に続行します",
            Self::PartHeld => "この部分だけが止まり、ほかは続行します",
            Self::AllHeld => "オブジェクト全体の変更が止まります",
            Self::DataAtRisk => "データの保全が目標に達していません",
        }
    }
}

impl Actor {
    /// In English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Asp => "the ASP",
            Self::Platform => "the platform team",
            Self::Municipality => "the municipality",
            Self::NetworkOperator => "the network operator",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Nobody => "不要",
            Self::Asp => "ASP",
            Self::Platform => "基盤担当",
            Self::Municipality => "自治体",
            Self::NetworkOperator => "回線運用管理補助者",
        }
    }
}

impl Reason {
    /// What it holds up, and who acts; the first of them begins.
    #[must_use]
    pub fn guide(self) -> (Effect, &'static [Actor]) {
        use Actor::{Asp, Municipality, NetworkOperator, Nobody, Platform};
        match self {
            Self::Converged
            | Self::Observed
            | Self::NotRequested
            | Self::DriftRepaired
            | Self::BackupSucceeded
            | Self::DrillSucceeded
            | Self::Retained
            | Self::Released
            | Self::NotMyShard
            | Self::GuardrailPassed => (Effect::None, &[Nobody]),
            Self::Applying
            | Self::WaitingForAws
            | Self::WaitingForDependency
            | Self::WaitingForConsistency
            | Self::Throttled
            | Self::AwsUnavailable
            | Self::GrantExpired
            | Self::KeyQuarantined
            | Self::PublicExposure
            | Self::MissingKeyGrant
            | Self::MissingBucketGrant
            | Self::Deleting => (Effect::Waits, &[Nobody]),
            Self::OutsideChangeWindow | Self::Frozen => (Effect::Waits, &[Nobody]),
            Self::OnHold => (Effect::AllHeld, &[Platform]),
            Self::AwaitingApproval | Self::PlanSuperseded | Self::ApprovalExpired => {
                (Effect::PartHeld, &[Municipality, Asp])
            }
            Self::ObserveOnly => (Effect::AllHeld, &[Asp]),
            Self::InstallationHeldElsewhere => (Effect::AllHeld, &[Platform]),
            Self::InvalidSpec
            | Self::ReferenceNotFound
            | Self::ReferenceNotReady
            | Self::DuplicateTenant
            | Self::CidrOverlap => (Effect::AllHeld, &[Asp]),
            Self::ReferenceNotAccepted => (Effect::PartHeld, &[Asp, Platform]),
            Self::CapacityExceeded | Self::ConfirmationNeeded | Self::ImmutableInAws => (Effect::PartHeld, &[Asp]),
            Self::UnknownBusiness => (Effect::None, &[Asp, Platform]),
            Self::AccountNotGranted | Self::AssumeRoleFailed => (Effect::AllHeld, &[Platform]),
            Self::AccessDenied
            | Self::DeniedByGuardrail
            | Self::QuotaExceeded
            | Self::QuotaInsufficient
            | Self::Unreadable => (Effect::PartHeld, &[Platform]),
            Self::InvalidRequest | Self::PartlyFailed => (Effect::PartHeld, &[Asp, Platform]),
            Self::Conflict | Self::OwnershipLost | Self::AdoptionRefused => (Effect::PartHeld, &[Platform, Asp]),
            Self::ManagedElsewhere => (Effect::PartHeld, &[Platform]),
            Self::OrphanGrant => (Effect::None, &[Platform]),
            Self::DriftDetected => (Effect::PartHeld, &[Asp]),
            Self::AwaitingNetworkOperator => (Effect::PartHeld, &[NetworkOperator]),
            Self::PrincipalNotFound | Self::GrantExpiring | Self::ExpiryUnset => (Effect::None, &[Asp]),
            Self::ExceptionExpired => (Effect::PartHeld, &[Asp, Municipality]),
            Self::KeyInUse => (Effect::PartHeld, &[Asp]),
            Self::KeyDisabled | Self::KeyPendingDeletion => (Effect::DataAtRisk, &[Municipality, Asp]),
            Self::GuardrailFailed => (Effect::None, &[Platform, Asp]),

            Self::BucketNotEmpty | Self::DeletionBlocked => (Effect::AllHeld, &[Asp]),
            Self::PolicyLockout => (Effect::PartHeld, &[Platform]),
            Self::Suspended => (Effect::DataAtRisk, &[Asp]),
            Self::BackupFailed
            | Self::RunSkipped
            | Self::SourceMissed
            | Self::RecoveryPointTooOld
            | Self::NoRecoveryPoint
            | Self::NothingSelected
            | Self::Uncovered => (Effect::DataAtRisk, &[Asp]),
            Self::RestoreFailed => (Effect::PartHeld, &[Asp]),
            Self::DrillFailed | Self::DrillTooSlow | Self::DrillOverdue => (Effect::DataAtRisk, &[Asp, Municipality]),
            Self::Retiring => (Effect::Waits, &[NetworkOperator, Asp]),
            Self::InternalError => (Effect::PartHeld, &[Platform]),
        }
    }
}
