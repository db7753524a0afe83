//! Snapshots of EBS volumes: taken in Tokyo, one by one or of all volumes of an instance at the same moment,
//! and copied to Osaka.
//!
//! None of these calls takes a client token, so each is noted in the ledger first, and what it made is found
//! by its tags.

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Region;

use crate::tags::Tags;

/// Writes to snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateSnapshot`.
    Create {
        /// The volume.
        volume_id: String,
        /// Tags.
        tags: Tags,
    },
    /// `CreateSnapshots`: of volumes of one instance, crash-consistent among one another.
    CreateOfInstance {
        /// The instance.
        instance_id: String,
        /// The volumes that are wanted.
        volumes: BTreeSet<String>,
        /// Whether the root volume is left out.
        without_root: bool,
        /// Other volumes that are left out.
        without: BTreeSet<String>,
        /// Tags of every snapshot.
        tags: Tags,
    },
    /// `CopySnapshot` into the Region of the step, encrypted.
    Copy {
        /// The Region of the source.
        from: Region,
        /// The snapshot to copy.
        source: String,
        /// Full ARN of the key in the Region of the step.
        key_arn: String,
        /// Tags; AWS copies none.
        tags: Tags,
    },
    /// `DeleteSnapshot`.
    Delete {
        /// The snapshot.
        id: String,
    },
}

impl Action {
    /// The tags of what is made.
    #[must_use]
    pub fn tags(&self) -> Option<&Tags> {
        match self {
            Self::Create { tags, .. } | Self::CreateOfInstance { tags, .. } | Self::Copy { tags, .. } => Some(tags),
            Self::Delete { .. } => None,
        }
    }

    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        !matches!(self, Self::Delete { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { volume_id, tags: _ } => write!(f, "take a snapshot of {volume_id}"),
            Self::CreateOfInstance {
                instance_id, volumes, ..
            } => {
                let list = volumes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                write!(f, "take snapshots of {list} of {instance_id} at the same moment")
            }
            Self::Copy {
                from,
                source,
                key_arn,
                tags: _,
            } => write!(f, "copy snapshot {source} from {from} under {key_arn}"),
            Self::Delete { id } => write!(f, "delete snapshot {id}"),
        }
    }
}
