//! Recovery points in Osaka.
//!
//! [`schedule`] says which run is due and gives it the name by which its copies are found, [`retention`]
//! which of the good copies stay and why.

pub mod retention;
pub mod schedule;
