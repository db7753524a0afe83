//! Name resolution across the closed network: one Resolver endpoint, its rules, and where they hold.
//!
//! [`target`] turns the object and what it refers to into what AWS shall be, `checks` says what is
//! wrong with it; [`query`] what has to be read; [`planner`] makes the steps and [`teardown`] those of a
//! deletion; `watch` compares an endpoint that somebody else runs; [`observed`] holds what was read and
//! folds in what was done; [`describe`] says in status what is so; [`request`] writes to the office's DNS
//! operator what has to change there.

mod acceptance;
mod associations;
mod checks;
pub mod describe;
pub mod goal;
mod inventory;
pub mod observed;
pub mod planner;
mod ports;
pub mod query;
pub mod request;
mod shares;
pub mod target;
pub mod teardown;
mod watch;
