//! File linkage: one bucket as one access boundary, with everybody who gets in and by which way.
//!
//! [`access`] says whom a spec admits today, for this object's bucket policy and for the key policy of its
//! municipality alike; [`tenancy`] who belongs elsewhere and needs an exception; [`target`] turns the
//! object and what it refers to into what AWS shall be; [`query`] says what has to be read for that;
//! [`planner`] makes the steps and [`teardown`] those of a deletion; [`observed`] holds what was read
//! and folds in what was done; [`describe`] says in status what is so.

pub mod access;
mod checks;
pub mod describe;
pub mod goal;
mod grants;
mod iam;
mod inventory;
pub mod observed;
pub mod planner;
pub mod query;
pub mod render;

mod sftp;
pub mod target;
pub mod teardown;
pub mod tenancy;
