//! What is copied: an instance, a volume, a database.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

/// What kind of copy a source has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Medium {
    /// A machine image of an instance.
    Image,
    /// A snapshot of a volume.
    Snapshot,
    /// A snapshot of an RDS instance.
    Database,
    /// A snapshot of an Aurora or Multi-AZ cluster.
    Cluster,
}

impl Medium {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Image, Self::Snapshot, Self::Database, Self::Cluster];

    /// The role in the tags of its copies, and the first word after `copy` in the name of its parts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Snapshot => "snapshot",
            Self::Database => "database",
            Self::Cluster => "database-cluster",
        }
    }

    /// The purpose of the key that its copies are encrypted under, where each service has its own.
    #[must_use]
    pub fn key_purpose(self) -> &'static str {
        match self {
            Self::Image | Self::Snapshot => "ebs",
            Self::Database | Self::Cluster => "rds",
        }
    }
}

/// A source by its kind and id: the id of an instance or a volume, the identifier of a database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId {
    /// What kind of copy it has.
    pub medium: Medium,
    /// Its AWS id.
    pub id: String,
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.medium {
            Medium::Image | Medium::Snapshot => write!(f, "{}", self.id),
            Medium::Database => write!(f, "database {}", self.id),
            Medium::Cluster => write!(f, "database cluster {}", self.id),
        }
    }
}

/// The instance that a volume is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its id.
    pub id: String,
    /// Its root volume; none for one that boots from elsewhere.
    pub root: Option<String>,
    /// All of its EBS volumes.
    pub volumes: BTreeSet<String>,
}

/// A source in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which one.
    pub id: SourceId,
    /// Size in GiB: of the volume, of all volumes of the instance, allocated to the database. None where AWS tells
    /// none (Aurora grows by itself).
    pub size: Option<u64>,
    /// Since when it exists.
    pub since: Timestamp,
    /// Whether AWS takes a copy of it now; what is being changed has to be waited for.
    pub ready: bool,
    /// For a volume: the instance that it is attached to.
    pub machine: Option<Machine>,
}
