//! Snapshots of databases: made in Tokyo and copied to Osaka. Their names are ours to choose and stand for
//! one snapshot per account and Region, so none is made twice.

use std::fmt;

use jichitai_api::Region;

use crate::tags::Tags;

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// An RDS instance.
    Instance,
    /// An Aurora or Multi-AZ cluster.
    Cluster,
}

/// Writes to snapshots of databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateDBSnapshot` or `CreateDBClusterSnapshot`.
    Create {
        /// Of what.
        of: Of,
        /// The database's identifier.
        database: String,
        /// The snapshot's identifier.
        id: String,
        /// Tags.
        tags: Tags,
    },
    /// `CopyDBSnapshot` or `CopyDBClusterSnapshot` into the Region of the step, encrypted.
    Copy {
        /// Of what.
        of: Of,
        /// The Region of the source.
        from: Region,
        /// ARN of the snapshot to copy.
        source_arn: String,
        /// The copy's identifier.
        id: String,
        /// Full ARN of the key in the Region of the step.
        key_arn: String,
        /// Tags.
        tags: Tags,
    },
    /// `DeleteDBSnapshot` or `DeleteDBClusterSnapshot`.
    Delete {
        /// Of what.
        of: Of,
        /// The snapshot's identifier.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries something new: the ARN.
    #[must_use]
    pub fn brings(&self) -> bool {
        !matches!(self, Self::Delete { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { database, id, .. } => write!(f, "take snapshot {id} of database {database}"),
            Self::Copy {
                from,
                source_arn,
                key_arn,
                ..
            } => write!(f, "copy database snapshot {source_arn} from {from} under {key_arn}"),
            Self::Delete { of: _, id } => write!(f, "delete database snapshot {id}"),
        }
    }
}
