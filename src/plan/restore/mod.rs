//! The way back: recovery points in Osaka become images, snapshots, volumes, instances and databases again.
//!
//! [`order`] is what a person asks for, [`point`] what there is to restore, [`target`] both together, [`observed`]
//! what is back already, and [`planner`] what is next. All that is known is in AWS, so it works without a cluster,
//! and whoever asks again after a crash goes on where the last one stood.

pub mod observed;
pub mod order;
pub mod planner;
pub mod point;
pub mod target;
