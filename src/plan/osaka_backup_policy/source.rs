//! What is copied: an instance, a volume, a database, the template of a stack.

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Region;
use jiff::Timestamp;

use crate::rds::snapshot::Of;
use crate::tags::Tags;

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
    /// The template of a CloudFormation stack, with what the stack has of its own.
    Template,
}

impl Medium {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Image,
        Self::Snapshot,
        Self::Database,
        Self::Cluster,
        Self::Template,
    ];

    /// Those that are made in one Region and copied to the other.
    pub const COPIED: [Self; 4] = [Self::Image, Self::Snapshot, Self::Database, Self::Cluster];

    /// Where its copies are made: all but templates in Tokyo, from where they are copied.
    #[must_use]
    pub fn made_in(self) -> Region {
        match self {
            Self::Image | Self::Snapshot | Self::Database | Self::Cluster => Region::Tokyo,
            Self::Template => Region::Osaka,
        }
    }

    /// The role in the tags of its copies, and the first word after `copy` in the name of its parts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Snapshot => "snapshot",
            Self::Database => "database",
            Self::Cluster => "database-cluster",
            Self::Template => "template",
        }
    }

    /// What its snapshots are of, where it is a database.
    #[must_use]
    pub fn database(self) -> Option<Of> {
        match self {
            Self::Database => Some(Of::Instance),
            Self::Cluster => Some(Of::Cluster),
            Self::Image | Self::Snapshot | Self::Template => None,
        }
    }

    /// The purpose of the key that its copies are encrypted under, where each service has its own.
    #[must_use]
    pub fn key_purpose(self) -> &'static str {
        match self {
            Self::Image | Self::Snapshot => "ebs",
            Self::Database | Self::Cluster => "rds",
            Self::Template => "s3",
        }
    }
}

/// A source by its kind and id: the id of an instance or a volume, the identifier of a database,
/// the name of a stack.
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
            Medium::Template => write!(f, "stack {}", self.id),
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

/// How the sources of a kind are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// They have all of these tags.
    Tags(Tags),
    /// They have one of these names.
    Names(BTreeSet<String>),
}
