//! Databases that are restored from snapshots. Their identifiers stand for one database per account and Region,
//! so none is restored twice.

use std::fmt;

use crate::tags::Tags;

/// Where a database is, and who reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The DB subnet group.
    pub subnet_group: String,
    /// Security groups; none means the VPC's default one.
    pub security_group_ids: Vec<String>,
}

/// Writes to databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `RestoreDBInstanceFromDBSnapshot`.
    Restore {
        /// The snapshot's identifier.
        snapshot_id: String,
        /// The new instance's identifier.
        id: String,
        /// For example `db.r6g.large`.
        class: String,
        /// Where.
        placement: Placement,
        /// Tags.
        tags: Tags,
    },
    /// `RestoreDBClusterFromSnapshot`. A cluster has no instance at first.
    RestoreCluster {
        /// The snapshot's identifier.
        snapshot_id: String,
        /// The new cluster's identifier.
        id: String,
        /// For example `aurora-postgresql`.
        engine: String,
        /// Where.
        placement: Placement,
        /// Tags.
        tags: Tags,
    },
    /// `CreateDBInstance` in a cluster.
    AddToCluster {
        /// The cluster.
        cluster: String,
        /// The new instance's identifier.
        id: String,
        /// For example `db.r6g.large`.
        class: String,
        /// The cluster's engine.
        engine: String,
        /// Tags.
        tags: Tags,
    },
}

impl Action {
    /// Whether the answer carries something new: the ARN.
    #[must_use]
    pub fn brings(&self) -> bool {
        true
    }

    /// The identifier of what is made.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Restore { id, .. } | Self::RestoreCluster { id, .. } | Self::AddToCluster { id, .. } => id,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restore {
                snapshot_id, id, class, ..
            } => write!(f, "restore database {id} ({class}) of {snapshot_id}"),
            Self::RestoreCluster {
                snapshot_id,
                id,
                engine,
                ..
            } => write!(f, "restore database cluster {id} ({engine}) of {snapshot_id}"),
            Self::AddToCluster { cluster, id, class, .. } => {
                write!(f, "create database instance {id} ({class}) in cluster {cluster}")
            }
        }
    }
}
