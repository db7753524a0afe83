//! A municipality's tenant environment: keys in both Regions, EBS defaults, the network.
//!
//! `target` turns the object and what it refers to into what AWS shall be; `query` says what has to
//! be read for that; `planner` makes the steps; `observed` holds what was read and folds in what
//! was done.

pub mod observed;
pub mod query;
