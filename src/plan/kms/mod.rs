//! Keys, their aliases, and what still uses them.

pub mod alias;
pub mod key;
pub mod usage;
