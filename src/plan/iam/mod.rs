//! Roles that the operator makes or checks, and the account's trust in an authorization server.
//! IAM is global; its parts are written under Tokyo.

pub mod oidc_provider;
pub mod role;
