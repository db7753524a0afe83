//! What the tests of the functional core share: an AWS account and a cluster in memory.

pub mod backup;
pub mod cluster;
pub mod drive;
pub mod foresight;
pub mod golden_cases;
pub mod linkage;
pub mod resolution;
pub mod world;
