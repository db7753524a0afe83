//! Resource Access Manager, as far as rules are shared with other accounts.

pub mod rule_share;
