//! A municipality's tenant environment: keys in both Regions, EBS defaults, the network.
//!
//! [`target`] turns the object and what it refers to into what AWS shall be; [`query`] says what has
//! to be read for that; [`planner`] makes the steps and [`teardown`] those of a deletion;
//! [`observed`] holds what was read and folds in what was done; [`describe`] says in status what is so.

pub mod access;
pub mod checks;
pub mod claims;
pub mod describe;
pub mod goal;
mod inventory;
pub mod keys;
pub mod network;
pub mod observed;
pub mod obstacle;
pub mod place;
pub mod planner;
pub mod query;
pub mod target;
pub mod teardown;
pub mod zones;
