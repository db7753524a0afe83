//! EBS volumes that are made of snapshots, and deleted after a drill. `CreateVolume` takes a client token, so none is made twice.

use std::fmt;

use crate::tags::Tags;

/// Writes to volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateVolume` of a snapshot, encrypted under the snapshot's key.
    Create {
        /// The snapshot.
        snapshot_id: String,
        /// The Availability Zone.
        availability_zone: String,
        /// For example `gp3`.
        volume_type: String,
        /// Tags.
        tags: Tags,
    },
    /// `DeleteVolume`.
    Delete {
        /// The volume.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create {
                snapshot_id,
                availability_zone,
                volume_type,
                tags: _,
            } => write!(
                f,
                "create a {volume_type} volume of {snapshot_id} in {availability_zone}"
            ),
            Self::Delete { id } => write!(f, "delete volume {id}"),
        }
    }
}
