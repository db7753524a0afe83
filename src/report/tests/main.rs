//! The report as its readers get it.

mod fleet;
mod formats;
mod golden;
mod languages;
mod privacy;
mod samples;
