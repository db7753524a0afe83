//! The report as its readers get it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says where")]

mod fleet;
mod formats;
mod golden;
mod languages;
mod month;
mod month_page;
mod privacy;
mod samples;
