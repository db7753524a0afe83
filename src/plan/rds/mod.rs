//! Databases: RDS instances and Aurora clusters.

pub mod database;
pub mod snapshot;
