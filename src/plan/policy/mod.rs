//! Policies as values: parsed, compared by meaning, composed one part per owner, and judged.

pub mod bucket_policy;
mod canonical;
mod condition;
pub mod consumer;
pub mod document;
pub mod evaluate;
pub mod key_policy;
pub mod role_arn;
pub mod role_policy;
pub mod trust_policy;
mod words;
