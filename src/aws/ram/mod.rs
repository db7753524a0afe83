//! Resource Access Manager: rules that other accounts may use.

pub(crate) mod rule_share;
