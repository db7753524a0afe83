//! Recovery points in Osaka.
//!
//! [`schedule`] says which run is due and gives it the name by which its copies are found, [`run`] how far the
//! newest run is and what has to be made, [`template`] where templates of stacks are kept, [`transfer`] what is copied to Osaka, within the room that
//! [`queue`] shares out, [`copy`] whether a copy is good, [`retention`] which of the good copies stay and why,
//! and [`prune`] which go. [`objective`] says how old the newest good copies are, [`coverage`] what no source covers, and [`drill`] how
//! long the way back takes.

pub mod copy;
pub mod coverage;
pub mod describe;
pub mod drill;
pub mod goal;
pub mod objective;
pub mod observed;
pub mod planner;
pub mod prune;
pub mod query;
pub mod queue;
pub mod retention;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod source;
pub mod target;
pub mod teardown;
pub mod template;
pub mod transfer;
