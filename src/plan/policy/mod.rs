//! Policies as values: parsed, compared by meaning, composed one part per owner.

pub mod document;
pub mod key_policy;
