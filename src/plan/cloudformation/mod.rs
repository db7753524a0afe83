//! Stacks: their templates, kept in Osaka, and what is made of them.

pub mod stack;
pub mod template;
