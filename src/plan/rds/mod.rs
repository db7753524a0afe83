//! Databases: RDS instances and Aurora clusters.

pub mod snapshot;
